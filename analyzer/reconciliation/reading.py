"""The vendor's reports as frames: taken into the store, or named on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from analyzer.errors import InputError
from analyzer.intake import Batch, FileCount
from analyzer.prompts import Hasher
from analyzer.store import Store
from connectors import LogFile, connector_for, find_logs

Role = Literal["usage", "cost", "invoice"]
_NO_SECRET = b"reports hold no prompts, so nothing is hashed here"


@dataclass(frozen=True, slots=True)
class Reports:
    """Rows of reports by role; see `analyzer.intake` for the columns, `source` names the file."""

    usage: pl.DataFrame
    cost: pl.DataFrame
    invoice: pl.DataFrame

    @property
    def any(self) -> bool:
        """Whether there is anything to reconcile with."""
        return bool(len(self.usage) or len(self.cost) or len(self.invoice))

    @property
    def names(self) -> tuple[str, ...]:
        """Files that were read, sorted."""
        frames = (self.usage, self.cost, self.invoice)
        return tuple(sorted({str(name) for frame in frames for name in frame["source"].unique()}))


def stored_reports(store: Store) -> Reports:
    """Give the reports that were taken in; money that names its invoice is the invoice's."""
    usage, cost = store.usage_rows(), store.cost_rows()
    billed = pl.col("invoice").is_not_null()
    return Reports(usage, cost.filter(~billed), cost.filter(billed))


def reports(store: Store, given: dict[Role, Sequence[Path]]) -> Reports:
    """Give stored reports; a role that files are named for is read from these files alone.

    Raises:
        InputError: a named file is no report, or a line of it cannot be read.
    """
    known = stored_reports(store)
    usage = [_read(path, "usage") for path in given.get("usage", ())]
    cost = [_read(path, "cost") for path in given.get("cost", ())]
    invoice = [_read(path, "invoice") for path in given.get("invoice", ())]
    return Reports(
        usage=pl.concat(usage) if usage else known.usage,
        cost=pl.concat(cost) if cost else known.cost,
        invoice=pl.concat(invoice) if invoice else known.invoice,
    )


def _read(path: Path, role: Role) -> pl.DataFrame:
    frames = [_rows(LogFile(place), role) for place in find_logs([str(path)])]
    return pl.concat(frames)


def _rows(log: LogFile, role: Role) -> pl.DataFrame:
    count, batch = FileCount(log.name), Batch()
    for outcome in connector_for(log).read(log, Hasher(_NO_SECRET)):
        count.add(batch, outcome)
    if fault := count.first_fault:
        where = f"{log.name}:{fault.line}: {fault.reason}; {fault.detail}"
        raise InputError(f"{where} (a total with a hole in it is no total)")
    frame = batch.frames()["usage_rows" if role == "usage" else "cost_rows"]
    if not len(frame):
        raise InputError(f"{log.name}: holds no {role} rows; is it another report?")
    return frame.with_columns(source=pl.lit(log.name))
