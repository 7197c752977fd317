"""The store: one DuckDB file of requests, prompt structure and the ledger, and its secret key.

Nothing but numbers, names the log gives to calls, and keyed hashes is written. Files are taken in
whole transactions, so a killed run leaves finished files behind and is finished by running it
again.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What the store took from a file at one time."""

    source_id: str
    connector: str
    sha256: str
    """Of the bytes that were read."""
    file_bytes: int
    usable: bool
    """False when nothing of it could be used: another format's name may read it."""


class Store:
    """An open store; use it as a context manager."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open a store to read it, beside others that read; or, with `create`, make or fill it.

        Raises:
            StoreError: the file is missing, busy, newer than this program, or not a store.
        """
        if not create and not path.exists():
            raise StoreError(
                f"{path}: no store here; make one with `rebill ingest LOGS --store {path}`"
            )
        with _explained(path):
            store = cls(path, _connect(path) if create else _connect_to_read(path))
        try:
            store._prepare()
        except BaseException:
            store._connection.close()
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
        if kind is not None:  # what went wrong first is what the user must hear
            with suppress(duckdb.Error):
                self._connection.close()
            return
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

    def readings(self, path: str) -> list[Reading]:
        """Give what was taken from the file of this name before, in no order."""
        with _explained(self.path):
            rows = self._connection.execute(_sql("readings"), [path]).fetchall()
        return [Reading(*row) for row in rows]

    def forget(self, source_id: str) -> None:
        """Drop all that one reading of a file gave, so that the file can be read again whole."""
        for table in ("requests", "sources", *_PLAIN):
            self._connection.execute(
                f"delete from {table} where source_id = ?",  # noqa: S608 - a name from the line above
                [source_id],
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is taken in inside, or nothing of it."""
        with _explained(self.path):
            self._connection.begin()
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # after a failed write there may be nothing to roll back
                self._connection.rollback()
            raise
        with _explained(self.path):
            self._connection.commit()

    def take(self, batch: Batch) -> None:
        """Merge one batch of outcomes: a repeated call changes nothing."""
        with _explained(self.path):
            self._merge(batch.frames())

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

    def usage_rows(self) -> pl.DataFrame:
        """Give the vendor's reported tokens, with `source` (path) and `connector`."""
        return self._frame("usage_rows")

    def cost_rows(self) -> pl.DataFrame:
        """Give the vendor's reported money, with `source` (path) and `connector`."""
        return self._frame("cost_rows")

    def cursor(self, place: str) -> str | None:
        """Give how far a table of a database was read; None when it never was."""
        query = "select cursor from cursors where place = ?"
        rows = self._connection.execute(query, [place]).fetchall()
        return str(rows[0][0]) if rows else None

    def set_cursor(self, place: str, cursor: str) -> None:
        """Note how far a table was read; holds with the transaction it stands in."""
        self._connection.execute("delete from cursors where place = ?", [place])
        self._connection.execute("insert into cursors values (?, ?)", [place, cursor])

    def sources(self) -> list[tuple[str, str]]:
        """Give (connector, SHA-256) of each file, sorted: the inputs of a manifest."""
        query = "select connector, sha256 from sources order by sha256, connector"
        return [(str(a), str(b)) for a, b in self._connection.execute(query).fetchall()]

    def _merge(self, frames: dict[str, pl.DataFrame]) -> None:
        with self._registered("incoming", frames["requests"]):
            self._run("merge_requests")
            self._connection.execute("delete from requests where key in (select key from winners)")
            self._connection.execute("insert into requests by name select * from winners")
            self._connection.execute("drop table winners")
        with self._registered("incoming_nodes", frames["nodes"]):
            self._run("name_producers")
            self._run("merge_nodes")
        for table in ("sources", *_PLAIN):
            with self._registered("incoming_rows", frames[table]):
                self._connection.execute(
                    f"insert into {table} by name select * from incoming_rows"  # noqa: S608 - a name from the line above
                )

    def _prepare(self) -> None:
        with _explained(self.path):
            found = self._connection.execute(_sql("columns")).fetchall()
        if not found:
            with self.transaction():
                self._run("schema")
                self._set_meta("schema_version", str(SCHEMA_VERSION))
            return
        told = (
            self._meta("schema_version")
            if {("meta", "name"), ("meta", "value")} <= {*found}
            else None
        )
        if told is None or not told.isdecimal():
            raise StoreError(f"{self.path}: {_NOT_A_STORE}")
        version = int(told)
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by {'a newer' if version > SCHEMA_VERSION else 'an older'} "
                f"rebill (store version {version}, this program reads {SCHEMA_VERSION}); "
                "update rebill, or ingest the logs into a new store"
            )

    def _meta(self, name: str) -> str | None:
        query = "select value from meta where name = ?"
        with _explained(self.path):
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


_PLAIN = ("attempts", "rejects", "reasons", "usage_rows", "cost_rows")
"""Tables whose rows belong to one reading of one file and are merged with nothing."""


def key_path(store: Path) -> Path:
    """Where the key of a store lies when REBILL_KEY does not give it."""
    return store.with_name(store.name + ".key")


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    try:
        return duckdb.connect(str(path))
    except duckdb.Error as error:
        if new and _DISK_FULL in str(error):  # a store that was only half made cannot be opened
            path.unlink(missing_ok=True)
        raise


def _connect_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    if path.with_name(path.name + ".wal").exists():
        duckdb.connect(str(path)).close()  # a killed run left its journal: fold it in first
    return duckdb.connect(str(path), read_only=True)


def _key(store: Path) -> bytes:
    given = os.environ.get("REBILL_KEY")
    if given:
        return given.encode(errors="surrogateescape")
    path = key_path(store)
    with _explained(path):
        if not path.exists():
            _make_key(path)
        key = path.read_bytes().strip()
    if len(key) < _SHORTEST_KEY:
        raise StoreError(
            f"{path}: holds no key; restore it, or delete it and the store and ingest again"
        )
    return key


_SHORTEST_KEY = 32
"""Bytes; the file is made with 64 hexadecimal digits."""


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all: half a key would hash prompts with too little secret."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _sql(name: str) -> str:
    return files("analyzer").joinpath("queries", f"{name}.sql").read_text()


_DISK_FULL = "No space left"
_NOT_A_STORE = "not a rebill store; name another file with --store"
_UNFIT = (duckdb.FatalException, duckdb.SerializationException)
_FAILED = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException, OSError)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what DuckDB and the disk say into one line with a remedy; other faults are bugs."""
    try:
        yield
    except (*_UNFIT, *_FAILED) as error:
        remedy = next((text for sign, text in _REMEDIES if sign in str(error)), None)
        if remedy is None and isinstance(error, duckdb.TransactionException):
            raise
        raise StoreError(f"{path}: {remedy or _unexpected(error)}") from error


_REMEDIES = (
    ("Could not set lock", "another rebill is using this store; wait for it, or use another file"),
    (_DISK_FULL, "the disk is full; free some space and run the same command again"),
    ("newer version of DuckDB", "written by a newer DuckDB; update rebill to read it"),
    ("not a valid DuckDB database", _NOT_A_STORE),
    (
        "Could not read enough bytes",
        "the store is cut short; delete it, keep its key, and ingest the logs again",
    ),
    ("Permission denied", "no permission to write here; choose another --store"),
)


def _unexpected(error: Exception) -> str:
    said = str(error).splitlines()[0]
    if isinstance(error, _UNFIT):
        return f"not readable as a store ({said}); ingest the logs into a new one"
    return f"{said}; check the disk, then run the same command again"
