"""What the headline leaves out, and where every log line went."""

from dataclasses import dataclass

from analyzer.results import Line, Reason, Savings
from reports.numbers import Amount, count, millions
from reports.totals import Totals, column


@dataclass(frozen=True, slots=True)
class PotentialRow:
    """One workload's potential and the lines it rests on."""

    workload: str
    label: str
    amount: Amount
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class UnpricedRow:
    """Traffic without a price."""

    what: str
    requests: str
    tokens: str


@dataclass(frozen=True, slots=True)
class Omitted:
    """Potential by workload, and traffic that no total holds."""

    potential: tuple[PotentialRow, ...]
    total: Amount
    adds: bool
    unpriced: tuple[UnpricedRow, ...]
    unpriced_requests: int


@dataclass(frozen=True, slots=True)
class LedgerRows:
    """Reasons of one kind."""

    kind: str
    meaning: str
    reasons: tuple[Reason, ...]

    @property
    def lines(self) -> int:
        """Lines set apart for these reasons."""
        return sum(reason.lines for reason in self.reasons)


def omitted_of(savings: Savings, totals: Totals) -> Omitted:
    """Rows for every workload that has potential or a line not accepted."""
    printed = column([work.potential for work in savings.workloads], totals.potential)
    rows = (
        PotentialRow(
            work.name, work.label, shown, tuple(line for line in work.lines if not line.accepted)
        )
        for work, shown in zip(savings.workloads, printed.parts, strict=True)
    )
    kept = tuple(row for row in rows if row.lines or row.amount.usd != "0")
    unpriced = tuple(
        UnpricedRow(one.what, count(one.requests), millions(one.tokens)) for one in savings.unpriced
    )
    requests = sum(one.requests for one in savings.unpriced)
    return Omitted(kept, printed.total, printed.adds, unpriced, requests)


def ledger_rows(reasons: tuple[Reason, ...]) -> tuple[LedgerRows, ...]:
    """Reasons by kind: asides, unbilled lines and faults are different things."""
    kinds = (
        ("aside", "holds no call"),
        ("unbilled", "an error or a synthetic line: nothing to bill"),
        ("fault", "could not be read"),
    )
    grouped = (
        LedgerRows(kind, meaning, tuple(one for one in reasons if one.kind == kind))
        for kind, meaning in kinds
    )
    return tuple(rows for rows in grouped if rows.reasons)
