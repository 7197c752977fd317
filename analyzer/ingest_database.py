"""A live SpendLogs table into the store: pages, a mark of how far, and rows that came late.

Rows arrive in the order in which calls end, and are read in the order in which they began. So each
run first looks again at the keys of the last `OVERLAP` before its mark: ids it has not seen are
taken, ids it has seen are no lines of the ledger. A table is one source however many runs read it,
and what the store says of it does not depend on where runs were cut.
"""

import base64
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from analyzer.errors import InputError
from analyzer.intake import Batch, FileCount
from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.trace import Outcome, Rejected
from analyzer.words import counted
from connectors.connector import tells_usage
from connectors.faults import LINE_FAULTS, rejected
from connectors.litellm.database import START, Mark, SpendLogs, SpendRow
from connectors.litellm.spend import CONNECTOR, row_reader

PAGE_ROWS = 8_000
"""Rows of one transaction, on the server and in the store."""
FLUSH_ROWS = 8_000
"""Calls and prompt blocks held in memory before they go to the open transaction."""
OVERLAP = timedelta(hours=24)
"""How much later than a row that began after it a row may arrive and still be found."""
RENEW_PAGES = 50
"""Pages after which the store is opened anew, so that memory does not grow with the table."""
_SPARE = timedelta(minutes=1)
"""Ids are kept a little longer than they are asked for: one time has several texts (.5, .500)."""
_KEY_ROWS = 20_000
_ID_BYTES = 8
_MODULUS = 2**256

RowProgress = Callable[[int, int], None]
"""Called after each page with the rows of the table in the store and about how many it has."""


@dataclass(frozen=True, slots=True)
class TableRead:
    """What one run took from a table."""

    name: str
    rows: int
    usable: bool
    """False when rows were read and not one could be used."""
    complaints: tuple[str, ...]


class _Seen(msgspec.Struct, frozen=True):
    """Where the ids of one page's rows are kept, while late rows may come among them."""

    slot: int
    first: str
    last: str


class _Progress(msgspec.Struct, frozen=True):
    """How far a table was read, and what the ledger says of it so far."""

    mark: Mark = START
    rows: int = 0
    row_bytes: int = 0
    digest: str = "0"
    """Sum of the rows' SHA-256, so that the order of reading does not matter."""
    calls: int = 0
    call_lines: int = 0
    reasons: tuple[tuple[str, str, int], ...] = ()
    usage_like: int = 0
    """Rows at fault that hold counts all the same: their calls are in no figure."""
    seen: tuple[_Seen, ...] = ()


def read_database(
    url: str,
    store: Store,
    hasher: Hasher,
    source: str | None = None,
    progress: RowProgress = lambda _rows, _expected: None,
) -> TableRead:
    """Take what is new in the table at this address into the store.

    Raises:
        InputError: another format was asked for, or the table cannot be reached or read; finished
            pages stay in.
        StoreError: the store is busy, or the disk is full; finished pages stay in.
    """
    if source not in {None, CONNECTOR.name}:
        raise InputError(f"--source {source}: databases are read as {CONNECTOR.name}; leave it out")
    store.keep_small()
    with SpendLogs.open(url) as table:
        run = _Run(table, store, hasher, progress)
        before = run.done.rows
        run.catch_up()
        run.read_on()
        return run.told(since=before)


@dataclass(slots=True)
class _Run:
    """One run over one table."""

    table: SpendLogs
    store: Store
    hasher: Hasher
    progress: RowProgress
    complaints: list[str] = field(default_factory=list)
    first_fault: Rejected | None = None
    done: _Progress = field(init=False)

    def __post_init__(self) -> None:
        told = self.store.cursor(self.table.name)
        self.done = msgspec.json.decode(told, type=_Progress) if told else _Progress()

    def read_on(self) -> None:
        """Take pages from the mark to the table's end."""
        for number in itertools.count(1):
            page = self.table.page(self.done.mark, PAGE_ROWS)
            if self._take(page, forward=True) < PAGE_ROWS:
                return
            if number % RENEW_PAGES == 0:
                self.store.renew()

    def catch_up(self) -> None:
        """Take rows that came late among those already read."""
        if self.done.mark == START:
            return
        to, known = self.done.mark, self.done.rows
        there = self.table.counted(to)
        after = Mark(_before(to.started, OVERLAP), "")
        while keys := self.table.keys(after, to, _KEY_ROWS):
            late = self._unseen(keys)
            for start in range(0, len(late), PAGE_ROWS):
                self._take(self.table.named(late[start : start + PAGE_ROWS]), forward=False)
            after = keys[-1]
        if there is not None and there > self.done.rows:
            self._miss(there - self.done.rows)
        elif there is None and known:
            self._unchecked()

    def told(self, since: int) -> TableRead:
        """Give what came of it; a table of which nothing can be used is named with its fault."""
        fault = self.first_fault
        usable = bool(self.done.calls) or fault is None
        if fault is not None and not usable:
            self.complaints.append(f"{self.table.name}: {fault.reason}; {fault.detail}")
        rows = self.done.rows - since
        return TableRead(self.table.name, rows, usable, tuple(self.complaints))

    def _unseen(self, keys: list[Mark]) -> list[str]:
        first, last = keys[0].started, keys[-1].started
        known: set[bytes] = set()
        for page in self.done.seen:
            if page.first <= last and page.last >= first:
                known.update(_cut(self.store.cursor(self._slot(page.slot)) or ""))
        return [key.request_id for key in keys if self._id(key.request_id) not in known]

    def _take(self, rows: Iterator[SpendRow], *, forward: bool) -> int:
        """Take rows into the store, all or none of them; gives how many there were."""
        part = _Part(self.table.name, self.done)
        with self.store.transaction():
            part.read(rows, self.store, self.hasher)
            if not part.marks:
                return 0
            reached = part.marks[-1] if forward else self.done.mark
            recent = _before(reached.started, OVERLAP + _SPARE)
            seen = tuple(page for page in self.done.seen if page.last >= recent)
            slot = _free(seen)
            page = _Seen(slot, part.marks[0].started, part.marks[-1].started)
            done = part.done(reached, (*seen, page))
            self.store.recount(part.count.source_id)
            self.store.take(part.closed(done))
            told = b"".join(self._id(row.request_id) for row in part.marks)
            self.store.set_cursor(self._slot(slot), base64.b85encode(told).decode())
            self.store.set_cursor(self.table.name, msgspec.json.encode(done).decode())
        self.done = done
        self.first_fault = self.first_fault or part.count.first_fault
        self.progress(done.rows, max(self.table.expected, done.rows))
        return len(part.marks)

    def _slot(self, number: int) -> str:
        return f"{self.table.name}#{number}"

    def _id(self, request_id: str) -> bytes:
        return self.hasher.digest(b"row", request_id.encode())[:_ID_BYTES]

    def _miss(self, rows: int) -> None:
        self.complaints.append(
            f"{self.table.name}: {counted(rows, 'row')} came more than {_HOURS} hours late and "
            "cannot be told from those already read; ingest the table into a new store to have all"
        )

    def _unchecked(self) -> None:
        self.complaints.append(
            f"{self.table.name}: the server's statement_timeout is too short to count the table; "
            f"rows that came more than {_HOURS} hours late would go unseen"
        )


class _Part:
    """Rows on their way into the store, and what the ledger will say with them in it."""

    def __init__(self, name: str, before: _Progress) -> None:
        self.marks: list[Mark] = []
        self.count = FileCount(hashlib.sha256(name.encode()).hexdigest()[:32], CONNECTOR.name)
        self.count.calls, self.count.call_lines = before.calls, before.call_lines
        self.count.reasons = Counter({(kind, why): lines for kind, why, lines in before.reasons})
        self._name = name
        self._before = before
        self._bytes = 0
        self._usage_like = before.usage_like
        self._sum = int(before.digest, 16)
        self._batch = Batch()

    def read(self, rows: Iterable[SpendRow], store: Store, hasher: Hasher) -> None:
        """Take the rows in; what was read of them goes to the open transaction on the way.

        The reader remembers prompts; a new one now and then keeps it from remembering all of them.
        """
        decode = row_reader(hasher, exported=False)
        for number, row in enumerate(rows, start=self._before.rows + 1):
            self.marks.append(row.mark)
            self._bytes += len(row.raw)
            self._sum += int.from_bytes(hashlib.sha256(row.raw).digest())
            outcome = _outcome(decode, number, row)
            if isinstance(outcome, Rejected):
                self._usage_like += tells_usage(row.raw)
            self.count.add(self._batch, outcome)
            if len(self._batch) > FLUSH_ROWS:
                store.take(self._batch)
                self._batch, decode = Batch(), row_reader(hasher, exported=False)

    def done(self, mark: Mark, seen: tuple[_Seen, ...]) -> _Progress:
        """Give how far the table is read with these rows."""
        return _Progress(
            mark=mark,
            rows=self._before.rows + len(self.marks),
            row_bytes=self._before.row_bytes + self._bytes,
            digest=f"{self._sum % _MODULUS:x}",
            calls=self.count.calls,
            call_lines=self.count.call_lines,
            reasons=tuple((*key, lines) for key, lines in sorted(self.count.reasons.items())),
            usage_like=self._usage_like,
            seen=seen,
        )

    def closed(self, done: _Progress) -> Batch:
        """Give the last rows, with the table's own line of the ledger.

        Raises:
            AssertionError: a row was not accounted for.
        """
        if self.count.lines != done.rows:
            raise AssertionError(f"{self._name}: {done.rows} rows, {self.count.lines} told of")
        digest = f"{int(done.digest, 16):064x}"
        own = (CONNECTOR.name, self._name, digest, done.row_bytes, 0, done.usage_like)
        self.count.close(self._batch, own)
        return self._batch


def _cut(text: str) -> Iterator[bytes]:
    told = base64.b85decode(text)
    return (told[at : at + _ID_BYTES] for at in range(0, len(told), _ID_BYTES))


def _outcome(decode: Callable[[int, bytes], Outcome], number: int, row: SpendRow) -> Outcome:
    try:
        return decode(number, row.raw)
    except LINE_FAULTS as error:
        fault = rejected(number, error)
        name = row.mark.request_id if _NAME.fullmatch(row.mark.request_id) else "of an odd id"
        return Rejected(number, fault.reason, f"row {name}: {fault.detail}")


_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
"""What an id looks like; anything else is not shown."""


def _before(started: str, span: timedelta) -> str:
    """Give the time that lies so long before another, written so that texts sort as times."""
    try:
        return (datetime.fromisoformat(started) - span).isoformat(sep=" ")
    except (ValueError, OverflowError):  # `infinity`, or before the year 1
        return START.started


def _free(seen: Iterable[_Seen]) -> int:
    taken = {page.slot for page in seen}
    return next(number for number in range(len(taken) + 1) if number not in taken)


_HOURS = OVERLAP // timedelta(hours=1)
