"""Where the month will land, and how the commit burns down."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.review import BurnDown, Forecast
from reports.axes import Axis, axis_over
from reports.numbers import Amount, amount, factor, percent, unit_for
from reports.opening import period
from reports.review.words import month_name


@dataclass(frozen=True, slots=True)
class Landing:
    """The forecast: spent solid, the 80 % band as a whisker, the budget as a line."""

    axis: Axis
    month: str
    as_of: str
    to_date: Amount
    low: Amount
    expected: Amount
    high: Amount
    budget: Amount | None
    against: Amount | None
    """Expected less budget."""
    over: bool
    burn: str
    weights: str
    spent_at: str
    low_at: str
    expected_at: str
    high_at: str
    budget_at: str


@dataclass(frozen=True, slots=True)
class EndingRow:
    """One pace carried to the end."""

    what: str
    a_day: Amount
    at_end: Amount
    beyond: bool
    used_up: str


@dataclass(frozen=True, slots=True)
class Burning:
    """The commit."""

    term: str
    amount: Amount
    used: Amount
    left: Amount
    used_share: str
    """Part of the commit that is used, at most all of it."""
    beyond: bool
    as_of: str
    source: str
    endings: tuple[EndingRow, ...]


def landing_of(forecast: Forecast | None) -> Landing | None:
    """P10 to P90, called 80 %."""
    if forecast is None:
        return None
    budget = forecast.budget
    unit = unit_for(forecast.expected)
    axis = axis_over([forecast.high, forecast.to_date, *([] if budget is None else [budget])])
    return Landing(
        axis=axis,
        month=month_name(forecast.month),
        as_of=period(forecast.as_of, forecast.as_of),
        to_date=amount(forecast.to_date, unit),
        low=amount(forecast.low, unit),
        expected=amount(forecast.expected, unit),
        high=amount(forecast.high, unit),
        budget=None if budget is None else amount(budget, unit),
        against=None if budget is None else amount(abs(forecast.expected - budget), unit),
        over=budget is not None and forecast.expected > budget,
        burn="" if forecast.burn is None else factor(forecast.burn),
        weights=forecast.weights,
        spent_at=axis.at(forecast.to_date),
        low_at=axis.at(forecast.low),
        expected_at=axis.at(forecast.expected),
        high_at=axis.at(forecast.high),
        budget_at="" if budget is None else axis.at(budget),
    )


def burning_of(burn_down: BurnDown | None) -> Burning | None:
    """What is used, and where two paces lead."""
    if burn_down is None:
        return None
    unit = unit_for(burn_down.amount)
    return Burning(
        term=period(burn_down.first_day, burn_down.last_day),
        amount=amount(burn_down.amount, unit),
        used=amount(burn_down.used, unit),
        left=amount(abs(burn_down.left), unit),
        used_share=percent(min(burn_down.used / burn_down.amount, Fraction(1))),
        beyond=burn_down.left < 0,
        as_of=period(burn_down.as_of, burn_down.as_of),
        source=burn_down.source,
        endings=tuple(
            EndingRow(
                one.what,
                amount(one.a_day, unit_for(one.a_day)),
                amount(abs(one.at_end), unit),
                one.at_end < 0,
                period(one.used_up, one.used_up) if one.used_up else "not within the term",
            )
            for one in burn_down.endings
        ),
    )
