"""The policy used when none is given: what is safe to propose from the log alone, each line replayed.

It proposes caching for call sites whose whole prompt is visible and that do not cache today, batch (only
as inferred potential) for calls that come on a schedule and that nothing follows, and the direct successor
of a model where it is not dearer. It proposes no output discipline: no log says how short an answer may
be. A line that does not save in a replay of its own is left out, so none costs more than doing nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

import polars as pl

from analyzer.policy import BatchRule, CachingRule, Policy, RoutingRule
from analyzer.prices import Book

SCHEDULE_HOURS = 3
"""A workload is on a schedule when nine tenths of its calls fall into this many hours of the day."""
SCHEDULE_DAYS = 5
"""... on at least this many days."""
SCHEDULE_SHARE = 0.9


def candidates(calls: pl.DataFrame, book: Book, at: date | None, last_day: date) -> Policy:
    """Give every line worth a replay; the caller keeps those that save."""
    workloads = sorted(calls["workload"].unique().to_list())
    parts = [(name, calls.filter(pl.col("workload") == name)) for name in workloads]
    return Policy(
        name="default",
        routing=tuple(r for name, part in parts for r in _routing(name, part, book, at or last_day)),
        batch=tuple(r for name, part in parts for r in _batch(name, part)),
        caching=tuple(r for name, part in parts for r in _caching(name, part)),
    )


def _caching(name: str, calls: pl.DataFrame) -> Iterator[CachingRule]:
    """5-minute marks where the prompt is visible and nothing is cached today."""
    live = calls.filter(pl.col("tier") != "batch")
    cached = int((live["prompt"] - live["uncached"]).sum())
    if not len(live) or cached or (live["visibility"] != "full").any():
        return
    turns = int(live["followed_us"].is_not_null().sum())
    many = turns * 4 >= len(live)
    yield CachingRule(
        workload=name,
        ttl="5m",
        placement="both" if many else "system",
        basis="nothing is cached today; "
        + ("conversations are carried on" if many else "requests share tools and system prompt"),
    )


def _batch(name: str, calls: pl.DataFrame) -> Iterator[BatchRule]:
    """Calls on a schedule that nothing follows: potential, until somebody writes a deadline down."""
    live = calls.filter((pl.col("tier") == "standard") & pl.col("start_us").is_not_null())
    if not len(live) or live["followed_us"].is_not_null().any() or live["session"].is_not_null().any():
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
                basis="newest model of the same line, not dearer per token; answers were not compared",
            )


def keep_what_saves(candidate: Policy, saving: Callable[[Policy], Fraction]) -> Policy:
    """Add the lines one by one and keep those that save on top of the ones kept before."""
    kept = replace(candidate, routing=(), batch=(), caching=())
    best = saving(kept)
    for lever in ("routing", "batch", "caching"):
        for rule in getattr(candidate, lever):
            tried = replace(kept, **{lever: (*getattr(kept, lever), rule)})
            worth = saving(tried)
            if worth > best:
                kept, best = tried, worth
    return kept
