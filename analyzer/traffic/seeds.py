"""Edges of the log: a billed read that no logged call can have written proves a live entry.

Such an entry is seeded under every policy, so that a log that begins in the middle of the day
does not charge a policy for writes that nobody made.
"""

import numpy as np
import polars as pl

from analyzer.traffic.trie import Int64s

_MARKS = ("mark0", "mark1", "mark2", "mark3")
_CONTEXT = ("scope", "name", "fast")


def seed(calls: pl.DataFrame, tokens: Int64s) -> pl.DataFrame:
    """Seed, for each full prompt that read, the breakpoint it read if no earlier call marked it."""
    places = _places(calls, tokens)
    first = places.group_by(*_CONTEXT, "node").agg(pl.col("request").min().alias("first"))
    unwritten = (
        places.join(first, on=(*_CONTEXT, "node"))
        .filter((pl.col("first") == pl.col("request")) & (pl.col("read") > 0))
        .filter((pl.col("visibility") == "full") & (pl.col("tokens") == pl.col("read")))
        .unique("request", keep="first", maintain_order=True)
        .select("request", found="node")
    )
    joined = calls.join(unwritten, on="request", how="left", maintain_order="left")
    return joined.with_columns(
        seed=pl.when(pl.col("seed") < 0).then(pl.col("found").fill_null(-1)).otherwise("seed")
    ).drop("found")


def _places(calls: pl.DataFrame, tokens: Int64s) -> pl.DataFrame:
    """One row a breakpoint: its call, context, node and tokens."""
    fast = pl.col("speed").eq("fast").fill_null(value=False)
    keys = calls.select("request", "scope", "name", "read", "visibility", "family", fast=fast)
    parts = [keys.with_columns(node=calls[mark]) for mark in _MARKS]
    marked = pl.concat(parts).filter(pl.col("node") >= 0)
    counts = tokens[marked["family"].to_numpy(), marked["node"].to_numpy()]
    return marked.with_columns(tokens=pl.Series(counts.astype(np.int64)))
