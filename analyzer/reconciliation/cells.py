"""Logs and reports cut into the same cells: (day, model, tier, token type) with list dollars.

Every amount is our own price book's list price for the cell's day, in pico-dollars. A model that is
priced by prompt length has two rates; a report that does not tell the prompt length gives a range.
"""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from analyzer.errors import PriceError
from analyzer.prices import Book, Quote
from analyzer.reconciled import TOKEN_TYPES

CELL = ("day", "model", "tier", "token_type")
DAY_US = 86_400_000_000
_KEYS = ("day", "model", "tier", "speed", "geo", "context_window", "token_type")
_RATE = {"uncached": "input"}
"""Token types that the book knows by another name."""
_LONG, _SHORT = "200k-1M", "0-200k"
_WINDOW = 200_000
"""Prompt length, tokens, on which the reports' two context windows meet."""


def logged_cells(rows: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Cut billed rows (see `Account.rows`) into cells: `tokens`, `low` and `high` pico at list.

    Uncharged calls stand in no report of the vendor; calls without a time stand in no day.
    """
    charged = rows.filter(pl.col("charged") & pl.col("day").is_not_null())
    return _cells(charged.with_columns(context_window=pl.lit(None, pl.Utf8)), book)


def reported_cells(usage: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Cut a usage report into cells; dollars are null where the book holds no price."""
    unsplit = pl.col("write_unsplit").fill_null(0)
    named = canonical(usage, book).with_columns(
        write_5m=pl.col("write_5m").fill_null(0) + unsplit,
        day=_day(),
        tier=pl.col("tier").fill_null("standard"),
    )
    return _cells(named, book)


def charged_cells(cost: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Cut a cost report's token rows into cells: `charged` and `list` pico (null where untold)."""
    rows = canonical(cost.filter(pl.col("kind") == "tokens"), book)
    listed = pl.col("list_pico").cast(pl.Int128)
    return (
        rows.with_columns(day=_day(), tier=pl.col("tier").fill_null("standard"))
        .group_by(*CELL)
        .agg(
            charged=pl.col("charged_pico").cast(pl.Int128).sum(),
            list=pl.when(listed.is_not_null().all()).then(listed.sum()),
        )
        .sort(*CELL)
    )


def canonical(rows: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Write every model as the price book does; one it lacks keeps the vendor's name."""
    names = rows["model"].unique().drop_nulls().to_list()
    known = {name: _known(name, book) or name for name in names}
    return rows.with_columns(
        pl.col("model").replace_strict(known, default=None, return_dtype=pl.Utf8)
    )


def _known(name: str, book: Book) -> str | None:
    """Give the book's id; reports for people write display names such as `Claude Haiku 4.5`."""
    slug = name.strip().lower().replace(" ", "-").replace(".", "-")
    return book.canonical(name) or book.canonical(slug)


def month_of(column: str = "day") -> pl.Expr:
    """Give the month of a day number as `2026-09`."""
    return pl.from_epoch(pl.col(column), time_unit="d").dt.strftime("%Y-%m")


def day_of(number: int) -> date:
    """Give the date of a day number."""
    return datetime.fromtimestamp(number * 86_400, UTC).date()


def _day() -> pl.Expr:
    return (pl.col("start_us") // DAY_US).cast(pl.Int32)


def _cells(rows: pl.DataFrame, book: Book) -> pl.DataFrame:
    long = rows.unpivot(
        on=TOKEN_TYPES, index=_KEYS[:-1], variable_name="token_type", value_name="tokens"
    ).filter(pl.col("tokens") > 0)
    sums = long.group_by(*_KEYS).agg(pl.col("tokens").sum())
    rated = pl.DataFrame(
        [_rates(row, book) for row in sums.select(_KEYS).iter_rows(named=True)],
        schema={"rate_low": pl.Int64, "rate_high": pl.Int64},
        orient="row",
    )
    tokens = pl.col("tokens").cast(pl.Int128)
    priced = pl.concat([sums, rated], how="horizontal").with_columns(
        low=tokens * pl.col("rate_low"), high=tokens * pl.col("rate_high")
    )
    told = pl.col("low").is_not_null().all()
    return (
        priced.group_by(*CELL)
        .agg(
            pl.col("tokens").sum(),
            low=pl.when(told).then(pl.col("low").sum()),
            high=pl.when(told).then(pl.col("high").sum()),
        )
        .sort(*CELL)
    )


def _rates(row: dict[str, Any], book: Book) -> tuple[int | None, int | None]:
    """Give the least and the most that a token of the cell may cost at list."""
    if row["model"] is None:
        return None, None
    try:
        quote = book.quote(row["model"], day_of(row["day"]), row["tier"], row["speed"], row["geo"])
    except PriceError:
        return None, None
    name = _RATE.get(row["token_type"], row["token_type"])
    found = sorted(int(getattr(rates, name)) for rates in _possible(quote, row["context_window"]))
    return found[0], found[-1]


def _possible(quote: Quote, window: str | None) -> list[Any]:
    """Give the rate cards that the cell's prompt length allows."""
    if quote.over is None or quote.threshold is None:
        return [quote.base]
    if window == _LONG and quote.threshold <= _WINDOW:
        return [quote.over]
    if window == _SHORT and quote.threshold >= _WINDOW:
        return [quote.base]
    return [quote.base, quote.over]
