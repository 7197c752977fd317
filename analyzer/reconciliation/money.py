"""L1 and L2: our list prices against the vendor's amounts, its charges against its invoices."""

from collections.abc import Iterator
from fractions import Fraction

import polars as pl

from analyzer.reconciled import WARN_BAND, Match, invoice_verdict, verdict_of
from analyzer.reconciliation.cells import CELL, month_of

_ADDED = ("credit", "tax", "adjustment")
"""Kinds that only an invoice tells; they are taken from it on both sides."""
NO_LIST = "the report holds no list amounts: compared with what was charged"
BELOW = (
    "charged under our list prices: a discount, or a price that is wrong; "
    "a contract file (--contract) decides"
)


def price_matches(tokens: pl.DataFrame, charged: pl.DataFrame) -> Iterator[Match]:
    """Compare, month by month, tokens at our list prices with the cost report's amounts.

    `tokens` are cells with `low` and `high` pico; `charged` cells with `charged` and `list`.
    Only cells that both sides hold, and the book prices, are compared; the rest is coverage's.
    """
    both = charged.join(tokens, on=CELL, how="inner").filter(pl.col("low").is_not_null())
    named = both.with_columns(month=month_of()).sort("month")
    for (month,), rows in named.group_by("month", maintain_order=True):
        yield _price_match(str(month), rows)


def list_by_model(tokens: pl.DataFrame, charged: pl.DataFrame) -> dict[str, Fraction]:
    """Give our list price of the cells that the cost report charges, by model (the low end)."""
    both = charged.join(tokens, on=CELL, how="inner").filter(pl.col("low").is_not_null())
    sums = both.group_by("model").agg(pl.col("low").cast(pl.Int128).sum())
    return {str(model): Fraction(int(pico)) for model, pico in sums.iter_rows()}


def invoice_matches(cost: pl.DataFrame, invoice: pl.DataFrame) -> Iterator[Match]:
    """Compare, month by month, what the cost report charges with what the invoice asks.

    Both in one currency; a month that the cost report does not cover whole is not compared. A
    cloud's invoice (FOCUS) and the vendor's own are compared each for itself.
    """
    asked = invoice.with_columns(month=_month())
    charges = cost.with_columns(month=_month())
    keys = ("month", "currency", "connector")
    several = asked["connector"].n_unique() > 1
    for (month, currency, issuer), rows in asked.sort(keys).group_by(keys, maintain_order=True):
        own = charges.filter((pl.col("month") == month) & (pl.col("currency") == currency))
        what = f"{month} {currency}" + (f" ({issuer})" if several else "")
        yield _invoice_match(what, own, rows, covered=_covers(cost, rows))


def _price_match(month: str, rows: pl.DataFrame) -> Match:
    low, high = (Fraction(_sum(rows, name)) for name in ("low", "high"))
    told = not rows["list"].null_count()
    theirs = Fraction(_sum(rows, "list" if told else "charged"))
    match = Match("L1", month, "pico", low, high, theirs, "pass", "" if told else NO_LIST)
    judged = verdict_of(match.apart, theirs)
    if told or match.apart >= 0 or abs(match.apart) <= WARN_BAND * theirs:
        return Match("L1", month, "pico", low, high, theirs, judged, match.note)
    return Match("L1", month, "pico", low, high, theirs, "not compared", BELOW)


def _invoice_match(what: str, own: pl.DataFrame, rows: pl.DataFrame, *, covered: bool) -> Match:
    extra = rows.filter(pl.col("kind").is_in(_ADDED))
    ours = Fraction(_sum(own.filter(~pl.col("kind").is_in(_ADDED)), "charged_pico"))
    ours += _sum(extra, "charged_pico")
    theirs = Fraction(_sum(rows, "charged_pico"))
    if not covered:
        words = "the cost report does not cover the whole month"
        return Match("L2", what, "pico", ours, ours, theirs, "not compared", words)
    return Match("L2", what, "pico", ours, ours, theirs, invoice_verdict(theirs - ours, theirs))


def _covers(cost: pl.DataFrame, rows: pl.DataFrame) -> bool:
    if not len(cost):
        return False
    first, last = _bounds(cost)
    begin, end = _bounds(rows)
    return first <= begin and end <= last


def _bounds(rows: pl.DataFrame) -> tuple[int, int]:
    first, last = rows.select(pl.col("start_us").min(), pl.col("end_us").max()).row(0)
    return int(first), int(last)


def _month() -> pl.Expr:
    return pl.from_epoch("start_us", time_unit="us").dt.strftime("%Y-%m")


def _sum(rows: pl.DataFrame, column: str) -> int:
    return int(rows[column].cast(pl.Int128).sum() or 0)
