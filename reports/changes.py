"""What to change: one row a workload with its lines, and the bill by model."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analyzer.results import LEVERS, Lever, Line, ModelBill, Savings, WorkloadResult
from reports.numbers import Amount, amount, count, millions, percent_point
from reports.totals import Column, Total, Totals, column

State = Literal["used", "potential", "no"]


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """One workload before and after."""

    workload: WorkloadResult
    billed: Amount
    after: Amount
    saving: Amount
    potential: Amount
    width: str
    """Length of the in-cell bar."""
    levers: tuple[tuple[Lever, State], ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Accepted lines first, each group in the order of record."""
        return tuple(
            sorted(
                self.workload.lines,
                key=lambda line: (not line.accepted, LEVERS.index(line.lever)),
            )
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """All workloads, largest saving first."""

    rows: tuple[WorkloadRow, ...]
    billed: Amount
    after: Amount
    saving: Amount
    potential: Amount
    adds: bool
    """False where workloads do not sum to the page's totals."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model's bill; tokens in millions."""

    model: str
    requests: str
    uncached: str
    read: str
    written: str
    output: str
    billed: Amount


@dataclass(frozen=True, slots=True)
class Models:
    """All models."""

    rows: tuple[ModelRow, ...]
    requests: str
    total: Amount
    adds: bool


def changes_of(savings: Savings, totals: Totals) -> Changes:
    """Rows add up: each column is rounded once, and after is billed minus saving."""
    works = sorted(savings.workloads, key=lambda work: (-work.saving, -work.billed, work.name))
    billed = column([work.billed for work in works], totals.billed)
    saving = column([work.saving for work in works], totals.saving)
    potential = column([work.potential for work in works], totals.potential)
    largest = max((abs(work.saving) for work in works), default=Fraction(0))
    rows = tuple(
        WorkloadRow(
            workload=work,
            billed=billed.parts[i],
            after=_after(work, billed.steps[i] - saving.steps[i], totals),
            saving=saving.parts[i],
            potential=potential.parts[i],
            width=percent_point(max(work.saving, Fraction(0)) / largest) if largest else "0",
            levers=tuple((lever, _state(work.lines, lever)) for lever in LEVERS),
        )
        for i, work in enumerate(works)
    )
    return Changes(
        rows=rows,
        billed=billed.total,
        after=totals.after.amount,
        saving=saving.total,
        potential=potential.total,
        adds=_add(billed, saving, potential),
    )


def models_of(models: Sequence[ModelBill], billed: Total) -> Models:
    """What each model billed, in the order given."""
    printed = column([model.billed for model in models], billed)
    rows = tuple(
        ModelRow(
            model=bill.model,
            requests=count(bill.requests),
            uncached=millions(bill.tokens.uncached),
            read=millions(bill.tokens.read),
            written=millions(bill.tokens.write_5m + bill.tokens.write_1h),
            output=millions(bill.tokens.output),
            billed=shown,
        )
        for bill, shown in zip(models, printed.parts, strict=True)
    )
    requests = count(sum(model.requests for model in models))
    return Models(rows, requests, printed.total, printed.adds)


def _after(work: WorkloadResult, steps: int, totals: Totals) -> Amount:
    return amount(work.billed - work.saving, totals.unit, steps)


def _state(lines: tuple[Line, ...], lever: Lever) -> State:
    accepted = [line.accepted for line in lines if line.lever == lever]
    if not accepted:
        return "no"
    return "used" if any(accepted) else "potential"


def _add(*columns: Column) -> bool:
    return all(one.adds for one in columns)
