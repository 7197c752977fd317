"""The folder of a recording: who can read it, when a new file begins, what is never left behind."""

import gc
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from analyzer.trace import Call
from connectors.recorder import Recorder
from tests.recorder.conftest import ROOMY, Client, Make, Read, Written
from tests.recorder.loopback import Loopback

pytestmark = pytest.mark.enable_socket

ASKED: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "hello"}],
}
DAY_NS = 86_400 * 10**9
LATE_NS = 20_000 * DAY_NS - 10**9
"""The last second of 3 October 2024: 20,000 days after 1970 it is the 4th."""


def test_only_the_owner_can_read_folder_and_files(
    client: Client, recorders: Make, folder: Path
) -> None:
    recorder = recorders(folder / "a" / "b")
    client(recorder).messages.create(**ASKED)
    recorder.close()
    (path,) = (folder / "a" / "b").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_made_before_the_first_call(recorders: Make, folder: Path) -> None:
    recorder = recorders()
    assert recorder.flush()
    recorder.close()
    assert not folder.exists()


def test_a_full_file_is_followed_by_a_new_one_and_no_line_is_split(
    client: Client, recorders: Make, folder: Path, written: Written
) -> None:
    recorder = recorders(max_file_bytes=2_000)
    talker = client(recorder)
    for _ in range(7):
        talker.messages.create(**ASKED)
    lines = written(recorder)
    sizes = [path.stat().st_size for path in sorted(folder.iterdir())]
    assert len(lines) == 7
    assert len(sizes) > 2
    assert max(sizes) <= 2_000


def test_a_line_larger_than_a_file_has_a_file_of_its_own(
    client: Client, recorders: Make, folder: Path, written: Written
) -> None:
    recorder = recorders(max_file_bytes=1)
    talker = client(recorder)
    for _ in range(3):
        talker.messages.create(**ASKED)
    assert len(written(recorder)) == len(list(folder.iterdir())) == 3


def test_a_new_day_begins_a_new_file(client: Client, recorders: Make, folder: Path) -> None:
    now = [LATE_NS]
    recorder = recorders(clock=lambda: now[0])
    talker = client(recorder)
    for step_s in (0, 0, 1):
        now[0] += step_s * 10**9
        talker.messages.create(**ASKED)
        assert recorder.flush()
    days = [path.name.split("-")[1] for path in sorted(folder.iterdir())]
    assert days == ["20241003T235959Z", "20241004T000000Z"]


def test_packed_files_are_read_like_plain_ones(
    client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    recorder = recorders(compress=True)
    talker = client(recorder)
    for _ in range(3):
        talker.messages.create(**ASKED)
    recorder.close()
    (path,) = folder.iterdir()
    assert path.name.endswith(".jsonl.gz")
    assert [type(outcome) for outcome in read(folder)] == [Call] * 3


def test_two_recorders_share_a_folder_and_never_a_file(
    client: Client, recorders: Make, folder: Path, written: Written
) -> None:
    # of one second, so that the names would be equal
    both = [recorders(clock=lambda: LATE_NS), recorders(clock=lambda: LATE_NS)]
    for recorder in both:
        client(recorder).messages.create(**ASKED)
    assert [recorder.close() for recorder in both] == [True, True]
    assert len(list(folder.iterdir())) == 2
    assert len(written(folder)) == 2


def test_a_closed_recorder_goes_on_in_a_new_file(
    client: Client, recorders: Make, folder: Path, written: Written
) -> None:
    recorder = recorders()
    talker = client(recorder)
    for _ in range(2):
        talker.messages.create(**ASKED)
        recorder.close()
    assert len(list(folder.iterdir())) == len(written(recorder)) == 2


def test_redact_changes_what_is_written_and_nothing_else(
    client: Client, recorders: Make, written: Written
) -> None:
    def redact(line: dict[str, Any]) -> dict[str, Any]:
        line["request"]["messages"] = "hidden"
        return line

    recorder = recorders(redact=redact)
    answer = client(recorder).messages.create(**ASKED)
    assert answer.id == "msg_0000"
    (line,) = written(recorder)
    assert line["request"] == {**ASKED, "messages": "hidden"}


def test_a_recorder_that_is_let_go_ends_its_thread(server: Loopback, folder: Path) -> None:
    from anthropic import Anthropic

    def threads() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if t.name == "rebill-recorder"}

    before = threads()
    recorder = Recorder(folder, **ROOMY)
    with Anthropic(api_key="k", base_url=server.url, middleware=[recorder]) as talker:
        talker.messages.create(**ASKED)
    (thread,) = threads() - before
    del recorder, talker
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()
    assert len(list(folder.iterdir())) == 1
