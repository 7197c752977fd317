"""What the command's tests share: a way to run it, logs to run it on, and a store of them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzer.cli import main
from analyzer.ingest import ingest
from analyzer.store import Store

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a run of the command left: exit status, stdout, stderr."""

    status: int | str | None
    out: str
    err: str

    @property
    def fault(self) -> str:
        """The one line of a run whose input was at fault."""
        assert self.status == 1
        assert self.err.count("\n") == 1
        assert self.err.startswith("rebill: ")
        return self.err.removeprefix("rebill: ").rstrip("\n")


Rebill = Callable[..., Done]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REBILL_KEY", "a key for tests")
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def rebill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rebill:
    """Run the command in this process, from its words to its exit status."""

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["rebill", *map(str, words)])
        capsys.readouterr()
        try:
            main()
        except SystemExit as stopped:
            status = stopped.code
        else:
            status = 0
        said = capsys.readouterr()
        return Done(status or 0, said.out, said.err)

    return run


@pytest.fixture
def process() -> Rebill:
    """Run the command in a process of its own."""

    def run(*words: object) -> Done:
        code = "from analyzer.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ),
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def traps() -> Path:
    return ROOT / "sample_logs" / "traps"


@pytest.fixture(scope="session")
def line() -> Callable[[int], bytes]:
    """Write call `number`: a quarter of a million tokens in, ten thousand out."""

    def written(number: int) -> bytes:
        start = 1_790_000_000_000_000_000 + number * 10**12
        usage = {"input_tokens": 250_000, "output_tokens": 10_000}
        told = {
            "url": "/v1/messages",
            "t_start_ns": start,
            "t_end_ns": start + 10**9,
            "request_id": f"req_{number}",
            "request": {
                "model": "claude-sonnet-5",
                "messages": [{"role": "user", "content": f"question {number}"}],
            },
            "response": {
                "id": f"msg_{number}",
                "model": "claude-sonnet-5",
                "content": [{"type": "text", "text": "answer"}],
                "stop_reason": "end_turn",
                "usage": usage,
            },
        }
        return json.dumps(told).encode() + b"\n"

    return written


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, line: Callable[[int], bytes]) -> Path:
    """A store of ten sound calls."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "a.jsonl").write_bytes(b"".join(map(line, range(10))))
    with Store.open(folder / "s.duckdb", create=True) as opened:
        ingest([str(folder / "a.jsonl")], opened)
    return folder / "s.duckdb"
