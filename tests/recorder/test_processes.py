"""Processes that end, fork and work for others: what was asked before the end is written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.recorder.conftest import Written
from tests.recorder.loopback import Loopback, Reply

pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).parents[2]
PROGRAM = """
import multiprocessing, os, sys, threading
from anthropic import Anthropic
from connectors.recorder import Recorder

url, folder = sys.argv[1:]
never = threading.Event()

def slowly(line):  # so that a line waits at each fork and each end
    never.wait(0.2)
    return line

recorder = Recorder(folder, min_free_bytes=0, redact=slowly)
client = Anthropic(api_key="k", base_url=url, middleware=[recorder])

def ask(words, **more):
    turns = [{"role": "user", "content": words}]
    return client.messages.create(model="m", max_tokens=9, messages=turns, **more)

ask("before the fork")
child = os.fork()
if not child:
    ask("in the fork")
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
worker = multiprocessing.get_context("fork").Process(target=ask, args=("in a worker",))
worker.start()
worker.join()
assert worker.exitcode == 0
under_way = ask("at the end", stream=True)
next(iter(under_way))
"""


def _stay(reply: Reply) -> None:
    """Begin an answer that never ends."""
    reply.begin(200, "text/event-stream", transfer_encoding="chunked")
    reply.chunks(reply.events()[:3])


def test_a_program_that_forks_and_ends_loses_nothing_and_repeats_nothing(
    server: Loopback, folder: Path, written: Written
) -> None:
    from tests.recorder.loopback import usual

    server.plays += [usual, usual, usual, _stay]
    # Python 3.12 warns of every fork beside a thread, and the recorder has one
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM]
    done = subprocess.run(
        [*command, server.url, str(folder)],
        check=False, capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = {line["request"]["messages"][0]["content"]: line for line in written(folder)}
    assert sorted(told) == ["at the end", "before the fork", "in a worker", "in the fork"]
    assert len(written(folder)) == 4
    assert told["at the end"]["ended"] == "exit"
    assert '"type": "message_start"' in told["at the end"]["sse"]
    assert len({path.name.split("-")[2] for path in folder.iterdir()}) == 3
