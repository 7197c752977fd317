"""What the log says of the moment of each call, whatever it read: who spoke, and how long ago."""

import polars as pl

_LIVES = ("ttl0", "ttl1", "ttl2", "ttl3")


def with_occasions(calls: pl.DataFrame) -> pl.DataFrame:
    """Add `occasion`, `idle_us` and `logged_life` to calls in start order.

    `occasion`: first call of its session (and subagent, and model); restart (a compaction, a
    resume, or a cached prompt that lost a tenth); else user or tool, whoever spoke last; unknown
    where nothing tells.
    `idle_us`: from the clock of the session's call before (see `clock_us`) to this call's start;
    null for a first one. `logged_life`: longest life among the call's marks, seconds.
    """
    lane = [pl.col("session"), pl.col("agent").fill_null(""), pl.col("name")]
    cached = pl.col("prompt") - pl.col("uncached")
    named = pl.col("session").is_not_null()
    first = named & (pl.int_range(pl.len()).over(lane) == 0)
    shrank = (cached * 10 < cached.shift(1).over(lane) * 9).fill_null(value=False)
    flagged = pl.col("compaction").fill_null(value=False) | pl.col("resume").fill_null(value=False)
    restart = named & (shrank | flagged)
    return calls.with_columns(
        occasion=pl.when(first).then(pl.lit("first"))
        .when(restart).then(pl.lit("restart"))
        .otherwise(pl.col("turn").fill_null("unknown")),
        idle_us=pl.when(named).then(
            (pl.col("start_us") - pl.col("clock_us").shift(1).over(lane)).clip(0)
        ),
        logged_life=pl.max_horizontal(*_LIVES),
    )  # fmt: skip
