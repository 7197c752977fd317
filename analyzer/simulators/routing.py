"""Model routing: another model for a workload's calls; escalated calls pay both.

The prompt is counted in the target's tokenizer; a call the target would refuse stays where it is.
The old model's cache is lost because contexts of models never share (the kernel sees to it).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from analyzer.policy import RoutingRule
from analyzer.simulators.events import BUCKETS, follow_up
from analyzer.simulators.shares import realised, scaled_up


@dataclass(frozen=True, slots=True)
class Target:
    """What a model takes, without what it costs."""

    model: str
    family: int
    """Tokenizer family: 0 older, 1 from Opus 4.7 on."""
    minimum: int
    """Minimum cacheable tokens."""
    window: int
    """Largest prompt, tokens."""
    forced_tool_choice: bool
    fast: bool
    geo_us: bool
    days: tuple[int, int] | None
    """First and last day number on which each call of that day could use it; None for any day."""
    refused: str | None = None
    """Why the policy may not use it at all: not sold, retired before the horizon, not allowed."""


FORCED = ("any", "tool")
"""`tool_choice` types that force a tool call."""


def apply(
    events: pl.DataFrame,
    rules: Mapping[str, Iterable[RoutingRule]],
    targets: Mapping[str, Target],
    ratio: Fraction,
    seed: int,
) -> pl.DataFrame:
    """Move calls to their targets; `ratio` is tokens of the newer family for one of the older."""
    for workload, workload_rules in rules.items():
        open_ = pl.col("workload") == workload
        for rule in workload_rules:
            target = targets[rule.to_model]
            taken = open_ & _fits(rule)
            open_ = open_ & ~_fits(rule)
            if target.refused is None:
                events = _move(
                    events, taken & (pl.col("model") != target.model), rule, target, ratio, seed
                )
    return events


def _fits(rule: RoutingRule) -> pl.Expr:
    if rule.from_model is None:
        return pl.lit(value=True)
    return pl.col("model") == rule.from_model


def tokenizer_ratio(family: int, target: int, ratio: Fraction) -> Fraction:
    """Tokens in the target's family for one in the caller's."""
    if family == target:
        return Fraction(1)
    return ratio if target > family else 1 / ratio


def _move(
    events: pl.DataFrame,
    taken: pl.Expr,
    rule: RoutingRule,
    target: Target,
    ratio: Fraction,
    seed: int,
) -> pl.DataFrame:
    parts = []
    for family in (0, 1):
        text = rule.input_ratio or tokenizer_ratio(family, target.family, ratio)
        allowed = taken & (pl.col("family") == family) & _accepted(target, text)
        moving = events.filter(allowed & (pl.col("reason") != "escalation"))
        stay = events.filter(~allowed | (pl.col("reason") == "escalation"))
        up = realised(moving["identity"], seed, "escalation", rule.escalation_share)
        parts.append(follow_up(moving.filter(up), "escalation", 2))
        parts.append(_converted(moving, rule, target, text))
        events = stay
    return pl.concat([events, *parts])


def _accepted(target: Target, text: Fraction) -> pl.Expr:
    """Whether the target would take the request: window, forced tools, speed, region."""
    fits = scaled_up("prompt", text) + pl.col("output") <= target.window
    forced = pl.col("tool_choice").is_in(FORCED).fill_null(value=False)
    fast = pl.col("speed").eq("fast").fill_null(value=False)
    geo = pl.col("geo").eq("us").fill_null(value=False)
    sold = pl.lit(value=True) if target.days is None else pl.col("day").is_between(*target.days)
    return (
        fits
        & sold
        & (pl.lit(target.forced_tool_choice) | ~forced)
        & (pl.lit(target.fast) | ~fast)
        & (pl.lit(target.geo_us) | ~geo)
    )


def _converted(
    events: pl.DataFrame, rule: RoutingRule, target: Target, text: Fraction
) -> pl.DataFrame:
    return events.with_columns(
        *(scaled_up(name, text).alias(name) for name in BUCKETS),
        model=pl.lit(target.model),
        minimum=pl.lit(target.minimum, pl.Int64),
        output=scaled_up("output", text * rule.output_ratio),
        answer=scaled_up("answer", rule.output_ratio),
        ratio_up=pl.lit(text.numerator, pl.Int64),
        ratio_down=pl.lit(text.denominator, pl.Int64),
        seed=pl.lit(-1, pl.Int32),
    )
