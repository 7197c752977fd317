"""Where the running month will land, from its days so far and the weekdays of the weeks before."""

from datetime import date, timedelta

from analyzer.contracts.review.months import DAY, Days, Span, each_day, month_days, name_of
from analyzer.contracts.review.spending import Spending
from analyzer.results import NOTHING, Pico
from analyzer.results.review import Forecast
from analyzer.statistics.forecasts import landing, weekday_weights

_HISTORY = timedelta(56)
"""Eight weeks of weekdays, as anomalies are held against."""


def forecast(spent: Spending, span: Span, budget: Pico | None) -> tuple[Forecast | None, str]:
    """Forecast the month under review, or the one that follows it; else say why not."""
    as_of = span.logged[1]
    first, last = month_days(name_of(as_of))
    following = month_days(name_of(span.days[1] + DAY))[1]
    if as_of == last:
        return None, f"{name_of(as_of)} is told to its last day"
    if as_of > following:
        return None, f"the log goes on to {as_of}; count days to an earlier one to look ahead"
    weights, basis = _weights(spent, span, first)
    found = landing(spent.by_day(each_day((first, as_of))), last, weights, budget)
    return (
        Forecast(
            month=name_of(as_of),
            as_of=as_of.isoformat(),
            to_date=found.to_date,
            low=found.low,
            expected=found.expected,
            high=found.high,
            budget=found.budget,
            burn=found.burn,
            weights=basis,
        ),
        "",
    )


def _weights(spent: Spending, span: Span, first: date) -> tuple[dict[int, Pico], str]:
    """Weekdays of up to eight whole weeks before the month; the month's own where none are."""
    weeks = min((first - span.logged[0]).days, _HISTORY.days) // 7
    days: Days = (first - timedelta(7 * weeks), first - DAY)
    basis = f"weekdays of the {weeks} weeks before it"
    history = spent.by_day(each_day(days)) if weeks else {}
    if not any(history.values()):
        return dict.fromkeys(range(7), NOTHING + 1), "every weekday alike: nothing came before it"
    return weekday_weights(history), basis
