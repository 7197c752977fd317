"""Which commits are tried for a pool offer, and what each costs over the paths."""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import numpy as np

from analyzer.contracts.commit.closed_forms import fractile
from analyzer.contracts.commit.demand import Demand, Floats
from analyzer.contracts.commit.offers import PoolOffer
from analyzer.contracts.commit.simulation import Outcomes, simulate
from analyzer.contracts.commit.terms import Terms, terms, uncommitted
from analyzer.results.sizing import Candidate, Estimate

FINE, COARSE = 24, 6
"""Parts of the grid that a curve is drawn on, and of one that only a search starts from."""
_CENTS = 100
_TAIL = 0.05
_NEGLIGIBLE_USD = 0.005


@dataclass(frozen=True, slots=True)
class Market:
    """What every contract of one question is settled on."""

    use: Floats
    """List-price use, shape (months, paths)."""
    price_index: Floats
    monthly_rate: float
    tail_weight: float
    most_short: float
    uncommitted_discount: Fraction


@dataclass(frozen=True, slots=True)
class Tried:
    """A commit with its outcomes."""

    commit: Fraction
    discount: Fraction
    outcomes: Outcomes

    def objective(self, market: Market) -> float:
        """Expected cost plus the weighed distance of the tail."""
        mean = float(self.outcomes.value.mean())
        return mean + market.tail_weight * (tail_mean(self.outcomes.value) - mean)

    @property
    def short(self) -> int:
        """Paths on which at least half a cent of the commit paid for no use."""
        return int((self.outcomes.idle >= _NEGLIGIBLE_USD).sum())


def market(demand: Demand, use: Floats, rates: tuple[float, float, float], off: Fraction) -> Market:
    """Give the market of some use; rates are (monthly interest, tail weight, most short)."""
    return Market(use, demand.price_index, *rates, off)


def settled(found: Terms, market: Market) -> Outcomes:
    """Settle every path under some terms."""
    return simulate(market.use, found, market.monthly_rate, market.price_index)


def no_commit(market: Market) -> Tried:
    """Give the cost of paying by use."""
    off = market.uncommitted_discount
    return Tried(Fraction(0), off, settled(uncommitted(len(market.use), off), market))


def attempt(offer: PoolOffer, commit: Fraction, market: Market) -> Tried:
    """Try one commit."""
    return Tried(commit, offer.discount(commit), settled(terms(offer, commit), market))


def curve(offer: PoolOffer, market: Market, parts: int = FINE) -> list[Tried]:
    """Try the thresholds and, where any amount can be signed, quantiles, fractiles and a grid."""
    return [attempt(offer, commit, market) for commit in commits(offer, market, parts)]


def thresholds(offer: PoolOffer) -> list[Fraction]:
    """Give the full commits from which some interval of the ramp reaches a tier, lowest first."""
    lowest = offer.tier[0].cost
    found = {tier.cost / share for tier in offer.tier for share in offer.ramp_shares}
    return sorted({lowest, *(each for each in found if each > lowest)})


def commits(offer: PoolOffer, market: Market, parts: int = FINE) -> list[Fraction]:
    """Give the commits to try, in whole cents but for the thresholds, smallest first."""
    if offer.amounts == "listed":
        return sorted(tier.cost for tier in offer.tier)
    needs = _needs(offer, market.use)
    found = set(thresholds(offer))
    lowest, top = min(found), Fraction(float(needs.max()))
    span = max(top - lowest, Fraction(0))
    found |= {_cents(lowest + span * step / parts) for step in range(parts + 1)}
    for place, tier in enumerate(offer.tier):
        upper = offer.tier[place + 1].cost if place + 1 < len(offer.tier) else None
        kept = 1.0 if offer.counts_at == "list" else float(1 - tier.discount_percentage)
        for need in _shares(offer, needs * kept, tier.discount_percentage, market, parts):
            if need >= tier.cost and (upper is None or need < upper):
                found.add(need)
    return sorted(each for each in found if each >= lowest)


def choose(tried: list[Tried], market: Market) -> Tried:
    """Give the cheapest commit that is short rarely enough; the first tried is no commit."""
    most = market.most_short * market.use.shape[1]
    return min((t for t in tried if t.short <= most), key=lambda t: t.objective(market))


def candidate(tried: Tried, offer: PoolOffer) -> Candidate:
    """Give what a page prints of a commit."""
    value, outcomes = tried.outcomes.value, tried.outcomes
    p10, p50, p90 = np.quantile(value, (0.1, 0.5, 0.9))
    return Candidate(
        offer_id=offer.id,
        commit_usd=tried.commit,
        discount=tried.discount,
        cost=estimate(value),
        p10_cents=cents(p10),
        p50_cents=cents(p50),
        p90_cents=cents(p90),
        cvar95_cents=cents(tail_mean(value)),
        short_paths=tried.short,
        paths=len(value),
        unused_cents=cents(outcomes.idle.mean()),
        committed_cents=cents(outcomes.committed),
    )


def estimate(values: Floats) -> Estimate:
    """Give the mean of values with its Monte Carlo error."""
    error = values.std(ddof=1) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(cents(values.mean()), cents(error))


def tail_mean(values: Floats) -> float:
    """Mean of the dearest 5 % (CVaR95), at least one path."""
    worst = max(1, round(len(values) * _TAIL))
    return float(np.partition(values, len(values) - worst)[-worst:].mean())


def cents(usd: float | np.floating) -> int:
    """Round USD to whole cents."""
    return round(float(usd) * _CENTS)


def _needs(offer: PoolOffer, use: Floats) -> Floats:
    """List-price use of each interval, over the part of the full commit that it must meet."""
    intervals = use.reshape(-1, offer.interval_months, use.shape[1]).sum(axis=1)
    shares = np.array([float(share) for share in offer.ramp_shares])
    needs: Floats = intervals / shares[:, None]
    return needs


def _shares(
    offer: PoolOffer, needs: Floats, discount: Fraction, market: Market, parts: int
) -> list[Fraction]:
    """Quantiles of the need: evenly spaced, the best fractile, and the last that is rarely short.

    The last is of the scarcest interval of each path: a shortfall in any interval counts.
    """
    overage = offer.overage_discount_percentage
    points = [number / parts for number in range(1, parts)]
    if overage != "committed":
        points.append(float(fractile(discount, overage, offer.unused_refund_percentage)))
    ordered = np.sort(needs, axis=None)
    places = [
        min(max(int(np.ceil(p * len(ordered) - 1e-9)) - 1, 0), len(ordered) - 1) for p in points
    ]
    found = [float(ordered[place]) for place in places]
    scarcest = np.sort(needs.min(axis=0))
    allowed = min(int(market.most_short * len(scarcest) + 1e-9), len(scarcest) - 1)
    return [_cents(Fraction(need)) for need in (*found, float(scarcest[allowed]))]


def _cents(usd: Fraction) -> Fraction:
    return Fraction(int(usd * _CENTS), _CENTS)
