"""What a period brings to the fee: its savings by workload and lever, and what was checked."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from analyzer.contracts.fee.terms import FeeTerms
from analyzer.errors import ContractError
from analyzer.reconciled import Verdict
from analyzer.results import NOTHING, Grade, Lever, Pico

Quality = Literal["held", "failed", "not measured", "not needed"]
Source = Lever | Literal["price", "adjustment"]
"""What a saving comes from: a lever, a price that the contract's basis leaves in, or a signed
adjustment."""
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Saving:
    """Avoided cost of one workload by one lever, pico-dollars; negative where it cost more."""

    workload: str
    lever: Source
    avoided: Pico
    live_since: date
    quality: Quality
    """What the workload's quality gate said in this period; not needed where answers are the same
    by nature, as in batches and from a cache."""


@dataclass(frozen=True, slots=True)
class FeePeriod:
    """One settled stretch of whole days."""

    name: str
    first_day: date
    last_day: date
    """Inclusive."""
    adjusted: Pico
    """Adjusted baseline, with signed adjustments only."""
    actual: Pico
    """What was billed inside the boundary."""
    savings: tuple[Saving, ...]
    """Add up to adjusted less actual."""
    own_cost: Pico = NOTHING
    """Gateway, evaluation and labour that the contract counts against the savings."""
    uncertainty: Pico = NOTHING
    """Standard uncertainty of the avoided cost."""
    reconciliation: Verdict = "not compared"
    grade: Grade = "E5"
    """Weakest evidence among the savings."""
    baseline_signed: bool = False
    savings_uncertainty: Fraction | None = None
    """Half-width at 90 % as a share of the savings; None where it was not worked out."""
    baseline_days: int | None = None
    """Days of the baseline; None where no baseline stands behind the figures."""


def check_periods(periods: Sequence[FeePeriod]) -> None:
    """Refuse periods that contradict themselves, overlap or leave days out.

    Raises:
        ContractError: names every period and field at fault.
    """
    faults = [f"{one.name}: {fault}" for one in periods for fault in _faults(one)]
    names = [one.name for one in periods]
    faults += [f"{name}: stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for before, after in pairwise(periods):
        due = before.last_day + timedelta(1)
        if after.first_day != due:
            how = "overlaps" if after.first_day < due else "leaves days out after"
            faults.append(
                f"{after.name}: first_day: {after.first_day} {how} {before.name}, give {due}:"
                " a true-up sees every day once"
            )
    if faults:
        raise ContractError(f"fee: {'; '.join(faults)}")


def refusals(period: FeePeriod, terms: FeeTerms) -> Iterator[str]:
    """Tell why a period may not be invoiced; nothing where it may."""
    if not period.baseline_signed:
        yield "the baseline is not signed"
    days = period.baseline_days
    if days is not None and days < terms.least_baseline_days:
        yield f"the baseline has {days} days, at least {terms.least_baseline_days} are needed"
    if period.reconciliation != "pass":
        yield f"reconciliation: {period.reconciliation}, a pass is needed"
    if period.grade > terms.least_grade:
        yield f"evidence is {period.grade}, at least {terms.least_grade} is needed"
    if terms.above_it == "refuse" and terms.basis == "point" and too_uncertain(period, terms):
        yield f"savings uncertainty is {_told(period)}, at most {terms.most_uncertainty} is allowed"


def too_uncertain(period: FeePeriod, terms: FeeTerms) -> bool:
    """Tell whether a period may not be settled on a point basis."""
    share = period.savings_uncertainty
    return share is None or share > terms.most_uncertainty


def not_counted(period: FeePeriod, terms: FeeTerms) -> tuple[Pico, Pico]:
    """Give savings out of the fee: past their life, and gains without a quality gate that held.

    A life that ends within the period takes out the share of its days that come after: the saving
    is told for the period as a whole, and so counts alike on each day since it went live. A loss
    stays in whatever the gate says, and leaves with the end of its lever's life.
    """
    ended = failed = NOTHING
    for one in period.savings:
        over = one.avoided * _share_ended(one, period, terms)
        ended += over
        if one.avoided > 0 and one.quality in {"failed", "not measured"}:
            failed += one.avoided - over
    return ended, failed


def _share_ended(saving: Saving, period: FeePeriod, terms: FeeTerms) -> Fraction:
    """Share of a lever's days in a period that come on or after the day its life is over."""
    if terms.life_months is None:
        return NOTHING
    over = _months_later(saving.live_since, terms.life_months)
    first = max(period.first_day, saving.live_since)
    days = (period.last_day - first).days + 1
    after = (period.last_day - max(over, first)).days + 1
    return Fraction(max(after, 0), days)


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    years, month = divmod(day.month - 1 + months, _MONTHS)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _faults(period: FeePeriod) -> Iterator[str]:
    if period.last_day < period.first_day:
        yield f"last_day: {period.last_day} is before first_day {period.first_day}"
    for name in ("adjusted", "actual", "own_cost", "uncertainty"):
        if getattr(period, name) < 0:
            yield f"{name}: {getattr(period, name)} pico-dollars is below 0, give 0 or more"
    avoided = period.adjusted - period.actual
    if _sum(period.savings) != avoided:
        yield (
            f"savings: add up to {_sum(period.savings)} pico-dollars and adjusted less actual is"
            f" {avoided}, give the savings of every workload and lever"
        )
    for one in period.savings:
        if one.live_since > period.last_day:
            yield (
                f"savings[{one.workload}, {one.lever}].live_since: {one.live_since} is later than"
                f" the period, which ends on {period.last_day}"
            )


def _sum(savings: Sequence[Saving]) -> Pico:
    return sum((one.avoided for one in savings), Fraction(0))


def _told(period: FeePeriod) -> str:
    share = period.savings_uncertainty
    return "not known" if share is None else str(share)
