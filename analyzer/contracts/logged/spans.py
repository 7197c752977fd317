"""Periods as people name them: months or whole UTC days, both ends inclusive."""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from analyzer.errors import ContractError

MOST_EMPTY_DAYS = 31
"""A longer pause ends a log: a trace that counts from 1970 may stand beside today's."""
_EPOCH = date(1970, 1, 1)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_TIMED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]?\d{2}:|[+-]\d{2}:?\d{2}$|Z$")
_FORMS = "give a month such as 2026-10, or whole UTC days such as 2026-10-01..2026-10-31"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole UTC days."""

    first_day: date
    last_day: date
    """Inclusive."""

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last_day - self.first_day).days + 1

    @property
    def days(self) -> tuple[date, date]:
        """First and last day."""
        return self.first_day, self.last_day

    def each(self) -> Iterator[date]:
        """Give every day."""
        for offset in range(self.count):
            yield self.first_day + timedelta(offset)

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


def whole_days(text: str) -> Span:
    """Read a period.

    Raises:
        ContractError: a time or a time zone, no day of the calendar, or an end before the start.
    """
    timed = any(_TIMED.search(end) for end in text.split(".."))
    if timed and not _MONTH.fullmatch(text) and not _is_days(text):
        raise ContractError(
            f"period {text}: has a time or a time zone; periods are whole days in UTC, {_FORMS}"
        )
    if month := _MONTH.fullmatch(text):
        year, number = int(month[1]), int(month[2])
        if not (1 <= number <= 12 and year):  # noqa: PLR2004 - months of a year
            raise ContractError(f"period {text}: no such month, {_FORMS}")
        return Span(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))
    first, two, last = text.partition("..")
    span = Span(_day(first, text), _day(last if two else first, text))
    if span.last_day < span.first_day:
        raise ContractError(f"period {text}: ends before it starts, {_FORMS}")
    return span


def stretches(days: Iterable[date]) -> list[Span]:
    """Join days in a row, pauses of up to a month within."""
    found: list[Span] = []
    for day in sorted(set(days)):
        if found and (day - found[-1].last_day).days - 1 <= MOST_EMPTY_DAYS:
            found[-1] = Span(found[-1].first_day, day)
        else:
            found.append(Span(day, day))
    return found


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def _is_days(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?", text) is not None


def _day(text: str, whole: str) -> date:
    try:
        if not _is_days(text):
            raise ValueError  # noqa: TRY301 - the same words as for a day that no calendar has
        return date.fromisoformat(text)
    except ValueError as error:
        raise ContractError(f"period {whole}: not a day of the calendar, {_FORMS}") from error
