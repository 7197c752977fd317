"""Forecasts held against what came: the back-test's two figures, and where a month will land."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt
from statistics import variance

from analyzer.errors import ContractError
from analyzer.results import Pico
from analyzer.statistics.quantiles import normal_quantile

BIAS_LIMIT = Fraction(5, 100)
"""Of a monthly total, either way."""
SPREAD_LIMIT = 0.30
"""Of daily errors."""
_P90 = 0.9
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Fit:
    """Predicted days against billed ones."""

    bias: Fraction
    """NMBE = sum(billed - predicted) / sum(billed)."""
    spread: float
    """CV(RMSE) = sqrt(sum of squares / (n - 1)) / mean billed."""
    days: int

    @property
    def passed(self) -> bool:
        """Whether both stay within their limits (ASHRAE Guideline 14's, for months and hours)."""
        return abs(self.bias) <= BIAS_LIMIT and self.spread <= SPREAD_LIMIT


def fit(billed: Sequence[Pico], predicted: Sequence[Pico]) -> Fit:
    """Hold predicted days against billed ones.

    Raises:
        ContractError: days that do not pair, fewer than two, or nothing billed.
    """
    days, whole = len(billed), sum(billed, Fraction(0))
    if days != len(predicted) or days < 2 or whole <= 0:  # noqa: PLR2004 - one day has no spread
        raise ContractError(
            f"back-test: {days} billed days, {len(predicted)} predicted ones, {whole} pico-dollars"
            " billed; give both for the same days, at least 2, with something billed"
        )
    errors = [ours - theirs for ours, theirs in zip(billed, predicted, strict=True)]
    squares = sum((error * error for error in errors), Fraction(0))
    spread = sqrt(squares / (days - 1)) / float(whole / days)
    return Fit(sum(errors, Fraction(0)) / whole, spread, days)


def absolute_error(billed: Sequence[Pico], predicted: Sequence[Pico]) -> Fraction | None:
    """Give the error of single days as a share of all (WAPE); None where nothing was billed."""
    whole = sum(billed, Fraction(0))
    apart = sum(abs(b - p) for b, p in zip(billed, predicted, strict=True))
    return Fraction(apart) / whole if whole else None


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a month will land, pico-dollars."""

    expected: Pico
    low: Pico
    """P10."""
    high: Pico
    """P90; with fewer than two days both are the expected value."""
    to_date: Pico
    budget: Pico | None
    burn: Fraction | None
    """Spent to date over what the budget allows to date; above 1 it runs out early."""


def weekday_weights(history: Mapping[date, Pico]) -> dict[int, Fraction]:
    """Give each weekday's mean over the mean day, Monday 0; 1 for a weekday never seen.

    Raises:
        ContractError: a history that holds nothing.
    """
    whole = sum(history.values(), Fraction(0))
    if whole <= 0:
        raise ContractError("weekday weights: the history holds no spend, give earlier days")
    mean = whole / len(history)
    found: dict[int, Fraction] = {}
    for weekday in range(_WEEK):
        own = [pico for day, pico in history.items() if day.weekday() == weekday]
        found[weekday] = sum(own, Fraction(0)) / len(own) / mean if own else Fraction(1)
    return found


def landing(
    spent: Mapping[date, Pico],
    last_day: date,
    weights: Mapping[int, Fraction],
    budget: Pico | None = None,
) -> Landing:
    """Carry a month on to its last day: spent + spent / sum(weights so far) x sum(weights left).

    `spent` holds each whole day so far, days of nothing as 0. The band comes from how days scatter
    around their weight: the variance of a sum over the days left with a mean fitted on n days.

    Raises:
        ContractError: no day so far, a day beyond the last, a hole, or weights of nothing.
    """
    first, left = _days_left(spent, last_day)
    so_far = sum((weights[day.weekday()] for day in spent), Fraction(0))
    to_come = sum((weights[day.weekday()] for day in left), Fraction(0))
    to_date = sum(spent.values(), Fraction(0))
    if so_far <= 0:
        raise ContractError(
            f"landing: the days from {first} on weigh nothing, give weights above 0"
        )
    rate = to_date / so_far
    expected = to_date + rate * to_come
    band = _band([pico - rate * weights[day.weekday()] for day, pico in spent.items()], len(left))
    allowed = None if budget is None else budget * so_far / (so_far + to_come)
    return Landing(
        expected=expected,
        low=max(expected - band, to_date),
        high=expected + band,
        to_date=to_date,
        budget=budget,
        burn=to_date / allowed if allowed else None,
    )


def _days_left(spent: Mapping[date, Pico], last_day: date) -> tuple[date, list[date]]:
    if not spent:
        raise ContractError("landing: no whole day so far, wait for one")
    first, last = min(spent), max(spent)
    if last > last_day:
        raise ContractError(f"landing: {last} is later than the last day {last_day}")
    if (last - first).days + 1 != len(spent):
        raise ContractError(
            f"landing: days are missing from {first} to {last}, give 0 for idle ones"
        )
    return first, [last + timedelta(step) for step in range(1, (last_day - last).days + 1)]


def _band(residuals: Sequence[Pico], left: int) -> Pico:
    """Give P90 less the mean, to a pico-dollar."""
    days = len(residuals)
    if days < 2 or not left:  # noqa: PLR2004 - one day has no spread
        return Fraction(0)
    spread = variance(map(float, residuals)) * (left + left * left / days)
    return Fraction(round(normal_quantile(_P90) * sqrt(spread)))
