"""A period against the vendor's reports: tokens and list prices by day, invoices by month.

An invoice is one of whole months, so it is compared with the cost report of every month that the
period touches; tokens and list prices are compared on the period's own days.
"""

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.contracts.logged.boundaries import EVERYTHING, Covered
from analyzer.contracts.logged.spans import Span, number_of
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.reconciled import Coverage, Discount, Match, Reconciliation, Verdict
from analyzer.reconciliation import Reports, in_force, reconcile
from analyzer.savings.account import account
from analyzer.traffic import Usage

_DAY_US = 86_400_000_000
_WORST: tuple[Verdict, ...] = ("fail", "warn", "pass")


_REPORTS = {"L0": "usage report", "L1": "list prices in a cost report", "L2": "invoice"}
"""What each level of the match needs."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One period, matched."""

    verdict: Verdict
    """The worst of its months; `not compared` without the vendor's usage report."""
    matches: tuple[Match, ...]
    coverage: Coverage | None
    discounts: tuple[Discount, ...]
    """The contract's, else those that the reports show."""
    reports: Reports
    """Rows of the period (invoices: of its months)."""
    silent: tuple[str, ...] = ()
    """Which reports do not tell what the boundary names."""

    @property
    def covered(self) -> Fraction | None:
        """The lesser of the dollars and the tokens of the report that the logs hold; None without.

        A month's tokens are netted, so that nothing that has no price is left out.
        """
        dollars = self.coverage.share if self.coverage else None
        levels = [one for one in self.matches if one.level == "L0" and one.theirs]
        if dollars is None or not levels:
            return dollars
        held = sum((min(one.low, one.theirs) for one in levels), Fraction(0))
        return min(dollars, held / sum((one.theirs for one in levels), Fraction(0)))

    @property
    def words(self) -> str:
        """The verdict, which comparisons it is the worst of, and which could not be made."""
        at_fault = [f"{one.level} {one.what}" for one in self.matches if one.verdict != "pass"]
        made = {one.level for one in self.matches}
        missing = [f"no {what}" for level, what in _REPORTS.items() if made and level not in made]
        words = ", ".join((*at_fault, *missing, *self.silent))
        return f"{self.verdict}: {words}" if words else self.verdict


def match(
    used: Usage,
    held: Reports,
    book: Book,
    span: Span,
    contract: tuple[Discount, ...] = (),
    covered: Covered = EVERYTHING,
) -> Matched:
    """Match a period; `used` holds its calls within the boundary's workspaces alone.

    Raises:
        ContractError: amounts in another currency than US dollars.
    """
    held, silent = covered.reports(held)
    months = Span(
        span.first_day.replace(day=1),
        span.last_day.replace(day=calendar.monthrange(span.last_day.year, span.last_day.month)[1]),
    )
    rows = account(used, PriceBasis(book, None)).rows
    own = replace(
        held,
        usage=_within(held.usage, span),
        cost=_within(held.cost, span),
        invoice=held.invoice.clear(),
    )
    whole = replace(
        held,
        usage=held.usage.clear(),
        cost=_within(held.cost, months),
        invoice=_within(held.invoice, months),
    )
    for name, frame in (("cost report", whole.cost), ("invoice", whole.invoice)):
        _one_currency(name, frame)
    by_day = reconcile(rows, own, book, contract) if own.any else None
    by_month = reconcile(rows.clear(), whole, book, contract) if len(whole.invoice) else None
    matches = _months(by_day, ("L0", "L1")) + _months(by_month, ("L2",))
    shown = by_day.discounts if by_day else ()
    return Matched(
        verdict=_verdict(matches),
        matches=matches,
        coverage=by_day.coverage if by_day else None,
        discounts=contract or in_force(shown),
        reports=replace(own, invoice=whole.invoice),
        silent=silent,
    )


def _months(found: Reconciliation | None, levels: tuple[str, ...]) -> tuple[Match, ...]:
    if found is None:
        return ()
    return tuple(one for level in levels for one in found.months(level))


def _verdict(matches: tuple[Match, ...]) -> Verdict:
    if not any(one.level == "L0" for one in matches):
        return "not compared"
    found = {one.verdict for one in matches}
    return next((verdict for verdict in _WORST if verdict in found), "not compared")


def _within(rows: pl.DataFrame, span: Span) -> pl.DataFrame:
    start, end = (_us(day) for day in (span.first_day, span.last_day + timedelta(1)))
    return rows.filter((pl.col("start_us") >= start) & (pl.col("end_us") <= end))


def _us(day: date) -> int:
    return number_of(day) * _DAY_US


def _one_currency(name: str, rows: pl.DataFrame) -> None:
    others = [str(one) for one in rows["currency"].unique().sort() if one != "USD"]
    if others:
        raise ContractError(
            f"{name}: currency: {', '.join(others)} beside USD, which are not mixed; give the"
            " amounts in USD"
        )
