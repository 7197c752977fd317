"""The waterfall from the baseline's bill over the adjusted baseline to the actual bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import LEVERS, Grade
from analyzer.results.gainshare import Verified
from reports.axes import Axis, axis_over
from reports.gainshare.words import SOURCES, lever_of, source_name
from reports.numbers import Amount, Unit, amount
from reports.review.rounding import footed

KINDS = {
    "price": "by contract",
    "adjustment": "non-routine",
    "Price and volume basis": "by contract",
    "Billed and in no log": "both sides",
    "Signed adjustments": "non-routine",
    "Settings that changed and are not counted as savings": "not counted",
}
"""What is neither a lever nor routine."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row."""

    name: str
    row: str
    """CSS classes of the row: `total`, or a lever."""
    kind: str
    """What moved it: `routine`, `lever` and the like; empty for a total."""
    start: Fraction
    end: Fraction
    amount: Amount
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class BuildUp:
    """All rows and their axis."""

    axis: Axis
    bars: tuple[Bar, ...]

    def left(self, bar: Bar) -> str:
        """Place of the bar's left end."""
        return self.axis.at(min(bar.start, bar.end))

    def right(self, bar: Bar) -> str:
        """Place of the bar's right end."""
        return self.axis.at(max(bar.start, bar.end))

    def link(self, bar: Bar) -> str:
        """Place of the line down to the next row."""
        return self.axis.at(bar.end)


def build_up_of(found: Verified, unit: Unit) -> BuildUp:
    """Rows whose printed steps lead from each printed total to the next."""
    before, adjusted, actual = (
        unit.steps(pico) for pico in (found.baseline_bill, found.adjusted, found.actual)
    )
    routine = [(one.name[:1].upper() + one.name[1:], "", one.amount) for one in found.steps]
    sources = [(source_name(name), name, -sum_of(found, name)) for name in sources_of(found)]
    bars = (
        _total("Baseline's bill", found.baseline_bill, unit, before),
        *_moves(routine, found.baseline_bill, unit, adjusted - before, found),
        _total("Adjusted baseline", found.adjusted, unit, adjusted),
        *_moves(sources, found.adjusted, unit, actual - adjusted, found),
        _total("Actual bill", found.actual, unit, actual),
    )
    return BuildUp(axis_over(bar.end for bar in bars), bars)


def sources_of(found: Verified) -> tuple[str, ...]:
    """Every lever in the order of record, then what else saved."""
    more = tuple(name for name in SOURCES if any(one.source == name for one in found.saved))
    return (*LEVERS, *more)


def sum_of(found: Verified, source: str) -> Fraction:
    """What one source avoided in all workloads."""
    return sum((one.avoided for one in found.saved if one.source == source), Fraction(0))


def _total(name: str, pico: Fraction, unit: Unit, steps: int) -> Bar:
    return Bar(name, "total", "", Fraction(0), pico, amount(pico, unit, steps))


def _moves(
    parts: Sequence[tuple[str, str, Fraction]],
    start: Fraction,
    unit: Unit,
    target: int,
    found: Verified,
) -> list[Bar]:
    printed = footed([pico for _, _, pico in parts], unit, target)
    grades = {one.lever: one.grade for one in found.levers}
    bars, at = [], start
    for (name, source, pico), steps in zip(parts, printed, strict=True):
        lever = lever_of(source)
        bars.append(
            Bar(
                name=name,
                row=lever or "",
                kind="lever" if lever else KINDS.get(source or name, "routine"),
                start=at,
                end=at + pico,
                amount=amount(pico, unit, steps, signed=True),
                grade=grades.get(lever) if lever else None,
            )
        )
        at += pico
    return bars
