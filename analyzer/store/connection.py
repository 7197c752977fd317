"""The DuckDB file of a store: opened, its queries read, and its faults told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl

from analyzer.errors import StoreError

Connection = duckdb.DuckDBPyConnection
Fault = duckdb.Error
MOST_MEMORY = "384MB"
"""What filling a store may take; a transaction that needs more goes to disk."""


def connect(path: Path) -> Connection:
    """Open a store's file to fill it; it is made when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    try:
        connection = duckdb.connect(str(path))
        connection.execute(f"set memory_limit = '{MOST_MEMORY}'")
        connection.execute("set threads = 1")  # a batch is too small to share: others only wait
    except duckdb.Error as error:
        if new and _DISK_FULL in str(error):  # a store that was only half made cannot be opened
            path.unlink(missing_ok=True)
        raise
    return connection


def connect_to_read(path: Path) -> Connection:
    """Open a store's file beside others that read it."""
    if path.with_name(path.name + ".wal").exists():
        duckdb.connect(str(path)).close()  # a killed run left its journal: fold it in first
    return duckdb.connect(str(path), read_only=True)


@contextmanager
def registered(connection: Connection, name: str, frame: pl.DataFrame) -> Iterator[None]:
    """Let queries read a frame as a table of this name."""
    stream = _Stream(frame)
    connection.register(name, stream)
    try:
        yield
    finally:
        connection.unregister(name)
        stream.frame = None  # DuckDB 2.0 never lets go of what was registered


@dataclass(slots=True)
class _Stream:
    """A frame that shows DuckDB its Arrow stream alone: a whole one makes it import pyarrow."""

    frame: pl.DataFrame | None

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        if self.frame is None:
            raise ValueError("the frame was let go of")
        return self.frame.__arrow_c_stream__(requested_schema)


def sql(name: str) -> str:
    """Give the text of one file of `queries/`."""
    return files("analyzer").joinpath("queries", f"{name}.sql").read_text()


NOT_A_STORE = "not a rebill store; name another file with --store"
_DISK_FULL = "No space left"
_UNFIT = (duckdb.FatalException, duckdb.SerializationException)
_FAILED = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException, OSError)


@contextmanager
def explained(path: Path) -> Iterator[None]:
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
    ("not a valid DuckDB database", NOT_A_STORE),
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
