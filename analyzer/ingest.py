"""Logs into the store: find, detect, read, count, merge; the next run finishes a killed one.

A file that grew is read again whole, and the earlier reading is dropped: calls and ledger are then
as if the file had always been as it is now.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from analyzer.errors import InputError
from analyzer.ingest_database import RowProgress, read_database
from analyzer.intake import Batch, FileCount
from analyzer.prompts import Hasher
from analyzer.store import Reading, Store
from analyzer.trace import Aside, Outcome, Rejected
from connectors.connector import tells_usage
from connectors.litellm.database import is_database
from connectors.registry import (
    CONNECTORS,
    Connector,
    LogFile,
    Place,
    connector_for,
    find_logs,
    is_side_object,
)

GROUP_BYTES = 64 * 2**20
"""Files of about this size together are one transaction."""
FLUSH_ROWS = 40_000
"""Rows held in memory before they go to the open transaction."""

Progress = Callable[[Place, int], None]
"""Called after each file with its path and its bytes."""


@dataclass(slots=True)
class Intake:
    """What one run of `ingest` did; the store's ledger holds the totals."""

    files: int = 0
    unchanged: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What was wrong with a whole file, a line each: which, what, what to do."""
    unread: int = 0
    """Files that are not in the store, because they could not be read."""
    connectors: dict[str, int] = field(default_factory=dict)
    """Files by the format they were read as."""
    side_objects: int = 0
    """Files that are read with the log that names them."""
    missing: int = 0
    """Side objects that logs name and that are not there; those logs are read again next time."""
    rows: dict[str, int] = field(default_factory=dict)
    """New rows of each database table, by its address without the password."""

    @property
    def failed(self) -> bool:
        """Whether a file was left out, or nothing of what was named could be used."""
        return bool(self.unread) or not (self.connectors or self.unchanged or self.rows)


def ingest(
    paths: Sequence[str],
    store: Store,
    source: str | Connector | None = None,
    progress: Progress = lambda _path, _size: None,
    rows: RowProgress = lambda _rows, _expected: None,
    sampling: float | None = None,
) -> Intake:
    """Take all logs under `paths` into the store; a file already taken in is passed over.

    Addresses of databases are read after the files, from where an earlier run stopped.

    A file that cannot be read, or of which nothing can be used, becomes a complaint; others go on.
    `sampling` is the share of calls that the logs hold, where they do not tell it themselves.
    `source` is a format's name, or a connector that is not in the list (a user's mapping).

    Raises:
        InputError: no such format, a path that does not exist, or a folder without logs.
        StoreError: the store is busy, or the disk is full; finished files stay in.
    """
    if isinstance(source, str) and source not in {connector.name for connector in CONNECTORS}:
        known = ", ".join(connector.name for connector in CONNECTORS)
        raise InputError(f"--source {source}: no such format; choose one of {known}")
    found = logs_under(paths)
    logs = [log for log in found if not is_side_object(log)]
    run = _Run(store, store.hasher(), source, Intake(side_objects=len(found) - len(logs)), sampling)
    for group in _groups(logs):
        with store.transaction():
            names = [_name(path) for path in group]
            readings = store.readings(names)
            batch = Batch()
            for path, name in zip(group, names, strict=True):
                batch = run.take(path, batch, (name, readings.get(name, [])))
                progress(path, size_of(path))
            store.take(batch)
    for url in dict.fromkeys(filter(is_database, paths)):
        run.take_table(url, rows)
    return run.intake


def logs_under(paths: Sequence[str]) -> list[Place]:
    """Give every log the paths mean; one that a link names a second time is given once."""
    found = find_logs([path for path in paths if not is_database(path)])
    return list({log.resolve(): log for log in reversed(found)}.values())[::-1]


def size_of(path: Place) -> int:
    """Give a file's bytes; none when it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of `ingest`."""

    store: Store
    hasher: Hasher
    source: str | Connector | None
    intake: Intake
    sampling: float | None

    def take(self, path: Place, batch: Batch, known: tuple[str, list[Reading]]) -> Batch:
        """Add a file's rows to the batch; a full one goes to the store and a new one begins."""
        if path.exists() and not path.is_file():
            why = f"{path}: a pipe or a device, which cannot be read twice; save it to a file first"
            return self._leave_out(why, batch)
        try:
            seen = _look(path, *known)
        except OSError as error:
            said = error.strerror or str(error).splitlines()[0]
            why = f"{path}: cannot be read ({said}); check its rights, then run again"
            return self._leave_out(why, batch)
        if any(self._settled(seen, reading) for reading in seen.earlier):
            self.intake.unchanged.append(str(path))
            return batch
        return self._read(path, seen, batch)

    @property
    def named(self) -> str | None:
        """Name of the format that the user named."""
        return self.source.name if isinstance(self.source, Connector) else self.source

    def take_table(self, url: str, progress: RowProgress) -> None:
        """Take what is new in a database's table; one that cannot be reached is a complaint."""
        try:
            told = read_database(url, self.store, self.hasher, self.named, progress)
        except InputError as error:
            self.intake.complaints.append(str(error))
            self.intake.unread += 1
            return
        self.intake.complaints.extend(told.complaints)
        if told.usable:
            self.intake.rows[told.name] = told.rows

    def _settled(self, seen: "_Seen", reading: Reading) -> bool:
        """Tell whether a reading leaves nothing to do; a format the user names goes before it."""
        as_named = self.named is None or self.named == reading.connector
        return reading.usable and reading.sha256 == seen.sha256 and as_named

    def _read(self, path: Place, seen: "_Seen", batch: Batch) -> Batch:
        log = LogFile(path)
        count = FileCount(seen.source_id)
        own, spilled = Batch(), False
        try:
            connector = _connector(log, self.source)
            count.sampling = self.sampling
            count.connector = connector.name.partition("@")[0] if connector else _UNKNOWN
            for outcome in connector.read(log, self.hasher) if connector else _unreadable(log):
                count.add(own, outcome)
                if not isinstance(outcome, Aside) and len(own) > FLUSH_ROWS:
                    spilled = self._spill(own, seen, after=spilled)
                    own = Batch()
        except InputError as error:
            if spilled:  # the open transaction takes back what went in
                raise
            return self._leave_out(str(error), batch)
        if count.lines != log.lines_read:
            raise AssertionError(f"{path}: {log.lines_read} lines, {count.lines} accounted for")
        name = connector.name if connector else _UNKNOWN
        whole = (log.sha256, log.file_bytes) if log.sha256 else _hashed(path)
        count.close(own, (name, seen.place, *whole, log.missing, log.usage_like))
        self.intake.missing += log.missing
        self.intake.complaints += [f"{path}: {note}" for note in log.notes]
        changed = whole[1] != seen.state[0] or _state(path) != seen.state
        self._note(path, name, count, changed=changed)
        if not spilled:
            self._forget(seen)
        batch.extend(own)
        if len(batch) > FLUSH_ROWS:
            self.store.take(batch)
            return Batch()
        return batch

    def _spill(self, own: Batch, seen: "_Seen", *, after: bool) -> bool:
        if not after:
            self._forget(seen)
        self.store.take(own)
        return True

    def _forget(self, seen: "_Seen") -> None:
        for reading in seen.earlier:
            self.store.forget(reading.source_id)

    def _note(self, path: Place, name: str, count: FileCount, *, changed: bool) -> None:
        self.intake.files += 1
        fault = count.first_fault
        if count.calls or count.reported or (name != _UNKNOWN and count.lines and not fault):
            self.intake.connectors[name] = self.intake.connectors.get(name, 0) + 1
        elif fault:
            said = f"{path}:{fault.line}: {fault.reason}; {fault.detail}"
            more = f" ({count.faults:,} lines are at fault)" if count.faults > 1 else ""
            self.intake.complaints.append(said + more)
        else:
            self.intake.complaints.append(f"{path}: empty file; nothing to read, leave it out")
        if changed:
            said = "changed while it was read; run the same command again to take the rest"
            self.intake.complaints.append(f"{path}: {said}")

    def _leave_out(self, why: str, batch: Batch) -> Batch:
        self.intake.complaints.append(why)
        self.intake.unread += 1
        return batch


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it lay there when its turn came."""

    place: str
    state: tuple[int, int]
    sha256: str
    """Empty where the store holds nothing of this path: the file is then hashed as it is read."""
    earlier: tuple[Reading, ...]
    """Readings of this very file, or of a beginning of it."""
    source_id: str


def _look(path: Place, place: str, readings: list[Reading]) -> _Seen:
    state = _state(path)
    if not readings:
        return _Seen(place, state, "", (), _source_id(place, 0))
    earlier, others = [], set()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for reading in sorted(readings, key=lambda reading: reading.file_bytes):
            _hash_to(reading.file_bytes, file, digest)
            if digest.hexdigest() == reading.sha256:
                earlier.append(reading)
            else:
                others.add(reading.source_id)
        _hash_to(None, file, digest)
    ids = (_source_id(place, number) for number in range(len(others) + 1))
    free = next(name for name in ids if name not in others)
    return _Seen(place, state, digest.hexdigest(), tuple(earlier), free)


def _name(path: Place) -> str:
    return os.fsencode(path.resolve()).decode(errors="backslashreplace")


def _source_id(place: str, number: int) -> str:
    """Name the readings of one path: those of other content that lay there before count on."""
    return hashlib.sha256(f"{place}\0{number}".encode()).hexdigest()[:32]


def _state(path: Place) -> tuple[int, int]:
    """Give bytes and time of the last change; an object's time is not asked for."""
    found = path.stat()
    return found.st_size, getattr(found, "st_mtime_ns", 0)


def _hashed(path: Place) -> tuple[str, int]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        _hash_to(None, file, digest)
        return digest.hexdigest(), file.tell()


def _hash_to(end: int | None, file: BinaryIO, digest: "hashlib._Hash") -> None:
    """Hash on from where the file stands to `end`, or to its end."""
    left = _HASH_CHUNK if end is None else end - file.tell()
    while left > 0 and (chunk := file.read(min(left, _HASH_CHUNK))):
        digest.update(chunk)
        left -= 0 if end is None else len(chunk)


_HASH_CHUNK = 2**20
_UNKNOWN = "unknown"


def _connector(log: LogFile, source: str | Connector | None) -> Connector | None:
    head = log.sniff()
    if not head.strip():
        return None
    if isinstance(source, Connector):
        return source
    if source is not None:
        return connector_for(log, source)
    return next((known for known in CONNECTORS if known.detect(head)), None)


def _unreadable(log: LogFile) -> Iterator[Outcome]:
    """Count every line of a file that no connector knows; each that is not blank is at fault."""
    for number, line in log.lines():
        if line.strip():
            log.usage_like += tells_usage(line)
            yield Rejected(number, "unknown format", "name it with --source; see `rebill sources`")
        else:
            yield Aside(number, "blank")
    yield from log.cut_short()


def _groups(logs: Iterable[Place]) -> Iterator[list[Place]]:
    group: list[Place] = []
    size = 0
    for path in logs:
        group.append(path)
        size += size_of(path)
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group
