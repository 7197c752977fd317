"""What was paid, exactly: by day, workload and model, each call at the price of its own day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.contracts.review.months import Days
from analyzer.results import NOTHING, Pico
from analyzer.savings.account import account
from analyzer.traffic import Traffic, Usage, day_of

EPOCH = date(1970, 1, 1)
_FACTS = ("request", "workload", "session", "stop_reason", "attempt", "usage_final", "stream")
_OWNERS = ("named", "api_key", "workspace")


@dataclass(frozen=True, slots=True)
class Spending:
    """Every charged and priced message and hidden iteration, with what is off its list price."""

    rows: pl.DataFrame
    """`day`, `model`, `workload`, the buckets, `pico` at list, and facts of the call."""
    shares: Mapping[str, Fraction]
    """Off the list price, by model."""
    retries_told: bool
    """Whether any call of the whole log is told to be a retry."""

    def within(self, days: Days) -> pl.DataFrame:
        """Rows of some days."""
        first, last = (number_of(day) for day in days)
        return self.rows.filter(pl.col("day").is_between(first, last))

    def paid(self, rows: pl.DataFrame) -> Pico:
        """What rows cost as paid."""
        return sum((self._left(model, pico) for model, pico in _sums(rows, ())), NOTHING)

    def paid_by(self, rows: pl.DataFrame, name: str) -> dict[str, Pico]:
        """What rows cost as paid, by the values of a column."""
        found: dict[str, Pico] = {}
        for key, model, pico in _sums(rows, (name,)):
            found[str(key)] = found.get(str(key), NOTHING) + self._left(model, pico)
        return found

    def by_day(self, days: Iterable[date], workload: str | None = None) -> dict[date, Pico]:
        """What each of some days cost as paid; a day without calls cost nothing."""
        rows = self.rows if workload is None else self.rows.filter(pl.col("workload") == workload)
        found = dict.fromkeys(days, NOTHING)
        for number, model, pico in _sums(rows, ("day",)):
            day = day_of(int(number))
            if day in found:
                found[day] += self._left(model, pico)
        return found

    def _left(self, model: str, pico: int) -> Pico:
        return Fraction(pico) * (1 - self.shares.get(model, NOTHING))


def spending(used: Traffic | Usage, basis: PriceBasis, shares: Mapping[str, Fraction]) -> Spending:
    """Price what was billed, and put the facts of its call beside each row."""
    priced = account(used, basis).rows.filter(pl.col("charged") & pl.col("unpriced").is_null())
    facts = used.calls.select(*_FACTS, *_OWNERS)
    told = bool((used.calls["attempt"].fill_null(0) > 0).any())
    return Spending(
        priced.join(facts, on="request", how="left", maintain_order="left"), shares, told
    )


def logged_days(used: Traffic | Usage) -> Collection[date]:
    """Days on which a call began."""
    return {day_of(int(day)) for day in used.calls["day"].drop_nulls().unique()}


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def _sums(rows: pl.DataFrame, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
    keys = [*by, "model"]
    sums = rows.group_by(keys).agg(pl.col("pico").cast(pl.Int128).sum()).sort(keys)
    return list(sums.iter_rows())
