"""The best commit of an offer: candidates first, then a search until little can be left to gain.

Within a band of commits every interval keeps its discount. There each path's cost falls by at most
(price of overage over the committed price, less 1) and rises by at most 1 for each dollar that is
added to the commits; so do the mean and CVaR95. Two tried commits thus bound the cost of all
between them, and the search tries where the bound is lowest (Piyavskii 1972, Shubert 1972). Without
carried credit, monthly minimum and price protection the cost is convex in the commit, and the
neighbours' secants bound it more closely.
"""

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np

from analyzer.contracts.commit.candidates import (
    FINE,
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
_NEAR = 0.0101
"""Commits a cent apart leave nothing between them."""
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
    """Two tried neighbours, the least that a commit between them can cost, and where to look."""

    bound: float
    low: "_Point"
    high: "_Point"
    usd: float

    @property
    def at(self) -> Fraction:
        """The commit to try next, in whole cents where one lies between the two."""
        rounded = Fraction(int(self.usd * 100), 100)
        if self.low.commit < rounded < self.high.commit:
            return rounded
        return (self.low.commit + self.high.commit) / 2


def searched(offer: PoolOffer, market: Market, parts: int = FINE) -> Searched:
    """Try the candidates on a grid of some parts, then search between them."""
    candidates = [no_commit(market), *curve(offer, market, parts)]
    if offer.amounts == "listed":
        return Searched(candidates, candidates, choose(candidates, market), 0.0)
    none = candidates[0]
    search = _Search(offer, market, _bands(offer), none.objective(market))
    enough = RESOLUTION * search.least
    for each in candidates[1:]:
        search.take(each)
    for band in search.bands:
        if band.high is not None and band.high - _CENT > band.low:
            search.attempt(band.high - _CENT)
    for _ in range(MOST_TRIED):
        lowest = search.lowest()
        if lowest is None or search.least - lowest.bound <= enough:
            break
        search.attempt(lowest.at)
    lowest = search.lowest()
    gap = 0.0 if lowest is None else max(0.0, search.least - lowest.bound)
    tried = [none, *(search.tried[commit] for commit in sorted(search.tried))]
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


@dataclass(frozen=True, slots=True, order=True)
class _Point:
    """A tried commit as the search weighs it."""

    usd: float
    commit: Fraction = field(compare=False)
    cost: float = field(compare=False)
    rarely_short: bool = field(compare=False)


@dataclass(slots=True)
class _Search:
    """What is tried so far; each commit's cost is weighed once."""

    offer: PoolOffer
    market: Market
    bands: Sequence[_Band]
    least: float
    """Cost of the best so far; no commit is never short."""
    tried: dict[Fraction, Tried] = field(default_factory=dict)
    points: dict[_Band, list[_Point]] = field(default_factory=dict)

    def attempt(self, commit: Fraction) -> None:
        """Try one commit."""
        if commit not in self.tried:
            self.take(attempt(self.offer, commit, self.market))

    def take(self, one: Tried) -> None:
        """Keep a commit that was tried."""
        self.tried[one.commit] = one
        rarely = one.short <= self.market.most_short * self.market.use.shape[1]
        point = _Point(float(one.commit), one.commit, one.objective(self.market), rarely)
        if rarely:
            self.least = min(self.least, point.cost)
        for band in self.bands:
            if one.commit >= band.low and (band.high is None or one.commit < band.high):
                insort(self.points.setdefault(band, []), point)

    def lowest(self) -> _Bracket | None:
        """Give the bracket in which most might be left to gain."""
        found = (bracket for band in self.bands for bracket in self._brackets(band))
        return min(found, key=lambda each: each.bound, default=None)

    def _brackets(self, band: _Band) -> Iterator[_Bracket]:
        inside = self.points.get(band, [])
        for place, ends in enumerate(pairwise(inside)):
            low, high = ends
            if high.usd - low.usd < _NEAR or not (low.rarely_short or high.rarely_short):
                continue
            bound, at = _lowest(low, high, _slopes(band, inside, place))
            if low.rarely_short != high.rarely_short:
                # where shortfalls become too frequent, the edge is looked for by halves
                at = (low.usd + high.usd) / 2
            yield _Bracket(bound, low, high, at)


def _slopes(band: _Band, inside: Sequence[_Point], place: int) -> tuple[float, float]:
    """Steepest fall after the left neighbour and steepest rise before the right one."""

    def secant(first: int) -> float:
        low, high = inside[first], inside[first + 1]
        return (high.cost - low.cost) / (high.usd - low.usd)

    fall, rise = band.fall, band.rise
    if band.convex and place > 0:
        fall = min(fall, -secant(place - 1))
    if band.convex and place + 2 < len(inside):
        rise = min(rise, secant(place + 1))
    return fall, rise


def _lowest(low: _Point, high: _Point, slopes: tuple[float, float]) -> tuple[float, float]:
    """Give the least of two lines, falling from the left and rising to the right, and its place."""
    fall, rise = slopes
    width, least = high.usd - low.usd, min(low.cost, high.cost)
    if fall <= 0 or rise <= 0:  # no lower point between the two
        return least, (low.usd + high.usd) / 2
    meets = (low.cost - high.cost + rise * width) / (fall + rise)
    meets = min(max(meets, 0.0), width)
    bound = max(low.cost - fall * meets, high.cost - rise * (width - meets))
    inner = min(max(meets, _EDGE * width), (1 - _EDGE) * width)
    return min(bound, least), low.usd + inner
