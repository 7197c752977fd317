"""The days of a report: each stretch of traffic whole, and what lies empty between them named."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

import polars as pl

from analyzer.replay import Outcome
from analyzer.results import Day
from analyzer.savings.account import Account
from analyzer.traffic import day_of

MOST_EMPTY_DAYS = 31
"""Longer pauses are left out: a trace that counts from 1970 may stand beside today's logs."""


def days(billed: Account, observed: Outcome, after: Outcome) -> tuple[Day, ...]:
    """Every day with calls, and the empty ones between them up to a month in a row."""
    cost, hidden = _by_day(billed.rows), _by_day(billed.extras())
    before, left = observed.by_day(), after.by_day()
    return tuple(
        Day(
            day=day_of(day).isoformat(),
            billed=Fraction(cost.get(day, 0)),
            observed=before.get(day, Fraction(0)) + hidden.get(day, 0),
            after=left.get(day, Fraction(0)) + hidden.get(day, 0),
        )
        for day in _shown(cost)
    )


def pauses(billed: Account) -> Iterator[str]:
    """Say which empty days the report leaves out."""
    for last, first in _apart(_by_day(billed.rows)):
        yield (
            f"No call between {day_of(last)} and {day_of(first)}: these {first - last - 1:,} days "
            "stand in no table or chart. A trace whose times count from its own beginning falls "
            "in 1970; give it a store of its own."
        )


def _by_day(rows: pl.DataFrame) -> dict[int, int]:
    dated = rows.filter(pl.col("day").is_not_null())
    sums = dated.group_by("day").agg(pl.col("pico").cast(pl.Int128).sum())
    return {int(day): int(pico or 0) for day, pico in sums.iter_rows()}


def _shown(active: Iterable[int]) -> Iterator[int]:
    ordered = sorted(active)
    apart = dict(_apart(ordered))
    for day, following in pairwise([*ordered, ordered[-1] + 1]):
        yield from range(day, day + 1 if day in apart else following)


def _apart(active: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Give each pair of neighbouring days with calls that lie too far apart."""
    for last, first in pairwise(sorted(active)):
        if first - last - 1 > MOST_EMPTY_DAYS:
            yield last, first
