"""Changes that reach traffic without a price of their own: promises, minimums, windows."""

from datetime import date

import polars as pl

from analyzer.impact.pricing import Terms, compare, priced
from analyzer.impact.records import Exposure, summed
from analyzer.prices import Book
from analyzer.prices.changes import Change

_REMARKS = {
    "suspension": "the traffic must wait or move",
    "minimum": "what is cached changes, not a price: `rebill replay` tells the dollars",
    "context": "requests with longer prompts fail",
}

_NONE = "no later model of its line is sold"


def exposure(
    change: Change, rows: pl.DataFrame, book: Book, terms: Terms, since: date
) -> Exposure | None:
    """Give the requests that a change reaches, at the list of the eve of `since`; None for none."""
    reached = priced(_reached(change, rows), book, since)
    found = compare(reached, reached, terms)
    if not found.requests:
        return None
    money = summed(tuple(cell.money for cell in found.cells))
    return Exposure(
        kind=change.kind,
        day=change.day,
        last=change.last,
        model=change.model,
        what=change.what,
        sources=change.sources,
        requests=found.requests,
        before=money.before,
        paid_before=money.paid_before,
        remark=_remark(change, book, since),
    )


def _reached(change: Change, rows: pl.DataFrame) -> pl.DataFrame:
    prompt = pl.col("prompt")
    if change.kind == "minimum":
        least, most = sorted((change.old, change.new))
        return rows.filter((prompt >= least) & (prompt < most))
    if change.kind == "context":
        return rows.filter((prompt > change.new) & (prompt <= change.old))
    return rows


def _remark(change: Change, book: Book, since: date) -> str:
    if change.kind != "promise":
        return _REMARKS[change.kind]
    nearest = book.successor(change.model, max(change.day, since))
    newer = f"nearest sold and not dearer per token: {nearest}" if nearest else _NONE
    if nearest is None and book.successors(change.model, max(change.day, since)):
        newer = "later models of its line are dearer per token"
    return newer if change.day >= since else f"the day has passed; {newer}"
