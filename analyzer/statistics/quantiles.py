"""Quantiles of the normal and of Student's distribution."""

from math import exp, inf, lgamma, log, log1p
from statistics import NormalDist

_TINY = 1e-300
_ENOUGH = 1e-16
_MOST_TERMS = 10_000


def normal_quantile(chance: float) -> float:
    """Give z below which a standard normal value lies with this chance."""
    return NormalDist().inv_cdf(chance)


def two_sided(confidence: float) -> float:
    """Give the chance that lies below the upper end of a two-sided interval."""
    return 1 - (1 - confidence) / 2


def student_quantile(chance: float, degrees: float) -> float:
    """Give t below which Student's t of any (also broken) degrees of freedom lies."""
    if not (0 < chance < 1 and degrees > 0):
        raise ValueError(f"no quantile of {chance} with {degrees} degrees of freedom")
    tail = min(chance, 1 - chance)
    low, high = 0.0, 1.0
    while _tail(high, degrees) > tail and high < inf:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _tail(middle, degrees) > tail else (low, middle)
    return high if chance > tail else -high if chance < 1 - tail else 0.0


def _tail(t: float, degrees: float) -> float:
    """Chance above t >= 0: half the regularised incomplete beta at degrees / (degrees + t^2)."""
    # Source: Abramowitz and Stegun 26.7.1; 1 - x is told apart so that a small t keeps its digits.
    return _beta(degrees / (degrees + t * t), t * t / (degrees + t * t), degrees / 2, 0.5) / 2


def _beta(x: float, rest: float, a: float, b: float) -> float:
    """Regularised incomplete beta of x, where `rest` is 1 - x."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(rest, x, b, a)
    logs = log(x) if rest > 0.5 else log1p(-rest)  # noqa: PLR2004 - the nearer one is exact
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * logs
    front += b * (log(rest) if x > 0.5 else log1p(-x))  # noqa: PLR2004
    return exp(front) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Continued fraction of the incomplete beta (DLMF 8.17.22) by Lentz's method."""
    above, below = 1.0, 1 / _kept(1 - (a + b) * x / (a + 1))
    found = below
    for term in range(1, _MOST_TERMS):
        twice = a + 2 * term
        for part in (
            term * (b - term) * x / ((twice - 1) * twice),
            -(a + term) * (a + b + term) * x / (twice * (twice + 1)),
        ):
            below = 1 / _kept(1 + part * below)
            above = _kept(1 + part / above)
            found *= above * below
        if abs(above * below - 1) < _ENOUGH:
            break
    return found


def _kept(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
