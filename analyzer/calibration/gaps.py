"""The observed policy, replayed, against the bill: how far the replay is from what was charged.

Only input tokens can differ (output is carried). The error counts the whole log; the log's first
hour, in which the replay's cache fills, is burn-in, and the error without it stands beside.
"""

from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis, bill, total
from analyzer.results import Buckets, Calibration, Gap
from analyzer.traffic import HOUR_US

_INPUT = ("uncached", "read", "write_5m", "write_1h")


def calibrate(calls: pl.DataFrame, replayed: pl.DataFrame, basis: PriceBasis) -> Calibration:
    """Compare billed buckets with the replayed observed policy, in total and by group."""
    billed = bill(calls.drop("model").rename({"name": "model"}), basis)
    pairs = _pairs(billed, bill(replayed, basis))
    burn_in = int(calls.select(pl.col("start_us").min().fill_null(0)).item()) + HOUR_US
    counted = pairs.filter(pl.col("cacheable") & pl.col("unpriced").is_null())
    late = counted.filter(pl.col("start_us") >= burn_in)
    return Calibration(
        total=_gap("total", counted),
        after_burn_in=_gap("without the first hour", late),
        by_model=_gaps(counted, "model"),
        by_ttl=_gaps(counted, "ttl"),
        by_workload=_gaps(counted, "workload"),
        not_replayed_calls=int((~pairs["cacheable"]).sum()),
        seeded_calls=int((counted["seed"] >= 0).sum()),
        burn_in_calls=len(counted) - len(late),
    )


def _pairs(billed: pl.DataFrame, replayed: pl.DataFrame) -> pl.DataFrame:
    """One row a call: what was billed beside what the replay gives (`r_` columns)."""
    life = (
        pl.when(pl.col("write_1h") > 0).then(pl.lit("1 h writes"))
        .when(pl.col("write_5m") > 0).then(pl.lit("5 min writes"))
        .when(pl.col("read") > 0).then(pl.lit("reads only"))
        .otherwise(pl.lit("no cache use"))
    )  # fmt: skip
    ours = replayed.filter(pl.col("reason") == "original").select(
        "request",
        "cacheable",
        "seed",
        *(pl.col(n).alias(f"r_{n}") for n in (*_INPUT, "input_pico")),
    )
    left = billed.select(
        "request", "start_us", "model", "workload", "unpriced", "input_pico", "output", *_INPUT,
        ttl=life,
    )  # fmt: skip
    return left.join(ours, on="request", how="left").sort("request")


def _gaps(pairs: pl.DataFrame, column: str) -> tuple[Gap, ...]:
    groups = [_gap(str(key[0]), part) for key, part in pairs.group_by(column)]
    return tuple(sorted(groups, key=lambda gap: (-gap.billed_cost, gap.group)))


def _gap(group: str, pairs: pl.DataFrame) -> Gap:
    same = [pl.col(name) == pl.col(f"r_{name}") for name in _INPUT]
    off = (pl.col("r_input_pico") - pl.col("input_pico")).abs() * 100
    return Gap(
        group=group,
        calls=len(pairs),
        billed=_buckets(pairs, ""),
        replayed=_buckets(pairs, "r_"),
        billed_cost=Fraction(total(pairs, "input_pico")),
        replayed_cost=Fraction(total(pairs, "r_input_pico")),
        exact_calls=int(pairs.select(pl.all_horizontal(same).sum()).item()),
        near_calls=int(pairs.select((off <= pl.col("input_pico")).sum()).item()),
    )


def _buckets(pairs: pl.DataFrame, prefix: str) -> Buckets:
    sums = {name: total(pairs, f"{prefix}{name}") for name in _INPUT}
    return Buckets(output=total(pairs, "output"), **sums)
