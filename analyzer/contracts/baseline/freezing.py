"""Freezes a period of a store: same store, book, rules and question give the same baseline."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.contracts.baseline.digests import call_digests, report_digests
from analyzer.contracts.baseline.gates import gates
from analyzer.contracts.baseline.records import (
    METHOD,
    Baseline,
    Boundary,
    Counts,
    Manifest,
    Unit,
    Workload,
)
from analyzer.contracts.logged import (
    EVERYTHING,
    Cell,
    Covered,
    Logged,
    Rates,
    Sku,
    Span,
    book_rates,
    cells,
    inside,
)
from analyzer.contracts.logged import read as read_log
from analyzer.contracts.logged.reconciling import Matched, match
from analyzer.contracts.logged.spans import number_of
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import stored_reports
from analyzer.savings.account import Account, account
from analyzer.store import Store
from analyzer.traffic import Usage

_NOT_TOLD = "not told"
_MOST_VALUES = 50
_LIVES = ("ttl0", "ttl1", "ttl2", "ttl3")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be frozen."""

    span: Span
    title: str = "Claude traffic"
    policy: Policy = field(default_factory=Policy.observed)
    """Its rules name workloads; its levers are not used."""
    contract: tuple[Discount, ...] = ()
    excluded: tuple[date, ...] = ()
    static_factors: tuple[str, ...] = ()
    seed: int = 1
    covered: Covered = EVERYTHING


def freeze(store: Store, book: Book, ask: Ask) -> Baseline:
    """Freeze a period.

    Raises:
        ContractError: the log tells the period only in part, an excluded day lies outside it,
            nothing in it has a price, the boundary names what has no call, or amounts are in
            another currency.
    """
    logged = read_log(store, book, ask.policy)
    logged.require(ask.span)
    every = _counted(logged, ask)
    ask.covered.require(every)
    mine = ask.covered.of_workspaces(every)
    matched = match(mine, stored_reports(store), book, ask.span, ask.contract, ask.covered)
    used = ask.covered.of_workloads(mine)
    found = cells(used, book)
    if not found:
        raise ContractError(f"period {ask.span}: no call in it has a price, name another period")
    workloads = _workloads(used, logged, found, book)
    active = used.calls["day"].n_unique()
    billed = account(used, PriceBasis(book, None))
    return Baseline(
        title=ask.title,
        span=ask.span,
        excluded=tuple(sorted(ask.excluded)),
        gates=gates(ask.span.count - len(ask.excluded), active, list(workloads.values()), matched),
        boundary=_boundary(used.calls, ask.covered),
        workloads=workloads,
        rates=_rates(found, book, ask.span.last_day),
        discounts=matched.discounts,
        fees=billed.total - _pico(billed.extras()) - _tokens_bill(workloads),
        hidden=_pico(billed.extras()),
        unpriced=_unpriced(billed),
        timeless=logged.usage.calls["day"].null_count(),
        static_factors=ask.static_factors,
        reconciliation=matched.verdict,
        coverage=matched.covered,
        manifest=_manifest(logged, used, matched, book, ask),
    )


def _manifest(logged: Logged, used: Usage, matched: Matched, book: Book, ask: Ask) -> Manifest:
    days, sources = call_digests(logged, used)
    return Manifest(
        method=METHOD,
        seed=ask.seed,
        book_version=book.version,
        book_sha256=book.sha256,
        policy_sha256=replace(Policy.observed(), workloads=ask.policy.workloads).sha256,
        sources=sources,
        days=days,
        reports=report_digests(matched.reports),
    )


def _counted(logged: Logged, ask: Ask) -> Usage:
    outside = [day for day in ask.excluded if not ask.span.first_day <= day <= ask.span.last_day]
    if outside or len(set(ask.excluded)) != len(ask.excluded):
        why = f"{outside[0]} lies outside {ask.span}" if outside else "a day stands twice"
        raise ContractError(f"excluded days: {why}, name days of the period once")
    used, numbers = inside(logged.usage, ask.span), [number_of(day) for day in ask.excluded]
    kept = ~pl.col("day").is_in(numbers)
    return Usage(used.calls.filter(kept), used.extras.filter(kept))


def _workloads(
    used: Usage, logged: Logged, found: tuple[Cell, ...], book: Book
) -> dict[str, Workload]:
    calls = used.calls.join(
        logged.evidence.select("request", "effort", "prompt_hash"),
        on="request",
        how="left",
        maintain_order="left",
    )
    rate = book_rates(book)
    units: dict[str, list[Unit]] = {}
    for cell in found:
        units.setdefault(cell.workload, []).append(_unit(cell, rate(cell.sku, cell.day)))
    workloads = {}
    for (name,), part in sorted(calls.group_by(["workload"]), key=lambda pair: str(pair[0][0])):
        if str(name) in units:
            workloads[str(name)] = _workload(str(name), part, _joined(units[str(name)]))
    return workloads


def _workload(name: str, part: pl.DataFrame, units: tuple[Unit, ...]) -> Workload:
    return Workload(
        name=name,
        requests=sum(unit.requests for unit in units),
        sessions=part["session"].drop_nulls().n_unique() + part["session"].null_count(),
        days=part["day"].n_unique(),
        efforts=_counts(part["effort"]),
        max_tokens=_counts(part["max_tokens"]),
        prompts=_counts(part["prompt_hash"]),
        lives=_counts(_asked_lives(part)),
        units=units,
    )


def _unit(cell: Cell, rates: Rates | None) -> Unit:
    prices = rates or (0,) * len(cell.tokens)
    pico = tuple(Fraction(n * price) for n, price in zip(cell.tokens, prices, strict=True))
    return Unit(cell.sku, cell.requests, cell.tokens, pico)


def _joined(units: list[Unit]) -> tuple[Unit, ...]:
    """Add up what was used of one SKU at several prices."""
    found: dict[Sku, Unit] = {}
    for unit in units:
        known = found.get(unit.sku)
        found[unit.sku] = unit if known is None else Unit(
            unit.sku,
            known.requests + unit.requests,
            tuple(map(sum, zip(known.tokens, unit.tokens, strict=True))),
            tuple(a + b for a, b in zip(known.pico, unit.pico, strict=True)),
        )  # fmt: skip
    return tuple(found[sku] for sku in sorted(found, key=_order))


def _order(sku: Sku) -> tuple[str, str, str, str, bool]:
    return sku.model, sku.tier, sku.speed or "", sku.geo or "", sku.long


def _asked_lives(part: pl.DataFrame) -> pl.Series:
    lives = pl.concat_list(*(pl.when(pl.col(name) > 0).then(name) for name in _LIVES))
    asked = lives.list.drop_nulls().list.unique().list.sort()
    text = asked.cast(pl.List(pl.Utf8)).list.join("+")
    return part.select(
        pl.when(text == "").then(pl.lit("none")).otherwise(text).alias("life")
    ).to_series()


def _counts(values: pl.Series) -> Counts:
    """Count values; those after the fiftieth together."""
    found = Counter(_NOT_TOLD if value is None else str(value) for value in values.to_list())
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in ranked[_MOST_VALUES:])
    others = ((f"{len(ranked) - _MOST_VALUES} others", rest),) if rest else ()
    return (*ranked[:_MOST_VALUES], *others)


def _rates(found: tuple[Cell, ...], book: Book, day: date) -> dict[Sku, Rates]:
    """Prices of the last day for what was used, live and in batches."""
    rate = book_rates(book)
    skus = {replace(cell.sku, tier=tier) for cell in found for tier in _tiers(cell.sku)}
    skus |= {replace(sku, long=not sku.long) for sku in skus}
    known = ((sku, rate(sku, day)) for sku in sorted(skus, key=_order))
    return {sku: rates for sku, rates in known if rates is not None}


def _tiers(sku: Sku) -> Iterator[str]:
    yield sku.tier
    if sku.tier == "standard" and sku.speed is None:
        yield "batch"
    if sku.tier == "batch":
        yield "standard"


def _boundary(calls: pl.DataFrame, covered: Covered) -> Boundary:
    def names(column: str) -> tuple[str, ...]:
        return tuple(map(str, calls[column].drop_nulls().unique().sort().to_list()))

    return Boundary(names("org"), names("workspace"), names("api_key"), covered)


def _unpriced(billed: Account) -> Counts:
    return tuple((one.what, one.tokens) for one in billed.unpriced())


def _tokens_bill(workloads: dict[str, Workload]) -> Fraction:
    return sum((one.bill for one in workloads.values()), Fraction(0))


def _pico(rows: pl.DataFrame) -> Fraction:
    return Fraction(int(rows["pico"].cast(pl.Int128).sum() or 0))
