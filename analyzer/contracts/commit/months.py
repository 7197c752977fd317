"""Whole months of a term, and how the days of weeks fall into them."""

import datetime as dt
from itertools import pairwise

LAST_SHARED_DAY = 28
"""The last day that every month has: a term that starts later has no whole months."""


def month_starts(start: dt.date, end: dt.date) -> list[dt.date]:
    """First days of the whole months from `start` up to `end`; none when they do not fit."""
    if start.day > LAST_SHARED_DAY or start.day != end.day or end <= start:
        return []
    count = (end.year - start.year) * 12 + end.month - start.month
    return [after_months(start, number) for number in range(count)]


def after_months(start: dt.date, months: int) -> dt.date:
    """The same day of a later month."""
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)


def week_shares(starts: list[dt.date], end: dt.date) -> list[tuple[int, int, int]]:
    """Whole days of each week from the first start in each month: (month, week, days)."""
    bounds = [(day - starts[0]).days for day in [*starts, end]]
    shares = []
    for month, (first, last) in enumerate(pairwise(bounds)):
        for week in range(first // 7, (last - 1) // 7 + 1):
            days = min(last, week * 7 + 7) - max(first, week * 7)
            shares.append((month, week, days))
    return shares
