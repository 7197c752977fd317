"""The calls of a trace as the search for lost reads wants them: arrays in start order."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.savings.lost.entries import Int32s
from analyzer.savings.lost.missed import Above, Asked, Bools
from analyzer.savings.lost.parted import Chains
from analyzer.simulators.events import LIVES, MARKS, REPLAYABLE
from analyzer.traffic import Traffic
from analyzer.traffic.trie import marked_above


@dataclass(frozen=True, slots=True)
class Gathered:
    """Calls whose prompts can be compared, and everything that is asked of them."""

    calls: pl.DataFrame
    asked: Asked
    above: Above
    chains: Chains


def comparable() -> pl.Expr:
    """Tell which calls show enough of their prompt, and share a cache with others."""
    return (
        pl.col("visibility").is_in(REPLAYABLE)
        & (pl.col("leaf") >= 0)
        & (pl.col("tier") != "batch")
        & pl.col("start_us").is_not_null()
    )


def gather(traffic: Traffic) -> Gathered:
    """Lay out the calls that can be compared, and the blocks of the trie that matter to them."""
    calls = traffic.calls.filter(comparable()).sort("start_us", "request")
    parent = traffic.trie.parent
    nodes = len(parent)
    leaf, system_end = _int32(calls, "leaf"), _int32(calls, "system_end")
    marks = np.stack([_int32(calls, name) for name in MARKS], axis=1)
    is_leaf, is_marked = _flags(nodes, leaf), _flags(nodes, marks.ravel())
    fork = _forks(parent, leaf)
    is_sent = is_leaf | is_marked | _flags(nodes, system_end) | _flags(nodes, fork)
    return Gathered(
        calls,
        _asked(calls, (leaf, system_end, fork, marks)),
        Above(marked_above(parent, is_marked), marked_above(parent, is_sent), is_marked),
        _chains(calls, marked_above(parent, is_leaf)),
    )


def _asked(calls: pl.DataFrame, places: tuple[Int32s, Int32s, Int32s, Int32s]) -> Asked:
    leaf, system_end, fork, marks = places
    fast = pl.col("speed").eq("fast").fill_null(value=False)
    return Asked(
        start_us=calls["start_us"].to_numpy(),
        ready_us=calls["ready_us"].to_numpy(),
        clock_us=calls["clock_us"].to_numpy(),
        context=_dense(calls, pl.struct("scope", "name", fast)),
        scope=_dense(calls, pl.col("scope")),
        model=_dense(calls, pl.col("name")),
        system_params=_int32(calls, "system_params"),
        message_params=_int32(calls, "message_params"),
        row=_int32(calls, "family"),
        prompt=calls["prompt"].to_numpy(),
        minimum=calls["minimum"].to_numpy(),
        read=calls["read"].to_numpy(),
        cached=(calls["prompt"] - calls["uncached"]).to_numpy(),
        leaf=leaf,
        system_end=system_end,
        fork=fork,
        marks=marks,
        ttl_s=np.stack([_int32(calls, name) for name in LIVES], axis=1),
        compaction=calls["compaction"].fill_null(value=False).to_numpy(),
    )


def _chains(calls: pl.DataFrame, leaf_above: Int32s) -> Chains:
    session = pl.struct("scope", "session", pl.col("agent").fill_null(""))
    lane = pl.when(pl.col("session").is_not_null()).then(session.rank("dense")).otherwise(0)
    end = pl.coalesce("end_us", "ready_us", "start_us")
    return Chains(
        lane=calls.select(lane.cast(pl.Int32) - 1).to_series().to_numpy(),
        end_us=calls.select(end.alias("end")).to_series().to_numpy(),
        leaf_above=leaf_above,
        hidden=(calls["visibility"] == "messages_only").to_numpy(),
    )


def _flags(nodes: int, chosen: Int32s) -> Bools:
    """Tell which nodes are among these; the place behind the last stands for none."""
    found = np.zeros(nodes + 1, np.bool_)
    found[chosen] = True
    found[-1] = False
    return found[:-1]


def _forks(parent: Int32s, leaf: Int32s) -> Int32s:
    """The nearest block strictly above each leaf that several prompts share; -1 for none."""
    children = np.bincount(parent[parent >= 0], minlength=len(parent))
    above = marked_above(parent, children > 1)
    return above[leaf] if len(leaf) else leaf


def _dense(calls: pl.DataFrame, value: pl.Expr) -> Int32s:
    ranked = calls.select((value.rank("dense").cast(pl.Int32) - 1).alias("rank"))
    return ranked.to_series().to_numpy()


def _int32(calls: pl.DataFrame, name: str) -> Int32s:
    return calls[name].cast(pl.Int32).to_numpy()
