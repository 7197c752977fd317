"""Fee terms as signed; terms that contradict themselves cannot be made."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from analyzer.contracts.exact_text import exact_text
from analyzer.errors import ContractError
from analyzer.results import NOTHING, Grade, Pico

CENT = 10**10
"""Pico-dollars."""
_DOLLAR = 100 * CENT
LEAST_DAYS = 28
"""Below it a baseline is indicative whatever the terms say."""
_MOST_DAYS = 366
_MOST_MONTHS = 1_200


@dataclass(frozen=True, slots=True)
class Tier:
    """A marginal share of the eligible savings up to an amount."""

    up_to: Pico | None
    """Cumulated; None for the last tier, which has no end."""
    share: Fraction


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the fee is made of, pico-dollars and shares; all amounts are cumulated over periods."""

    tiers: tuple[Tier, ...]
    hurdle: Fraction = Fraction(0)
    """Share of the adjusted baseline that is the client's before any fee."""
    floor: Pico = NOTHING
    """Least fee for each settled period."""
    cap: Pico | None = None
    """Most fee over all periods."""
    cap_share: Fraction = Fraction(1)
    """Most fee as a share of the net savings; it does not cut into the floor."""
    clawback: bool = True
    """Whether a later loss is given back as a credit note."""
    basis: Literal["point", "lower bound"] = "point"
    factor: Fraction = Fraction(1645, 1000)
    """Standard uncertainties taken off for the lower bound: 1.645 leaves 95 % above it."""
    shared_bias: bool = True
    """Whether periods share what they are uncertain by (a calibration does): uncertainties then
    add up as they are, else as squares."""
    life_months: int | None = None
    """Months after go-live in which a lever's savings count; None for as long as the contract."""
    least_baseline_days: int = 28
    """Fewest whole days of the baseline that a fee may rest on; 56 is usual for large fees."""
    least_grade: Grade = "E3"
    """Weakest evidence that is invoiced."""
    most_uncertainty: Fraction = Fraction(1, 4)
    """Fractional savings uncertainty at 90 % up to which a point basis is allowed."""
    above_it: Literal["lower bound", "refuse"] = "lower bound"
    """What is done above it."""

    def __post_init__(self) -> None:
        """Refuse terms that contradict themselves."""
        if faults := [*_tier_faults(self.tiers), *_share_faults(self), *_amount_faults(self)]:
            raise ContractError(f"fee terms: {'; '.join(faults)}")


def _tier_faults(tiers: tuple[Tier, ...]) -> Iterator[str]:
    if not tiers:
        yield "tier: there are none, give at least one"
        return
    for place, tier in enumerate(tiers):
        if not 0 <= tier.share <= 1:
            told = exact_text(tier.share)
            yield f"tier[{place}].share: {told} is not allowed, give a share from 0 to 1"
    ends = [tier.up_to for tier in tiers]
    if None in ends[:-1] or ends[-1] is not None:
        yield "tier: only the last tier has no end, and it must have none"
        return
    known = [Fraction(0), *(end for end in ends if end is not None)]
    for place, (below, end) in enumerate(pairwise(known)):
        if end <= below:
            yield f"tier[{place}].up_to: not above what comes before it, put tiers in order"


def _share_faults(terms: FeeTerms) -> Iterator[str]:
    for name in ("hurdle", "cap_share"):
        share = getattr(terms, name)
        if not 0 <= share <= 1:
            yield f"{name}: {exact_text(share)} is not allowed, give a share from 0 to 1"
    for name in ("factor", "most_uncertainty"):
        if getattr(terms, name) < 0:
            told = exact_text(getattr(terms, name))
            yield f"{name}: {told} is not allowed, give 0 or more"
    if not LEAST_DAYS <= terms.least_baseline_days <= _MOST_DAYS:
        yield (
            f"least_baseline_days: {terms.least_baseline_days} is not allowed, give {LEAST_DAYS}"
            f" to {_MOST_DAYS}"
        )
    if terms.life_months is not None and not 1 <= terms.life_months <= _MOST_MONTHS:
        yield f"life_months: {terms.life_months} is not allowed, give 1 to {_MOST_MONTHS}"


def _amount_faults(terms: FeeTerms) -> Iterator[str]:
    for name, amount in (("floor", terms.floor), ("cap", terms.cap)):
        if amount is not None and (amount < 0 or amount % CENT):
            told = exact_text(amount / _DOLLAR)
            yield f"{name}: {told} dollars are not allowed, give whole cents, 0 or more"
    if terms.cap is not None and terms.floor > terms.cap:
        yield "floor: above the cap, lower it or raise the cap"
