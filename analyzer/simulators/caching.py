"""Prompt caching: where the marks stand and how long entries live; then the kernel runs."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from analyzer.policy import CachingRule
from analyzer.prompts import TTL_SECONDS
from analyzer.simulators.cache_kernel import CacheEvents, Learned, Trie, replay_cache
from analyzer.simulators.events import LIVES, MARKS


def place(events: pl.DataFrame, rules: Mapping[str, CachingRule]) -> pl.DataFrame:
    """Set marks and lives as the rules say; `observed` changes nothing."""
    for workload, rule in rules.items():
        chosen = (pl.col("workload") == workload) & pl.col("cacheable")
        if rule.ttl == "none":
            changes = {mark: pl.lit(-1, pl.Int32) for mark in MARKS}
        else:
            changes = _places(rule) | _lives(rule)
        events = events.with_columns(
            pl.when(chosen).then(value).otherwise(name).alias(name)
            for name, value in changes.items()
        )
    return events


def _places(rule: CachingRule) -> dict[str, pl.Expr]:
    none = pl.lit(-1, pl.Int32)
    system, leaf = pl.col("system_end"), pl.col("leaf")
    if rule.placement == "system":
        marks = [system, none]
    elif rule.placement == "document":
        marks = [pl.col("before_leaf"), none]
    elif rule.placement == "conversation":
        marks = [leaf, none]
    elif rule.placement == "both":
        has_system = (system >= 0) & (system != leaf)
        marks = [
            pl.when(has_system).then(system).otherwise(leaf),
            pl.when(has_system).then(leaf).otherwise(none),
        ]
    else:
        return {}
    return dict(zip(MARKS, [*marks, none, none], strict=True))


def _lives(rule: CachingRule) -> dict[str, pl.Expr]:
    if rule.ttl == "observed":
        if rule.placement == "observed":
            return {}
        seen = pl.max_horizontal(*LIVES)
        life = pl.when(seen > 0).then(seen).otherwise(TTL_SECONDS["5m"])
        return dict.fromkeys(LIVES, life)
    return dict.fromkeys(LIVES, pl.lit(TTL_SECONDS[rule.ttl], pl.Int32))


def replay(events: pl.DataFrame, trie: Trie) -> pl.DataFrame:
    """Fill the four input buckets of cacheable events; `trie.tokens` rows are numbered by `row`.

    Events that cannot be replayed keep the buckets they carry.
    """
    order = ("start_us", "request", "ordinal")
    running = events.filter("cacheable").sort(order)
    billed = replay_cache(trie, _kernel_events(running))
    read, write_5m, write_1h, uncached = (pl.Series(billed[:, place]) for place in range(4))
    done = running.with_columns(read=read, write_5m=write_5m, write_1h=write_1h, uncached=uncached)
    return pl.concat([done, events.filter(~pl.col("cacheable"))]).sort("request", "ordinal")


def _kernel_events(events: pl.DataFrame) -> CacheEvents:
    fast = pl.col("speed").eq("fast").fill_null(value=False)
    context = events.select(pl.struct("scope", "model", fast).rank("dense"))
    loop = _int32(events, "loop_mark")
    return CacheEvents(
        time_us=_int64(events, "start_us"),
        ready_us=_int64(events, "ready_us"),
        context=context.to_series().cast(pl.Int32).to_numpy(),
        system_params=_int32(events, "system_params"),
        message_params=_int32(events, "message_params"),
        row=_int32(events, "row"),
        prompt=_int64(events, "prompt"),
        minimum=_int64(events, "minimum"),
        breakpoints=np.stack([_int32(events, name) for name in MARKS], axis=1),
        ttl_s=np.stack([_int32(events, name) for name in LIVES], axis=1),
        seed=_int32(events, "seed"),
        seed_ttl_s=_int32(events, "ttl0"),
        clock_us=_int64(events, "clock_us"),
        loop=loop if (loop >= 0).any() else None,
        learned=_learned(events),
    )


def _learned(events: pl.DataFrame) -> Learned | None:
    if "learned_mark" not in events.columns:
        return None
    return Learned(
        mark=_int32(events, "learned_mark"),
        mark_tokens=_int64(events, "learned_mark_tokens"),
        read=_int32(events, "learned_read"),
        read_tokens=_int64(events, "learned_read_tokens"),
    )


def _int32(events: pl.DataFrame, name: str) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    return events[name].cast(pl.Int32).to_numpy()


def _int64(events: pl.DataFrame, name: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return events[name].cast(pl.Int64).to_numpy()
