"""Answers that need no simulation: fractiles, thresholds, partial expectations, load duration.

D is list-price use over the term after levers, C the commit as invoiced, d the committed discount,
d_o the discount beyond or without a commit, Q = C / (1 - d) the use that draws C down. Exact where
the inputs are exact; distributions are floats, as simulation is.
Sources: the critical fractile of the newsvendor problem; minimum commitments after Bassok and
Anupindi, "Analysis of supply contracts with total minimum commitment", IIE Transactions 29 (1997).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Protocol

_UNIT = NormalDist()


class Demand(Protocol):
    """A distribution of list-price use, USD."""

    @property
    def mean(self) -> float:
        """Expected use."""
        ...

    def above(self, level: float) -> float:
        """Expected use beyond a level, E[(D - level)+]."""
        ...

    def quantile(self, share: float) -> float:
        """Use not exceeded with a chance of `share`."""
        ...


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal use."""

    mean: float
    sd: float

    def above(self, level: float) -> float:
        """Give sd * phi(z) - (level - mean) * (1 - Phi(z))."""
        z = (level - self.mean) / self.sd
        return self.sd * _UNIT.pdf(z) + (self.mean - level) * _UNIT.cdf(-z)

    def quantile(self, share: float) -> float:
        """Use not exceeded with a chance of `share`."""
        return self.mean + self.sd * _UNIT.inv_cdf(share)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Lognormal use by its mean and coefficient of variation."""

    mean: float
    variation: float

    @property
    def log_sd(self) -> float:
        """Standard deviation of ln D."""
        return math.sqrt(math.log1p(self.variation**2))

    @property
    def log_mean(self) -> float:
        """Mean of ln D."""
        return math.log(self.mean) - self.log_sd**2 / 2

    def above(self, level: float) -> float:
        """Give mean * Phi(z + s) - level * Phi(z), z = (m - ln level) / s."""
        if level <= 0:
            return self.mean - level
        z = (self.log_mean - math.log(level)) / self.log_sd
        return self.mean * _UNIT.cdf(z + self.log_sd) - level * _UNIT.cdf(z)

    def quantile(self, share: float) -> float:
        """Use not exceeded with a chance of `share`."""
        return math.exp(self.log_mean + self.log_sd * _UNIT.inv_cdf(share))


@dataclass(frozen=True, slots=True)
class Threshold:
    """A tier of a schedule: the commit from which its discount holds."""

    commit: Fraction
    discount: Fraction


@dataclass(frozen=True, slots=True)
class Sized:
    """A commit with what the term is expected to cost under it, USD."""

    list_use: float
    commit: float
    cost: float


def fractile(
    discount: Fraction, overage_discount: Fraction = Fraction(0), worth: Fraction = Fraction(0)
) -> Fraction:
    """Chance of staying below the best commit when overage is not at the committed rate.

    (d - d_o) / ((1 - d_o) - r (1 - d)), with unused commit worth a share r of its face.
    """
    if overage_discount > discount:
        raise ValueError("overage must not be cheaper than the committed rate")
    return (discount - overage_discount) / ((1 - overage_discount) - worth * (1 - discount))


def tier_break_even(next_commit: Fraction, discount_now: Fraction) -> Fraction:
    """List use from which paying the next tier in full, even short, beats the present tier."""
    return next_commit / (1 - discount_now)


def growth_to_burn(price_cut: Fraction) -> Fraction:
    """More tokens, as a share, that burn the same dollars after a price cut: x / (1 - x)."""
    return price_cut / (1 - price_cut)


def stacked(*discounts: Fraction) -> Fraction:
    """One discount for several taken one after the other: 20 % and 10 % are 28 %."""
    return 1 - math.prod((1 - each for each in discounts), start=Fraction(1))


def pool_cost(use: Fraction, commit: Fraction, discount: Fraction) -> Fraction:
    """Cash for a known use with overage at the committed rate: max(C, (1 - d) D)."""
    return max(commit, (1 - discount) * use)


def expected_pool_cost(demand: Demand, tier: Threshold) -> float:
    """Expected cash with overage at the committed rate: C + (1 - d) E[(D - C / (1 - d))+]."""
    kept = float(1 - tier.discount)
    return float(tier.commit) + kept * demand.above(float(tier.commit) / kept)


def best_threshold(demand: Demand, tiers: Sequence[Threshold]) -> Threshold:
    """Give the tier to sign when overage is at the committed rate: thresholds alone can be best."""
    return min(tiers, key=lambda tier: expected_pool_cost(demand, tier))


def best_pool(
    demand: Demand,
    tiers: Sequence[Threshold],
    overage_discount: Fraction = Fraction(0),
    worth: Fraction = Fraction(0),
) -> Sized:
    """Give the commit to sign when overage costs (1 - d_o) of list.

    Expected cost is convex inside a tier: the fractile's quantile is clamped to the tier's range,
    and the tiers' answers are compared.
    """
    sized = []
    for place, tier in enumerate(tiers):
        kept = 1 - tier.discount
        low = float(tier.commit / kept)
        upper = tiers[place + 1].commit if place + 1 < len(tiers) else None
        share = float(fractile(tier.discount, overage_discount, worth))
        use = max(demand.quantile(share), low) if share > 0 else low
        use = min(use, float(upper / kept)) if upper is not None else use
        beyond = demand.above(use)
        unused = use - demand.mean + beyond
        cost = float(kept) * (use - float(worth) * unused) + float(1 - overage_discount) * beyond
        sized.append(Sized(use, float(kept) * use, cost))
    return min(sized, key=lambda each: each.cost)


def switch_mean(lower: Threshold, upper: Threshold, variation: float) -> float:
    """Mean of lognormal use from which the upper tier is expected to cost less (bisection)."""
    low, high = float(lower.commit) or 1.0, float(upper.commit) * 100

    def upper_wins(mean: float) -> bool:
        demand = LogNormal(mean, variation)
        return expected_pool_cost(demand, upper) < expected_pool_cost(demand, lower)

    while (middle := (low + high) / 2) not in {low, high}:
        low, high = (low, middle) if upper_wins(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Reserved:
    """A rate reserved in every interval, in the unit of the loads."""

    rate: Fraction
    """List-price use reserved in each interval."""
    cost: Fraction
    """Cost of all intervals with the reservation."""
    unreserved: Fraction
    """Cost of all intervals without it."""


def reserved_cost(
    loads: Sequence[Fraction | int], rate: Fraction, discount: Fraction, overage: Fraction
) -> Fraction:
    """Cost of all intervals: sum of (1 - d) Q + (1 - d_o) (x - Q)+."""
    beyond = sum((max(Fraction(load) - rate, Fraction(0)) for load in loads), Fraction(0))
    return (1 - discount) * rate * len(loads) + (1 - overage) * beyond


def reserve(
    loads: Sequence[Fraction | int], discount: Fraction, overage: Fraction = Fraction(0)
) -> Reserved:
    """Give the rate at the fractile of the load-duration curve: used in an interval, or lost."""
    ordered = sorted(Fraction(load) for load in loads)
    place = math.ceil(fractile(discount, overage) * len(ordered))
    rate = ordered[place - 1] if place else Fraction(0)
    total = sum(ordered, Fraction(0))
    return Reserved(rate, reserved_cost(ordered, rate, discount, overage), (1 - overage) * total)


def value_of_waiting(costs: Sequence[Sequence[Fraction | int]]) -> Fraction:
    """Expected value of perfect information: min_j E[T_j] - E[min_j T_j], rows are commits."""
    futures = len(costs[0])
    best = min(Fraction(sum(row)) for row in costs)
    perfect = Fraction(sum(min(column) for column in zip(*costs, strict=True)))
    return (best - perfect) / futures
