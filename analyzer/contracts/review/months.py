"""Which days a review is of: the month, the days it is compared with, and why not."""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from analyzer.contracts.logged.spans import MOST_EMPTY_DAYS, stretches
from analyzer.errors import ContractError

DAY = timedelta(1)
Days = tuple[date, date]
"""First and last, both inclusive, UTC."""


@dataclass(frozen=True, slots=True)
class Span:
    """The month under review, as far as it is told, and the days it is held against."""

    month: str
    days: Days
    whole: bool
    before: Days | None
    """The same days of the month before; whole months where both are told whole."""
    not_compared: str
    """Why there is nothing to compare with; empty where there is."""
    logged: Days
    """The stretch of the log that the month lies in, up to the last day that counts."""


def span_of(month: str, logged: Collection[date], as_of: date | None = None) -> Span:
    """Lay a month over the days that have calls; days after `as_of` do not count.

    A month that begins before the log is refused; one that runs beyond it is told in part, and is
    compared with as many first days of the month before.

    Raises:
        ContractError: no month, or one that the log does not tell from its first day on.
    """
    first, last = month_days(month)
    stretch = _stretch(logged, first, last, as_of)
    if stretch is None:
        raise ContractError(
            f"month {month}: the log holds no call in it, {_held(logged, as_of)}; name a month that"
            " the log tells"
        )
    begins, ends = stretch
    if begins > first:
        raise ContractError(
            f"month {month}: the log begins on {begins}, so the month's first days are missing;"
            " ingest the rest or review a later month"
        )
    told = (first, min(last, ends))
    before, why = _before(first, told[1] == last, told, begins)
    return Span(month, told, told[1] == last, before, why, stretch)


def month_days(month: str) -> Days:
    """Give the first and last day of `YYYY-MM`.

    Raises:
        ContractError: the text is no month.
    """
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise ContractError(f"month {month}: not a month, write it as 2026-09") from error
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def name_of(day: date) -> str:
    """The month of a day, `YYYY-MM`."""
    return day.isoformat()[:7]


def each_day(days: Days) -> list[date]:
    """Every day from the first to the last."""
    return [days[0] + DAY * step for step in range((days[1] - days[0]).days + 1)]


def _before(first: date, whole: bool, told: Days, begins: date) -> tuple[Days | None, str]:  # noqa: FBT001 - private, named by its caller
    start, end = month_days(name_of(first - DAY))
    if begins > start:
        return None, (
            f"the log begins on {begins}, so {name_of(start)} is not told from its first day on"
        )
    if whole:
        return (start, end), ""
    return (start, min(end, start + (told[1] - told[0]))), ""


def _stretch(logged: Collection[date], first: date, last: date, as_of: date | None) -> Days | None:
    """The days in a row, pauses of up to a month within, that some day of the month lies in."""
    counted = {day for day in logged if as_of is None or day <= as_of}
    found = [one.days for one in stretches(counted)]
    inside = {day for day in counted if first <= day <= last}
    own = next((one for one in found if any(one[0] <= day <= one[1] for day in inside)), None)
    if own is None or as_of is None:
        return own
    return own[0], as_of if (as_of - own[1]).days <= MOST_EMPTY_DAYS else own[1]


def _held(logged: Collection[date], as_of: date | None) -> str:
    counted = [day for day in logged if as_of is None or day <= as_of]
    if not counted:
        return "nor any other that counts"
    return f"it runs from {min(counted)} to {max(counted)}"
