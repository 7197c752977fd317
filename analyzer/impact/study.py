"""From a store to what every dated change does to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.errors import InputError
from analyzer.impact.announced import Announced, AnnouncedMove, NamedRetirement
from analyzer.impact.exposure import exposure
from analyzer.impact.pricing import Compared, Terms, compare, priced, priced_or_slower
from analyzer.impact.records import (
    DAYS_A_MONTH,
    Exposure,
    Impact,
    PriceMove,
    Retirement,
    summed,
)
from analyzer.impact.retiring import retirement
from analyzer.impact.volume import Volume, cuts, volume
from analyzer.prices import Book, Change
from analyzer.prices.modifiers import is_fast
from analyzer.reconciled import Discount
from analyzer.reconciliation import in_force, reconcile, shares, stored_reports
from analyzer.savings.absence import nothing_to_replay
from analyzer.savings.account import account
from analyzer.savings.study import Say
from analyzer.store import Store
from analyzer.traffic import Usage, usage
from analyzer.words import counted

_DAY = timedelta(days=1)
_EVERY = "every model"
_SLOWER = "; priced at standard speed from then on"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks of a store."""

    since: date | None = None
    """First day; None for the last day of the traffic."""
    until: date | None = None
    """Last day; None for a year after the first."""
    announced: Announced = field(default_factory=Announced)
    successors: tuple[str, ...] = ()
    """Models to price every retirement on, beside those of its own line."""
    contract: tuple[Discount, ...] = ()
    """Negotiated discounts; without them, those that the vendor's reports show."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """The traffic, the terms and the days of one question."""

    rows: pl.DataFrame
    terms: Terms
    since: date
    until: date

    def of(self, model: str | None) -> pl.DataFrame:
        return self.rows if model is None else self.rows.filter(pl.col("model") == model)


def impact(store: Store, book: Book, asked: Asked, say: Say = lambda _text: None) -> Impact:
    """Price a store's traffic before and after every dated change between two days.

    Raises:
        InputError: the store holds no call with a time, or the days are the wrong way round.
    """
    say("reading the store")
    used = usage(store, book)
    if not used.calls["day"].is_not_null().any():
        raise nothing_to_replay(store, len(used.calls))
    try:
        traffic = volume(used, cuts(book))
    except ValueError as error:
        raise InputError(f"{store.path}: {error}; no price change reaches it") from error
    say("matching the vendor's reports")
    known = asked.contract or _shown(store, used, book)
    say("pricing both sides of each change")
    return weigh(traffic, book, asked, known)


def weigh(
    traffic: Volume, book: Book, asked: Asked, discounts: tuple[Discount, ...] = ()
) -> Impact:
    """Price one volume before and after every dated change of a book."""
    book = _retired(book, asked.announced.retirements)
    since, until = _days(asked, traffic)
    off = shares(discounts, book.models()) if discounts else None
    scene = _Scene(traffic.rows, Terms(DAYS_A_MONTH / traffic.days, off), since, until)
    moves = asked.announced.moves
    start = _with_moves(book, [one for one in moves if one.day < scene.since])
    eve = priced(scene.rows, start, scene.since - _DAY)
    today = compare(eve, eve, scene.terms)
    return Impact(
        first_day=traffic.first_day,
        last_day=traffic.last_day,
        days=traffic.days,
        since=scene.since,
        until=scene.until,
        requests=int(scene.rows["requests"].sum()),
        book=book.version,
        book_sha256=book.sha256,
        announced=asked.announced.name,
        discounts=discounts,
        today=summed(tuple(cell.money for cell in today.cells)),
        moves=tuple(_moves(scene, book, start, moves)),
        retirements=tuple(_retirements(scene, book, moves, asked)),
        exposures=tuple(_exposures(scene, book, start)),
        left_out=today.left_out,
        notes=tuple(_notes(scene, asked, traffic)),
    )


def _moves(
    scene: _Scene, book: Book, start: Book, moves: Sequence[AnnouncedMove]
) -> Iterator[PriceMove]:
    """Walk through the days: the book's own changes first, then what is announced for that day."""
    now = start
    inside = [one for one in moves if scene.since <= one.day <= scene.until]
    changes = [one for one in _within(scene, book) if one.kind in ("price", "fast")]
    for day in sorted({one.day for one in inside} | {one.day for one in changes}):
        own = (one for one in changes if one.day == day)
        for model, together in groupby(own, key=lambda one: one.model):
            found = _book_move(scene, now, model, list(together))
            if found is not None:
                yield found
        for one in inside:
            if one.day == day:
                after = now.with_move(one.move)
                yield _announced_move(scene, now, after, one)
                now = after


def _book_move(
    scene: _Scene, book: Book, model: str, changes: Sequence[Change]
) -> PriceMove | None:
    rows, day = scene.of(model), changes[0].day
    if all(one.kind == "fast" for one in changes):
        rows = _sold_as(rows, "fast")
    if not len(rows):
        return None
    ends_fast = any(one.kind == "fast" for one in changes)
    pricing = priced_or_slower if ends_fast else priced
    found = compare(priced(rows, book, day - _DAY), pricing(rows, book, day), scene.terms)
    what = ", ".join(one.what for one in changes)
    told = tuple(dict.fromkeys(source for one in changes for source in one.sources))
    slower = ends_fast and any("fast mode ends" in one.what for one in changes)
    return _price_move((day, model, what + _SLOWER * slower), told, found, announced=False)


def _announced_move(scene: _Scene, before: Book, after: Book, one: AnnouncedMove) -> PriceMove:
    rows = _sold_as(scene.of(one.move.model), one.move.meter)
    found = compare(priced(rows, before, one.day), priced(rows, after, one.day), scene.terms)
    named = (one.day, one.move.model or _EVERY, one.what)
    return _price_move(named, (one.source,), found, announced=True)


def _sold_as(rows: pl.DataFrame, meter: str) -> pl.DataFrame:
    """Keep what a multiplier reaches; every row where the meter is none."""
    if meter == "batch":
        return rows.filter(pl.col("tier") == "batch")
    fast = pl.Series([is_fast(speed) for speed in rows["speed"]], dtype=pl.Boolean)
    return rows.filter(fast) if meter == "fast" else rows


def _price_move(
    named: tuple[date, str, str], sources: tuple[str, ...], found: Compared, *, announced: bool
) -> PriceMove:
    day, model, what = named
    return PriceMove(
        day, model, what, sources, announced, found.requests, found.cells, found.left_out
    )


def _retirements(
    scene: _Scene, book: Book, moves: Sequence[AnnouncedMove], asked: Asked
) -> Iterator[Retirement]:
    own = {one.model: one for one in asked.announced.retirements}
    for change in _within(scene, book):
        rows = scene.of(change.model)
        if change.kind != "retirement" or not len(rows):
            continue
        user = own.get(change.model)
        named = dict.fromkeys((*(user.successors if user else ()), *asked.successors))
        then = _with_moves(book, [one for one in moves if one.day <= change.day])
        names = [name for name in named if name != change.model]
        found = retirement(change, rows, then, scene.terms, names)
        if user:
            found = replace(found, announced=True, sources=(user.source,))
        if found.requests or found.elsewhere:
            yield found


def _exposures(scene: _Scene, book: Book, start: Book) -> Iterator[Exposure]:
    for change in book.changes():
        if change.kind in ("price", "fast", "retirement") or change.day > scene.until:
            continue
        # A promise that has run out still says that the model may go any day.
        if change.kind != "promise" and not change.within(scene.since, scene.until):
            continue
        eve = scene.since - _DAY
        found = exposure(change, scene.of(change.model), start, scene.terms, eve)
        if found is not None:
            yield found


def _within(scene: _Scene, book: Book) -> list[Change]:
    return [one for one in book.changes() if one.within(scene.since, scene.until)]


def _with_moves(book: Book, moves: Sequence[AnnouncedMove]) -> Book:
    for one in moves:
        book = book.with_move(one.move)
    return book


def _retired(book: Book, ends: Sequence[NamedRetirement]) -> Book:
    for one in ends:
        book = book.with_retirement(one.model, one.day)
    return book


def _days(asked: Asked, traffic: Volume) -> tuple[date, date]:
    since = asked.since or traffic.last_day
    until = asked.until or _year_after(since)
    if until < since:
        raise InputError(f"--to {until} is before --from {since}; give the earlier day first")
    return since, until


def _year_after(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return date(day.year + 1, day.month, 28 if leap else day.day)


def _shown(store: Store, used: Usage, book: Book) -> tuple[Discount, ...]:
    """Give the discounts that the store's own reports show."""
    held = stored_reports(store)
    if not held.any:
        return ()
    billed = account(used, PriceBasis(book, None))
    return in_force(reconcile(billed.rows, held, book, ()).discounts)


def _notes(scene: _Scene, asked: Asked, traffic: Volume) -> Iterator[str]:
    if traffic.timeless:
        yield f"{counted(traffic.timeless, 'call')} without a time: in no figure"
    for one in asked.announced.moves:
        if one.day < scene.since:
            yield f"announced for {one.day}, before the first day: {one.what} holds on both sides"
        elif one.day > scene.until:
            yield f"announced for {one.day}, after the last day: {one.what} is in no figure"
    for end in asked.announced.retirements:
        if not scene.since <= end.day <= scene.until:
            yield f"{end.model} retires on {end.day}, outside these days: not priced here"
