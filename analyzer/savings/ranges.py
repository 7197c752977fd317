"""Cache savings as ranges: each caching line under every loss model that may be believed.

A line is worth what the whole policy saves beyond the same policy without it. Where the models
disagree about its sign the log cannot decide, and there is no recommendation.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from analyzer.policy import CachingRule, Policy
from analyzer.replay import Replays
from analyzer.results import Calibration

Range = tuple[Fraction, Fraction]
"""Least and greatest saving, pico-dollars."""


def cache_ranges(
    policy: Policy, replays: Replays, calibration: Calibration
) -> Mapping[CachingRule, Range]:
    """Give the range of each caching line; nothing where no loss model was fitted.

    A line that changes lives is a difference between lives. The back-test says how far that is off:
    so much of the input cost it touches is added on both sides.
    """
    found = {}
    for rule in ranged(policy, replays):
        low, high = replays.range_of(policy, without(policy, rule))
        slack = _slack(rule, calibration)
        found[rule] = (low - slack, high + slack)
    return found


def ranged(policy: Policy, replays: Replays) -> tuple[CachingRule, ...]:
    """Lines that have a range: those that act, where several loss models span one."""
    if len(replays.scene.losses) < 2:  # noqa: PLR2004 - one model spans no range
        return ()
    return tuple(rule for rule in policy.caching if _acts(rule))


def _acts(rule: CachingRule) -> bool:
    moved = rule.ttl != "observed" or rule.placement != "observed"
    return moved or bool(rule.keep_alive_pings) or rule.prewarm


def _slack(rule: CachingRule, calibration: Calibration) -> Fraction:
    """Input cost of the calls with marks that a line gives another life, times the error there."""
    tested = calibration.back_test
    apart = tested.between_lives if tested else None
    if apart is None or (rule.ttl in ("observed", "none") and not rule.keep_alive_pings):
        return Fraction(0)
    touched = (
        calibration.total.billed_cost
        if rule.workload == "*"
        else sum(
            (gap.billed_cost for gap in calibration.by_workload if gap.group == rule.workload),
            Fraction(0),
        )
    )
    return touched * apart


def said(found: Range) -> str:
    """Say a range in words for the line it belongs to."""
    low, high = (f"{'-' if pico < 0 else ''}${abs(float(pico)) / 1e12:,.2f}" for pico in found)
    if undecided(found):
        return f"no recommendation: {low} to {high} by what is not known, and the range holds 0"
    return f"{low} to {high} by what is not known"


def undecided(found: Range) -> bool:
    """Tell whether a range holds 0."""
    return found[0] <= 0 <= found[1]


def without(policy: Policy, rule: CachingRule) -> Policy:
    """A policy less one of its caching lines."""
    return replace(policy, caching=tuple(other for other in policy.caching if other != rule))
