"""Fee terms in words, with an example worked by the same code that settles periods."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from analyzer.contracts.exact_text import exact_text
from analyzer.contracts.fee import FeePeriod, FeeTerms, Saving, Settled, Tier, settle
from analyzer.contracts.fee.terms import CENT
from analyzer.results import Pico
from analyzer.results.baseline import Named
from analyzer.results.gainshare import FeeLine, FeeRules, Statement

EXAMPLE_SHARE = Fraction(3, 10)
"""Assumed saved in the worked example, of the adjusted baseline."""
_EXAMPLE_SPREAD = Fraction(5, 100)
"""Its standard uncertainty as a share of the savings, unless the terms allow less."""
_AT_90 = Fraction(1645, 1000)
_EXAMPLE = "worked example"


def rules_of(terms: FeeTerms, bill: Pico, first_day: date, last_day: date) -> FeeRules:
    """Give the terms in words; the example takes the baseline's bill for the adjusted baseline."""
    (settled,) = settle([_example(terms, bill, first_day, last_day)], terms)
    return FeeRules(
        terms=tuple(_words(terms)),
        least_grade=terms.least_grade,
        most_uncertainty=terms.most_uncertainty,
        example=statement_of(settled),
        example_share=EXAMPLE_SHARE,
    )


def statement_of(settled: Settled) -> Statement:
    """Give the page's record of a statement."""
    return Statement(
        period=settled.period,
        refused=settled.refused,
        basis=settled.basis,
        document=settled.document,
        lines=tuple(FeeLine(x.name, x.formula, x.inputs, x.value) for x in settled.lines),
        due=settled.due,
        paid=settled.paid,
    )


def _example(terms: FeeTerms, bill: Pico, first_day: date, last_day: date) -> FeePeriod:
    adjusted = Fraction(round(bill / CENT) * CENT)
    avoided = Fraction(round(adjusted * EXAMPLE_SHARE / CENT) * CENT)
    spread = min(_EXAMPLE_SPREAD, terms.most_uncertainty / _AT_90)
    return FeePeriod(
        name=_EXAMPLE,
        first_day=first_day,
        last_day=last_day,
        adjusted=adjusted,
        actual=adjusted - avoided,
        savings=(Saving(_EXAMPLE, "routing", avoided, first_day, "held"),),
        uncertainty=avoided * spread,
        reconciliation="pass",
        grade=terms.least_grade,
        baseline_signed=True,
        savings_uncertainty=spread * _AT_90,
    )


def _words(terms: FeeTerms) -> Iterator[Named]:
    for place, tier in enumerate(terms.tiers):
        yield Named(f"Tier {place + 1}", _tier(tier, terms.tiers[:place]))
    yield Named("Hurdle", f"{_percent(terms.hurdle)} of the adjusted baseline, before any fee")
    yield Named("Floor", f"{_usd(terms.floor)} a settled period" if terms.floor else "none")
    yield Named("Cap", "none" if terms.cap is None else f"{_usd(terms.cap)} over all periods")
    yield Named("Share cap", f"{_percent(terms.cap_share)} of the net savings")
    yield Named("Later losses", _clawback(terms))
    yield Named("Basis", _basis(terms))
    yield Named("Baseline", f"at least {terms.least_baseline_days} whole days")
    yield Named(
        "Life of a lever's savings",
        "as long as the contract"
        if terms.life_months is None
        else f"{terms.life_months} months from its first day",
    )


def _tier(tier: Tier, earlier: tuple[Tier, ...]) -> str:
    if tier.up_to is None:
        of = "the rest of the eligible savings" if earlier else "the eligible savings"
        return f"{_percent(tier.share)} of {of}"
    return f"{_percent(tier.share)} of the eligible savings up to {_usd(tier.up_to)}"


def _clawback(terms: FeeTerms) -> str:
    return "given back as a credit note" if terms.clawback else "nothing is given back"


def _basis(terms: FeeTerms) -> str:
    added = "added up" if terms.shared_bias else "added up as squares"
    lower = f"{exact_text(terms.factor)} standard uncertainties off, periods {added}"
    if terms.basis == "lower bound":
        return f"lower bound: {lower}"
    above = "nothing is invoiced" if terms.above_it == "refuse" else f"the lower bound ({lower})"
    return f"point; above the most uncertainty {above}"


def _percent(share: Fraction) -> str:
    return f"{exact_text(share * 100)} %"


def _usd(pico: Pico) -> str:
    cents = int(pico / CENT)
    return f"${cents // 100:,}.{cents % 100:02d}"
