"""Pairs of sightings that look alike: model family, every count that both state, and the time.

They start (or end, where one has no start) within two seconds. A look is a few integers, and pairs
are found a stretch of time at a go, so that memory follows the pairs and not the traffic.
"""

from collections.abc import Iterator, Sequence

import polars as pl

WINDOW_US = 2_000_000
"""Look-alikes start at most this far apart; a time cut to seconds may be a second later."""
_BUCKET_US = 2 * WINDOW_US
_STRETCH_ROWS = 60_000
_COUNTS = ("uncached", "read", "written", "write_5m", "write_1h")
_FACE = ("family", "total", "output")
_TOLD = ("row", "at_us", "slack_us", "no_start", *_FACE, *_COUNTS)
PAIRS = {"row": pl.Int64, "row_2": pl.Int64, "gap_us": pl.Int64}


def look_alikes(sightings: pl.DataFrame, apart: pl.Expr, told: Sequence[str]) -> pl.DataFrame:
    """Give pairs that look alike, nearest first: row, row_2, `gap_us` between them.

    `apart` says of a pair (the columns `told` of a sighting, and the other's with `_2`) that it is
    looked at; it holds for one of its two directions alone. The one it names first comes first.
    """
    looks = _looks(sightings, told)
    started = _faces(looks, "start_us", told)
    found = [*_near(started, started, apart)]
    del started
    if looks["start_us"].null_count():
        ended = _faces(looks, "end_us", told)
        lacking = ended.filter("no_start")
        found += _near(lacking, ended, apart)
        found += _near(ended.filter(~pl.col("no_start")), lacking, apart)
    pairs: pl.DataFrame = pl.concat([pl.DataFrame(schema=PAIRS), *found])
    return pairs.sort("gap_us", "row", "row_2")


def _near(faces: pl.DataFrame, others: pl.DataFrame, apart: pl.Expr) -> Iterator[pl.DataFrame]:
    """Give the pairs of one clock, some stretch of time after the other."""
    on = ["bucket", *_FACE]
    agreeing = [pl.col(name).eq(pl.col(f"{name}_2")).fill_null(value=True) for name in _COUNTS]
    gap = (pl.col("at_us") - pl.col("at_us_2")).abs()
    start = 0
    while start < len(faces):
        part = faces.slice(start, _STRETCH_ROWS)
        start += len(part)
        steps = [part.with_columns(pl.col("bucket") + step) for step in (-1, 0, 1)]
        low, high = part["bucket"][0] - 1, part["bucket"][-1] + 1
        first = others["bucket"].search_sorted(low, "left")
        beside = others.slice(first, others["bucket"].search_sorted(high, "right") - first)
        yield (
            pl.concat(steps)
            .join(beside, on=on, suffix="_2")
            .filter(
                apart,
                gap <= WINDOW_US + pl.max_horizontal("slack_us", "slack_us_2"),
                *agreeing,
            )
            .select("row", "row_2", gap_us=gap)
        )


def _faces(looks: pl.DataFrame, clock: str, told: Sequence[str]) -> pl.DataFrame:
    """Give what each sighting looks like by one of its times, in the order of that time."""
    timed = looks.filter(pl.col(clock).is_not_null())
    at_us = pl.col(clock)
    faces = timed.with_columns(at_us=at_us, no_start=pl.col("start_us").is_null())
    return faces.select(*_TOLD, *told, bucket=at_us // _BUCKET_US).sort("bucket", "row")


def _looks(sightings: pl.DataFrame, told: Sequence[str]) -> pl.DataFrame:
    """Give the sightings whose counts can be held against others', with what they state."""
    buckets = ("write_5m", "write_1h", "write_unsplit")
    nothing = pl.all_horizontal(pl.col(name).is_null() for name in buckets)
    split = pl.col("write_unsplit").fill_null(0) == 0
    whole = ~pl.col("exclusive") & (pl.col("read").is_null() | nothing)
    counted = ~pl.col("estimated") & pl.col("output").is_not_null()
    total = pl.sum_horizontal("uncached", "read", *buckets)
    return sightings.filter(counted, total > 0).select(
        "row", *told, "family", "read", "output", "start_us", "end_us",
        uncached=pl.when(~whole).then("uncached"),  # cached tokens may be inside
        total=total,
        written=pl.when(~nothing).then(pl.sum_horizontal(*buckets)),
        write_5m=pl.when(split).then("write_5m"),
        write_1h=pl.when(split).then("write_1h"),
        slack_us=pl.when("coarse").then(1_000_000).otherwise(0),
    )  # fmt: skip
