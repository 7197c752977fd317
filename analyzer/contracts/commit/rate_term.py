"""What an offer by rate costs over its term, on the paths that pools are settled on.

Two things are measured apart. The level of each month is that of the path: weeks drawn, growth,
price cuts, births, retirements, levers and their days. The shape within a month is the
load-duration curve of the whole history, replayed under all levers: every interval of the month is
one of its loads, each as likely, times the month's level. So the share of eligible use is that of
the replay throughout, also before a lever that moves use to another service tier is live.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np

from analyzer.contracts.commit.candidates import Market, cents, estimate, tail_mean
from analyzer.contracts.commit.demand import Demand, Floats
from analyzer.contracts.commit.offers import RateOffer
from analyzer.results.sizing import RateTerm

_CENT = Fraction(1, 100)
_FINE = Fraction(1, 10**6)
"""Rates are per interval, a minute or a day: they are known to a millionth of a dollar."""
_STEPS = 60
_GOLDEN = (5**0.5 - 1) / 2
_POINTS = 20
_MINUTES_PER_DAY = 1_440
_LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class _Loads:
    """The load-duration curve at level 1, and the level of every month and path."""

    ordered: Floats
    beyond: Floats
    """Mean load beyond each ordered load; one entry each."""
    level: Floats
    intervals: Floats
    """Of each month, shape (months, 1)."""
    worth: Floats
    """Present value of a dollar of each month, shape (months, 1)."""

    @property
    def mean(self) -> float:
        """Mean load at level 1."""
        return float(self.beyond[0])

    def above(self, rate: float) -> Floats:
        """Mean use of an interval beyond a rate; shape (months, paths)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.where(self.level > 0, rate / self.level, np.inf)
        return self.level * np.interp(at, self.ordered, self.beyond)

    def cost(self, rate: float, off: float, overage: float) -> Floats:
        """Present value of the term; one entry a path."""
        monthly = (1 - off) * rate + (1 - overage) * self.above(rate)
        total: Floats = (monthly * self.intervals * self.worth).sum(axis=0)
        return total


def size_term(
    offer: RateOffer,
    loads: Sequence[Fraction],
    demand: Demand,
    daily_usd: Fraction,
    market: Market,
) -> RateTerm:
    """Size a rate on the paths; `daily_usd` is a mean day of the history after all levers."""
    found = _loads(offer, loads, demand, float(daily_usd), market.monthly_rate)
    overage = float(offer.overage_discount_percentage)
    off = float(market.uncommitted_discount)
    none = found.cost(0.0, 0.0, off)
    best, rate, discount = none, 0.0, Fraction(0)

    def weighed(cost: Floats) -> float:
        mean = float(cost.mean())
        return mean + market.tail_weight * (tail_mean(cost) - mean)

    for low, high, tier_off in _bands(offer, found):
        costs = partial(found.cost, off=float(tier_off), overage=overage)
        at = _least(lambda rate, costs=costs: weighed(costs(rate)), low, high)  # type: ignore[misc]  # bound at once
        cost = found.cost(at, float(tier_off), overage)
        if weighed(cost) < weighed(best):
            best, rate, discount = cost, at, tier_off
    return _told(found, best, none, (_rounded(rate), discount))


def _loads(
    offer: RateOffer, loads: Sequence[Fraction], demand: Demand, daily: float, interest: float
) -> _Loads:
    ordered = np.sort(np.array([0.0, *(float(load) for load in loads)]))
    history = ordered[1:]
    after = history[::-1].cumsum()[::-1]
    count = np.arange(len(history), 0, -1)
    beyond = np.concatenate([[history.mean()], (after - count * history) / len(history)])
    bounds = [*demand.months, offer.period_end]
    days = np.array([(b - a).days for a, b in pairwise(bounds)], float)[:, None]
    level = demand.after / (days * daily)
    places = np.arange(1, len(days) + 1)[:, None]
    return _Loads(
        ordered=ordered,
        beyond=beyond,
        level=level,
        intervals=days * (_MINUTES_PER_DAY // offer.minutes),
        worth=(1 + interest) ** -places.astype(float),
    )


def _bands(offer: RateOffer, found: _Loads) -> list[tuple[float, float, Fraction]]:
    """Rates of each tier: from, to, discount; above the largest load none can pay."""
    most = float(found.ordered[-1] * found.level.max())
    bands = []
    for place, tier in enumerate(offer.tier):
        kept = 1 - tier.discount_percentage
        low = float(tier.cost / kept)
        following = offer.tier[place + 1 : place + 2]
        top = min([most, *(float(after.cost / kept) for after in following)])
        bands.append((low, max(low, top), tier.discount_percentage))
    return bands


def _least(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a convex cost is least, by golden sections, the ends included."""
    left, right = low, high
    inner = [right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)]
    costs = [cost(each) for each in inner]
    for _ in range(_STEPS):
        if right - left <= float(_FINE):
            break
        if costs[0] <= costs[1]:
            right, inner[1], costs[1] = inner[1], inner[0], costs[0]
            inner[0] = right - _GOLDEN * (right - left)
            costs[0] = cost(inner[0])
        else:
            left, inner[0], costs[0] = inner[0], inner[1], costs[1]
            inner[1] = left + _GOLDEN * (right - left)
            costs[1] = cost(inner[1])
    return min((low, (left + right) / 2, high), key=cost)


def _rounded(rate: float) -> Fraction:
    return Fraction(round(rate / float(_FINE))) * _FINE


def _told(found: _Loads, best: Floats, none: Floats, signed: tuple[Fraction, Fraction]) -> RateTerm:
    rate, discount = signed
    reserved = float(rate) * found.intervals.sum()
    drawn = found.level * found.mean - found.above(float(rate))
    used = (drawn * found.intervals).sum(axis=0).mean()
    p10, p50, p90 = (cents(each) for each in np.quantile(best, _LEVELS))
    low, middle, high = np.quantile(
        (found.level * found.intervals).sum(axis=0) / found.intervals.sum(), _LEVELS
    )
    ordered = found.ordered[1:]
    places = [-(-len(ordered) * n // _POINTS) for n in range(1, _POINTS + 1)]
    return RateTerm(
        rate=rate,
        commit_usd=(1 - discount) * rate,
        discount=discount,
        cost=estimate(best),
        p10_cents=p10,
        p50_cents=p50,
        p90_cents=p90,
        cvar95_cents=cents(tail_mean(best)),
        uncommitted=estimate(none),
        dearer_share=Fraction(int((best > none + float(_CENT)).sum()), len(best)),
        utilisation=Fraction(round(used / reserved * 10_000), 10_000) if reserved else None,
        duration=tuple(
            (
                Fraction(place, len(ordered)),
                _rounded(ordered[place - 1] * low),
                _rounded(ordered[place - 1] * middle),
                _rounded(ordered[place - 1] * high),
            )
            for place in places
        ),
    )
