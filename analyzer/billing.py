"""Events x book = dollars: the only multiplication by a price.

A row costs tokens x rate(model, day, prompt length) x batch x fast x region, in integer
pico-dollars; a web search costs its own fee. Sums are 128-bit, so no total can wrap or depend on
order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import polars as pl

from analyzer.errors import PriceError
from analyzer.prices import Book, Quote, Rates

_KEYS = ("model", "day", "tier", "speed", "geo")
_METERS = ("uncached", "read", "write_5m", "write_1h", "output")
_RATES = ("input", "read", "write_5m", "write_1h", "output")


@dataclass(frozen=True, slots=True)
class PriceBasis:
    """At which day's list prices traffic is billed."""

    book: Book
    at: date | None
    """One day for all traffic; None prices each request at its own day."""


def bill(events: pl.DataFrame, basis: PriceBasis, parts: int = 1) -> pl.DataFrame:
    """Add `input_pico`, `pico` (integer pico-dollars) and `unpriced` (why there is no price).

    Uncharged events cost 0; unpriced ones have null, never 0. Where input buckets count `parts` of
    a token (expected counts, `simulators.losses`), amounts count so many parts of a pico-dollar.
    """
    table = _table(events, basis)
    prompt = pl.sum_horizontal("uncached", "read", "write_5m", "write_1h")
    dear = (prompt > pl.col("threshold") * parts).fill_null(value=False)
    wide = pl.Int64 if parts == 1 else pl.Int128
    counts = [pl.col(meter).cast(wide) for meter in _METERS]
    counts[-1] = counts[-1] * parts
    costs = [
        count * pl.when(dear).then(f"over_{rate}").otherwise(f"base_{rate}")
        for count, rate in zip(counts, _RATES, strict=True)
    ]
    searches = pl.col("web_searches").cast(wide) * pl.col("web_search_rate") * parts
    free = ~pl.col("charged")
    priced = events.join(table, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")
    priced = priced.with_columns(
        input_pico=pl.when(free).then(0).otherwise(sum(costs[:4], pl.lit(0, pl.Int64))),
        pico=pl.when(free).then(0).otherwise(sum(costs, searches)),
    )
    nothing = pl.col("unpriced").is_not_null()
    priced = priced.with_columns(
        pl.when(nothing).then(None).otherwise(name).alias(name) for name in ("input_pico", "pico")
    )
    return priced.drop([c for c in table.columns if c not in {*_KEYS, "unpriced"}])


def unit_prices(events: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Give each event's pico-dollars a token by its `prompt`, and `fee`; 0 where nothing is due.

    Columns `uncached`, `read`, `write_5m`, `write_1h`, `output`, and `short_*`: what a charged
    prompt below any length threshold would pay, null where that has no price.
    """
    table = _table(events, basis)
    priced = events.join(table, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")
    dear = (pl.col("prompt") > pl.col("threshold")).fill_null(value=False)
    due = pl.col("charged") & pl.col("unpriced").is_null()
    rates = {
        meter: pl.when(dear).then(f"over_{rate}").otherwise(f"base_{rate}")
        for meter, rate in zip(_METERS, _RATES, strict=True)
    }
    rates["fee"] = pl.col("web_searches") * pl.col("web_search_rate")
    return priced.select(
        *(pl.when(due).then(rate).otherwise(0).alias(name) for name, rate in rates.items()),
        *(
            pl.min_horizontal(f"base_{rate}", f"over_{rate}").alias(f"short_{meter}")
            for meter, rate in zip(_METERS, _RATES, strict=True)
        ),
    )


def by_meter(volume: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Add `<meter>_pico` of the five buckets and of `web_searches`, and `unpriced`.

    A row sums up calls of one key; `prompt` is that of one of them, and all lie on its side of any
    threshold. Amounts are 128-bit integers, null where there is no price.
    """
    table = _table(volume, basis)
    priced = volume.join(table, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")
    dear = (pl.col("prompt") > pl.col("threshold")).fill_null(value=False)
    rates = [pl.when(dear).then(f"over_{rate}").otherwise(f"base_{rate}") for rate in _RATES]
    meters = zip((*_METERS, "web_searches"), (*rates, pl.col("web_search_rate")), strict=True)
    costs = [
        (pl.col(meter).cast(pl.Int128) * rate).alias(f"{meter}_pico") for meter, rate in meters
    ]
    return priced.with_columns(costs).drop(
        [name for name in table.columns if name not in {*_KEYS, "unpriced"}]
    )


def has_price(events: pl.DataFrame, basis: PriceBasis, tier: str | None = None) -> pl.Series:
    """Tell for each event whether the book holds its price, on another tier if one is named."""
    asked = events if tier is None else events.with_columns(tier=pl.lit(tier))
    table = _table(asked, basis).select(*_KEYS, "unpriced")
    joined = asked.join(table, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")
    return joined["unpriced"].is_null()


def at_own_day(events: pl.DataFrame, basis: PriceBasis) -> pl.Series:
    """Tell which priced events have no price on the chosen day and keep that of their own."""
    own, chosen = PriceBasis(basis.book, None), basis.at
    if chosen is None:
        return pl.Series([False] * len(events))
    number = chosen.toordinal() - date(1970, 1, 1).toordinal()
    moved = events.with_columns(
        day=pl.when(pl.col("day").is_not_null()).then(number).cast(pl.Int32)
    )
    return has_price(events, own) & ~has_price(moved, own)


def total(billed: pl.DataFrame, column: str = "pico") -> int:
    """Sum a pico column exactly; unpriced rows count in no total."""
    return int(billed[column].cast(pl.Int128).sum() or 0)


def _table(events: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """One row of rates for each distinct (model, day, tier, speed, geo)."""
    keys = events.select(_KEYS).unique()
    rows = [{**dict(zip(_KEYS, key, strict=True)), **_row(key, basis)} for key in keys.iter_rows()]
    schema: dict[str, Any] = {name: events.schema[name] for name in _KEYS}
    schema |= {"unpriced": pl.Utf8, "threshold": pl.Int64, "web_search_rate": pl.Int64}
    schema |= {f"{side}_{name}": pl.Int64 for side in ("base", "over") for name in _RATES}
    return pl.DataFrame(rows, schema=schema)


@lru_cache(maxsize=1 << 16)
def _row(key: tuple[Any, ...], basis: PriceBasis) -> Mapping[str, Any]:
    model, day, tier, speed, geo = key
    if day is None:
        return {"unpriced": "no time in the log"}
    try:
        quote = _quote(basis, (model, _date(day), tier, speed, geo))
    except PriceError as error:
        return {"unpriced": str(error)}
    over = quote.over or quote.base
    return (
        {"threshold": quote.threshold, "web_search_rate": quote.web_search}
        | _rates("base", quote.base)
        | _rates("over", over)
    )


def _quote(basis: PriceBasis, key: tuple[str, date, str, str | None, str | None]) -> Quote:
    """Quote at the chosen day; what is not sold then keeps its own day's price, on both sides."""
    model, day, tier, speed, geo = key
    if basis.at is not None:
        try:
            return basis.book.quote(model, basis.at, tier, speed, geo)
        except PriceError:
            pass
    return basis.book.quote(model, day, tier, speed, geo)


def _rates(side: str, rates: Rates) -> dict[str, int]:
    return {f"{side}_{name}": getattr(rates, name) for name in _RATES}


def _date(day_number: int) -> date:
    return datetime.fromtimestamp(day_number * 86_400, UTC).date()
