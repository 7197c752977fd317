"""Output discipline: shorter answers by a ratio; a cap is a truncation that fails, not a saving."""

from collections.abc import Mapping

import polars as pl

from analyzer.policy import OutputRule
from analyzer.simulators.events import follow_up
from analyzer.simulators.shares import realised, scaled_up


def apply(events: pl.DataFrame, rules: Mapping[str, OutputRule], seed: int) -> pl.DataFrame:
    """Shorten answers, cut those over a cap, and ask cut ones again."""
    parts = [events.filter(~pl.col("workload").is_in(list(rules)))]
    for workload, rule in rules.items():
        parts.extend(_one(events.filter(pl.col("workload") == workload), rule, seed))
    return pl.concat(parts)


def _one(events: pl.DataFrame, rule: OutputRule, seed: int) -> list[pl.DataFrame]:
    events = events.with_columns(output=scaled_up("output", rule.length_ratio))
    events = events.with_columns(answer=pl.col("output"))
    if rule.cap_tokens is None:
        return [events]
    again = realised(events["identity"], seed, "retry", rule.retry_share)
    cut = pl.col("output") > rule.cap_tokens
    events = events.with_columns(cut=cut, again=cut & again)
    wanted = pl.col("output")
    if rule.retry_cap_tokens is not None:
        wanted = pl.min_horizontal(wanted, pl.lit(rule.retry_cap_tokens, pl.Int64))
    retries = follow_up(events.filter("again"), "retry", 1).with_columns(output=wanted)
    capped = pl.min_horizontal("output", pl.lit(rule.cap_tokens, pl.Int64))
    kept = pl.when("again").then(wanted).otherwise(capped)
    first = events.with_columns(answer=kept, output=capped)
    first = first.with_columns(last=~pl.col("again"))
    return [frame.drop("cut", "again") for frame in (first, retries)]
