"""Rows of one file that tell of the same call: later versions of a row, and rows that wrap another.

A first reading keeps five numbers a row; it says which rows stand for a call and which repeat it.
Rules: of rows with one key the latest version counts, one that holds a call before one that holds
none (Helicone's table is replaced row by row; `request_id` and `updated_at` say so). A wrapper
whose usage equals that of the calls right below it, one of them or all together, repeats them:
frameworks and SDKs both report one call (Langfuse).
"""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from analyzer.trace import Tokens

_DEEPEST = 64
"""Rows between a call and the one that wraps it; more would be a circle of parents."""
_COLUMNS = ("key", "parent", "version", "place", "prompt", "output")
_LARGEST = 2**62
"""Keeps sums in 64 bits; no call is as large, and the store refuses it by name."""
_NONE = -1
"""No call: it has no usage."""
_CALLED = pl.col("output") != _NONE


@dataclass(frozen=True, slots=True)
class Repeats:
    """Which rows, by place in the file, repeat a call, and how many each call's row stands for."""

    dropped: Mapping[int, int] = field(default_factory=dict)
    """Rows that tell of a call that another row tells of, with that row."""
    older: frozenset[int] = frozenset()
    """Earlier versions of rows that hold no call."""
    lines: Mapping[int, int] = field(default_factory=dict)
    """Rows that a call's own row stands for, where more than one."""


class Finder:
    """Collects rows, then tells the repeats among them."""

    def __init__(self) -> None:
        self._columns = {name: array("q") for name in _COLUMNS}

    def add(
        self, place: int, key: str, version: int | None, parent: str | None, tokens: Tokens | None
    ) -> None:
        """Note a row that could be read: its place among the rows, and tokens if it is a call."""
        usage = _usage(tokens) if tokens is not None else (_NONE, _NONE)
        row = (hash(key), hash(parent) if parent else 0, version or 0, place, *usage)
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(value)

    def repeats(self, without: frozenset[int] = frozenset()) -> Repeats:
        """Tell the repeats among the rows noted; `without` are rows that could not be read."""
        if not self._columns["key"]:
            return Repeats()
        rows = pl.DataFrame(
            {name: np.frombuffer(column, np.int64) for name, column in self._columns.items()}
        )
        rows = rows.filter(~pl.col("place").is_in(without)).sort(_CALLED, "version", "place")
        latest = rows.unique("key", keep="last")
        replaced = rows.join(latest, on="place", how="anti").join(
            latest.select("key", "output", by="place"), on="key", suffix="_latest"
        )
        called = pl.col("output_latest") != _NONE
        dropped = dict(replaced.filter(called).select("place", "by").iter_rows())
        dropped.update(_wrappers(latest))
        circles = {place for place in dropped if _end(place, dropped) in dropped}
        dropped = {place: by for place, by in dropped.items() if place not in circles}
        dropped = {place: _end(place, dropped) for place in dropped}
        return Repeats(
            dropped,
            frozenset(replaced.filter(~called)["place"]),
            {place: 1 + repeated for place, repeated in Counter(dropped.values()).items()},
        )


def _wrappers(rows: pl.DataFrame) -> dict[int, int]:
    """Give each wrapper's place with the place of the first call that it repeats."""
    inner = _below(rows)
    same = (pl.col("prompt") == pl.col("prompt_up")) & (pl.col("output") == pl.col("output_up"))
    whole = (pl.col("prompt").sum() == pl.col("prompt_up").first()) & (
        pl.col("output").sum() == pl.col("output_up").first()
    )
    found = (
        inner.sort("place")
        .group_by("place_up")
        .agg(whole=whole, first=pl.col("place").first(), same=pl.col("place").filter(same).first())
        .filter(pl.col("whole") | pl.col("same").is_not_null())
    )
    return dict(found.select("place_up", pl.coalesce("same", "first")).iter_rows())


def _below(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each call with the nearest call above it (`_up`), whatever rows stand between."""
    ours = rows.filter(_CALLED & (pl.col("parent") != 0) & (pl.col("parent") != pl.col("key")))
    climbing = ours.select("place", "prompt", "output", above="parent")
    found = []
    for _ in range(_DEEPEST):
        met = climbing.join(rows, left_on="above", right_on="key", suffix="_up")
        found.append(met.filter(pl.col("output_up") != _NONE))
        further = met.filter((pl.col("output_up") == _NONE) & (pl.col("parent") != 0))
        climbing = further.select("place", "prompt", "output", above="parent")
        if climbing.is_empty():
            break
    return pl.concat(found)


def _end(place: int, dropped: Mapping[int, int]) -> int:
    """Follow repeats of repeats to the row that stands for the call."""
    for _ in range(_DEEPEST):
        if place not in dropped:
            return place
        place = dropped[place]
    return place


def _usage(tokens: Tokens) -> tuple[int, int]:
    prompt = (tokens.uncached, tokens.read, tokens.write_5m, tokens.write_1h, tokens.write_unsplit)
    return min(sum(count or 0 for count in prompt), _LARGEST), min(tokens.output or 0, _LARGEST)
