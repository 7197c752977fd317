"""The weeks that demand is drawn from: billed use at list price, by workload and by day."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import polars as pl

from analyzer.contracts.commit.demand import LEAST_WEEKS, History
from analyzer.errors import ContractError
from analyzer.savings import Study
from analyzer.traffic import day_of

PICO_PER_USD = 10**12
WEEK = 7
MOST_EMPTY_DAYS = 31
"""A longer pause ends a stretch of traffic: what lies before it says nothing of the next year."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Whole weeks of billed use, pico-dollars at list price; days are numbers since 1970-01-01."""

    first: int
    last: int
    use: Mapping[str, tuple[int, ...]]
    """Use of each week by workload, dearest workload first."""
    days: tuple[int, ...]
    """Use of each day, all workloads."""
    dropped: int
    """Priced calls outside the weeks."""

    @property
    def count(self) -> int:
        """How many weeks."""
        return (self.last - self.first + 1) // WEEK

    def place(self, day: int) -> int | None:
        """Number of the week that holds a day; None outside."""
        return (day - self.first) // WEEK if self.first <= day <= self.last else None

    @property
    def history(self) -> History:
        """The same as demand paths read it, USD."""
        return History(
            day_of(self.first),
            {
                name: [float(Fraction(pico, PICO_PER_USD)) for pico in told]
                for name, told in self.use.items()
            },
        )

    @property
    def first_day(self) -> dt.date:
        """First day of the first week."""
        return day_of(self.first)

    @property
    def last_day(self) -> dt.date:
        """Last day of the last week."""
        return day_of(self.last)


def weeks_of(study: Study) -> Weeks:
    """Lay the billed calls of a study over whole weeks, counted back from the log's last day.

    Raises:
        ContractError: the traffic since the last long pause is shorter than eight weeks.
    """
    cells = _cells(study)
    first, last = _weeks([day for _, day in cells])
    days = [0] * (last - first + 1)
    use: dict[str, list[int]] = {}
    for (workload, day), (pico, _) in cells.items():
        if first <= day <= last:
            days[day - first] += pico
            told = use.setdefault(workload, [0] * (len(days) // WEEK))
            told[(day - first) // WEEK] += pico
    ordered = sorted(use, key=lambda name: (-sum(use[name]), name))
    return Weeks(
        first=first,
        last=last,
        use={name: tuple(use[name]) for name in ordered if any(use[name])},
        days=tuple(days),
        dropped=sum(calls for (_, day), (_, calls) in cells.items() if not first <= day <= last),
    )


def _cells(study: Study) -> dict[tuple[str, int], tuple[int, int]]:
    """Billed pico-dollars and calls by (workload, day)."""
    names = study.scene.traffic.calls.select("request", "workload")
    rows = study.billed.rows.filter(pl.col("pico").is_not_null() & pl.col("day").is_not_null())
    sums = (
        rows.join(names, on="request")
        .group_by("workload", "day")
        .agg(pl.col("pico").cast(pl.Int128).sum(), calls=pl.col("request").n_unique())
    )
    return {
        (str(name), int(day)): (int(pico), int(calls)) for name, day, pico, calls in sums.rows()
    }


def _weeks(days: Iterable[int]) -> tuple[int, int]:
    held = sorted(set(days))
    last = held[-1]
    pauses = [after for before, after in pairwise(held) if after - before - 1 > MOST_EMPTY_DAYS]
    begun = pauses[-1] if pauses else held[0]
    count = (last - begun + 1) // WEEK
    if count < LEAST_WEEKS:
        stretch = f" since the pause before {day_of(begun)}" if pauses else ""
        raise ContractError(
            f"history: {last - begun + 1} days of priced calls, {day_of(begun)} to {day_of(last)},"
            f" are {count} whole weeks{stretch}; at least {LEAST_WEEKS} are needed to size a"
            " commit: ingest older logs or wait"
        )
    return last - count * WEEK + 1, last
