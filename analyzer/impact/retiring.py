"""The traffic of a retiring model on the models that it could move to."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import polars as pl

from analyzer.impact.pricing import Compared, Terms, compare, priced
from analyzer.impact.records import LeftOut, Retirement, Successor, summed
from analyzer.prices import Book
from analyzer.prices.changes import Change

_DAY = timedelta(days=1)


def retirement(
    change: Change, rows: pl.DataFrame, book: Book, terms: Terms, named: Sequence[str]
) -> Retirement:
    """Price what must move at the eve's list, and on each successor at the day's.

    `rows` are the model's own; `named` the successors that the user names.
    """
    eve = change.day - _DAY
    today, still = priced(rows, book, eve), priced(rows, book, change.day + _DAY)
    kept = still["unpriced"].is_null()
    elsewhere = compare(today.filter(kept), today.filter(kept), terms)
    own = compare(today.filter(~kept), today.filter(~kept), terms)
    sold = today["unpriced"].is_null() & ~kept
    moving = rows.filter(sold)
    offers = [(name, True) for name in named]
    nearest = book.successor(change.model, change.day)
    later = list(book.successors(change.model, change.day))
    later.sort(key=lambda name: name != nearest)
    offers += [(name, False) for name in later if name not in named]
    return Retirement(
        day=change.day,
        model=change.model,
        what=change.what,
        sources=change.sources,
        announced=False,
        requests=own.requests,
        cells=own.cells,
        elsewhere=_kept(elsewhere),
        successors=tuple(
            _successor((change.model, name), moving, book, (change.day, terms), named=by_user)
            for name, by_user in offers
        ),
    )


def _kept(found: Compared) -> LeftOut | None:
    if not found.requests:
        return None
    money = summed(tuple(cell.money for cell in found.cells))
    reason = "Bedrock and Google Cloud set their own dates of retirement"
    return LeftOut(reason, found.requests, money.before)


def _successor(
    pair: tuple[str, str],
    rows: pl.DataFrame,
    book: Book,
    terms: tuple[date, Terms],
    *,
    named: bool,
) -> Successor:
    """Move rows from the first model to the second; the same text, counted by its tokenizer."""
    source, target = pair
    day, own = terms
    ratio = book.token_ratio(source, target)
    eve = priced(rows, book, day - _DAY)
    central, low, high = (
        compare(eve, _on(target, rows, book, day, each), own, each)
        for each in (ratio.central, ratio.low, ratio.high)
    )
    least, most = (summed(tuple(cell.money for cell in end.cells)) for end in (low, high))
    return Successor(
        model=target,
        named=named,
        ratio=(ratio.central, ratio.low, ratio.high),
        cells=central.cells,
        low=least.after,
        high=most.after,
        paid_low=least.paid_after,
        paid_high=most.paid_after,
        infeasible=central.left_out,
    )


def _on(target: str, rows: pl.DataFrame, book: Book, day: date, ratio: Fraction) -> pl.DataFrame:
    """Price rows on another model; a prompt of n tokens there has ceil(n x ratio)."""
    prompts = [ceil(prompt * ratio) for prompt in rows["prompt"].to_list()]
    moved = rows.with_columns(model=pl.lit(target), prompt=pl.Series(prompts, dtype=pl.Int64))
    found = priced(moved, book, day)
    refused = _refused(target, rows, book, day)
    return found.with_columns(unpriced=pl.coalesce(refused, found["unpriced"]))


def _refused(target: str, rows: pl.DataFrame, book: Book, day: date) -> pl.Series:
    """Why a model would refuse a row: not sold, a forced tool, a prompt beyond its window.

    The window is held against the high end of the tokenizers' ratio, so that all ends of the range
    speak of the same calls.
    """
    facts = book.facts(target)
    if not facts.sold(day):
        return pl.Series([f"{target} is not sold on {day}"] * len(rows), dtype=pl.Utf8)
    window, forces = facts.context_window(day), facts.flags.forced_tool_choice
    tool = f"{target} {'refuses' if forces is False else 'may refuse'} a forced tool choice"
    names = rows["model"].unique().to_list()
    high = max((book.token_ratio(name, target).high for name in names), default=Fraction(1))
    long = f"longer than the window of {target} ({window:,} tokens)"
    told = [
        tool if forced and forces is not True else long if prompt * high > window else None
        for forced, prompt in rows.select("forced", "prompt").iter_rows()
    ]
    return pl.Series(told, dtype=pl.Utf8)
