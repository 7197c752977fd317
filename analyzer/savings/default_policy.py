"""The policy used when none is given: what a log alone supports, each line replayed.

It proposes caching for call sites whose whole prompt is visible and that do not cache today,
batch (only as inferred potential) for calls that come on a schedule and that nothing follows, and
the direct successor of a model where it is not dearer. It proposes no output discipline: no log
says how short an answer may be. A line that does not save in a replay of its own is left out, so
none costs more than doing nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Literal

import polars as pl

from analyzer.policy import (
    BatchRule,
    CachingRule,
    LeverRule,
    OutputRule,
    Policy,
    RoutingRule,
)
from analyzer.prices import Book
from analyzer.results import LEVERS, Lever

SCHEDULE_HOURS = 3
"""On a schedule: nine tenths of a workload's calls fall into this many hours of the day."""
SCHEDULE_DAYS = 5
"""... on at least this many days."""
SCHEDULE_SHARE = 0.9


WHY_NOT: dict[Lever, str] = {
    "output": "no log says how short an answer may be",
    "routing": "no newer model of the same line, sold that day and not dearer, saves here",
    "batch": "no workload comes on a schedule with nothing after it, or it would not save",
    "caching": "every visible prompt is cached already, or marks would not save",
}
"""Why the default policy leaves a lever alone."""


def candidates(calls: pl.DataFrame, book: Book, at: date | None, last_day: date) -> Policy:
    """Give every line worth a replay; the caller keeps those that save."""
    workloads = sorted(calls["workload"].unique().to_list())
    parts = [(name, calls.filter(pl.col("workload") == name)) for name in workloads]
    return Policy(
        name="default",
        routing=tuple(
            r for name, part in parts for r in _routing(name, part, book, at or last_day)
        ),
        batch=tuple(r for name, part in parts for r in _batch(name, part)),
        caching=tuple(r for name, part in parts for r in _caching(name, part)),
    )


def _caching(name: str, calls: pl.DataFrame) -> Iterator[CachingRule]:
    """5-minute marks where the prompt is visible and nothing is cached today."""
    live = calls.filter(pl.col("tier") != "batch")
    cached = int((live["prompt"] - live["uncached"]).sum())
    if not len(live) or cached or (live["visibility"] != "full").any():
        return
    for placement, basis in _PLACES.items():
        for ttl in ("5m", "1h"):
            yield CachingRule(
                workload=name,
                ttl=ttl,
                placement=placement,
                basis=f"nothing is cached today; {basis}",
            )


_PLACES: dict[Literal["system", "document", "both"], str] = {
    "system": "requests share tools and system prompt",
    "document": "the same document is asked about again",
    "both": "conversations are carried on",
}
"""Places to try, and what makes each pay."""


def _batch(name: str, calls: pl.DataFrame) -> Iterator[BatchRule]:
    """Calls on a schedule that nothing follows: potential until a deadline is written down."""
    live = calls.filter((pl.col("tier") == "standard") & pl.col("start_us").is_not_null())
    if (
        not len(live)
        or live["followed_us"].is_not_null().any()
        or live["session"].is_not_null().any()
    ):
        return
    hours = (live["start_us"] // 3_600_000_000 % 24).value_counts(sort=True)["count"]
    if live["day"].n_unique() < SCHEDULE_DAYS:
        return
    if int(hours.head(SCHEDULE_HOURS).sum()) < SCHEDULE_SHARE * len(live):
        return
    yield BatchRule(
        workload=name,
        evidence="inferred",
        basis="calls come in the same hours each day and nothing follows them; a written deadline "
        "would make this E4",
    )


def _routing(name: str, calls: pl.DataFrame, book: Book, day: date) -> Iterator[RoutingRule]:
    """The direct successor of each model, where it is not dearer per token."""
    for model in sorted(calls.filter("known")["name"].unique().to_list()):
        target = book.successor(model, day)
        if target is not None:
            yield RoutingRule(
                workload=name,
                from_model=model,
                to_model=target,
                evidence="assumed",
                basis="newest of its line, not dearer per token; answers were not compared",
            )


def keep_what_saves(candidate: Policy, saving: Callable[[Policy], Fraction]) -> Policy:
    """Add lines one by one, the best of each choice, and keep those that still save."""
    kept = candidate.with_levers(frozenset())
    best = saving(kept)
    for alternatives in _choices(candidate):
        tried = [(saving(_with(kept, rule)), place) for place, rule in enumerate(alternatives)]
        worth, place = max(tried, key=lambda pair: (pair[0], -pair[1]))
        if worth > best:
            kept, best = _with(kept, alternatives[place]), worth
    return kept


def _choices(candidate: Policy) -> Iterator[list[LeverRule]]:
    """Rules of one lever for the same calls: at most one of them can act."""
    for lever in LEVERS:
        groups: dict[tuple[str, str | None], list[LeverRule]] = {}
        for rule in candidate.of(lever):
            source = rule.from_model if isinstance(rule, RoutingRule) else None
            groups.setdefault((rule.workload, source), []).append(rule)
        yield from groups.values()


def _with(kept: Policy, rule: LeverRule) -> Policy:
    match rule:
        case OutputRule():
            return replace(kept, output=(*kept.output, rule))
        case RoutingRule():
            return replace(kept, routing=(*kept.routing, rule))
        case BatchRule():
            return replace(kept, batch=(*kept.batch, rule))
        case CachingRule():
            return replace(kept, caching=(*kept.caching, rule))
