"""Vendor reports that overlap: each token and dollar that several of them tell counts once.

Rows come as the store holds them (`intake.USAGE_ROWS` or `COST_ROWS`) with the `connector` of their
file. Files hold no word of when they were made, so the rules go by what they cover:

1. A cell (bucket and every dimension) told by several files of one kind is taken from the file that
   reaches furthest, for it was made no earlier than its last bucket; then from the one that says
   more; then by its figures, one after the other. So a month fetched again replaces a half-filled
   last day, and no file's name or place decides.
2. Reports of Anthropic that are grouped differently, or come from another of its three reports, say
   the same things over: the one that covers the most time goes first (then analytics before admin
   before Console, then more dimensions, then narrower buckets); others only fill time it leaves.
3. FOCUS files are lists of charges, often cut into parts: all of them count, except a file of which
   more than half stands in another one too, which is an earlier export of it.
4. An invoice counts once. Claude Code analytics are a part of the usage reports and add nothing.

Within one file every row counts: rows that look alike differ in a dimension that is not kept.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

AGAIN = "the same cell in a report that reaches further"
OTHERWISE = "the same time in another report"
EARLIER = "an earlier export of the same charges"
PART = "a part of the usage report"

_SAME_FIGURES = ("analytics_reports", "admin_reports", "console_csv")
"""Reports of one set of books, best first."""
_CHARGES = "focus"
_PARTS = "claude_code_analytics"
_DIMENSIONS = (
    "model", "tier", "speed", "geo", "context_window", "workspace", "api_key", "actor",
    "kind", "token_type", "currency", "invoice", "correction",
)  # fmt: skip
_FIGURES = (
    "requests", "uncached", "read", "write_5m", "write_1h", "write_unsplit", "output",
    "web_searches", "charged_pico", "list_pico", "quantity",
)  # fmt: skip
_TIME = ("start_us", "end_us")
_ROW = "row"


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows to add up, and rows that would count something twice."""

    rows: pl.DataFrame
    left_out: pl.DataFrame
    """With `why`."""


def counted_once(rows: pl.DataFrame) -> Counted:
    """Split rows of reports into those that count and those that say it again."""
    numbered = rows.with_row_index(_ROW)
    why = dict(_left_out(numbered))
    reasons = pl.DataFrame(
        {_ROW: list(why), "why": list(why.values())}, schema={_ROW: pl.UInt32, "why": pl.Utf8}
    )
    return Counted(
        rows=numbered.join(reasons, on=_ROW, how="anti").drop(_ROW),
        left_out=numbered.join(reasons, on=_ROW, how="inner", maintain_order="left").drop(_ROW),
    )


def _left_out(rows: pl.DataFrame) -> Iterator[tuple[int, str]]:
    for row in rows.filter(pl.col("connector") == _PARTS)[_ROW]:
        yield row, PART
    for (name,), own in rows.group_by("connector", maintain_order=True):
        if name == _CHARGES:
            yield from ((row, EARLIER) for row in _earlier_exports(own))
        elif name not in (*_SAME_FIGURES, _PARTS) and "invoice" in own.columns:
            yield from ((row, AGAIN) for row in _again(own, ("invoice",)))
    same = _series(rows.filter(pl.col("connector").is_in(_SAME_FIGURES)))
    taken: list[pl.DataFrame] = []
    for series in same:
        repeats = set(_again(series, (*_TIME, *_named(series))))
        yield from ((row, AGAIN) for row in repeats)
        taken.append(series.filter(~pl.col(_ROW).is_in(repeats)))
    yield from ((row, OTHERWISE) for row in _overlapping(taken))


def _named(rows: pl.DataFrame) -> list[str]:
    return [name for name in _DIMENSIONS if name in rows.columns]


def _series(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Put files together that are one kind of report with one grouping, best first."""
    if not len(rows):
        return []
    named = _named(rows)
    shapes = rows.group_by("source_id", "connector").agg(
        (pl.col("end_us") - pl.col("start_us")).min().alias("width"),
        *(pl.col(name).is_not_null().any().alias(f"by_{name}") for name in named),
    )
    shape = ["connector", "width", *(f"by_{name}" for name in named)]
    joined = rows.join(shapes, on=["source_id", "connector"], how="left", maintain_order="left")
    groups = [
        (_rank(dict(zip(shape, key, strict=True)), own), own.drop("width", *shape[2:]))
        for key, own in joined.group_by(*shape)
    ]
    return [own for _, own in sorted(groups, key=lambda group: group[0])]


def _rank(shape: dict[str, object], rows: pl.DataFrame) -> tuple[int, int, int, int, str]:
    buckets = rows.select(_TIME).unique()
    covered = int((buckets["end_us"] - buckets["start_us"]).sum())
    grouped = sum(value is True for value in shape.values())
    width = shape["width"]
    assert isinstance(width, int)  # noqa: S101 - every row of a report has a bucket
    named = " ".join(name for name, value in shape.items() if value is True)
    return (-covered, _SAME_FIGURES.index(str(shape["connector"])), -grouped, width, named)


def _again(rows: pl.DataFrame, cell: tuple[str, ...]) -> list[int]:
    """Give the rows of cells that a better file tells; files alike in every figure are one."""
    known = [name for name in _FIGURES if name in rows]
    figures = [pl.col(name).cast(pl.Float64).fill_null(0) for name in known]
    told = rows.with_columns(
        size=pl.sum_horizontal(figures), reach=pl.col("end_us").max().over("source_id")
    )
    best = (
        told.group_by(*cell, "source_id", "reach")
        .agg(pl.col("size", *known).sum())
        .sort("reach", "size", *known, "source_id", descending=True)
        .unique(list(cell), keep="first", maintain_order=True)
        .select(*cell, "source_id")
    )
    others = told.join(best, on=[*cell, "source_id"], how="anti", nulls_equal=True)
    return others[_ROW].to_list()


def _overlapping(series: list[pl.DataFrame]) -> Iterator[int]:
    """Give the rows whose time an earlier series covers already, in part or whole."""
    covered: list[tuple[int, int]] = []
    for rows in series:
        starts = [start for start, _ in covered]
        buckets = sorted(rows.select(_TIME).unique().rows())
        free = [bucket for bucket in buckets if not _meets(bucket, covered, starts)]
        kept = pl.DataFrame(free, schema=dict.fromkeys(_TIME, pl.Int64), orient="row")
        yield from rows.join(kept, on=list(_TIME), how="anti")[_ROW]
        covered = _merged(sorted([*covered, *free]))


def _meets(bucket: tuple[int, int], covered: list[tuple[int, int]], starts: list[int]) -> bool:
    start, end = bucket
    last = bisect_right(starts, end - 1) - 1
    return last >= 0 and covered[last][1] > start


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _earlier_exports(rows: pl.DataFrame) -> list[int]:
    """Give the rows of files that another file holds for the greater part."""
    charge = [*_TIME, *_named(rows), "charged_pico"]
    told = rows.filter(pl.col("charged_pico") != 0).group_by("source_id", *charge).len()
    sizes = dict(told.group_by("source_id").agg(pl.col("len").sum()).iter_rows())
    sums = dict(rows.group_by("source_id").agg(pl.col("charged_pico").sum()).iter_rows())
    pairs = (
        told.join(told, on=charge, how="inner", nulls_equal=True, suffix="_b")
        .filter(pl.col("source_id") != pl.col("source_id_b"))
        .group_by("source_id", "source_id_b")
        .agg(shared=pl.min_horizontal("len", "len_b").sum())
    )
    reach = dict(rows.group_by("source_id").agg(pl.col("end_us").max()).iter_rows())
    gone: set[str] = set()
    for one, other, shared in sorted(pairs.iter_rows()):
        if shared * 2 > sizes[one] and (
            (reach[one], sizes[one], sums[one], one)
            < (reach[other], sizes[other], sums[other], other)
        ):
            gone.add(one)
    return rows.filter(pl.col("source_id").is_in(gone))[_ROW].to_list()
