"""The vendor's reports as frames: taken into the store, or named on the command line."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

import polars as pl

from analyzer.errors import InputError
from analyzer.intake import Batch, FileCount
from analyzer.overlaps import counted_once
from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.words import counted
from connectors.registry import LogFile, connector_for, find_logs

Role = Literal["usage", "cost", "invoice"]
ROLES: tuple[Role, ...] = ("usage", "cost", "invoice")
_NO_SECRET = b"reports hold no prompts, so nothing is hashed here"


@dataclass(frozen=True, slots=True)
class Reports:
    """Rows of reports by role; see `analyzer.intake` for the columns, `source` names the file."""

    usage: pl.DataFrame
    cost: pl.DataFrame
    invoice: pl.DataFrame
    left_out: tuple[str, ...] = ()
    """What would count twice, in words; see `analyzer.overlaps`."""

    @property
    def any(self) -> bool:
        """Whether there is anything to reconcile with."""
        return bool(len(self.usage) or len(self.cost) or len(self.invoice))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the files that were read, sorted; no folder, which would tell of a machine."""
        frames = (self.usage, self.cost, self.invoice)
        places = {str(place) for frame in frames for place in frame["source"].unique()}
        return tuple(sorted({PurePath(place).name for place in places}))


def stored_reports(store: Store) -> Reports:
    """Give the reports that were taken in; money that names its invoice is the invoice's."""
    cost = store.cost_rows()
    billed = pl.col("invoice").is_not_null()
    return _once(store.usage_rows(), cost.filter(~billed), cost.filter(billed))


def reports(store: Store, given: dict[Role, Sequence[Path]]) -> Reports:
    """Give stored reports; a role that files are named for is read from these files alone.

    Raises:
        InputError: a named file is no report, or a line of it cannot be read.
    """
    cost = store.cost_rows()
    billed = pl.col("invoice").is_not_null()
    return _once(
        _named("usage", given, store.usage_rows()),
        _named("cost", given, cost.filter(~billed)),
        _named("invoice", given, cost.filter(billed)),
    )


def _once(usage: pl.DataFrame, cost: pl.DataFrame, invoice: pl.DataFrame) -> Reports:
    """Take every cell once, however many files tell of it."""
    found = [counted_once(frame) for frame in (usage, cost, invoice)]
    words = [_words(role, one.left_out) for role, one in zip(ROLES, found, strict=True)]
    rows = [one.rows for one in found]
    return Reports(rows[0], rows[1], rows[2], tuple(itertools.chain.from_iterable(words)))


def _words(role: Role, left_out: pl.DataFrame) -> Iterator[str]:
    for source, why, cells in left_out.group_by("source", "why").len().sort("source").iter_rows():
        name = PurePath(str(source)).name
        yield f"{name}: {counted(cells, f'{role} cell')} not counted: {why}"


def _named(role: Role, given: dict[Role, Sequence[Path]], stored: pl.DataFrame) -> pl.DataFrame:
    named = [str(path) for path in given.get(role, ())]
    if not named:
        return stored
    return pl.concat([_rows(LogFile(place), role) for place in find_logs(named)])


def _rows(log: LogFile, role: Role) -> pl.DataFrame:
    count, batch = FileCount(log.name), Batch()
    connector = connector_for(log)
    for outcome in connector.read(log, Hasher(_NO_SECRET)):
        count.add(batch, outcome)
    if fault := count.first_fault:
        where = f"{log.name}:{fault.line}: {fault.reason}; {fault.detail}"
        raise InputError(f"{where} (a total with a hole in it is no total)")
    frame = batch.frames()["usage_rows" if role == "usage" else "cost_rows"]
    if not len(frame):
        raise InputError(f"{log.name}: holds no {role} rows; is it another report?")
    return frame.with_columns(source=pl.lit(log.name), connector=pl.lit(connector.name))
