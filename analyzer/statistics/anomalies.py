"""Days that stand out: a robust z against the same weekday, and events that need no statistics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from analyzer.results import Pico
from analyzer.statistics.quantiles import normal_quantile

HISTORY = 8
"""Weeks of the same weekday that a day is held against."""
_FEWEST = 4
"""Fewer have no middle to speak of."""
_TO_NORMAL = normal_quantile(0.75)
"""MAD of normal values over their standard deviation, 0.6745 (Iglewicz and Hoaglin, 1993)."""
_LIMIT = 3.5
_LEAST = Fraction(50 * 10**12)
_LEAST_SHARE = Fraction(5, 100)
_CACHE_DROP = Fraction(20, 100)
_RETRY_RISE = 2


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One figure of one day against its history, pico-dollars."""

    usual: Pico
    """Median of the same weekdays."""
    spread: Pico
    """Median absolute deviation (MAD)."""
    score: float | None
    """0.6745 (x - median) / MAD; None where every earlier day was alike."""
    impact: Pico
    """Today less usual."""
    flagged: bool


def anomaly(history: Sequence[Pico], today: Pico, day_total: Pico) -> Anomaly | None:
    """Hold a day against the last 8 of its weekday; None where fewer than 4 are known.

    Flagged when |z| > 3.5 and the impact is at least $50 and 5 % of what the whole day cost; where
    every earlier day was alike any other amount of that size is.
    """
    same = history[-HISTORY:]
    if len(same) < _FEWEST:
        return None
    usual = Fraction(median(same))
    spread = Fraction(median(abs(one - usual) for one in same))
    impact = today - usual
    score = _TO_NORMAL * float(impact / spread) if spread else None
    odd = bool(impact) if score is None else abs(score) > _LIMIT
    matters = abs(impact) >= max(_LEAST, _LEAST_SHARE * day_total)
    return Anomaly(usual, spread, score, impact, flagged=odd and matters)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What events of a day are read from."""

    models: frozenset[str]
    price_changes: tuple[str, ...]
    """In words, those in force from this day on."""
    cache_share: Fraction | None
    """Read tokens of all prompt tokens; None without prompts."""
    retry_share: Fraction | None
    """Retried calls of all calls; None without calls."""


def events(before: DayFacts, today: DayFacts) -> Iterator[str]:
    """Tell in words what changed since the day before and needs no statistics."""
    for model in sorted(today.models - before.models):
        yield f"new model {model}"
    for change in today.price_changes:
        yield f"price change: {change}"
    if before.cache_share is not None and today.cache_share is not None:
        fall = before.cache_share - today.cache_share
        if fall > _CACHE_DROP:
            yield f"cache reads fell by {float(100 * fall):.0f} points of all prompt tokens"
    if before.retry_share and today.retry_share:
        times = today.retry_share / before.retry_share
        if times >= _RETRY_RISE:
            yield f"retries rose to {float(times):.1f} times their share"
