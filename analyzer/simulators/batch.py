"""Batch: the same tokens on the batch tier, for calls that may wait; loops cannot.

Batch and live calls share no cache entries. Unseeded, nothing is read inside a batch; seeded, a
share of the reusable prefix (tools and system) is read and the rest written for an hour.
"""

from collections.abc import Mapping

import polars as pl

from analyzer.policy import BatchRule
from analyzer.simulators.events import follow_up
from analyzer.simulators.shares import realised

HOUR_US = 3_600_000_000
EXPIRY_US = 24 * HOUR_US
"""A request that has not run by then expires, unbilled (vendor's batch page)."""


def apply(
    events: pl.DataFrame, rules: Mapping[str, BatchRule], prefix: pl.Series, seed: int
) -> pl.DataFrame:
    """Move eligible calls to batch; `prefix` is each event's reusable prefix in tokens."""
    events = events.with_columns(prefix=prefix)
    parts = [events.filter(~pl.col("workload").is_in(list(rules)))]
    for workload, rule in rules.items():
        parts.extend(_one(events.filter(pl.col("workload") == workload), rule, seed))
    return pl.concat(parts).drop("prefix")


def eligible(deadline_us: int) -> pl.Expr:
    """A call that nothing follows before the deadline, on the standard tier, not sold as fast."""
    waits = pl.col("followed_us").is_null() | (
        pl.col("followed_us") - pl.col("start_us") >= deadline_us
    )
    fast = pl.col("speed").eq("fast").fill_null(value=False)
    sold = pl.col("priced") & pl.col("batchable")
    return (waits & (pl.col("tier") == "standard") & ~fast & sold).fill_null(value=False)


def _one(events: pl.DataFrame, rule: BatchRule, seed: int) -> list[pl.DataFrame]:
    moves = eligible(int(rule.deadline_hours * HOUR_US))
    moving = events.filter(moves)
    expired = realised(moving["identity"], seed, "batch_expiry", rule.expiry_share)
    again = follow_up(moving.filter(expired), "retry", 3, EXPIRY_US)
    hit = realised(moving["identity"], seed, "batch_hit", rule.hit_share)
    moved = moving.with_columns(
        tier=pl.lit("batch"),
        speed=pl.lit(None, pl.Utf8),
        cacheable=pl.lit(value=False),
        charged=pl.col("charged") & ~expired,
        **_buckets(seeded=rule.seeded, hit=hit),
    )
    return [events.filter(~moves), moved, again]


def _buckets(*, seeded: bool, hit: pl.Series) -> dict[str, pl.Expr]:
    whole = pl.col("prompt")
    none = pl.lit(0, pl.Int64)
    if not seeded:
        return {"uncached": whole, "read": none, "write_5m": none, "write_1h": none}
    reused = pl.min_horizontal("prefix", whole)
    return {
        "uncached": whole - reused,
        "read": pl.when(hit).then(reused).otherwise(none),
        "write_5m": none,
        "write_1h": pl.when(hit).then(none).otherwise(reused),
    }
