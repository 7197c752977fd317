"""Transcripts hide the system prompt, the tools and the breakpoints; the bill gives them back.

A transcript's chain hangs below a hidden system node: as many tokens as the smallest non-zero
read of its session (with none, nothing hidden is shared). A chain whose first call read more than
that carries on a history the log does not hold, which becomes a second hidden node. A first read
that nobody in the log wrote proves a live entry: it is seeded. Breakpoints stand where Claude
Code puts them: after the hidden part, on the previous call's last block and on this call's last
block.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.simulators.events import HIDING
from analyzer.traffic.links import Links
from analyzer.traffic.system_sizes import grouped_sizes
from analyzer.traffic.trie import Int32s, Int64s, marked_above, roots

GRACE_US = 15_000_000
"""Measured on real transcripts: hits end 15 s after the life counted from the last answer line,
because calls that transcripts do not show refresh the entry."""
DEFAULT_TTL_S = 300


@dataclass(frozen=True, slots=True)
class Attached:
    """The trie with hidden nodes in front, and what hangs on it."""

    links: Links
    calls: pl.DataFrame
    """With cache scope, breakpoints, lives and seeds."""
    producer: Int32s
    known: Int64s
    """Tokens of the hidden nodes by family, -1 where unknown; shape (2, hidden nodes)."""


def attach(links: Links, calls: pl.DataFrame, producer: Int32s, *, blind: bool) -> Attached:
    """Hang transcript chains below hidden nodes and give their calls breakpoints.

    `blind` is for back-tests: no call's own read decides what hides above it or what was live
    before the log began; the hidden part is then the commonest one of its client and version.
    """
    root = roots(links.parent)
    hidden = _hidden(_lanes(calls, root, blind=blind))
    count = hidden.count
    above = np.full(len(root), -1, np.int32)
    above[hidden.lanes["root"].to_numpy()] = hidden.lanes["hidden"].to_numpy()
    moved = _shift(links, above, hidden.parent)
    system_of = np.full(len(root), -1, np.int32)
    system_of[hidden.lanes["root"].to_numpy()] = hidden.lanes["system"].fill_null(-1).to_numpy()
    front = np.full(count, -1, np.int32)
    ends = np.stack([np.concatenate([front, part[root]]) for part in (system_of, above)])
    return Attached(
        links=moved,
        calls=_seeded(_marked(_shifted(calls, count), moved, ends), hidden.lanes, blind=blind),
        producer=np.concatenate([front, producer]).astype(np.int32),
        known=hidden.known,
    )


@dataclass(frozen=True, slots=True)
class _Hidden:
    """Hidden nodes: the system prefixes first, then histories the log does not hold."""

    lanes: pl.DataFrame
    """Roots that hang below a hidden node: root, request, system, hidden (the lower of the two)."""
    parent: Int32s
    known: Int64s

    @property
    def count(self) -> int:
        return len(self.parent)


def _hidden(lanes: pl.DataFrame) -> _Hidden:
    keys = ("scope", "family", "system_tokens")
    systems = lanes.filter(pl.col("system_tokens") > 0).select(keys).unique(maintain_order=True)
    systems = systems.with_row_index("system").with_columns(pl.col("system").cast(pl.Int32))
    lanes = lanes.join(systems, on=keys, how="left", maintain_order="left")
    carried = pl.col("read") > pl.col("system_tokens")
    number = len(systems) + carried.cast(pl.Int32).cum_sum() - 1
    lanes = lanes.with_columns(
        hidden=pl.when(carried).then(number).otherwise("system").cast(pl.Int32)
    ).filter(pl.col("hidden").is_not_null())
    histories = lanes.filter(pl.col("hidden") >= len(systems))
    family = np.concatenate([systems["family"].to_numpy(), histories["family"].to_numpy()])
    sizes = np.concatenate([systems["system_tokens"].to_numpy(), histories["read"].to_numpy()])
    known = np.full((2, len(sizes)), -1, np.int64)
    known[family, np.arange(len(sizes))] = sizes
    parent = np.concatenate([np.full(len(systems), -1), histories["system"].to_numpy()])
    return _Hidden(lanes, parent.astype(np.int32), known)


def with_scope(calls: pl.DataFrame) -> pl.DataFrame:
    """Cache scope: organisation on Bedrock and Google, else workspace; unknown is the narrower."""
    wide = pl.col("platform").is_in(["bedrock", "vertex"])
    narrow = pl.coalesce("workspace", "api_key", "app", pl.lit("unknown"))
    scope = pl.struct(
        pl.col("platform").fill_null(""),
        pl.col("org").fill_null(""),
        pl.when(wide).then(pl.lit("")).otherwise(narrow).alias("place"),
    )
    return calls.with_columns(scope=(scope.rank("dense").cast(pl.Int32) - 1))


def _lanes(calls: pl.DataFrame, root: Int32s, *, blind: bool) -> pl.DataFrame:
    """One row a transcript root: its first call, and the size of its session's hidden part."""
    lane = pl.struct(pl.col("session").fill_null(""), pl.col("agent").fill_null(""), "family")
    smallest = pl.when(_SHOWN & (pl.col("read") > 0)).then("read").min().over(lane).fill_null(0)
    shown = calls.with_columns(
        system_tokens=grouped_sizes(calls) if blind else smallest,
        starts=pl.int_range(pl.len()).over(lane) == 0,
    )
    if blind:
        shown = shown.with_columns(read=pl.lit(0, pl.Int64))
    shown = shown.filter(_SHOWN)
    shown = shown.with_columns(root=pl.Series(root[shown["leaf"].to_numpy()], dtype=pl.Int32))
    first = shown.group_by("root", maintain_order=True).agg(
        pl.col("request", "scope", "family", "read", "system_tokens", "starts").first()
    )
    return first.sort("request")


_SHOWN = pl.col("visibility").is_in(HIDING) & (pl.col("leaf") >= 0)


def _shift(links: Links, above: Int32s, hidden_parent: Int32s) -> Links:
    """Make room for the hidden nodes and hang the transcript roots below them."""
    count = len(hidden_parent)
    parent = np.where(links.parent >= 0, links.parent + count, above)
    front = np.zeros(count, np.int32)
    return Links(
        parent=np.concatenate([hidden_parent, parent]).astype(np.int32),
        position=np.concatenate([front, links.position]).astype(np.int32),
        section=np.concatenate([front, links.section]).astype(np.int8),
        chars=np.concatenate([front, links.chars]).astype(np.int64),
    )


def _shifted(calls: pl.DataFrame, count: int) -> pl.DataFrame:
    names = ("leaf", "system_end", "mark0", "mark1", "mark2", "mark3")
    return calls.with_columns(
        pl.when(pl.col(name) >= 0)
        .then(pl.col(name) + count)
        .otherwise(-1)
        .cast(pl.Int32)
        .alias(name)
        for name in names
    )


def _marked(calls: pl.DataFrame, links: Links, ends: Int32s) -> pl.DataFrame:
    """Give transcript calls their breakpoints and the life their own writes show."""
    calls = _with_life(calls)
    shown = calls.filter("shown")
    leaf = shown["leaf"].to_numpy()
    is_leaf = np.zeros(len(links.parent), np.bool_)
    is_leaf[leaf] = True
    previous = marked_above(links.parent, is_leaf)
    system, lowest = ends[:, leaf]
    history = np.where(lowest != system, lowest, -1)
    marks = np.stack([system, history, previous[leaf], leaf], axis=1)
    packed = np.take_along_axis(marks, np.argsort(marks < 0, axis=1, kind="stable"), axis=1)
    own = pl.DataFrame(
        {"request": shown["request"], "hidden_end": system.astype(np.int32)}
        | {f"own{place}": packed[:, place].astype(np.int32) for place in range(4)}
    )
    calls = calls.join(own, on="request", how="left", maintain_order="left")
    places = range(4)
    return calls.with_columns(
        *(pl.coalesce(f"own{place}", f"mark{place}").alias(f"mark{place}") for place in places),
        *(
            pl.when("shown").then("life").otherwise(f"ttl{place}").alias(f"ttl{place}")
            for place in places
        ),
        system_end=pl.coalesce("hidden_end", "system_end"),
    ).drop("hidden_end", *(f"own{place}" for place in places))


def _with_life(calls: pl.DataFrame) -> pl.DataFrame:
    written = pl.when(pl.col("write_1h") > 0).then(3600).when(pl.col("write_5m") > 0).then(300)
    chain = pl.struct(pl.col("session").fill_null(""), pl.col("agent").fill_null(""))
    carried = written.forward_fill().over(chain)
    ahead = written.backward_fill().over(chain)
    life = pl.coalesce(carried, ahead, pl.lit(DEFAULT_TTL_S)).cast(pl.Int32)
    return calls.with_columns(shown=_SHOWN, life=life)


def _seeded(calls: pl.DataFrame, lanes: pl.DataFrame, *, blind: bool) -> pl.DataFrame:
    """Seed the entry a chain's first call read, when no call of the log can have written it."""
    if blind:
        return calls.with_columns(seed=pl.lit(-1, pl.Int32))
    unseen = pl.col("starts") | (pl.col("hidden") != pl.col("system")).fill_null(value=True)
    seeds = lanes.filter((pl.col("read") > 0) & unseen).select("request", seed="hidden")
    joined = calls.join(seeds, on="request", how="left", maintain_order="left")
    return joined.with_columns(seed=pl.col("seed").fill_null(-1))
