"""Logs into the store: find, detect, read, count, merge; the next run finishes a killed one."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import InputError
from analyzer.intake import Batch, FileCount
from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.trace import Rejected
from connectors import Connector, LogFile, connector_for, find_logs

GROUP_BYTES = 64 * 2**20
"""Files of about this size together are one transaction."""
FLUSH_ROWS = 100_000
"""Rows held in memory before they go to the open transaction."""

Progress = Callable[[Path, int], None]
"""Called after each file with its path and its bytes."""


@dataclass(slots=True)
class Intake:
    """What one run of `ingest` did; the store's ledger holds the totals."""

    files: int = 0
    unchanged: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    connectors: dict[str, int] = field(default_factory=dict)


def ingest(
    paths: Sequence[str],
    store: Store,
    source: str | None = None,
    progress: Progress = lambda _path, _size: None,
) -> Intake:
    """Take all logs under `paths` into the store; a file already taken in is passed over.

    Raises:
        InputError: a path that does not exist, a folder without logs, or nothing readable at all.
        StoreError: the store is busy, or the disk is full; finished files stay in.
    """
    logs = find_logs(paths)
    hasher = store.hasher()
    intake = Intake()
    for group in _groups(logs):
        with store.transaction():
            batch = Batch()
            for path in group:
                batch = _file(path, store, hasher, source, intake, batch)
                progress(path, path.stat().st_size)
            store.take(batch)
    if intake.unknown and not intake.connectors and not intake.unchanged:
        raise InputError(
            f"{intake.unknown[0]}: no known log format in any of {len(logs)} files; "
            "see `rebill sources`, or name one with --source"
        )
    return intake


def _file(
    path: Path, store: Store, hasher: Hasher, source: str | None, intake: Intake, batch: Batch
) -> Batch:
    digest = _sha256(path)
    source_id = hashlib.sha256(f"{path.resolve()}\0{digest}".encode()).hexdigest()[:32]
    if store.holds(source_id):
        intake.unchanged.append(str(path))
        return batch
    log = LogFile(path)
    connector = _connector(log, source, intake)
    count = FileCount(source_id)
    outcomes = connector.read(log, hasher) if connector else _unreadable(log)
    for outcome in outcomes:
        count.add(batch, outcome)
        if len(batch) > FLUSH_ROWS:
            store.take(batch)
            batch = Batch()
    if count.lines != log.lines_read:
        raise AssertionError(f"{path}: {log.lines_read} lines read, {count.lines} accounted for")
    name = connector.name if connector else "unknown"
    count.close(batch, (name, str(path), digest, path.stat().st_size))
    intake.files += 1
    if connector and log.lines_read:
        intake.connectors[name] = intake.connectors.get(name, 0) + 1
    return batch


def _connector(log: LogFile, source: str | None, intake: Intake) -> Connector | None:
    if not log.sniff().strip():
        intake.empty.append(str(log.path))
        return None
    try:
        return connector_for(log, source)
    except InputError:
        if source is not None:
            raise
        intake.unknown.append(str(log.path))
        return None


def _unreadable(log: LogFile) -> Iterator[Rejected]:
    """Count every line of a file that no connector knows as at fault."""
    for number, _line in log.lines():
        yield Rejected(number, "unknown format", "name its format with --source")


def _groups(logs: Iterable[Path]) -> Iterator[list[Path]]:
    group: list[Path] = []
    size = 0
    for path in logs:
        group.append(path)
        size += path.stat().st_size
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its rights") from error
