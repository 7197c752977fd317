"""Transcripts hide the system prompt, the tools and the breakpoints; the bill gives them back.

A transcript's chain hangs below a hidden node: the tokens its session's first call read from an entry
that nobody in the log wrote (with none, nothing hidden is shared). Breakpoints stand where Claude Code
puts them: after the hidden part, on the previous call's last block and on this call's last block.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.trie import Int8s, Int32s, Int64s, marked_above, roots

GRACE_US = 15_000_000
"""Measured on real transcripts: hits end 15 s after the life counted from the last answer line,
because calls that transcripts do not show refresh the entry."""
DEFAULT_TTL_S = 300


@dataclass(frozen=True, slots=True)
class Links:
    """The trie without token counts."""

    parent: Int32s
    position: Int32s
    section: Int8s
    chars: Int64s


@dataclass(frozen=True, slots=True)
class Attached:
    """The trie with hidden nodes in front, and what hangs on it."""

    links: Links
    calls: pl.DataFrame
    """With cache scope, breakpoints, lives and seeds."""
    producer: Int32s
    known: Int64s
    """Tokens of the hidden nodes by family, -1 where unknown; shape (2, hidden nodes)."""


def attach(links: Links, calls: pl.DataFrame, producer: Int32s) -> Attached:
    """Hang transcript chains below hidden nodes and give their calls breakpoints."""
    calls = _with_scope(calls)
    root = roots(links.parent)
    lanes = _lanes(calls, root)
    keys = ("scope", "family", "hidden_tokens")
    hidden = lanes.filter(pl.col("hidden_tokens") > 0).select(keys).unique(maintain_order=True)
    count = len(hidden)
    lanes = lanes.join(hidden.with_row_index("hidden"), on=keys, how="inner")
    above = np.full(len(root), -1, np.int32)
    above[lanes["root"].to_numpy()] = lanes["hidden"].to_numpy()
    moved = _shift(links, above, count)
    known = np.full((2, count), -1, np.int64)
    known[hidden["family"].to_numpy(), np.arange(count)] = hidden["hidden_tokens"].to_numpy()
    hidden_of = np.concatenate([np.full(count, -1, np.int32), above[root]])
    return Attached(
        links=moved,
        calls=_seeded(_marked(_shifted(calls, count), moved, hidden_of), lanes),
        producer=np.concatenate([np.full(count, -1, np.int32), producer]).astype(np.int32),
        known=known,
    )


def _with_scope(calls: pl.DataFrame) -> pl.DataFrame:
    """Cache scope: organisation on Bedrock and Google, else workspace; unknown is the narrower."""
    wide = pl.col("platform").is_in(["bedrock", "vertex"])
    narrow = pl.coalesce("workspace", "api_key", "app", pl.lit("unknown"))
    scope = pl.struct(
        pl.col("platform").fill_null(""),
        pl.col("org").fill_null(""),
        pl.when(wide).then(pl.lit("")).otherwise(narrow).alias("place"),
    )
    return calls.with_columns(scope=(scope.rank("dense").cast(pl.Int32) - 1))


def _lanes(calls: pl.DataFrame, root: Int32s) -> pl.DataFrame:
    """One row a transcript root: its first call, and the hidden tokens its session began with."""
    shown = calls.filter(_SHOWN)
    shown = shown.with_columns(root=pl.Series(root[shown["leaf"].to_numpy()], dtype=pl.Int32))
    first = shown.group_by("root", maintain_order=True).agg(
        pl.col("request", "scope", "family", "session", "agent", "read").first()
    )
    lane = pl.struct(pl.col("session").fill_null(""), pl.col("agent").fill_null(""), "family")
    return first.sort("request").with_columns(hidden_tokens=pl.col("read").first().over(lane))


_SHOWN = (pl.col("visibility") == "messages_only") & (pl.col("leaf") >= 0)


def _shift(links: Links, above: Int32s, count: int) -> Links:
    """Make room for the hidden nodes and hang the transcript roots below them."""
    parent = np.where(links.parent >= 0, links.parent + count, above)
    front = np.zeros(count, np.int32)
    return Links(
        parent=np.concatenate([front - 1, parent]).astype(np.int32),
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


def _marked(calls: pl.DataFrame, links: Links, hidden_of: Int32s) -> pl.DataFrame:
    """Give transcript calls their breakpoints and the life their own writes show."""
    calls = _with_life(calls)
    shown = calls.filter("shown")
    leaf = shown["leaf"].to_numpy()
    is_leaf = np.zeros(len(links.parent), np.bool_)
    is_leaf[leaf] = True
    previous = marked_above(links.parent, is_leaf)
    marks = np.stack([hidden_of[leaf], previous[leaf], leaf, np.full(len(leaf), -1)], axis=1)
    packed = np.take_along_axis(marks, np.argsort(marks < 0, axis=1, kind="stable"), axis=1)
    own = pl.DataFrame(
        {"request": shown["request"], "hidden_end": hidden_of[leaf].astype(np.int32)}
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


def _seeded(calls: pl.DataFrame, lanes: pl.DataFrame) -> pl.DataFrame:
    """Seed the hidden entry at a lane's first call when the bill shows that it was live."""
    seeds = lanes.filter(pl.col("read") > 0).select("request", seed=pl.col("hidden").cast(pl.Int32))
    joined = calls.join(seeds, on="request", how="left", maintain_order="left")
    return joined.with_columns(seed=pl.col("seed").fill_null(-1))
