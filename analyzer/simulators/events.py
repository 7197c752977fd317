"""Events: what the calls of a trace become under levers; every call is there once as `original`.

A lever changes columns of events or adds events (retry, escalation). Columns that the levers read
and write: `model`, `family`, `minimum`, `tier`, `speed`, `row` and `ratio_*` (the token map a
routed prompt counts by), `prompt`, the four input buckets, `output`, `answer` (length of the kept
answer in the caller's own tokenizer), the breakpoints `mark0..3` with lives `ttl0..3`, `seed`,
`cacheable`.
"""

import polars as pl

MARKS = ("mark0", "mark1", "mark2", "mark3")
LIVES = ("ttl0", "ttl1", "ttl2", "ttl3")
REPLAYABLE = ("full", "messages_only", "billed_chain")
"""Prompts whose cache can be replayed: a server-side thread or bare usage shows too little."""
HIDING = ("messages_only", "billed_chain")
"""Of those, the ones that show no system prompt and no tools."""
BUCKETS = ("uncached", "read", "write_5m", "write_1h")


def originals(calls: pl.DataFrame) -> pl.DataFrame:
    """Turn calls into their original events, under the observed policy."""
    return calls.select(
        "request", "identity", "workload", "day", "start_us", "ready_us", "clock_us",
        "known", "family", "minimum", "tier", "speed", "geo", "scope", "prompt", *BUCKETS,
        "output", "web_searches", "leaf", "before_leaf", "system_end", *MARKS, *LIVES,
        "system_params", "message_params", "seed", "charged", "usage_final", "followed_us",
        "tool_choice", "occasion", "idle_us", "logged_life", "loop_mark",
        "priced",
        "batchable",
        pl.col("^learned_.*$"),
        reason=pl.lit("original"),
        last=pl.lit(value=True),
        routed=pl.lit(value=False),
        ordinal=pl.lit(0, pl.Int32),
        model="name",
        answer="output",
        row=pl.col("family"),
        ratio_up=pl.lit(1, pl.Int64),
        ratio_down=pl.lit(1, pl.Int64),
        duration_us=(pl.coalesce("end_us", "start_us") - pl.col("start_us")).clip(0),
        hides=pl.col("visibility").is_in(HIDING),
        cacheable=pl.col("visibility").is_in(REPLAYABLE)
        & (pl.col("leaf") >= 0)
        & (pl.col("tier") != "batch")
        & pl.col("start_us").is_not_null(),
    )  # fmt: skip


def follow_up(
    events: pl.DataFrame, reason: str, ordinal: int, after: str | int = "duration_us"
) -> pl.DataFrame:
    """Copy events as later ones of the same requests.

    They are asked again when the first had ended, or `after` so many microseconds.
    """
    later = pl.col(after) if isinstance(after, str) else pl.lit(after, pl.Int64)
    moved = [(pl.col(name) + later).alias(name) for name in ("start_us", "ready_us", "clock_us")]
    return events.with_columns(
        *moved,
        reason=pl.lit(reason),
        ordinal=pl.lit(ordinal, pl.Int32),
        seed=pl.lit(-1, pl.Int32),
    )
