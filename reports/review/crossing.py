"""The waterfall from the month before: ten steps in order, fair shares beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.review import Crossing, MixStep
from reports.axes import Axis, axis_near
from reports.numbers import Amount, Unit, amount
from reports.review.rounding import footed
from reports.review.words import FACTORS, FactorWords, days_in_words

GROUPS = {"new": "new", "retired": "ended", "continuing": "going on"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the waterfall."""

    name: str
    row: str
    """CSS classes of the row: `total`, `within`, or a lever."""
    words: FactorWords | None
    start: Fraction
    end: Fraction
    amount: Amount
    fair: Amount | None = None
    note: str = ""
    steps: int = 0
    """What is printed, in steps of the unit."""
    size: Amount | None = None
    """The same without its sign."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All rows and their axis."""

    axis: Axis
    bars: tuple[Bar, ...]
    difference: Amount
    cut: bool
    """Whether the axis starts above zero."""
    starts: str
    """What it starts at."""
    largest: str
    """The factor that moved most; empty where nothing moved."""

    def left(self, bar: Bar) -> str:
        """Place of the bar's left end; of a total, the axis' own or zero."""
        return self.axis.at(max(min(bar.start, bar.end), self.axis.low))

    def right(self, bar: Bar) -> str:
        """Place of the bar's right end."""
        return self.axis.at(max(bar.start, bar.end))

    def link(self, bar: Bar) -> str:
        """Place of the line down to the next row."""
        return self.axis.at(bar.end)


def waterfall_of(crossing: Crossing | None, unit: Unit) -> Waterfall | None:
    """Rows in the order of record; both columns add up to the printed difference."""
    if crossing is None:
        return None
    before, after = unit.steps(crossing.before), unit.steps(crossing.after)
    bars = (
        _total(crossing, unit, before, first=True),
        *_steps(crossing, unit, after - before),
        _total(crossing, unit, after, first=False),
    )
    places = [bar.end for bar in bars]
    axis = axis_near(places)
    moved = max(crossing.steps, key=lambda step: abs(step.in_order))
    return Waterfall(
        axis=axis,
        bars=bars,
        difference=amount(crossing.after - crossing.before, unit, after - before, signed=True),
        cut=axis.low > 0,
        starts=axis.ticks[0].text,
        largest=FACTORS[moved.factor].name if moved.in_order else "",
    )


def _total(crossing: Crossing, unit: Unit, steps: int, *, first: bool) -> Bar:
    days, pico = (
        (crossing.before_days, crossing.before) if first else (crossing.after_days, crossing.after)
    )
    row = "total soft" if first else "total"
    return Bar(days_in_words(days), row, None, Fraction(0), pico, amount(pico, unit, steps))


def _steps(crossing: Crossing, unit: Unit, target: int) -> Iterator[Bar]:
    ordered = footed([step.in_order for step in crossing.steps], unit, target)
    fair = footed([step.fair_share for step in crossing.steps], unit, target)
    at = crossing.before
    for step, steps, shares in zip(crossing.steps, ordered, fair, strict=True):
        words = FACTORS[step.factor]
        yield Bar(
            name=words.name,
            row=words.lever or "",
            words=words,
            start=at,
            end=at + step.in_order,
            amount=amount(step.in_order, unit, steps, signed=True),
            fair=amount(step.fair_share, unit, shares, signed=True),
            steps=steps,
            size=amount(abs(step.in_order), unit, abs(steps)),
        )
        if step.factor == "workload_mix":
            yield from _parts(crossing.mix, at, unit, (steps, shares))
        at += step.in_order


def _parts(
    mix: Sequence[MixStep], at: Fraction, unit: Unit, printed: tuple[int, int]
) -> Iterator[Bar]:
    """Births and deaths inside the workload mix, where there are any."""
    shown = [part for part in mix if part.workloads or part.in_order]
    if all(part.group == "continuing" for part in shown):
        return
    ordered = footed([part.in_order for part in shown], unit, printed[0])
    fair = footed([part.fair_share for part in shown], unit, printed[1])
    for part, steps, shares in zip(shown, ordered, fair, strict=True):
        yield Bar(
            name=GROUPS[part.group],
            row="within",
            words=None,
            start=at,
            end=at + part.in_order,
            amount=amount(part.in_order, unit, steps, signed=True),
            fair=amount(part.fair_share, unit, shares, signed=True),
            note="" if part.group == "continuing" else ", ".join(part.workloads),
        )
        at += part.in_order
