"""The best commit of an offer: candidates first, then a search until little can be left to gain.

Within a band of commits every interval keeps its discount. There each path's cost falls by at most
(price of overage over the committed price, less 1) and rises by at most 1 for each dollar that is
added to the commits; so do the mean and CVaR95. Two tried commits thus bound the cost of all
between them, and the search tries where the bound is lowest (Piyavskii 1972, Shubert 1972). Without
carried credit, monthly minimum and price protection the cost is convex in the commit, and the
neighbours' secants bound it more closely.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np

from analyzer.contracts.commit.candidates import (
    Market,
    Tried,
    attempt,
    choose,
    curve,
    no_commit,
    thresholds,
)
from analyzer.contracts.commit.demand import Floats
from analyzer.contracts.commit.offers import PoolOffer
from analyzer.contracts.commit.simulation import simulate
from analyzer.contracts.commit.terms import Terms, terms

RESOLUTION = 1e-5
"""The search ends when no commit can be cheaper by this share of the cost without a commit."""
MOST_TRIED = 60
"""Commits that a search tries beyond its candidates; what it leaves open is told."""
_CENT = Fraction(1, 100)
_EDGE = 0.1
"""A commit is tried no nearer to an end of its bracket than this share of it."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was tried, and what is best."""

    candidates: list[Tried]
    """No commit first, then the candidates that every search starts from."""
    tried: list[Tried]
    best: Tried
    gap: float
    """No commit that is short rarely enough costs less than the best by more than this, USD."""


@dataclass(frozen=True, slots=True)
class _Band:
    """Commits from `low` to below `high` and the slopes that no cost exceeds there."""

    low: Fraction
    high: Fraction | None
    fall: float
    rise: float
    convex: bool


@dataclass(frozen=True, slots=True)
class _Bracket:
    """Two tried neighbours, and the least that a commit between them can cost."""

    bound: float
    at: Fraction


def searched(offer: PoolOffer, market: Market) -> Searched:
    """Try the candidates, then search between them."""
    candidates = [no_commit(market), *curve(offer, market)]
    if offer.amounts == "listed":
        return Searched(candidates, candidates, choose(candidates, market), 0.0)
    search = _Search(offer, market, _bands(offer))
    for each in candidates:
        search.take(each)
    for band in search.bands:
        if band.high is not None and band.high - _CENT > band.low:
            search.attempt(band.high - _CENT)
    enough = RESOLUTION * search.costs[Fraction(0)]
    for _ in range(MOST_TRIED):
        lowest = search.lowest()
        if lowest is None or search.least - lowest.bound <= enough:
            break
        search.attempt(lowest.at)
    lowest = search.lowest()
    gap = 0.0 if lowest is None else max(0.0, search.least - lowest.bound)
    tried = [search.tried[commit] for commit in sorted(search.tried)]
    return Searched(candidates, tried, choose(tried, market), gap)


def perfect(offer: PoolOffer, found: Searched, market: Market) -> Floats:
    """Present value of each path under the commit that is best for it alone.

    Looked for among all commits tried and those that an interval of the path just fills, in every
    band: between them a path's cost has no lower point without clauses that break convexity.
    """
    least: Floats = np.minimum.reduce([each.outcomes.value for each in found.tried])
    if offer.amounts == "listed":
        return least
    for band in _bands(offer):
        at = _inside(band)
        under = terms(offer, at)
        for share in _filling(under, market):
            top = np.inf if band.high is None else float(band.high - _CENT)
            scale = np.clip(share * float(at), float(band.low), top) / float(at)
            settled = simulate(market.use, under, market.monthly_rate, market.price_index, scale)
            least = np.minimum(least, settled.value)
    return least


def _bands(offer: PoolOffer) -> list[_Band]:
    """Split the commits that can be signed where the discount of some interval changes."""
    bounds = thresholds(offer)
    return [_band(offer, low, high) for low, high in zip(bounds, [*bounds[1:], None], strict=True)]


def _band(offer: PoolOffer, low: Fraction, high: Fraction | None) -> _Band:
    at = _inside(_Band(low, high, 0.0, 0.0, convex=True))
    under = terms(offer, at)
    rise = float(sum(under.commits) / at)
    beyond = max(
        float((1 - over) / (1 - off))
        for over, off in zip(under.overage_discounts, under.discounts, strict=True)
    )
    convex = not (offer.rollover or offer.monthly_minimum or offer.price_protection)
    return _Band(low, high, rise * max(beyond - 1, 0.0), rise, convex)


def _inside(band: _Band) -> Fraction:
    """Give a commit of the band that is not 0."""
    return band.low or min(Fraction(1), (band.high or Fraction(2)) / 2)


def _filling(under: Terms, market: Market) -> Floats:
    """Part of the commit that the use of each interval just fills: (intervals, paths)."""
    use = market.use.reshape(len(under.commits), under.interval_months, -1).sum(axis=1)
    full = [float(c / (1 - off)) for c, off in zip(under.commits, under.discounts, strict=True)]
    filling: Floats = use / np.array(full)[:, None]
    return filling


@dataclass(slots=True)
class _Search:
    """What is tried so far; each commit's cost is weighed once."""

    offer: PoolOffer
    market: Market
    bands: Sequence[_Band]
    tried: dict[Fraction, Tried] = field(default_factory=dict)
    costs: dict[Fraction, float] = field(default_factory=dict)
    rarely_short: set[Fraction] = field(default_factory=set)

    def attempt(self, commit: Fraction) -> None:
        """Try one commit."""
        self.take(attempt(self.offer, commit, self.market))

    def take(self, one: Tried) -> None:
        """Keep a commit that was tried."""
        self.tried[one.commit] = one
        self.costs[one.commit] = one.objective(self.market)
        if one.short <= self.market.most_short * self.market.use.shape[1]:
            self.rarely_short.add(one.commit)

    @property
    def least(self) -> float:
        """Cost of the best so far; without a commit nothing is short."""
        return min(self.costs[commit] for commit in self.rarely_short)

    def lowest(self) -> _Bracket | None:
        """Give the bracket in which most might be left to gain."""
        found = (bracket for band in self.bands for bracket in self._brackets(band))
        return min(found, key=lambda each: each.bound, default=None)

    def _brackets(self, band: _Band) -> Iterator[_Bracket]:
        inside = [
            commit
            for commit in sorted(self.tried)
            if commit >= band.low and (band.high is None or commit < band.high)
        ]
        for place, ends in enumerate(pairwise(inside)):
            rarely = [commit in self.rarely_short for commit in ends]
            if ends[1] - ends[0] <= _CENT or not any(rarely):
                continue
            bound, at = _lowest(
                ends, [self.costs[e] for e in ends], self._slopes(band, inside, place)
            )
            # where shortfalls become too frequent, the edge is looked for by halves
            at = at if all(rarely) else (ends[0] + ends[1]) / 2
            yield _Bracket(bound, _cents(at, *ends))

    def _slopes(self, band: _Band, inside: Sequence[Fraction], place: int) -> tuple[float, float]:
        """Steepest fall after the left neighbour and steepest rise before the right one."""

        def secant(first: int) -> float:
            low, high = inside[first], inside[first + 1]
            return (self.costs[high] - self.costs[low]) / float(high - low)

        fall, rise = band.fall, band.rise
        if band.convex and place > 0:
            fall = min(fall, -secant(place - 1))
        if band.convex and place + 2 < len(inside):
            rise = min(rise, secant(place + 1))
        return fall, rise


def _lowest(
    ends: tuple[Fraction, Fraction], costs: Sequence[float], slopes: tuple[float, float]
) -> tuple[float, Fraction]:
    """Give the least of two lines, falling from the left and rising to the right, and its place."""
    fall, rise = slopes
    low, high = ends
    width = float(high - low)
    if fall <= 0 or rise <= 0:  # no lower point between the two
        return min(costs), (low + high) / 2
    meets = (costs[0] - costs[1] + rise * width) / (fall + rise)
    meets = min(max(meets, 0.0), width)
    bound = max(costs[0] - fall * meets, costs[1] - rise * (width - meets))
    inner = min(max(meets, _EDGE * width), (1 - _EDGE) * width)
    return min(bound, *costs), low + Fraction(inner)


def _cents(commit: Fraction, low: Fraction, high: Fraction) -> Fraction:
    rounded = Fraction(int(commit * 100), 100)
    return rounded if low < rounded < high else (low + high) / 2
