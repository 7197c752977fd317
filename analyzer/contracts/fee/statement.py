"""The fee, period after period: everything is cumulated, and a period pays what is not paid yet.

With clawback the fee after any period is one function of the cumulated net savings, the cumulated
adjusted baseline, the cumulated uncertainty and the number of settled periods (for the floor), so
it does not matter how the time was cut: periods split or merged with the same sums come to the same
fee, where there is no floor and no lever's life ends between them.

A refused period pays nothing. Its gain waits outside the sums until what was missing is there and
the periods are settled anew; its loss counts at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Literal

from analyzer.contracts.fee.figures import (
    FeePeriod,
    check_periods,
    not_counted,
    refusals,
    too_uncertain,
)
from analyzer.contracts.fee.records import Line, Settled
from analyzer.contracts.fee.terms import CENT, FeeTerms
from analyzer.results import Pico


def settle(periods: Sequence[FeePeriod], terms: FeeTerms) -> tuple[Settled, ...]:
    """Settle periods, oldest first; each statement is for the whole time so far.

    Raises:
        ContractError: periods that contradict themselves, overlap or leave days out.
    """
    check_periods(periods)
    sums = _Sums()
    return tuple([_settled(period, terms, sums) for period in periods])


@dataclass(slots=True)
class _Sums:
    """What earlier periods carry over."""

    net: Pico = Fraction(0)
    adjusted: Pico = Fraction(0)
    uncertainty: Pico = Fraction(0)
    squares: Fraction = Fraction(0)
    settled: int = 0
    paid: Pico = Fraction(0)


@dataclass(slots=True)
class _Sheet:
    """Lines as they are written, each from earlier ones."""

    lines: list[Line] = field(default_factory=list)

    def write(self, name: str, formula: str, value: Pico | int, *inputs: str) -> Pico:
        """Add a line and give its value."""
        self.lines.append(Line(name, formula, inputs, Fraction(value)))
        return Fraction(value)


def _settled(period: FeePeriod, terms: FeeTerms, sums: _Sums) -> Settled:
    sheet, refused = _Sheet(), tuple(refusals(period, terms))
    lower = terms.basis == "lower bound" or too_uncertain(period, terms)
    basis: Literal["point", "lower bound"] = "lower bound" if lower else "point"
    net = _net(sheet, period, terms)
    if refused and net > 0:
        return Settled(period.name, refused, basis, tuple(sheet.lines), Fraction(0), sums.paid)
    _carry(sums, period, net, settled=not refused)
    eligible = _eligible(sheet, terms, sums, basis)
    fee = _limited(sheet, terms, sums, _by_tier(sheet, terms, eligible))
    if refused:
        return Settled(period.name, refused, basis, tuple(sheet.lines), Fraction(0), sums.paid)
    due = _due(sheet, terms, sums, fee)
    sums.paid += due
    return Settled(period.name, (), basis, tuple(sheet.lines), due, sums.paid)


def _net(sheet: _Sheet, period: FeePeriod, terms: FeeTerms) -> Pico:
    adjusted = sheet.write("adjusted baseline", "signed adjustments included", period.adjusted)
    actual = sheet.write("actual bill", "inside the boundary", period.actual)
    parts = ("adjusted baseline", "actual bill")
    avoided = sheet.write(
        "avoided cost", "adjusted baseline - actual bill", adjusted - actual, *parts
    )
    ended, failed = not_counted(period, terms)
    months = terms.life_months
    life = (
        "no limit is agreed" if months is None else f"savings live for {months} months, to the day"
    )
    sheet.write("past their life", life, ended)
    sheet.write("without quality", "gains of workloads whose quality gate did not hold", failed)
    sheet.write("own cost", "what the contract counts against the savings", period.own_cost)
    out = ("past their life", "without quality", "own cost")
    return sheet.write(
        "net savings",
        "avoided cost - past their life - without quality - own cost",
        avoided - ended - failed - period.own_cost,
        "avoided cost", *out,
    )  # fmt: skip


def _carry(sums: _Sums, period: FeePeriod, net: Pico, *, settled: bool) -> None:
    sums.net += net
    sums.adjusted += period.adjusted
    sums.uncertainty += period.uncertainty
    sums.squares += period.uncertainty**2
    sums.settled += settled


def _eligible(sheet: _Sheet, terms: FeeTerms, sums: _Sums, basis: str) -> Pico:
    sheet.write(
        "cumulated net savings", "net savings of every period so far", sums.net, "net savings"
    )
    words = "adjusted baselines of every period so far"
    adjusted = sheet.write("cumulated adjusted baseline", words, sums.adjusted, "adjusted baseline")
    if basis == "lower bound":
        how = "added up" if terms.shared_bias else "added up as squares"
        spread = sums.uncertainty if terms.shared_bias else _root_up(sums.squares)
        formula = f"{_told(terms.factor)} x standard uncertainties of every period, {how}"
        taken_off = sheet.write("allowance", formula, terms.factor * spread)
    else:
        taken_off = sheet.write("allowance", "none on a point basis", 0)
    hurdle = sheet.write(
        "hurdle", f"{_told(terms.hurdle)} x cumulated adjusted baseline",
        terms.hurdle * adjusted, "cumulated adjusted baseline",
    )  # fmt: skip
    return sheet.write(
        "eligible savings", "cumulated net savings - allowance - hurdle, not below 0",
        max(Fraction(0), sums.net - taken_off - hurdle),
        "cumulated net savings", "allowance", "hurdle",
    )  # fmt: skip


def _by_tier(sheet: _Sheet, terms: FeeTerms, eligible: Pico) -> Pico:
    names: list[str] = []
    total = Fraction(0)
    edges = [Fraction(0), *(tier.up_to for tier in terms.tiers)]
    for place, (tier, (below, end)) in enumerate(zip(terms.tiers, pairwise(edges), strict=True), 1):
        start = below or Fraction(0)
        inside = max(Fraction(0), (eligible if end is None else min(eligible, end)) - start)
        names.append(f"tier {place}")
        formula = f"{_told(tier.share)} x eligible savings within the tier"
        total += sheet.write(names[-1], formula, tier.share * inside, "eligible savings")
    return sheet.write("fee by tiers", "all tiers together", total, *names)


def _limited(sheet: _Sheet, terms: FeeTerms, sums: _Sums, by_tiers: Pico) -> Pico:
    floor = sheet.write(
        "floor", f"floor x {sums.settled} settled periods", terms.floor * sums.settled
    )
    share = sheet.write(
        "share cap", f"{_told(terms.cap_share)} x cumulated net savings, not below the floor",
        max(floor, terms.cap_share * max(sums.net, Fraction(0))),
        "cumulated net savings", "floor",
    )  # fmt: skip
    limits, names = [max(by_tiers, floor), share], ["fee by tiers", "floor", "share cap"]
    if terms.cap is not None:
        limits.append(sheet.write("cap", "most fee over all periods", terms.cap))
        names.append("cap")
    cents = round(min(limits) / CENT)
    return sheet.write(
        "cumulated fee", "fee by tiers, at least the floor, at most the caps; in cents, half even",
        cents * CENT, *names,
    )  # fmt: skip


def _due(sheet: _Sheet, terms: FeeTerms, sums: _Sums, fee: Pico) -> Pico:
    sheet.write("paid before", "invoices less credit notes so far", sums.paid)
    due, formula = fee - sums.paid, "cumulated fee - paid before"
    if not terms.clawback:
        due, formula = max(due, Fraction(0)), f"{formula}, not below 0: nothing is given back"
    return sheet.write("due", formula, due, "cumulated fee", "paid before")


def _root_up(squares: Fraction) -> Pico:
    """Square root, up to a whole pico-dollar, so that a bound never gains by rounding."""
    whole = -(-squares.numerator // squares.denominator)
    return Fraction(isqrt(whole - 1) + 1 if whole else 0)


def _told(value: Fraction) -> str:
    """A share as its decimals where they end soon."""
    text = f"{float(value):.10g}"
    return text if Fraction(text) == value else str(value)
