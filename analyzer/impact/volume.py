"""A traffic summed up by what decides a price, so that one pricing takes milliseconds.

Calls of one row share model, tier, speed and place, whether a tool is forced, and the size class of
their prompts. Classes are cut wherever a threshold, a window or a minimum of the book could tell
two prompts apart, in today's tokens or in another tokenizer's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor

import polars as pl

from analyzer.prices import Book
from analyzer.simulators.routing import FORCED
from analyzer.traffic import BUCKETS, Usage, day_of

KEYS = ("model", "tier", "speed", "geo", "forced")
COUNTS = (*BUCKETS, "output", "web_searches")
_CLOUDS = ("bedrock", "vertex")


@dataclass(frozen=True, slots=True)
class Volume:
    """The traffic of a period."""

    rows: pl.DataFrame
    """`KEYS`, `prompt` (the shortest of the class, tokens), `requests`, and sums of `COUNTS`."""
    first_day: date
    last_day: date
    timeless: int
    """Charged requests without a time: in no figure."""

    @property
    def days(self) -> int:
        """Days from the first to the last call, both counted."""
        return (self.last_day - self.first_day).days + 1


def volume(used: Usage, cuts: Iterable[int]) -> Volume:
    """Sum a traffic up; `cuts` are token counts c that tell prompts up to c from longer ones.

    Raises:
        ValueError: no charged call has a time.
    """
    rows = _rows(used).filter("charged")
    timed = rows.filter(pl.col("day").is_not_null())
    if not len(timed):
        raise ValueError("no charged call has a time")
    prompt = pl.sum_horizontal(*BUCKETS)
    edges = pl.Series(sorted(set(cuts)), dtype=pl.Int64)
    classed = timed.with_columns(prompt=prompt).with_columns(
        size=edges.search_sorted(timed.select(prompt).to_series(), side="left")
    )
    sums = classed.group_by(*KEYS, "size").agg(
        pl.col("prompt").min(),
        requests=(~pl.col("extra")).sum().cast(pl.Int64),
        **{name: pl.col(name).cast(pl.Int128).sum() for name in COUNTS},
    )
    days = timed["day"]
    return Volume(
        rows=sums.sort(*KEYS, "size"),
        first_day=day_of(int(days.min())),  # type: ignore[arg-type]  # days are integers
        last_day=day_of(int(days.max())),  # type: ignore[arg-type]
        timeless=int((rows["day"].is_null() & ~rows["extra"]).sum()),
    )


def cuts(book: Book) -> set[int]:
    """Give every prompt length at which a price, a window or a minimum of the book may change."""
    limits = {row.threshold for row in book.rows() if row.threshold is not None}
    minimums: set[int] = set()
    for name in book.models():
        limits |= {tokens for _, tokens in book.facts(name).windows}
    for change in book.changes():
        if change.kind == "minimum":
            minimums |= {change.old - 1, change.new - 1}
    return {floor(limit / ratio) for limit in limits for ratio in _ratios(book)} | minimums


def _ratios(book: Book) -> set[Fraction]:
    one_each = {book.facts(name).family: name for name in book.models()}.values()
    found = [book.token_ratio(old, new) for old in one_each for new in one_each]
    return {ratio for one in found for ratio in (one.central, one.low, one.high)}


def _rows(used: Usage) -> pl.DataFrame:
    """One row a billed message or hidden iteration."""
    forced = pl.col("tool_choice").is_in(FORCED).fill_null(value=False)
    columns = ("day", "tier", "speed", "geo", *BUCKETS, "output")
    calls = used.calls.with_columns(geo=_place())
    places = calls.select("request", "geo")
    messages = calls.select(
        *columns, "web_searches", "charged", model="name", forced=forced, extra=pl.lit(value=False)
    )
    extras = (
        used.extras.drop("geo")
        .join(places, on="request", how="left")
        .select(
            *columns,
            web_searches=pl.lit(0, pl.Int64),
            charged=pl.lit(value=True),
            model="name",
            forced=pl.lit(value=False),
            extra=pl.lit(value=True),
        )
    )
    return pl.concat([messages, extras])


def _place() -> pl.Expr:
    """Keep `global` for the clouds alone: the Claude API writes it too, and retires by the book."""
    cloud = pl.col("platform").is_in(_CLOUDS) | (
        pl.col("platform").is_null() & pl.col("model").str.contains("anthropic.", literal=True)
    )
    return pl.when((pl.col("geo") != "global") | cloud.fill_null(value=False)).then("geo")
