"""A reporting period as it is in the store, without what was billed during a rollout."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from analyzer.billing import PriceBasis as BookBasis
from analyzer.contracts.baseline import Baseline
from analyzer.contracts.baseline.digests import call_digests
from analyzer.contracts.baseline.verifying import changed_days
from analyzer.contracts.logged import Cell, Logged, book_rates, cells, inside
from analyzer.contracts.logged import bill as cell_bill
from analyzer.contracts.logged.reconciling import Matched, match
from analyzer.contracts.logged.spans import number_of
from analyzer.contracts.verification.asking import Asked
from analyzer.contracts.verification.cache_replay import replayed_settings
from analyzer.contracts.verification.counterfactual import Calibration
from analyzer.contracts.verification.measures import Measures
from analyzer.contracts.verification.pricing import Prices
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.reconciliation import stored_reports
from analyzer.results import NOTHING, Pico
from analyzer.savings.account import account
from analyzer.store import Store
from analyzer.traffic import Usage


@dataclass(frozen=True, slots=True)
class Reporting:
    """The period as it is in the store."""

    cells: dict[str, list[Cell]]
    used: Usage
    matched: Matched
    prices: Prices
    billed: Pico
    """Everything after discount, with fees and hidden iterations."""
    listed: Pico
    blackout: Pico
    seen: frozenset[str]
    """Workloads with a call in the period, during a rollout or not."""
    calibration: Calibration


def recheck(logged: Logged, baseline: Baseline) -> tuple[str, ...]:
    """Refuse a baseline whose calls are in the store and are not what was frozen."""
    used = inside(logged.usage, baseline.span)
    numbers = [number_of(day) for day in baseline.excluded]
    covered = baseline.boundary.covered
    kept = Usage(used.calls.filter(~pl.col("day").is_in(numbers)), used.extras)
    calls = covered.of_workloads(covered.of_workspaces(kept)).calls
    if not len(calls):
        return ("The store does not hold the baseline's days: its data was not checked again.",)
    differs = changed_days(baseline, call_digests(logged, Usage(calls, used.extras))[0])
    if differs:
        raise ContractError(
            f"baseline: its data changed: {'; '.join(map(str, differs[:3]))}; restore the logs, or"
            " freeze and sign anew"
        )
    return ()


def read_period(
    store: Store, logged: Logged, book: Book, baseline: Baseline, asked: Asked
) -> Reporting:
    """Read a period and price it; its ratios are those of the question."""
    covered = baseline.boundary.covered
    mine = covered.of_workspaces(inside(logged.usage, asked.span))
    matched = match(mine, stored_reports(store), book, asked.span, asked.contract, covered)
    whole = covered.of_workloads(mine)
    used, out = _without_blackout(whole, asked.measures)
    prices = Prices(book_rates(book), baseline.rates, matched.discounts, baseline.discounts)
    by_workload: dict[str, list[Cell]] = {}
    for cell in _cells(used, book, asked.measures):
        by_workload.setdefault(cell.workload, []).append(cell)
    billed, listed = _bill(used, book, prices)
    return Reporting(
        by_workload,
        used,
        matched,
        prices,
        billed,
        listed,
        _bill(out, book, prices)[0],
        frozenset(map(str, whole.calls["workload"].unique().to_list())),
        Calibration.of(asked.measures.routing, asked.measures.output),
    )


def with_replays(
    store: Store, book: Book, logged: Logged, baseline: Baseline, period: Reporting
) -> Calibration:
    """Add to the ratios what a replay tells of workloads that were cached otherwise."""
    known = baseline.workloads
    pairs = {n: (known[n], found) for n, found in period.cells.items() if n in known}
    cached = replayed_settings(store, book, logged, period.used, pairs)
    return replace(period.calibration, cached=cached)


def _cells(used: Usage, book: Book, measures: Measures) -> Iterator[Cell]:
    """Sum calls up, those of a workload before its output lever went live apart from those since.

    A cell's day is the first of its summing up, so each part is summed up by itself.
    """
    for one in measures.output:
        if one.since is not None:
            used, own = _parted(used, pl.col("workload") == one.workload)
            for part in _parted(own, pl.col("day") < number_of(one.since)):
                yield from cells(part, book)
    yield from cells(used, book)


def _without_blackout(used: Usage, measures: Measures) -> tuple[Usage, Usage]:
    rolling = pl.lit(value=False)
    for one in measures.deployments:
        days = pl.col("day").is_between(number_of(one.started), number_of(one.completed))
        rolling |= days & (pl.col("workload") == one.workload)
    return _parted(used, rolling)


def _parted(used: Usage, apart: pl.Expr) -> tuple[Usage, Usage]:
    """Give the other calls, and those that stand apart."""
    parts = []
    for keep in (~apart, apart):
        calls = used.calls.filter(keep)
        extras = used.extras.join(calls.select("request"), on="request", how="semi")
        parts.append(Usage(calls, extras))
    return parts[0], parts[1]


def _bill(used: Usage, book: Book, prices: Prices) -> tuple[Pico, Pico]:
    """Everything billed: after discount, and at list."""
    if not len(used.calls):
        return NOTHING, NOTHING
    rows = account(used, BookBasis(book, None)).rows
    sums = rows.group_by("model").agg(pl.col("pico").cast(pl.Int128).sum())
    paid = listed = NOTHING
    for model, pico in sums.iter_rows():
        listed += int(pico or 0)
        paid += prices.kept(str(model)) * int(pico or 0)
    return paid, listed


def token_bill(period: Reporting) -> Pico:
    """What the tokens of messages came to, after discount."""
    return sum(
        (
            cell_bill(found, lambda sku, day: period.prices.paid(sku, day, "reporting"))
            for found in period.cells.values()
        ),
        NOTHING,
    )


def unlogged_bill(period: Reporting) -> Pico:
    """What the vendor reports and no log holds, at the mean discount of what is logged."""
    coverage = period.matched.coverage
    if coverage is None or not period.listed:
        return NOTHING
    return coverage.missing * period.billed / period.listed
