"""Unit economics: this month, the days before, and the weeks as a line in the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from typing import Literal

from analyzer.results.review import Review, Units
from reports.numbers import NO_BREAK, Amount, amount, factor, percent, percent_point, unit_for
from reports.review.words import days_in_words, short_name

Kind = Literal["money", "share", "times"]
Better = Literal["less", "more", ""]
Values = tuple[Sequence[Fraction | None], Fraction | None, Fraction | None]
"""By week, before and now."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One unit cost or share."""

    name: str
    note: str
    ratio: str
    """The property of `Units` that holds it; empty where it is told beside them."""
    kind: Kind
    better: Better

    def read(self, units: Units) -> Fraction | None:
        """Its value for some days; None where nothing is divided."""
        found: Fraction | None = getattr(units, self.ratio)
        return found


MEASURES = (
    Measure("Cost of a request", "charged and priced ones", "per_request", "money", "less"),
    Measure("Cost of a session", "where the log names one", "per_session", "money", "less"),
    Measure("Blended price", "USD a million tokens, all kinds", "per_mtok", "money", "less"),
    Measure("Cache read share", "reads over all input tokens", "read_share", "share", "more"),
    Measure("Cache payback", "tokens read for each written", "payback", "times", "more"),
    Measure("Batch share", "of cost", "batch_share", "share", "more"),
    Measure("Truncated answers", "stop reason max_tokens", "truncation_share", "share", "less"),
    Measure("Waste", "retries and unfinished answers, of cost", "waste_share", "share", "less"),
)
EFFICIENCY = Measure(
    "Spend efficiency", "accepted policy's cost over the bill, replayed", "", "share", "more"
)
DISCOUNTED = Measure("Effective savings rate", "off list price", "saved_rate", "share", "more")


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure with its exact value, where it is money."""

    text: str
    usd: str = ""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One measure over time."""

    measure: Measure
    line: str
    """Points of the weeks' line, in a box of 100 by 24; empty with fewer than two."""
    said: str
    """The line in words."""
    before: Printed
    now: Printed
    change: str
    direction: str


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week, every measure."""

    name: str
    cost: Amount
    cells: tuple[Printed, ...]


@dataclass(frozen=True, slots=True)
class UnitRows:
    """The table and its twin."""

    rows: tuple[UnitRow, ...]
    weeks: tuple[WeekRow, ...]
    measures: tuple[Measure, ...]
    before: str
    """Head of the column; empty where nothing is compared."""
    now: str
    retries: str
    """What is known of retries."""
    worse: int
    better: int


def units_of(review: Review) -> UnitRows:
    """Every measure; the effective savings rate only where a discount is known."""
    own = (*MEASURES, DISCOUNTED) if review.discounts else MEASURES
    told, progress = review.units.retried, review.progress
    weekly = progress.efficiency_by_week
    best = (weekly, progress.efficiency_before, progress.efficiency)
    rows = (*(_row(one, _values(one, review)) for one in own), _row(EFFICIENCY, best))
    directions = [row.direction for row in rows]
    return UnitRows(
        rows=rows,
        weeks=tuple(
            _week(week, own, review.weeks, best_of)
            for week, best_of in zip_longest(review.weeks, weekly)
            if week is not None
        ),
        measures=(*own, EFFICIENCY),
        before=_before(review),
        now=short_name(review.month),
        retries="No source of this log tells of retries."
        if told is None
        else f"{told:,} charged requests of the month are retries.",
        worse=directions.count("worse"),
        better=directions.count("better"),
    )


def _before(review: Review) -> str:
    if review.before is None:
        return ""
    name = short_name(review.before.name)
    return name if review.whole else f"{name}, same days"


def _values(measure: Measure, review: Review) -> Values:
    before = measure.read(review.before) if review.before else None
    return tuple(map(measure.read, review.weeks)), before, measure.read(review.units)


def _row(measure: Measure, values: Values) -> UnitRow:
    weekly, before, now = values
    weeks = [value for value in weekly if value is not None]
    return UnitRow(
        measure=measure,
        line=_line(weeks),
        said=_said(measure, weeks),
        before=_printed(measure, before),
        now=_printed(measure, now),
        change=_change(measure, before, now),
        direction=_direction(measure, before, now),
    )


def _week(
    week: Units, measures: Sequence[Measure], weeks: Sequence[Units], efficiency: Fraction | None
) -> WeekRow:
    unit = unit_for(max(one.cost for one in weeks))
    cells = (*(_printed(one, one.read(week)) for one in measures), _printed(EFFICIENCY, efficiency))
    return WeekRow(days_in_words(week.days), amount(week.cost, unit), cells)


def _printed(measure: Measure, value: Fraction | None) -> Printed:
    if value is None:
        return Printed("not told")
    if measure.kind == "money":
        money = amount(value, unit_for(value))
        return Printed(money.text, money.usd)
    return Printed(percent(value) if measure.kind == "share" else factor(value))


def _change(measure: Measure, before: Fraction | None, now: Fraction | None) -> str:
    if before is None or now is None:
        return ""
    if measure.kind == "share":
        return percent(now - before, signed=True).replace("%", "pt")
    return percent((now - before) / before, signed=True) if before else f"from{NO_BREAK}0"


def _direction(measure: Measure, before: Fraction | None, now: Fraction | None) -> str:
    if before is None or now is None:
        return ""
    if _printed(measure, before).text == _printed(measure, now).text:
        return "unchanged"
    return "better" if (now > before) == (measure.better == "more") else "worse"


def _line(values: Sequence[Fraction]) -> str:
    if len(values) < 2:  # noqa: PLR2004 - one point is no line
        return ""
    low, high = min(values), max(values)
    span = high - low or Fraction(1)
    last = len(values) - 1
    across = (percent_point(Fraction(place, last)) for place in range(len(values)))
    down = (percent_point((3 + 18 * (high - value) / span) / 100) for value in values)
    return " ".join(f"{x},{y}" for x, y in zip(across, down, strict=True))


def _said(measure: Measure, values: Sequence[Fraction]) -> str:
    if len(values) < 2:  # noqa: PLR2004 - one point is no line
        return "too few whole weeks"
    return f"from {_printed(measure, values[0]).text} to {_printed(measure, values[-1]).text}"
