"""Prompt caching: where the marks stand and how long entries live; then the kernel runs."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from analyzer.policy import CachingRule
from analyzer.prompts import TTL_SECONDS
from analyzer.simulators.cache_kernel import (
    ONE_HOUR_S,
    CacheEvents,
    Learned,
    Trie,
    replay_cache,
)
from analyzer.simulators.events import LIVES, MARKS


def place(events: pl.DataFrame, rules: Mapping[str, CachingRule]) -> pl.DataFrame:
    """Set marks and lives as the rules say; `observed` changes nothing."""
    for workload, rule in rules.items():
        chosen = (pl.col("workload") == workload) & pl.col("cacheable")
        if rule.ttl == "none":
            steps: tuple[dict[str, pl.Expr], ...] = ({m: pl.lit(-1, pl.Int32) for m in MARKS},)
        else:
            steps = (_places(rule), _lives(rule))
        for changes in steps:  # a mixed life depends on where the mark was put
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
    if rule.ttl == "mixed":
        return {life: _by_section(mark) for mark, life in zip(MARKS, LIVES, strict=True)}
    return dict.fromkeys(LIVES, pl.lit(TTL_SECONDS[rule.ttl], pl.Int32))


def _by_section(mark: str) -> pl.Expr:
    """An hour up to the system prompt's end; on one path the deeper node has the higher number."""
    head = pl.col(mark) <= pl.col("system_end")
    hour, minutes = (pl.lit(TTL_SECONDS[life], pl.Int32) for life in ("1h", "5m"))
    return pl.when(head).then(hour).otherwise(minutes)


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


def with_levels(events: pl.DataFrame, trie: Trie) -> pl.DataFrame:
    """Add what else a call may read: `system_tokens`, and `hour_tokens` to the last 1 h mark.

    Both count by the event's own token map; a prefix below the model's minimum is never cached.
    """
    sizes = {"system_tokens": _tokens_at(events, trie, "system_end")}
    hour = pl.lit(0, pl.Int64)
    for mark, life in zip(MARKS, LIVES, strict=True):
        sizes[mark] = _tokens_at(events, trie, mark)
        hour = pl.max_horizontal(
            hour, pl.when(pl.col(life) == ONE_HOUR_S).then(sizes[mark]).otherwise(0)
        )
    return events.with_columns(system_tokens=sizes["system_tokens"], hour_tokens=hour)


def _tokens_at(events: pl.DataFrame, trie: Trie, column: str) -> pl.Series:
    if not trie.tokens.shape[1]:
        return pl.Series(np.zeros(len(events), np.int64))
    node, row = events[column].to_numpy(), events["row"].to_numpy()
    size = np.where(node >= 0, trie.tokens[row, node], 0)
    return pl.Series(np.where(size >= events["minimum"].to_numpy(), size, 0).astype(np.int64))


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
