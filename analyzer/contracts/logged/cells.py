"""Cells: tokens of one workload on one thing that is sold, with nothing lost of what prices it.

Days at the same prices share a cell, so a bill of cells is the bill of their calls to the last
pico-dollar and few cells tell of many calls.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache

import polars as pl

from analyzer.billing import PriceBasis, has_price
from analyzer.contracts.logged.spans import Span, number_of
from analyzer.errors import PriceError
from analyzer.prices import Book
from analyzer.results import Pico
from analyzer.traffic import Usage, day_of

METERS = ("uncached", "read", "write_5m", "write_1h", "output")
_SERVED = ("tier", "speed", "geo")
_USUAL_SPEED = "standard"
Rates = tuple[int | Fraction, ...]
"""Pico-dollars a token, in the order of METERS."""


@dataclass(frozen=True, slots=True, order=True)
class Sku:
    """What a list price is told for."""

    model: str
    tier: str = "standard"
    speed: str | None = None
    """None for the usual one."""
    geo: str | None = None
    long: bool = False
    """Whether the prompt is longer than the model's threshold, if it has one."""

    @property
    def mode(self) -> str:
        """How it was served, as a bridge names it."""
        return ", ".join(part for part in (self.tier, self.speed, self.geo) if part)


Rate = Callable[[Sku, date], Rates | None]
"""List price on a day; None where nothing like it was sold."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Charged calls of one workload on one SKU, at one set of prices."""

    workload: str
    sku: Sku
    day: date
    """The first day of the period with these prices."""
    requests: int
    tokens: tuple[int, ...]
    """In the order of METERS."""

    @property
    def prompt(self) -> int:
        """All input tokens."""
        return sum(self.tokens[:-1])


def inside(used: Usage, span: Span) -> Usage:
    """Keep the calls of a period, and what was billed beside them."""
    days = pl.col("day").is_between(number_of(span.first_day), number_of(span.last_day))
    return Usage(used.calls.filter(days), used.extras.filter(days))


def book_rates(book: Book) -> Rate:
    """List prices of the book."""

    @cache
    def rate(sku: Sku, day: date) -> Rates | None:
        try:
            quote = book.quote(sku.model, day, sku.tier, sku.speed, sku.geo)
        except PriceError:
            return None
        rates = quote.over if sku.long and quote.over else quote.base
        return rates.input, rates.read, rates.write_5m, rates.write_1h, rates.output

    return rate


def cells(used: Usage, book: Book) -> tuple[Cell, ...]:
    """Sum charged and priced calls up; web searches and hidden iterations stand apart."""
    calls = used.calls.drop("model").rename({"name": "model"}).filter("charged")
    # Newer answers say "standard" where older ones say nothing: one speed, one price.
    calls = calls.with_columns(speed=pl.when(pl.col("speed") != _USUAL_SPEED).then("speed"))
    calls = calls.filter(has_price(calls, PriceBasis(book, None)))
    if not len(calls):
        return ()
    calls = _with_eras(_with_side(calls, book), book)
    keys = ("workload", "model", *_SERVED, "long", "era")
    sums = calls.group_by(keys).agg(
        pl.len().alias("requests"), pl.col(*METERS).cast(pl.Int128).sum()
    )
    return tuple(
        Cell(
            str(workload),
            Sku(str(model), str(tier), speed, geo, bool(long)),
            day_of(era),
            int(requests),
            tuple(map(int, tokens)),
        )
        for workload, model, tier, speed, geo, long, era, requests, *tokens in sums.sort(
            keys, nulls_last=False
        ).iter_rows()
    )


def bill(found: Iterable[Cell], rate: Rate) -> Pico:
    """What cells cost at list; every cell must have a price."""
    total = Fraction(0)
    for cell in found:
        rates = rate(cell.sku, cell.day)
        if rates is None:
            raise PriceError(f"{cell.sku.model}: no price on {cell.day}")
        total += sum(n * price for n, price in zip(cell.tokens, rates, strict=True))
    return total


def _with_side(calls: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Tell which prompts are longer than the threshold of their model's price."""
    keys = ("model", "day", *_SERVED)
    distinct = calls.select(keys).unique()
    ends = [
        book.quote(model, day_of(day), tier, speed, geo).threshold
        for model, day, tier, speed, geo in distinct.iter_rows()
    ]
    table = distinct.with_columns(threshold=pl.Series(ends, dtype=pl.Int64))
    joined = calls.join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(long=(pl.col("prompt") > pl.col("threshold")).fill_null(value=False))


def _with_eras(calls: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Give each day the first of the days in a row that share every price of the book."""
    keys = ("model", *_SERVED)
    seen = {(model, "standard", None, None) for model in book.models()}
    seen |= set(calls.select(keys).unique().iter_rows())
    skus = [Sku(*one) for one in seen]
    skus += [replace(sku, long=True) for sku in skus]
    rate, eras, start = book_rates(book), dict[int, int](), 0
    known: list[Rates | None] = []
    for day in sorted(calls["day"].unique().to_list()):
        prices = [rate(sku, day_of(day)) for sku in skus]
        start, known = (start, known) if prices == known else (day, prices)
        eras[day] = start
    return calls.with_columns(era=pl.col("day").replace_strict(eras, return_dtype=pl.Int32))
