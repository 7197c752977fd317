"""Measure what the recorder costs a call, on loopback; prints a table for docs/recorder.md."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CALLS = 300
KB = 1000

if TYPE_CHECKING:
    from anthropic import Anthropic

Call = Callable[["Anthropic", str], object]


def main() -> None:
    """Time calls with and without the recorder in turn, so that neighbours disturb both alike."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("| call | median without, ms | with, ms | added, µs | CPU added, µs | p99, ms |")
    print("|---|---|---|---|---|---|")
    # a process of its own, so that the server's work is not the caller's
    with subprocess.Popen(  # noqa: S603 - this script
        [sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None  # noqa: S101 - a pipe was asked for
            url = server.stdout.readline().strip()
            for name, words, call in (
                ("create, 2 kB prompt", 2 * KB, _create),
                ("create, 400 kB prompt", 400 * KB, _create),
                ("stream of 500 events, 2 kB prompt", 2500, _stream),
            ):
                _row(name, url, "word " * (words // 5), call)
        finally:
            server.terminate()


def _row(name: str, url: str, prompt: str, call: Call) -> None:
    from anthropic import Anthropic

    from connectors.recorder import Recorder

    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(folder, min_free_bytes=0)
        # the SDK copies the request for any middleware: that cost is not the recorder's
        plain = Anthropic(api_key="k", base_url=url, middleware=[lambda asked, ask: ask(asked)])
        recorded = Anthropic(api_key="k", base_url=url, middleware=[recorder])
        took: dict[Anthropic, list[float]] = {plain: [], recorded: []}
        used = dict.fromkeys(took, 0.0)
        for client in (plain, recorded) * CALLS:
            wall, cpu = time.perf_counter(), time.process_time()
            call(client, prompt)
            took[client].append(time.perf_counter() - wall)
            recorder.flush()  # what the writer's thread used is the recorded call's
            used[client] += time.process_time() - cpu
        recorder.close()
    without, with_it = (statistics.median(took[client]) for client in (plain, recorded))
    p99 = " / ".join(f"{statistics.quantiles(took[c], n=100)[-1] * 1e3:.1f}" for c in took)
    print(
        f"| {name} | {without * 1e3:.2f} | {with_it * 1e3:.2f} | {(with_it - without) * 1e6:.0f} "
        f"| {(used[recorded] - used[plain]) / CALLS * 1e6:.0f} | {p99} |"
    )


def _create(client: "Anthropic", prompt: str) -> object:
    return client.messages.create(**_asked(prompt))


def _stream(client: "Anthropic", prompt: str) -> object:
    with client.messages.stream(**_asked(prompt)) as stream:
        return stream.get_final_message()


def _asked(prompt: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": prompt}]
    return {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": turns}


def _serve() -> None:
    from tests.recorder.loopback import Loopback

    with Loopback() as server:
        print(server.url, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _serve() if "serve" in sys.argv else main()
