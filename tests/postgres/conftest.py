"""A PostgreSQL of the tests' own, and a SpendLogs table in it; skipped where there is none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.types.json import Jsonb

from analyzer.ingest import Intake, ingest
from analyzer.store import Store
from benchmarks import postgres

ROOT = Path(__file__).parents[2]
Rows = dict[str, list[tuple[Any, ...]]]


class Table:
    """A fresh table, whose place is `url`; `add` writes rows as LiteLLM would."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.url = f"{server}/postgres"
        self.connection = psycopg.connect(self.url, autocommit=True)
        self.run("drop schema if exists public, gateway cascade")
        self.run("create schema public")
        self.run("grant usage on schema public to public")
        for name in ("spend_logs", "spend_logs_indexes"):
            self.run((postgres.SQL / f"{name}.sql").read_text())

    def run(self, query: str, *values: object) -> None:
        self.connection.execute(query.encode(), values or None)

    def add(self, *rows: dict[str, object]) -> None:
        for row in rows:
            told = {k: Jsonb(v) if isinstance(v, (dict, list)) else v for k, v in row.items()}
            names = ", ".join(f'"{name}"' for name in told)
            marks = ", ".join(["%s"] * len(told))
            query = f'insert into "LiteLLM_SpendLogs" ({names}) values ({marks})'  # noqa: S608 - ours
            self.run(query, *told.values())

    def fill(self, first: int, last: int) -> None:
        postgres.fill(self.connection, first, last)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    with postgres.server() as address:
        yield address


@pytest.fixture
def table(server: str) -> Iterator[Table]:
    made = Table(server)
    yield made
    made.connection.close()


@pytest.fixture
def row() -> Callable[..., dict[str, object]]:
    """Give a row: call `number` begins so many seconds after noon."""

    def made(number: int, **changes: object) -> dict[str, object]:
        started = f"2026-09-30 {12 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
        usage = {
            "prompt_tokens": 100 + number,
            "completion_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 0},
        }
        return {
            "request_id": f"msg_{number:05}",
            "call_type": "anthropic_messages",
            "startTime": started,
            "endTime": started,
            "model": "claude-sonnet-5-5",
            "custom_llm_provider": "anthropic",
            "prompt_tokens": 100 + number,
            "completion_tokens": 7,
            "total_tokens": 107 + number,
            "status": "success",
            "metadata": {"usage_object": usage},
            **changes,
        }

    return made


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REBILL_KEY", "a key for tests that many stores share")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(scope="session")
def take() -> Callable[..., Intake]:
    def intake(store: Path, url: str, source: str | None = None) -> Intake:
        with Store.open(store, create=True) as opened:
            return ingest([url], opened, source)

    return intake


@pytest.fixture(scope="session")
def dump() -> Callable[[Path], Rows]:
    """Give every row of a store; numbers of nodes and pages mean nothing."""

    def rows(store: Path) -> Rows:
        with duckdb.connect(str(store), read_only=True) as connection:
            tables = [str(name) for (name,) in connection.sql("show tables").fetchall()]
            return {name: _rows(connection, name) for name in tables if name != "cursors"}

    return rows


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    named = [str(row[0]) for row in connection.sql(f"describe {table}").fetchall()]
    kept = [name for name in named if name != "number"]
    return sorted(connection.table(table).select(*kept).fetchall(), key=repr)
