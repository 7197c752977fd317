"""The negotiation page: every printed figure first, then the templates that place them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from analyzer.results.commit import Ask, Negotiation, Stress
from reports import page
from reports.negotiation.money import Money, money_of
from reports.negotiation.need import History, history_of
from reports.negotiation.offers import CostRow, OfferView, compared, offer_of
from reports.negotiation.rates import RateView, rate_of
from reports.negotiation.tornado import Tornado, tornado_of
from reports.numbers import Amount, percent
from reports.omitted import LedgerRows, ledger_rows
from reports.paid import Matched, match_rows
from reports.reconciled import State, coverage_of, light_of
from reports.registers import Registers, registers_of


@dataclass(frozen=True, slots=True)
class StressRow:
    """One shock under one offer."""

    stress: Stress
    commit: Amount
    unused: Amount
    before: Amount
    short: str


@dataclass(frozen=True, slots=True)
class AskRow:
    """One ask."""

    ask: Ask
    worth: Amount | None


@dataclass(frozen=True, slots=True)
class View:
    """Every printed figure of the page; templates only place them."""

    best: OfferView | None
    """The recommended offer."""
    lead: OfferView | None
    """The offer whose curve stands first: the recommended, else the first."""
    offers: tuple[OfferView, ...]
    comparison: tuple[CostRow, ...]
    rates: tuple[RateView, ...]
    history: History
    tornado: Tornado | None
    stresses: tuple[StressRow, ...]
    asks: tuple[AskRow, ...]
    light: State
    light_words: str
    coverage: str
    """Part of what the vendor reports that stands in the logs; empty where nobody knows."""
    registers: Registers
    ledger: tuple[LedgerRows, ...]
    matched: Matched | None
    unit: str


def render(found: Negotiation) -> str:
    """The report as one self-contained HTML file."""
    drawn = bool(found.offers or found.rates)
    return page.render("negotiation/negotiation.html", drawn=drawn, found=found, view=_view(found))


def _view(found: Negotiation) -> View:
    money = money_of(found)
    offers = tuple(offer_of(one, found, money) for one in found.offers)
    best = next((one for one in offers if one.offer.offered.id == found.recommended), None)
    light, words = light_of(found.reconciliation, list(_months(found)), "the history")
    return View(
        best=best,
        lead=best or next(iter(offers), None),
        offers=offers,
        comparison=tuple(compared(found, money)),
        rates=tuple(map(rate_of, found.rates)),
        history=history_of(found, money),
        tornado=tornado_of(found.sensitivity),
        stresses=tuple(_stress(one, money) for one in found.stresses),
        asks=tuple(
            AskRow(one, money.cents(one.worth.cents) if one.worth else None) for one in found.asks
        ),
        light=light,
        light_words=words,
        coverage=coverage_of(found.reconciliation),
        registers=registers_of(found.assumptions, found.adjustments, money.unit),
        ledger=ledger_rows(found.ledger.reasons),
        matched=match_rows(found.reconciliation, money.unit),
        unit=money.unit.name,
    )


def _months(found: Negotiation) -> Iterator[str]:
    """Months that the weeks of the history touch."""
    day = found.first_day.replace(day=1)
    while day <= found.last_day:
        yield day.isoformat()[:7]
        day = _next_month(day)


def _next_month(first: date) -> date:
    return (first + timedelta(31)).replace(day=1)


def _stress(one: Stress, money: Money) -> StressRow:
    return StressRow(
        one,
        money.usd(one.commit_usd),
        money.cents(one.unused_cents),
        money.cents(one.unused_before_cents),
        percent(Fraction(one.short_share)),
    )
