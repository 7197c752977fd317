"""What of a register counts in a period, and the rule for what does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from analyzer.contracts.register.file import Entry, Register
from analyzer.errors import ContractError
from analyzer.results import Pico

Standing = Literal["accepted", "disputed", "refused", "withdrawn"]
DAYS_TO_RAISE = 30
"""After the period's last day."""
LEAST_SHARE = Fraction(1, 100)
"""Of the month's adjusted baseline: material from here on."""
LEAST = Fraction(500 * 10**12)
"""Or from $500 on."""
MOST_ADJUSTED = Fraction(25, 100)
"""Of the adjusted baseline: above it the baseline no longer tells of this traffic."""
MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where one entry stands."""

    entry: Entry
    standing: Standing
    rule: str
    """Why; empty where it is accepted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A period's entries; only accepted ones move a figure."""

    first_day: date
    last_day: date
    verdicts: tuple[Verdict, ...]

    @property
    def baseline(self) -> Pico:
        """Added to the adjusted baseline."""
        return _sum(one.entry for one in self.verdicts if one.standing == "accepted")

    @property
    def actual(self) -> Pico:
        """Added to the actual bill, so that what moves both sides is no saving."""
        return _sum(
            one.entry
            for one in self.verdicts
            if one.standing == "accepted" and one.entry.trigger.sides == "both"
        )

    @property
    def disputed(self) -> Pico:
        """Out of the savings until it is resolved."""
        return _sum(
            one.entry
            for one in self.verdicts
            if one.standing == "disputed" and one.entry.trigger.sides == "baseline"
        )

    @property
    def moved(self) -> Pico:
        """Accepted amounts, whichever way they go."""
        accepted = (one.entry for one in self.verdicts if one.standing == "accepted")
        return sum((abs(entry.amount) for entry in accepted), Fraction(0))


def judge(register: Register, first_day: date, last_day: date, adjusted: Pico) -> Judged:
    """Judge the entries that touch a period; `adjusted` is its baseline before any of them.

    Raises:
        ContractError: a period that ends before it starts or lies outside the contract.
    """
    if not register.first_day <= first_day <= last_day <= register.last_day:
        raise ContractError(
            f"period {first_day} to {last_day}: not within the contract, which runs from"
            f" {register.first_day} to {register.last_day}"
        )
    touching = [e for e in register.entries if e.first_day <= last_day and e.last_day >= first_day]
    return Judged(
        first_day,
        last_day,
        tuple(_verdict(one, register, (first_day, last_day), adjusted) for one in touching),
    )


def new_baseline_due(
    judged: Iterable[Judged], adjusted: Pico, baseline_last_day: date, today: date
) -> tuple[str, ...]:
    """Tell why the baseline must be frozen anew; nothing where it may stand.

    `adjusted` is the adjusted baseline of all the judged periods together.
    """
    reasons = []
    moved = sum((one.moved for one in judged), Fraction(0))
    if moved > MOST_ADJUSTED * adjusted:
        reasons.append(
            f"adjustments come to more than {float(MOST_ADJUSTED):.0%} of the adjusted baseline"
        )
    if today >= _a_year_after(baseline_last_day):
        reasons.append(f"the baseline ended {MOST_MONTHS} months ago or more")
    return tuple(reasons)


def _verdict(
    entry: Entry, register: Register, period: tuple[date, date], adjusted: Pico
) -> Verdict:
    if entry.status == "withdrawn":
        return Verdict(entry, "withdrawn", "withdrawn by who raised it")
    if rule := _refusal(entry, period, adjusted):
        return Verdict(entry, "refused", rule)
    if rule := _dispute(entry, register.parties):
        return Verdict(entry, "disputed", rule)
    return Verdict(entry, "accepted", "")


def _refusal(entry: Entry, period: tuple[date, date], adjusted: Pico) -> str:
    if entry.first_day < period[0] or entry.last_day > period[1]:
        return f"reaches beyond the period {period[0]} to {period[1]}: part it at the border"
    if abs(entry.amount) < min(LEAST, LEAST_SHARE * adjusted):
        return "not material: under 1 % of the adjusted baseline and under $500"
    if entry.raised_on > period[1] + timedelta(DAYS_TO_RAISE):
        return f"raised on {entry.raised_on}, more than {DAYS_TO_RAISE} days after the period"
    return ""


def _dispute(entry: Entry, parties: tuple[str, ...]) -> str:
    missing = [party for party in parties if party not in entry.signed_by]
    if missing:
        return f"not signed by {' and '.join(missing)}: out of the fee until it is"
    if entry.status != "signed":
        return f"signed by both and its status says {entry.status}: out of the fee until they agree"
    return ""


def _a_year_after(day: date) -> date:
    """The same day of the next year; 28 February after a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)


def _sum(entries: Iterable[Entry]) -> Pico:
    return sum((entry.amount for entry in entries), Fraction(0))
