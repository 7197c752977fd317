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
    sold: pl.DataFrame
    """When and how it is sold: `day`, `tier`, `speed`, `geo`, `target_sold`, `target_batch`."""
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
        for rule in workload_rules:
            taken = (pl.col("workload") == workload) & ~pl.col("routed") & _fits(rule)
            target = targets[rule.to_model]
            if target.refused is None and rule.from_model != target.model:
                events = _moved(events, taken, rule, (target, ratio, seed))
            # The first rule that fits a call decides it, also when the target would refuse.
            events = events.with_columns(routed=pl.col("routed") | taken)
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


def _moved(
    events: pl.DataFrame, taken: pl.Expr, rule: RoutingRule, with_: tuple[Target, Fraction, int]
) -> pl.DataFrame:
    target, ratio, seed = with_
    columns = events.columns
    events = events.join(
        target.sold, on=_SALE, how="left", nulls_equal=True, maintain_order="left"
    ).with_columns(pl.col("target_sold", "target_batch").fill_null(value=False))
    parts = []
    for family in (0, 1):
        text = rule.input_ratio or tokenizer_ratio(family, target.family, ratio)
        going = (
            taken & (pl.col("family") == family) & _accepted(target, text * rule.output_ratio, text)
        )
        moving, events = events.filter(going), events.filter(~going)
        up = realised(moving["identity"], seed, "escalation", rule.escalation_share)
        moving = moving.with_columns(up=up & moving["last"])
        parts.append(follow_up(moving.filter("up"), "escalation", 2).with_columns(routed=True))
        parts.append(_converted(moving, rule, target, text))
    return pl.concat([frame.select(columns) for frame in (events, *parts)])


_SALE = ("day", "tier", "speed", "geo")


def _accepted(target: Target, answer: Fraction, text: Fraction) -> pl.Expr:
    """Whether the target would take a priced call: sold so, window, forced tools."""
    fits = scaled_up("prompt", text) + scaled_up("output", answer) <= target.window
    forced = pl.col("tool_choice").is_in(FORCED).fill_null(value=False)
    other = pl.col("model") != target.model
    takes = pl.lit(target.forced_tool_choice) | ~forced
    return (pl.col("priced") & pl.col("target_sold") & other & fits & takes).fill_null(value=False)


def _converted(
    events: pl.DataFrame, rule: RoutingRule, target: Target, text: Fraction
) -> pl.DataFrame:
    """Count a call in the target's tokens; where it is escalated the old model's answer stays."""
    answer = scaled_up("answer", rule.output_ratio)
    return events.with_columns(
        *(scaled_up(name, text).alias(name) for name in BUCKETS),
        model=pl.lit(target.model),
        minimum=pl.lit(target.minimum, pl.Int64),
        output=scaled_up("output", text * rule.output_ratio),
        answer=pl.when("up").then("answer").otherwise(answer),
        ratio_up=pl.lit(text.numerator, pl.Int64),
        ratio_down=pl.lit(text.denominator, pl.Int64),
        seed=pl.lit(-1, pl.Int32),
        batchable="target_batch",
        routed=pl.lit(value=True),
    )
