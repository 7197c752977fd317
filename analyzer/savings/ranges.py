"""Cache savings as ranges: each caching line replayed under every loss model that may be believed.

A line is worth what the whole policy saves beyond the same policy without it. Where the models
disagree about its sign the log cannot decide, and there is no recommendation.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from analyzer.policy import CachingRule, Policy
from analyzer.replay import Replays

Range = tuple[Fraction, Fraction]
"""Least and greatest saving, pico-dollars."""


def cache_ranges(policy: Policy, replays: Replays) -> Mapping[CachingRule, Range]:
    """Give the range of each caching line; nothing where no loss model was fitted."""
    if len(replays.scene.losses) < 2:  # noqa: PLR2004 - one model spans no range
        return {}
    return {
        rule: replays.range_of(policy, _without(policy, rule))
        for rule in policy.caching
        if rule.ttl != "observed" or rule.placement != "observed"
    }


def said(found: Range) -> str:
    """Say a range in words for the line it belongs to."""
    low, high = (f"{'-' if pico < 0 else ''}${abs(float(pico)) / 1e12:,.2f}" for pico in found)
    if undecided(found):
        return f"no recommendation: {low} to {high} by loss model, and the range holds 0"
    return f"{low} to {high} by loss model"


def undecided(found: Range) -> bool:
    """Tell whether a range holds 0."""
    return found[0] <= 0 <= found[1]


def _without(policy: Policy, rule: CachingRule) -> Policy:
    return replace(policy, caching=tuple(other for other in policy.caching if other != rule))
