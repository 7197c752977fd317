"""An open store: batches of rows go in whole, calls and the ledger come back.

Nothing but numbers, names the log gives to calls, and keyed hashes is written. Files are taken in
whole transactions, so a killed run leaves finished files behind and is finished by running it
again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from analyzer.errors import StoreError
from analyzer.intake import Batch
from analyzer.prompts import Hasher
from analyzer.results import Ledger, Merged, Reason
from analyzer.store import connection as duck
from analyzer.store.connection import Connection, explained, registered, sql
from analyzer.store.key import key_of, key_path
from analyzer.store.merging import count, drop, look_twice

SCHEMA_VERSION = 4


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


@dataclass(frozen=True, slots=True)
class Twins:
    """Two files of one connector that seem to hold the same calls under ids that never meet."""

    connector: str
    path: str
    """The smaller file."""
    other: str
    calls: tuple[int, ...]
    """Identities of the smaller file's calls that the other seems to tell too."""


class Store:
    """An open store; use it as a context manager."""

    def __init__(self, path: Path, connection: Connection, *, writes: bool) -> None:
        self.path = path
        self._writes = writes
        self._connection = connection
        self._counted = False

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
        with explained(path):
            opened = duck.connect(path) if create else duck.connect_to_read(path)
            store = cls(path, opened, writes=create)
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
            with suppress(duck.Fault):
                self._connection.close()
            return
        with explained(self.path):
            self._connection.close()

    def hasher(self) -> Hasher:
        """Give the keyed hasher of this store.

        Raises:
            StoreError: the key is not the one the store was filled with.
        """
        key = key_of(self.path)
        hasher = Hasher(key)
        mark = hasher.digest(b"rebill key check").hex()
        known = self._meta("key_check")
        if known is None:
            with explained(self.path):
                self._set_meta("key_check", mark)
        elif known != mark:
            raise StoreError(
                f"{self.path}: the key does not fit this store; set REBILL_KEY or restore "
                f"{key_path(self.path)} to the key it was filled with"
            )
        return hasher

    def readings(self, paths: Sequence[str]) -> dict[str, list[Reading]]:
        """Give what was taken from the files of these names before, in no order."""
        found: dict[str, list[Reading]] = {}
        with explained(self.path):
            rows = self._connection.execute(sql("readings"), [list(paths)]).fetchall()
        for path, *row in rows:
            found.setdefault(path, []).append(Reading(*row))
        return found

    def forget(self, source_id: str) -> None:
        """Drop all that one reading of a file gave, so that the file can be read again whole."""
        self._unsettle()
        for table in ("requests", "sources", *_PLAIN):
            self._connection.execute(
                f"delete from {table} where source_id = ?",  # noqa: S608 - a name from the line above
                [source_id],
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is taken in inside, or nothing of it."""
        with explained(self.path):
            self._connection.begin()
        try:
            yield
        except BaseException:
            with suppress(duck.Fault):  # after a failed write there may be nothing to roll back
                self._connection.rollback()
            raise
        with explained(self.path):
            self._connection.commit()

    def take(self, batch: Batch) -> None:
        """Merge one batch of outcomes: a repeated call changes nothing."""
        with explained(self.path):
            frames = batch.frames()
            if len(frames["requests"]):
                self._unsettle()
            self._merge(frames)

    def ledger(self) -> Ledger:
        """Give the ledger over everything the store has read."""
        self._count()
        (total,) = self._rows("ledger")
        reasons = tuple(Reason(**row) for row in self._rows("reasons"))
        return Ledger(
            files=total["files"],
            file_bytes=total["file_bytes"],
            lines=total["lines"],
            kept=total["kept"],
            repeats=total["call_lines"] - total["kept"],
            reasons=reasons,
            usage_like=total["usage_like"],
            merged=tuple(Merged(**row) for row in self._rows("merged_calls")),
        )

    def merges(self) -> pl.DataFrame:
        """Give each sighting of a call that several sources tell.

        Columns: call, connector, path, line, the rule that joined it (an id's kind, or `content`),
        `gap_us` between look-alikes, and `differs` where sources disagree on counts.
        """
        self._count()
        return self._frame("merges")

    def rejects(self) -> pl.DataFrame:
        """Give path, line, kind, reason and detail of each line that told of no billed call."""
        return self._frame("rejects")

    def doubts(self) -> tuple[tuple[str, int], ...]:
        """Give what the sources leave open or contradict, with the number of calls, most first."""
        self._count()
        return tuple((row["doubt"], row["calls"]) for row in self._rows("doubts"))

    def twins(self) -> tuple[Twins, ...]:
        """Give the pairs of files of one connector that seem to hold the same calls."""
        self._count()
        found: dict[tuple[str, str, str], list[int]] = {}
        with explained(self.path):
            for *files, identity in look_twice(self._connection):
                connector, path, other = files
                found.setdefault((connector, path, other), []).append(identity)
        return tuple(Twins(*files, tuple(told)) for files, told in found.items())

    def calls(self) -> pl.DataFrame:
        """Give one row a billed call in start order (see `queries/calls.sql`)."""
        self._count()
        return self._frame("calls")

    def evidence(self) -> pl.DataFrame:
        """Give each call's key, file and line digests, effort and prompt hash, in start order."""
        self._count()
        return self._frame("evidence")

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

    def recount(self, source_id: str) -> None:
        """Drop what the ledger says of a source read in parts; the next part brings it anew."""
        for table in ("sources", "reasons"):
            self._connection.execute(
                f"delete from {table} where source_id = ?",  # noqa: S608 - a name from the line above
                [source_id],
            )

    def renew(self) -> None:
        """Open the file anew, small: DuckDB 2.0 holds some of each transaction until it closes.

        Raises:
            StoreError: another program took the store meanwhile.
        """
        self._counted = False
        with explained(self.path):
            self._connection.close()
            self._connection = duck.connect(self.path)
        self.keep_small()

    def keep_small(self) -> None:
        """Hold the database to little memory from here on, its last writing at the end included."""
        self._connection.execute("set memory_limit = '48MB'")
        self._connection.execute("set enable_progress_bar = false")  # it would draw on stdout

    def sources(self) -> list[tuple[str, str]]:
        """Give (connector, SHA-256) of each file, sorted: the inputs of a manifest."""
        query = "select connector, sha256 from sources order by sha256, connector"
        return [(str(a), str(b)) for a, b in self._connection.execute(query).fetchall()]

    def _count(self) -> None:
        """Settle which sightings are one call; what was taken in since is looked at anew."""
        if not self._counted:
            with explained(self.path):
                count(self._connection, keep=self._writes)
            self._counted = True

    def _unsettle(self) -> None:
        self._counted = False
        drop(self._connection)

    def _merge(self, frames: dict[str, pl.DataFrame]) -> None:
        with registered(self._connection, "incoming", frames["requests"]):
            ((known,),) = self._connection.execute(sql("known_requests")).fetchall()
            if known:
                self._run("outdone_requests")
            self._run("merge_requests" if known else "new_requests")
        with registered(self._connection, "incoming_nodes", frames["nodes"]):
            self._run("name_producers")
            self._run("merge_nodes")
        for table in ("sources", *_PLAIN):
            with registered(self._connection, "incoming_rows", frames[table]):
                self._connection.execute(
                    f"insert into {table} by name select * from incoming_rows"  # noqa: S608 - a name from the line above
                )

    def _prepare(self) -> None:
        with explained(self.path):
            found = self._connection.execute(sql("columns")).fetchall()
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
            raise StoreError(f"{self.path}: {duck.NOT_A_STORE}")
        version = int(told)
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by {'a newer' if version > SCHEMA_VERSION else 'an older'} "
                f"rebill (store version {version}, this program reads {SCHEMA_VERSION}); "
                "update rebill, or ingest the logs into a new store"
            )

    def _meta(self, name: str) -> str | None:
        query = "select value from meta where name = ?"
        with explained(self.path):
            rows = self._connection.execute(query, [name]).fetchall()
        return str(rows[0][0]) if rows else None

    def _set_meta(self, name: str, value: str) -> None:
        self._connection.execute("insert into meta values (?, ?)", [name, value])

    def _frame(self, query: str) -> pl.DataFrame:
        with explained(self.path):
            frame: pl.DataFrame = self._connection.sql(sql(query)).pl()
        return frame

    def _rows(self, query: str) -> list[dict[str, Any]]:
        """Give few rows; a frame would import pyarrow for them."""
        with explained(self.path):
            found = self._connection.execute(sql(query))
            names = [str(column[0]) for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _run(self, query: str) -> None:
        self._connection.execute(sql(query))


_PLAIN = ("attempts", "rejects", "reasons", "usage_rows", "cost_rows")
"""Tables whose rows belong to one reading of one file and are merged with nothing."""
