"""Puts the three levels together into one record."""

from collections.abc import Iterator

import polars as pl

from analyzer.prices import Book
from analyzer.reconciled import Discount, Match, Reconciliation
from analyzer.reconciliation import money, tokens
from analyzer.reconciliation.cells import CELL, charged_cells, logged_cells, reported_cells
from analyzer.reconciliation.discounts import realised_discounts
from analyzer.reconciliation.reading import Reports

NO_USAGE = "no usage report: logged tokens are compared with nothing (--usage FILE)"
NO_COST = "no cost report: list prices are compared with nothing (--cost FILE)"
NO_INVOICE = "no invoice: charges are compared with nothing (--invoice FILE)"


def reconcile(
    rows: pl.DataFrame, found: Reports, book: Book, contract: tuple[Discount, ...] = ()
) -> Reconciliation:
    """Match logs (`Account.rows` at each request's own day) with reports, report with invoice.

    A contract's discounts stand for those that the reports show.
    """
    logged, reported = logged_cells(rows, book), reported_cells(found.usage, book)
    charged = charged_cells(found.cost, book)
    sides = tokens.sides(logged, reported, found.usage) if len(found.usage) else None
    priced = reported if sides else logged
    matches: list[Match] = list(tokens.months(sides)) if sides else []
    matches += money.price_matches(priced, charged)
    matches += money.invoice_matches(found.cost, found.invoice)
    listed = money.list_by_model(priced, charged)
    source = "cost report"
    return Reconciliation(
        matches=tuple(matches),
        cells=len(sides.joined) if sides else 0,
        cells_by_verdict=tokens.verdicts(sides) if sides else (),
        gaps=tokens.gaps(sides) if sides else (),
        coverage=tokens.coverage(sides) if sides else None,
        discounts=contract or realised_discounts(_compared(charged, priced), listed, source),
        sources=found.names,
        notes=tuple(_notes(found, priced, charged)),
    )


def _compared(charged: pl.DataFrame, priced: pl.DataFrame) -> pl.DataFrame:
    """Keep charged cells that have their own list amount, or one of ours to compare with."""
    known = priced.filter(pl.col("low").is_not_null()).select(CELL)
    return pl.concat(
        [
            charged.filter(pl.col("list").is_not_null()),
            charged.filter(pl.col("list").is_null()).join(known, on=CELL, how="semi"),
        ]
    )


def _notes(found: Reports, priced: pl.DataFrame, charged: pl.DataFrame) -> Iterator[str]:
    for rows, words in (
        (found.usage, NO_USAGE),
        (found.cost, NO_COST),
        (found.invoice, NO_INVOICE),
    ):
        if not len(rows):
            yield words
    yield from _unmatched(priced, charged)
    yield from found.left_out
    for name in ("model", "tier"):
        if len(found.usage) and found.usage[name].null_count() == len(found.usage):
            yield f"the usage report is not grouped by {name}: matched over every {name} together"
    for currency in found.cost["currency"].unique().sort():
        if currency != "USD":
            yield f"amounts in {currency} are not converted: list prices are in USD"


def _unmatched(priced: pl.DataFrame, charged: pl.DataFrame) -> Iterator[str]:
    unpriced = priced.filter(pl.col("low").is_null())
    if len(unpriced):
        models = ", ".join(map(str, unpriced["model"].unique().drop_nulls().sort())) or "no model"
        yield f"no list price, so compared in tokens only: {models}"
    lone = charged.join(priced, on=CELL, how="anti")
    if len(lone):
        pico = int(lone["charged"].cast(pl.Int128).sum())
        yield f"{len(lone)} charged cells (${pico / 1e12:,.2f}) have no tokens on the other side"
