"""Paired samples drawn in proportion to dollars, and uncertainties added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import stdev

from analyzer.errors import ContractError
from analyzer.results import Pico
from analyzer.statistics.quantiles import normal_quantile, two_sided

COVERAGE_FACTOR = 1.645
"""Of an expanded uncertainty at 90 %, for normal values."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A total corrected by a paired sample."""

    total: Pico
    standard_error: float
    """Pico-dollars."""
    calls: int


def paired_total(predicted: Pico, ratios: Sequence[Fraction]) -> Estimate:
    """Correct a predicted total by calls drawn in proportion to their predicted dollars.

    `ratios` are measured over predicted cost, one a call: T = P mean(c / p), SE = P sd / sqrt(n).

    Raises:
        ContractError: fewer than two calls, or a ratio below 0.
    """
    if len(ratios) < 2 or min(ratios) < 0:  # noqa: PLR2004 - one call has no spread
        raise ContractError(
            f"paired sample: {len(ratios)} calls, least ratio {min(ratios, default=None)}; give at"
            " least 2 calls with ratios of 0 or more"
        )
    calls = len(ratios)
    mean = sum(ratios, Fraction(0)) / calls
    spread = stdev(map(float, ratios)) / sqrt(calls)
    return Estimate(predicted * mean, float(predicted) * spread, calls)


def calls_needed(variation: float, precision: float, confidence: float = 0.9) -> float:
    """Give the calls of a paired sample for a relative half-width: (z cv / e)^2."""
    return (normal_quantile(two_sided(confidence)) * variation / precision) ** 2


def combined(parts: Mapping[str, float], factor: float = COVERAGE_FACTOR) -> tuple[float, float]:
    """Give the standard and the expanded uncertainty of independent parts (GUM)."""
    standard = sqrt(sum(part * part for part in parts.values()))
    return standard, factor * standard
