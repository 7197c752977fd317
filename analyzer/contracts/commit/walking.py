"""Where to walk away: the worst terms of an offer that are no worse than the best alternative.

The alternative is the next-best offer of the file, or paying by use when none spares more. Offers
of other terms are compared by what they spare each month.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from analyzer.contracts.commit.candidates import Market, attempt
from analyzer.contracts.commit.offers import PoolOffer, Tier
from analyzer.results.commit import SizedOffer
from analyzer.results.sizing import Candidate, PoolSizing, WalkAway

_FINEST = Fraction(1, 10_000)
_CENTS = 100


def walk_away(
    offer: PoolOffer, sizing: PoolSizing, market: Market, other: tuple[str | None, Fraction]
) -> WalkAway:
    """Give the worst terms at the chosen commit; `other` is the alternative and its cents a month.

    What the alternative spares each month this offer must spare, too.
    """
    weight = Fraction(market.tail_weight)
    none = weighed(sizing.uncommitted, weight)
    against, monthly = other
    target = none - max(monthly, Fraction(0)) * offer.months
    return WalkAway(
        against=against,
        least_discount=_least(offer, sizing, market, target),
        largest_commit_usd=_largest(sizing, weight, target),
        least_discount_against_none=_least(offer, sizing, market, none),
        largest_commit_against_none_usd=_largest(sizing, weight, none),
    )


def weighed(one: Candidate, weight: Fraction) -> Fraction:
    """Cents that a commit is expected to cost, the tail weighed in."""
    return one.cost.cents + weight * (one.cvar95_cents - one.cost.cents)


def spared_monthly(one: SizedOffer, weight: Fraction) -> Fraction:
    """Cents that the chosen commit spares for each month of its term, against none."""
    assert one.sizing is not None  # noqa: S101 - the vendor's copy is made later
    whole = weighed(one.sizing.uncommitted, weight) - weighed(one.sizing.chosen, weight)
    return whole / one.offered.months


def alternative(
    one: SizedOffer, sized: Sequence[SizedOffer], weight: Fraction
) -> tuple[str | None, Fraction]:
    """Give the best of the other offers and what it spares a month; no id: paying by use."""
    others = [
        (each.offered.id, spared_monthly(each, weight))
        for each in sized
        if each.commit_usd and each.offered.id != one.offered.id
    ]
    best = max(others, key=lambda each: each[1], default=(None, Fraction(0)))
    return best if best[1] > 0 else (None, Fraction(0))


def _least(
    offer: PoolOffer, sizing: PoolSizing, market: Market, target: Fraction
) -> Fraction | None:
    """Smallest discount, in hundredths of a per cent, at which the chosen commit costs less."""
    commit, limit = sizing.chosen.commit_usd, float(target) / _CENTS
    if not commit:
        return None

    def wins(hundredths: int) -> bool:
        flat = _flat(offer, commit, hundredths * _FINEST)
        return attempt(flat, commit, market).objective(market) < limit

    top = math.floor(1 / _FINEST) - 1
    low, high = 0, math.ceil(sizing.chosen.discount / _FINEST)
    offered = sizing.chosen.discount
    if not wins(high):
        if not wins(top):
            return None
        low, high = high + 1, top
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if wins(middle) else (middle + 1, high)
    exact = low * _FINEST
    return min(exact, offered) if exact - offered < _FINEST else exact


def _largest(sizing: PoolSizing, weight: Fraction, target: Fraction) -> Fraction | None:
    paying = [
        each.commit_usd
        for each in sizing.curve
        if each.commit_usd and weighed(each, weight) < target
    ]
    return max(paying, default=None)


def _flat(offer: PoolOffer, commit: Fraction, discount: Fraction) -> PoolOffer:
    """Give the offer with one tier; overage stays cheaper by no more than the commit."""
    overage = offer.overage_discount_percentage
    capped = overage if overage == "committed" else min(overage, discount)
    tier = (Tier(cost=commit, discount_percentage=discount),)
    return offer.model_copy(update={"tier": tier, "overage_discount_percentage": capped})
