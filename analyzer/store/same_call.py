"""Which sightings of different sources are one call: by their ids, else by what they look like.

A sighting is a call as one connector tells it. Two share a call when an id of theirs is equal and
no stronger id that both know differs. Where no kind of id is known to both, two of different
connectors are one call when model family and every count that both state are equal and they start
(or end, where one has no start) within two seconds; nearest first, one to one. Calls of one
connector never merge by looks: those are retries, or several answers to one prompt. Neither do
two keys of one file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

WINDOW_US = 2_000_000
"""Look-alikes start at most this far apart; a time cut to seconds may be a second later."""
_BUCKET_US = 2 * WINDOW_US
_NEAR = 8
"""Sightings of one id that each is held against, first and last: no id is told by more sources."""
IDS = ("message_id", "request_id", "batch_item", "gateway_id")
"""Kinds of ids, strongest first."""
_COUNTS = ("uncached", "read", "written", "write_5m", "write_1h")
CONTENT = "content"
Edge = tuple[int, int, str, int | None]
"""Two sightings, the rule that joins them, and the microseconds between them."""


@dataclass(slots=True)
class _Group:
    """Sightings that are one call so far."""

    members: list[int]
    ids: dict[str, str]
    connectors: set[str]
    sources: set[str]
    rules: dict[int, tuple[str, int | None]] = field(default_factory=dict)


def same_calls(sightings: pl.DataFrame, family: Callable[[str], str | None]) -> pl.DataFrame:
    """Give `row`, `group`, `rule` and `gap_us` of each sighting whose call another one tells too.

    `sightings` has the columns of `queries/sightings.sql`; rows are counted from 0 in its order.
    """
    known: dict[int, _Group] = {}
    rows = sightings.select(*IDS, "connector", "source_id").with_row_index("row")

    def group_of(row: int) -> _Group:
        if row not in known:
            told = rows.row(row, named=True)
            ids = {kind: told[kind] for kind in IDS if told[kind] is not None}
            known[row] = _Group([row], ids, {told["connector"]}, {told["source_id"]})
        return known[row]

    for one, two, rule, gap in _edges(sightings, family):
        left, right = group_of(one), group_of(two)
        if left is not right and _one_call(left, right, rule):
            _join(left, right, (two, rule, gap), known)
    found = {id(group): group for group in known.values() if len(group.members) > 1}
    listed = [
        (row, min(group.members), *group.rules.get(row, ("", None)))
        for group in found.values()
        for row in group.members
    ]
    schema = {"row": pl.UInt32, "group": pl.UInt32, "rule": pl.Utf8, "gap_us": pl.Int64}
    return pl.DataFrame(sorted(listed), schema=schema, orient="row")


def _edges(sightings: pl.DataFrame, family: Callable[[str], str | None]) -> Iterator[Edge]:
    """Give pairs to join, surest first."""
    rows = sightings.with_row_index("row")
    for kind in IDS:
        named = rows.filter(pl.col(kind).is_not_null()).select("row", kind)
        shared = named.filter(pl.len().over(kind) > 1).sort(kind, "row")
        for _, part in shared.group_by(kind, maintain_order=True):
            members = part["row"].to_list()
            for place, row in enumerate(members):
                earlier = {*members[: min(place, _NEAR)], *members[max(0, place - _NEAR) : place]}
                yield from ((other, row, kind, None) for other in sorted(earlier))
    for one, two, gap in _look_alikes(rows, family).iter_rows():
        yield one, two, CONTENT, gap


def _one_call(left: _Group, right: _Group, rule: str) -> bool:
    if left.sources & right.sources:
        return False
    for kind in IDS:
        if kind in left.ids and kind in right.ids:
            return left.ids[kind] == right.ids[kind]
    return rule == CONTENT and not left.connectors & right.connectors


def _join(
    left: _Group, right: _Group, edge: tuple[int, str, int | None], known: dict[int, _Group]
) -> None:
    row, rule, gap = edge
    left.rules |= right.rules
    left.rules.setdefault(row, (rule, gap))
    left.members += right.members
    left.ids = right.ids | left.ids
    left.connectors |= right.connectors
    left.sources |= right.sources
    for member in right.members:
        known[member] = left


def _look_alikes(rows: pl.DataFrame, family: Callable[[str], str | None]) -> pl.DataFrame:
    """Give pairs of equal looks, nearest first: row, row, microseconds between them."""
    faces = _faces(rows, family)
    near = faces.with_columns(pl.concat_list(pl.col("bucket") + step for step in (-1, 0, 1)))
    pairs = near.explode("bucket", empty_as_null=False).join(
        faces, on=("bucket", "clock", "family", "total", "output"), suffix="_2"
    )
    gap = (pl.col("at_us") - pl.col("at_us_2")).abs()
    agreeing = [pl.col(name).eq(pl.col(f"{name}_2")).fill_null(value=True) for name in _COUNTS]
    both_start = pl.col("has_start") & pl.col("has_start_2")
    found = pairs.filter(
        pl.col("connector") < pl.col("connector_2"),
        gap <= WINDOW_US + pl.max_horizontal("slack_us", "slack_us_2"),
        (pl.col("clock") == "start") | ~both_start,
        *agreeing,
    ).with_columns(gap_us=gap)
    return found.sort("gap_us", "key", "connector", "key_2", "connector_2").select(
        "row", "row_2", "gap_us"
    )


def _faces(rows: pl.DataFrame, family: Callable[[str], str | None]) -> pl.DataFrame:
    """Give what each sighting looks like, once by its start and once by its end."""
    models = {name: family(name) or name for name in rows["model"].unique().to_list()}
    written = pl.sum_horizontal("write_5m", "write_1h", "write_unsplit")
    nothing = pl.all_horizontal(
        pl.col(name).is_null() for name in ("write_5m", "write_1h", "write_unsplit")
    )
    split = pl.col("write_unsplit").fill_null(0) == 0
    counted = (pl.col("usage_basis") != "estimated") & pl.col("output").is_not_null()
    whole = (pl.col("usage_basis") != "exclusive") & (pl.col("read").is_null() | nothing)
    looks = rows.filter(counted).select(
        "row", "key", "connector", "read", "output",
        uncached=pl.when(~whole).then("uncached"),  # cached tokens may be inside
        family=pl.col("model").replace_strict(models, return_dtype=pl.Utf8),
        total=pl.sum_horizontal("uncached", "read", "write_5m", "write_1h", "write_unsplit"),
        written=pl.when(~nothing).then(written),
        write_5m=pl.when(split).then("write_5m"),
        write_1h=pl.when(split).then("write_1h"),
        slack_us=pl.when(pl.col("time_precision") == "s").then(1_000_000).otherwise(0),
        has_start=pl.col("start_us").is_not_null(),
        start="start_us", end="end_us",
    )  # fmt: skip
    timed = looks.unpivot(
        on=("start", "end"),
        index=[name for name in looks.columns if name not in ("start", "end")],
        variable_name="clock", value_name="at_us",
    ).filter(pl.col("at_us").is_not_null(), pl.col("total") > 0)  # fmt: skip
    return timed.with_columns(bucket=pl.col("at_us") // _BUCKET_US)
