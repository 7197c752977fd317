"""The store: one DuckDB file of requests, prompt structure and the ledger, and its secret key.

Nothing but numbers, names the log gives to calls, and keyed hashes is written. Files are taken in
whole transactions, so a killed run leaves finished files behind and is finished by running it
again.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import polars as pl

from analyzer.errors import StoreError
from analyzer.intake import Batch
from analyzer.prompts import Hasher
from analyzer.results import Ledger, Reason

SCHEMA_VERSION = 1


class Store:
    """An open store; use it as a context manager."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open a store, or make it when `create` is set.

        Raises:
            StoreError: the file is missing, busy, newer than this program, or not a store.
        """
        if not create and not path.exists():
            raise StoreError(
                f"{path}: no store here; make one with `rebill ingest LOGS --store {path}`"
            )
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = duckdb.connect(str(path))
        store = cls(path, connection)
        try:
            with _explained(path):
                store._prepare()
        except BaseException:
            connection.close()
            raise
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _explained(self.path):
            self._connection.close()

    def hasher(self) -> Hasher:
        """Give the keyed hasher of this store.

        Raises:
            StoreError: the key is not the one the store was filled with.
        """
        key = _key(self.path)
        hasher = Hasher(key)
        mark = hasher.digest(b"rebill key check").hex()
        known = self._meta("key_check")
        if known is None:
            with _explained(self.path):
                self._set_meta("key_check", mark)
        elif known != mark:
            raise StoreError(
                f"{self.path}: the key does not fit this store; set REBILL_KEY or restore "
                f"{key_path(self.path)} to the key it was filled with"
            )
        return hasher

    def holds(self, source_id: str) -> bool:
        """Tell whether this very file was taken in already."""
        query = "select 1 from sources where source_id = ?"
        return bool(self._connection.execute(query, [source_id]).fetchall())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is taken in inside, or nothing of it."""
        with _explained(self.path):
            self._connection.begin()
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def take(self, batch: Batch) -> None:
        """Merge one batch of outcomes: a repeated call changes nothing."""
        frames = batch.frames()
        with self._registered("incoming", frames["requests"]):
            self._run("merge_requests")
            self._connection.execute("delete from requests where key in (select key from winners)")
            self._connection.execute("insert into requests by name select * from winners")
            self._connection.execute("drop table winners")
        with self._registered("incoming_nodes", frames["nodes"]):
            self._run("name_producers")
            self._run("merge_nodes")
        for table in ("attempts", "rejects", "reasons", "sources"):
            with self._registered("incoming_rows", frames[table]):
                self._connection.execute(
                    f"insert into {table} by name select * from incoming_rows"  # noqa: S608 - a name from the line above
                )

    def ledger(self) -> Ledger:
        """Give the ledger over everything the store has read."""
        total = self._frame("ledger").row(0, named=True)
        reasons = tuple(Reason(**row) for row in self._frame("reasons").iter_rows(named=True))
        return Ledger(
            files=total["files"],
            file_bytes=total["file_bytes"],
            lines=total["lines"],
            kept=total["kept"],
            repeats=total["call_lines"] - total["kept"],
            reasons=reasons,
        )

    def rejects(self) -> pl.DataFrame:
        """Give path, line, kind, reason and detail of each line that told of no billed call."""
        return self._frame("rejects")

    def calls(self) -> pl.DataFrame:
        """Give one row a billed call in start order (see `queries/calls.sql`)."""
        return self._frame("calls")

    def trie(self) -> pl.DataFrame:
        """Give the prompt nodes: parent, position, section, chars, produced_by."""
        return self._frame("trie")

    def sources(self) -> list[tuple[str, str]]:
        """Give (connector, SHA-256) of each file, sorted: the inputs of a manifest."""
        query = "select connector, sha256 from sources order by sha256, connector"
        return [(str(a), str(b)) for a, b in self._connection.execute(query).fetchall()]

    def _prepare(self) -> None:
        query = "select 1 from information_schema.tables where table_name = 'meta'"
        if not self._connection.execute(query).fetchall():
            with self.transaction():
                self._run("schema")
                self._set_meta("schema_version", str(SCHEMA_VERSION))
            return
        version = int(self._meta("schema_version") or 0)
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by {'a newer' if version > SCHEMA_VERSION else 'another'} "
                f"rebill (store version {version}, this program reads {SCHEMA_VERSION}); "
                "update rebill, or ingest the logs into a new store"
            )

    def _meta(self, name: str) -> str | None:
        query = "select value from meta where name = ?"
        rows = self._connection.execute(query, [name]).fetchall()
        return str(rows[0][0]) if rows else None

    def _set_meta(self, name: str, value: str) -> None:
        self._connection.execute("insert into meta values (?, ?)", [name, value])

    def _frame(self, query: str) -> pl.DataFrame:
        with _explained(self.path):
            frame: pl.DataFrame = self._connection.sql(_sql(query)).pl()
        return frame

    def _run(self, query: str) -> None:
        self._connection.execute(_sql(query))

    @contextmanager
    def _registered(self, name: str, frame: pl.DataFrame) -> Iterator[None]:
        self._connection.register(name, frame)
        try:
            yield
        finally:
            self._connection.unregister(name)


def key_path(store: Path) -> Path:
    """Where the key of a store lies when REBILL_KEY does not give it."""
    return store.with_name(store.name + ".key")


def _key(store: Path) -> bytes:
    given = os.environ.get("REBILL_KEY")
    if given:
        return given.encode()
    path = key_path(store)
    if not path.exists():
        with _explained(path):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
    return path.read_text().strip().encode()


def _sql(name: str) -> str:
    return files("analyzer").joinpath("queries", f"{name}.sql").read_text()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what DuckDB and the disk say into one line with a remedy."""
    try:
        yield
    except (duckdb.IOException, OSError) as error:
        raise StoreError(f"{path}: {_remedy(str(error))}") from error
    except (duckdb.FatalException, duckdb.SerializationException) as error:
        raise StoreError(f"{path}: not readable as a store ({_first_line(error)})") from error


def _remedy(message: str) -> str:
    for sign, text in _REMEDIES:
        if sign in message:
            return text
    return message.splitlines()[0]


_REMEDIES = (
    ("Could not set lock", "another rebill is using this store; wait for it, or use another file"),
    ("No space left", "the disk is full; free some space and run the same command again"),
    ("newer version of DuckDB", "written by a newer DuckDB; update rebill to read it"),
    ("not a valid DuckDB database", "not a rebill store; name another file with --store"),
    ("Permission denied", "no permission to write here; choose another --store"),
)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
