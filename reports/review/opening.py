"""The front page: the claim, its evidence, three numbers and the light."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import Grade
from analyzer.results.review import Crossing, Review
from reports.numbers import Amount, Unit, amount, percent, unit_for
from reports.reconciled import State, coverage_of, light_of, matches_of
from reports.review.crossing import Waterfall
from reports.review.words import days_in_words, month_name, short_name


@dataclass(frozen=True, slots=True)
class Moved:
    """A factor that the claim names."""

    name: str
    size: Amount
    up: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands above the first figure."""

    month: str
    short: str
    days: str
    before: str
    """The days compared with, in words; empty where there are none."""
    before_short: str
    cost: Amount
    change: str
    """Such as `2.9 %`; empty where nothing is compared."""
    more: bool
    moved: tuple[Moved, ...]
    """The largest factor each way, the larger first."""
    grade: Grade | None
    no_grade: str
    """Why there is none."""
    light: State
    light_words: str
    coverage: str
    """Part of what the vendor reports that stands in the logs; empty where nobody knows."""
    per_request: Amount | None
    per_request_before: Amount | None
    landing: tuple[Amount, Amount, Amount] | None
    """Expected, P10 and P90."""
    landing_month: str
    efficiency: str
    efficiency_before: str
    """Of the days compared with; empty where there are none."""
    best: Amount
    best_grade: Grade | None
    """The lowest among the levers with accepted lines."""
    prices: str


def opening_of(review: Review, unit: Unit, waterfall: Waterfall | None) -> Opening:
    """Give the claim with the largest movement each way, and what it stands on."""
    units, before, crossing = review.units, review.before, review.crossing
    ahead = review.forecast
    light = light_of(review.reconciliation, [review.month], "this month")
    share = _change(crossing)
    efficiency, earlier = review.progress.efficiency, review.progress.efficiency_before
    return Opening(
        month=month_name(review.month),
        short=short_name(review.month),
        days=days_in_words(units.days),
        before=days_in_words(crossing.before_days) if crossing else "",
        before_short=short_name(before.name) if before else "",
        cost=amount(units.cost, unit),
        change="" if share is None else percent(abs(share)),
        more=share is not None and share > 0,
        moved=_moved(waterfall),
        grade="E2" if light[0] != "fail" and _anchored(review) else None,
        no_grade="does not match the vendor's reports"
        if light[0] == "fail"
        else "is not matched in dollars",
        light=light[0],
        light_words=light[1],
        coverage=coverage_of(review.reconciliation),
        per_request=_fine(units.per_request),
        per_request_before=_fine(before.per_request) if before else None,
        landing=None
        if ahead is None
        else (_round(ahead.expected), _round(ahead.low), _round(ahead.high)),
        landing_month=short_name(ahead.month) if ahead else "",
        efficiency="none" if efficiency is None else percent(efficiency)[:-2],
        efficiency_before="" if earlier is None else percent(earlier)[:-2],
        best=amount(review.progress.best, unit_for(review.progress.billed)),
        best_grade=max((one.grade for one in review.progress.levers if one.grade), default=None),
        prices=review.progress.prices,
    )


def _change(crossing: Crossing | None) -> Fraction | None:
    if crossing is None or not crossing.before:
        return None
    return (crossing.after - crossing.before) / crossing.before


def _moved(waterfall: Waterfall | None) -> tuple[Moved, ...]:
    """The largest rise and the largest fall as the bridge prints them; none that prints as $0."""
    bars = [bar for bar in waterfall.bars if bar.words and bar.steps] if waterfall else []
    up = max((bar for bar in bars if bar.steps > 0), key=lambda bar: bar.steps, default=None)
    down = min((bar for bar in bars if bar.steps < 0), key=lambda bar: bar.steps, default=None)
    both = sorted((bar for bar in (up, down) if bar), key=lambda bar: -abs(bar.steps))
    return tuple(Moved(bar.name.lower(), bar.size, bar.steps > 0) for bar in both if bar.size)


def _anchored(review: Review) -> bool:
    """Whether prices or invoice of the month were matched and passed."""
    matches = matches_of(review.reconciliation, [review.month])
    return any(one.level != "L0" and one.verdict == "pass" for one in matches)


def _fine(pico: Fraction | None) -> Amount | None:
    return None if pico is None else amount(pico, unit_for(pico))


def _round(pico: Fraction) -> Amount:
    return amount(pico, unit_for(pico))
