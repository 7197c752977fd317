"""How long the hidden system prompt and tools are, learned from other calls of the same client.

A read that is not the carried-on prefix of its own session shows the part that sessions share.
Clients of one version in one cache scope send the same system prompt, so the commonest such read
stands for all; where a version shows none, the scope's, then the model's commonest does.
"""

import polars as pl

_GROUPS = (("scope", "name", "client"), ("scope", "name"), ("name",))
"""Whose reads stand for a call, narrowest first."""


def grouped_sizes(calls: pl.DataFrame, learn: pl.Series | None = None) -> pl.Series:
    """Give the shared prefix's tokens for each call, 0 where none was ever read.

    `learn` tells which calls may be looked at; all of them when it is None.
    """
    keyed = calls.with_columns(
        client=pl.struct("app", pl.col("tags").str.json_path_match("$.version")),
        shared=_shared(),
    )
    seen = keyed if learn is None else keyed.filter(learn)
    seen = seen.filter(pl.col("shared").is_not_null())
    sizes = []
    for place, group in enumerate(_GROUPS):
        table = _commonest(seen, group).rename({"shared": f"size{place}"})
        keyed = keyed.join(table, on=group, how="left", nulls_equal=True, maintain_order="left")
        sizes.append(f"size{place}")
    return keyed.select(pl.coalesce(*sizes, 0).cast(pl.Int64).alias("system")).to_series()


def _shared() -> pl.Expr:
    """A read shorter than the session's cached prompt before it, or of a session's first call."""
    lane = (pl.col("session").fill_null(""), pl.col("agent").fill_null(""), "name")
    before = (pl.col("prompt") - pl.col("uncached")).shift(1).over(lane)
    fresh = before.is_null() | (pl.col("read") < before)
    return pl.when(fresh & (pl.col("read") > 0)).then("read")


def _commonest(seen: pl.DataFrame, group: tuple[str, ...]) -> pl.DataFrame:
    """The commonest size of each group; of equally common ones the smallest."""
    counted = seen.group_by(*group, "shared").len()
    ordered = counted.sort("len", "shared", descending=[True, False])
    return ordered.unique(group, keep="first", maintain_order=True).drop("len")
