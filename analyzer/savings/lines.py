"""Policy rules as lines a developer can act on: what changes, on what evidence, at what risk."""

from collections.abc import Mapping
from typing import Literal

from analyzer.policy import ACCEPTED, BatchRule, CachingRule, OutputRule, Policy, RoutingRule
from analyzer.replay import Scene
from analyzer.results import LEVERS, Lever, Line
from analyzer.savings.ranges import Range, said, undecided
from analyzer.savings.reach import Reach

Risk = Literal["low", "medium", "high"]
RISKS: dict[Lever, Risk] = {
    "output": "medium",
    "routing": "high",
    "batch": "low",
    "caching": "low",
}
"""What can break: answers (output, routing), waiting time (batch), nothing but money (caching)."""


def lines(
    policy: Policy, workload: str, scene: Scene, reach: Reach, ranges: Mapping[CachingRule, Range]
) -> tuple[Line, ...]:
    """Give every line of a policy that is meant for calls of a workload, in the levers' order."""
    found = []
    for lever in LEVERS:
        rules = policy.rules(lever, workload)
        for rule in rules if lever == "routing" else rules[:1]:
            refused = _refusal(rule, scene)
            reached, meant = reach.of(lever, rule, workload)
            if not meant or (lever == "caching" and not reached):
                continue
            known = ranges.get(rule) if isinstance(rule, CachingRule) else None
            basis = _basis(rule.basis, refused, reached, meant)
            found.append(
                Line(
                    lever=lever,
                    change=change(rule),
                    grade=rule.grade,
                    basis=basis if known is None else f"{basis}; {said(known)}",
                    accepted=rule.grade in ACCEPTED and refused is None and _decided(known),
                    risk=RISKS[lever],
                )
            )
    return tuple(found)


def _decided(known: Range | None) -> bool:
    return known is None or not undecided(known)


def _basis(basis: str, refused: str | None, reached: int, meant: int) -> str:
    if refused is not None:
        return f"not replayed: {refused}"
    return basis if reached == meant else f"{basis}; reaches {reached:,} of {meant:,} calls"


def change(rule: OutputRule | RoutingRule | BatchRule | CachingRule) -> str:
    """Say what a developer would do."""
    match rule:
        case OutputRule():
            return _output(rule)
        case RoutingRule():
            share = f"; {float(rule.escalation_share):.1%} are handed back and pay both"
            which = f"{rule.from_model} calls" if rule.from_model else "all calls"
            return f"Send {which} to {rule.to_model}" + (share if rule.escalation_share else "")
        case BatchRule():
            seeded = "; seed the cache with one request first" if rule.seeded else ""
            late = f"; {float(rule.expiry_share):.1%} expire and are asked again live"
            return (
                f"Submit through Message Batches, results within {rule.deadline_hours} h{seeded}"
                + (late if rule.expiry_share else "")
            )
        case CachingRule():
            return _caching(rule)


def _output(rule: OutputRule) -> str:
    parts = []
    if rule.length_ratio != 1:
        parts.append(f"Ask for answers of {float(rule.length_ratio):.0%} of today's length")
    if rule.cap_tokens is not None:
        parts.append(f"cap answers at {rule.cap_tokens} tokens, asking cut ones again")
    return "; ".join(parts) or "Leave answers as they are"


def _caching(rule: CachingRule) -> str:
    if rule.ttl == "none":
        return "Remove every cache_control mark"
    life = _LIVES.get(rule.ttl, f"a life of {rule.ttl}")
    where = {
        "observed": "Keep the marks where they are",
        "system": "Put one cache_control mark at the end of the system prompt",
        "document": "Put one cache_control mark on the block before the last one (the document)",
        "conversation": "Put one cache_control mark on the last block of each request",
        "both": "Put cache_control marks at the end of the system prompt and on the last block",
    }[rule.placement]
    return f"{where}, with {life}{_kept_warm(rule)}"


def _kept_warm(rule: CachingRule) -> str:
    pings = (
        "; while a conversation is idle send its prefix with max_tokens: 0 before it expires, {}"
    )
    most = (
        "at most once" if rule.keep_alive_pings == 1 else f"at most {rule.keep_alive_pings} times"
    )
    warm = "; before calls that find it expired send the system prompt once with max_tokens: 0"
    return (pings.format(most) if rule.keep_alive_pings else "") + (warm if rule.prewarm else "")


_LIVES = {
    "observed": "today's life",
    "mixed": "a life of 1h up to the end of the system prompt and of 5m behind it",
}


def _refusal(rule: object, scene: Scene) -> str | None:
    if isinstance(rule, RoutingRule):
        return scene.targets[rule.to_model].refused
    return None
