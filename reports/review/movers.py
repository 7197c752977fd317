"""Movers: each workload's change, by what moved it; rows and columns add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.review import Review
from reports.numbers import Amount, Unit, amount
from reports.review.rounding import footed


@dataclass(frozen=True, slots=True)
class MoverRow:
    """One workload."""

    workload: str
    label: str
    after: Amount
    before: Amount | None = None
    change: Amount | None = None
    parts: tuple[Amount, ...] = ()
    """Volume and mix, model, other."""


@dataclass(frozen=True, slots=True)
class MoverRows:
    """All workloads and their sum."""

    rows: tuple[MoverRow, ...]
    total: MoverRow
    compared: bool


def movers_of(review: Review, unit: Unit) -> MoverRows:
    """Print before and after by largest remainder; the rest is their difference."""
    crossing, movers = review.crossing, review.movers
    steps = unit.steps(review.units.cost)
    after = footed([one.after for one in movers], unit, steps)
    if crossing is None:
        rows = tuple(
            MoverRow(one.workload, one.label, amount(one.after, unit, own))
            for one, own in zip(movers, after, strict=True)
        )
        return MoverRows(rows, MoverRow("All", "", amount(review.units.cost, unit)), compared=False)
    first = unit.steps(crossing.before)
    before = footed([one.before or Fraction(0) for one in movers], unit, first)
    split = [(one.volume_and_mix, one.model, one.other) for one in movers]
    printed = [
        footed(parts, unit, late - early)
        for parts, late, early in zip(split, after, before, strict=True)
    ]
    rows = tuple(
        MoverRow(
            one.workload,
            one.label,
            amount(one.after, unit, late),
            amount(one.before or Fraction(0), unit, early),
            amount(one.change or Fraction(0), unit, late - early, signed=True),
            _amounts(parts, unit, shown),
        )
        for one, late, early, parts, shown in zip(
            movers, after, before, split, printed, strict=True
        )
    )
    sums = [sum(column, Fraction(0)) for column in zip(*split, strict=True)]
    shown = [sum(column) for column in zip(*printed, strict=True)]
    total = MoverRow(
        "All",
        "",
        amount(crossing.after, unit, steps),
        amount(crossing.before, unit, first),
        amount(crossing.after - crossing.before, unit, steps - first, signed=True),
        _amounts(sums, unit, shown),
    )
    return MoverRows(rows, total, compared=True)


def _amounts(parts: Sequence[Fraction], unit: Unit, steps: Sequence[int]) -> tuple[Amount, ...]:
    return tuple(
        amount(part, unit, shown, signed=True) for part, shown in zip(parts, steps, strict=True)
    )
