"""What the store tests share: captures written line by line, and every row of a store."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest

from analyzer.ingest import Intake, ingest
from analyzer.store import Store

CANARY = "canary-zebra"
SAMPLES = Path(__file__).parents[2] / "sample_logs"
START_NS = 1_790_000_000_000_000_000
SECOND_NS = 1_000_000_000

Rows = dict[str, list[tuple[Any, ...]]]
Dump = Callable[[Path], Rows]
Take = Callable[..., Intake]


class Capture(Protocol):
    def __call__(self, number: int, **changes: object) -> bytes: ...


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """One key for every store, so that two stores can be compared row by row."""
    monkeypatch.setenv("REBILL_KEY", "a key for tests that many stores share")
    return "REBILL_KEY"


@pytest.fixture(scope="session")
def traps() -> Path:
    return SAMPLES / "traps"


@pytest.fixture(scope="session")
def capture() -> Capture:
    """Write call `number` as a line; `usage__output_tokens=7` and the like change one value."""

    def line(number: int, **changes: object) -> bytes:
        told = _call(number)
        for path, value in changes.items():
            *parents, last = path.split("__")
            place = told
            for parent in parents:
                place = place[parent]
            place[last] = value
        return json.dumps(told).encode() + b"\n"

    return line


def _call(number: int) -> dict[str, Any]:
    start = START_NS + number * SECOND_NS
    return {
        "url": "/v1/messages",
        "t_start_ns": start,
        "t_end_ns": start + SECOND_NS // 2,
        "status": 200,
        "request_id": f"req_{number}",
        "request": {
            "model": "claude-sonnet-5",
            "max_tokens": 64,
            "system": f"{CANARY} system",
            "messages": [{"role": "user", "content": f"{CANARY} question {number}"}],
        },
        "response": {
            "id": f"msg_{number}",
            "model": "claude-sonnet-5",
            "content": [{"type": "text", "text": f"{CANARY} answer {number}"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 10 + number, "output_tokens": 5},
        },
    }


@pytest.fixture(scope="session")
def take() -> Take:
    """Take logs into a store, as `rebill ingest` does."""

    def intake(store: Path, *paths: Path, source: str | None = None) -> Intake:
        with Store.open(store, create=True) as opened:
            return ingest([str(path) for path in paths], opened, source)

    return intake


@pytest.fixture(scope="session")
def dump() -> Dump:
    """Give every row of a store; the order of rows and the nodes' numbers mean nothing."""

    def rows(store: Path) -> Rows:
        with duckdb.connect(str(store), read_only=True) as connection:
            tables = [str(name) for (name,) in connection.sql("show tables").fetchall()]
            return {table: _rows(connection, table) for table in tables}

    return rows


@pytest.fixture(scope="session")
def calls_and_nodes() -> Dump:
    """Give what a store says of calls, whichever file or line told it."""

    def rows(store: Path) -> Rows:
        with duckdb.connect(str(store), read_only=True) as connection:
            return {
                "requests": _rows(connection, "requests", ("source_id", "line", "lines")),
                "nodes": _rows(connection, "nodes"),
            }

    return rows


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, without: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    named = [str(row[0]) for row in connection.sql(f"describe {table}").fetchall()]
    kept = [name for name in named if name not in {"number", *without}]
    found = connection.table(table).select(*kept).fetchall()
    return sorted(found, key=repr)
