"""Unit economics: counts and sums of a month and of whole weeks; ratios are divided last."""

from datetime import timedelta

import polars as pl

from analyzer.contracts.review.months import DAY, Days
from analyzer.contracts.review.spending import Spending
from analyzer.results import Pico
from analyzer.results.review import Allocation, Stretch, Units

WEEKS = 8
"""As many whole weeks as an anomaly is held against."""
_WEEK = timedelta(7)


def units(spent: Spending, days: Days, name: str) -> Units:
    """Count what some days' unit costs are made of; a request is counted once."""
    rows = spent.within(days)
    calls = rows.filter(~pl.col("extra"))
    named = rows.filter(pl.col("session").is_not_null())
    retries = pl.col("attempt").fill_null(0) > 0
    # a transcript without a final line was not written to its end; a stream without one was cut
    streamed = pl.col("stream").fill_null(False)  # noqa: FBT003 - polars' own signature
    spoiled = rows.filter(retries | (~pl.col("usage_final") & streamed))
    return Units(
        name=name,
        days=stretch(days),
        requests=rows["request"].n_unique(),
        cost=spent.paid(rows),
        at_list=Pico(int(rows["pico"].cast(pl.Int128).sum() or 0)),
        sessions=named["session"].n_unique(),
        session_cost=spent.paid(named),
        uncached=_sum(rows, "uncached"),
        read=_sum(rows, "read"),
        written=_sum(rows, "write_5m") + _sum(rows, "write_1h"),
        output=_sum(rows, "output"),
        batch_cost=spent.paid(rows.filter(pl.col("tier") == "batch")),
        truncated=len(calls.filter(pl.col("stop_reason") == "max_tokens")),
        ended=len(calls.filter(pl.col("stop_reason").is_not_null())),
        untold=len(calls.filter(~pl.col("usage_final") & ~streamed)),
        wasted_cost=spent.paid(spoiled),
        retried=len(calls.filter(retries)) if spent.retries_told else None,
    )


def weeks(spent: Spending, logged: Days, last: Days) -> tuple[Units, ...]:
    """The last whole weeks up to a month's last day, oldest first."""
    return tuple(units(spent, days, days[0].isoformat()) for days in whole_weeks(logged, last))


def whole_weeks(logged: Days, last: Days) -> list[Days]:
    """Monday to Sunday, the last eight that the log tells, oldest first."""
    sunday = last[1] - DAY * ((last[1].weekday() + 1) % 7)
    ends = [sunday - _WEEK * back for back in range(WEEKS - 1, -1, -1)]
    return [(end - _WEEK + DAY, end) for end in ends if end - _WEEK + DAY >= logged[0]]


def allocation(spent: Spending, days: Days) -> Allocation:
    """Give each dollar the first owner that the log names."""
    owner = (
        pl.when(pl.col("named").is_not_null())
        .then(pl.lit("tag"))
        .when(pl.col("api_key").is_not_null())
        .then(pl.lit("key"))
        .when(pl.col("workspace").is_not_null())
        .then(pl.lit("workspace"))
        .otherwise(pl.lit("nobody"))
    )
    paid = spent.paid_by(spent.within(days).with_columns(owner=owner), "owner")
    parts = (paid.get(name, Pico(0)) for name in ("tag", "key", "workspace", "nobody"))
    return Allocation(*parts)


def stretch(days: Days) -> Stretch:
    """Two days as a record."""
    return Stretch(days[0].isoformat(), days[1].isoformat())


def _sum(rows: pl.DataFrame, name: str) -> int:
    return int(rows[name].cast(pl.Int128).sum() or 0)
