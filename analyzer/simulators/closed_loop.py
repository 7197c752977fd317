"""Who waits asks again sooner: starts of calls moved by what faster answers before them save.

A lane is a session, or a subagent of it. Inside it a call waits for the last one that had ended
when it began, and the gap between the two stays as logged. Calls that ran beside each other are
not moved before the end of any call that had ended when they began, and no lane's order changes.
Times move, nothing else does; the day that a call is priced at stays the logged one.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.compiled import compiled

_Int64s = npt.NDArray[np.int64]
_NONE = np.iinfo(np.int64).min
_LANE = ("session", pl.col("agent").fill_null(""))


def sooner(calls: pl.DataFrame) -> pl.DataFrame:
    """Move `start_us`, `first_us`, `ready_us`, `clock_us` and `end_us` of calls inside lanes.

    Args:
        calls: Columns of `Traffic.calls` with `latency_after_us` (null where none is known). Calls
            without a session or a start begin as logged; one without an end moves, and nobody
            waits for it.
    """
    order = ("start_us", "request")
    laned = calls.filter(pl.col("session").is_not_null() & pl.col("start_us").is_not_null())
    laned = laned.with_columns(lane=pl.struct(*_LANE).rank("dense").cast(pl.Int64)).sort(
        "lane", *order
    )
    ends = laned.with_row_index("place").filter(pl.col("latency_after_us").is_not_null())
    starts = _moved(
        (_int64(laned, "lane"), _int64(laned, "start_us")),
        (_int64(laned, "end_us", 0), _int64(laned, "latency_after_us", 0)),
        _int64(ends.sort("lane", "end_us", "place"), "place"),
    )
    told = laned.select("request", new_start=pl.Series(starts))
    joined = calls.join(told, on="request", how="left", maintain_order="left")
    return joined.with_columns(_times()).drop("new_start")


def _times() -> list[pl.Expr]:
    """The clock of a transcript counts from its last line, any other from the start."""
    start = pl.coalesce("new_start", "start_us")
    shift = start - pl.col("start_us")
    end = pl.coalesce(start + pl.col("latency_after_us"), pl.col("end_us") + shift)
    first = pl.col("first_us") + shift
    last = pl.max_horizontal(start, end) - pl.max_horizontal("start_us", "end_us")
    line = pl.col("time_meaning") == "line"
    return [
        start.alias("start_us"),
        end.alias("end_us"),
        first.alias("first_us"),
        pl.max_horizontal(start, pl.coalesce(first, end, start)).alias("ready_us"),
        (pl.col("clock_us") + pl.when(line).then(last).otherwise(shift)).alias("clock_us"),
    ]


def _int64(frame: pl.DataFrame, name: str, absent: int | None = None) -> _Int64s:
    column = frame[name].cast(pl.Int64)
    return (column if absent is None else column.fill_null(absent)).to_numpy()


@compiled
def _moved(
    begun: tuple[_Int64s, _Int64s], told: tuple[_Int64s, _Int64s], by_end: _Int64s
) -> _Int64s:
    """Give the new start of each call; calls come by (lane, start), `by_end` by (lane, end)."""
    lane, start = begun
    end, after = told
    moved = start.copy()
    upcoming, saved, reached = 0, 0, _NONE
    for call in range(len(start)):
        if call == 0 or lane[call] != lane[call - 1]:
            saved, reached = 0, _NONE
            while upcoming < len(by_end) and lane[by_end[upcoming]] < lane[call]:
                upcoming += 1
        while upcoming < len(by_end):
            ended = by_end[upcoming]
            if lane[ended] != lane[call] or ended >= call or end[ended] > start[call]:
                break
            saved = end[ended] - moved[ended] - after[ended]
            reached = max(reached, moved[ended] + after[ended])
            upcoming += 1
        moved[call] = max(start[call] - saved, reached)
        if call > 0 and lane[call] == lane[call - 1]:
            moved[call] = max(moved[call], moved[call - 1])
    return moved
