"""Requests sent only to keep the cache warm: pings while a conversation is idle, and pre-warms.

Both are `max_tokens: 0` requests: the prompt is billed, there is no answer (vendor's prompt-caching
page). Neither sees the future. A ping goes out when a conversation has been idle for just under a
life, whether or not it is ever carried on. A pre-warm goes out before a call that, by the calls so
far, would find tools and system prompt expired.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.compiled import compiled
from analyzer.policy import CachingRule
from analyzer.simulators.cache_kernel import Int32s, Int64s, Trie
from analyzer.simulators.events import LIVES, MARKS

MARGIN_US = 10_000_000
"""A ping is sent this long before the entry would expire."""
_SECOND_US = 1_000_000
_NEVER = np.iinfo(np.int64).max
_ORDINALS = 100
"""Ordinals kept free for the pings after one event; a rule allows fewer."""


def send(events: pl.DataFrame, rules: Mapping[str, CachingRule], trie: Trie) -> pl.DataFrame:
    """Add the pings and pre-warms of the rules; without such a rule nothing changes."""
    if not any(rule.keep_alive_pings or rule.prewarm for rule in rules.values()):
        return events
    running = _asked(events.filter("cacheable"), rules, trie)
    if not len(running):
        return events
    after, cold = _watched(running, trie.parent)
    columns = events.columns
    warm = _prewarms(running.filter(pl.Series(cold) & pl.col("prewarm"))).select(columns)
    return pl.concat([events, _pings(running, after).select(columns), warm])


@dataclass(frozen=True, slots=True)
class _Marked:
    """Tokens and life at each event's last mark, and at its mark on the system prompt."""

    last: pl.Expr
    life: pl.Expr
    head_life: pl.Expr


def _asked(running: pl.DataFrame, rules: Mapping[str, CachingRule], trie: Trie) -> pl.DataFrame:
    """Add `end` (last mark), `life`, `head_life`, `pings`, `prewarm` and prefix sizes; sorted."""
    told = [name for name, rule in rules.items()]
    most = [rule.keep_alive_pings for rule in rules.values()]
    warm = [rule.prewarm for rule in rules.values()]
    marks = _marked()
    paid = pl.col("charged") & pl.col("priced") & (pl.col("tier") == "standard")
    running = running.with_columns(
        end=marks.last,
        life=marks.life,
        head_life=marks.head_life,
        most=pl.col("workload").replace_strict(told, most, default=0, return_dtype=pl.Int64),
        wanted=pl.col("workload").replace_strict(
            told, warm, default=False, return_dtype=pl.Boolean
        ),
        chain=pl.struct("scope", "model", _FAST, "system_params", "message_params").rank("dense"),
    )
    running = running.with_columns(
        end_tokens=_tokens(running, "end", trie), head_tokens=_tokens(running, "system_end", trie)
    )
    long_enough = {
        name: paid & (pl.col(name) >= pl.col("minimum")) & (pl.col(name) <= pl.col("prompt"))
        for name in ("end_tokens", "head_tokens")
    }
    return running.with_columns(
        pings=pl.when(long_enough["end_tokens"] & (pl.col("end") >= 0)).then("most").otherwise(0),
        prewarm=pl.col("wanted") & long_enough["head_tokens"] & (pl.col("head_life") > 0),
    ).sort("chain", "start_us", "request", "ordinal")


_FAST = pl.col("speed").eq("fast").fill_null(value=False).alias("fast")


def _marked() -> _Marked:
    last, life, head = pl.lit(-1, pl.Int32), pl.lit(0, pl.Int32), pl.lit(0, pl.Int32)
    for mark, lives in zip(MARKS, LIVES, strict=True):
        life = pl.when(pl.col(mark) > last).then(lives).otherwise(life)
        last = pl.max_horizontal(last, mark)
        on_head = (pl.col(mark) >= 0) & (pl.col(mark) == pl.col("system_end"))
        head = pl.when(on_head).then(lives).otherwise(head)
    return _Marked(last, life, head)


def _tokens(running: pl.DataFrame, node: str, trie: Trie) -> pl.Series:
    """Tokens of the prefix that ends at a node; 0 for none."""
    nodes, row = running[node].to_numpy(), running["row"].to_numpy()
    return pl.Series(np.where(nodes >= 0, trie.tokens[row, nodes], 0).astype(np.int64))


def _watched(running: pl.DataFrame, parent: Int32s) -> tuple[Int64s, npt.NDArray[np.bool_]]:
    """Give when each event's last mark is touched next, and whether its system prompt is cold."""
    end, head = _int32(running, "end"), _int32(running, "system_end")
    watched = np.zeros(len(parent) + 1, np.bool_)
    watched[end[running["pings"].to_numpy() > 0]] = True
    watched[head[running["prewarm"].to_numpy()]] = True
    above = np.empty(len(parent), np.int32)
    _watched_above(parent, watched, above)
    after, cold = np.full(len(end), _NEVER, np.int64), np.zeros(len(end), np.bool_)
    life_us = running["head_life"].cast(pl.Int64) * _SECOND_US
    kept = life_us + running["pings"] * (running["life"].cast(pl.Int64) * _SECOND_US - MARGIN_US)
    _follow(
        (above, watched, np.full(len(parent), -1, np.int32)),
        (np.full(len(parent), -1, np.int32), np.zeros(len(parent), np.int64)),
        (_int32(running, "chain"), end, head, running["pings"].to_numpy()),
        (_int64(running, "start_us"), _int64(running, "clock_us"), kept.to_numpy()),
        (after, cold),
    )
    return after, cold


def _pings(running: pl.DataFrame, after: Int64s) -> pl.DataFrame:
    step = running["life"].to_numpy().astype(np.int64) * _SECOND_US - MARGIN_US
    idle = after - running["clock_us"].to_numpy()
    most = running["pings"].to_numpy()
    sent = np.clip(np.where(most > 0, -(-idle // np.maximum(step, 1)) - 1, 0), 0, most)
    row = np.repeat(np.arange(len(running)), sent)
    number = np.arange(len(row)) - np.repeat(np.cumsum(sent) - sent, sent) + 1
    pinged = running[row].with_columns(number=pl.Series(number), step=pl.Series(step[row]))
    return _silent(pinged, "keep-alive", "end", "end_tokens").with_columns(
        *((pl.col("clock_us") + pl.col("number") * pl.col("step")).alias(n) for n in _TIMES),
        ordinal=((pl.col("ordinal") + 1) * _ORDINALS + pl.col("number")).cast(pl.Int32),
    )


def _prewarms(cold: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(-1, pl.Int32)
    return _silent(cold, "pre-warm", "system_end", "head_tokens").with_columns(
        *(pl.col("start_us").alias(name) for name in _TIMES),
        mark0="system_end",
        ttl0=pl.col("head_life").cast(pl.Int32),
        **dict.fromkeys(MARKS[1:], none),
        ordinal=-1 - pl.col("ordinal"),
    )


_TIMES = ("start_us", "ready_us", "clock_us")


def _silent(events: pl.DataFrame, reason: str, leaf: str, prompt: str) -> pl.DataFrame:
    """Copy events as requests for a prefix of theirs and no answer."""
    nothing = pl.lit(0, pl.Int64)
    return events.with_columns(
        reason=pl.lit(reason),
        last=pl.lit(value=False),
        leaf=pl.col(leaf),
        prompt=pl.col(prompt),
        output=nothing,
        answer=nothing,
        web_searches=nothing,
        duration_us=nothing,
        seed=pl.lit(-1, pl.Int32),
    )


@compiled
def _watched_above(parent: Int32s, watched: Any, above: Int32s) -> None:
    for node in range(len(parent)):
        upper = parent[node]
        if upper < 0 or watched[upper]:
            above[node] = upper
        else:
            above[node] = above[upper]


@compiled
def _follow(trie: Any, held: Any, events: Any, times: Any, found: Any) -> None:
    """Walk the events of each chain in time order over the watched nodes that they touch."""
    above, watched, stamp = trie
    waiting, touched = held
    chain, end, head, pings = events
    start, clock, kept = times
    after, cold = found
    for i in range(len(end)):
        node = end[i]
        if node >= 0 and not watched[node]:
            node = above[node]
        while node >= 0:
            known = stamp[node] == chain[i]
            if not known:
                stamp[node] = chain[i]
                waiting[node] = -1
            if node == head[i]:
                cold[i] = not known or start[i] >= touched[node] + kept[i]
            if waiting[node] >= 0:
                after[waiting[node]] = start[i]
                waiting[node] = -1
            touched[node] = max(touched[node], clock[i]) if known else clock[i]
            node = above[node]
        if pings[i] > 0:
            waiting[end[i]] = i


def _int32(events: pl.DataFrame, name: str) -> Int32s:
    return events[name].cast(pl.Int32).to_numpy()


def _int64(events: pl.DataFrame, name: str) -> Int64s:
    return events[name].cast(pl.Int64).to_numpy()
