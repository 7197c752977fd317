"""Random numbers that depend on a seed and a name only, and samples that follow a stated curve."""

from math import exp, log
from random import Random  # noqa: TID251 - the one door to it: every instance below is seeded
from statistics import NormalDist

__all__ = ["Curve", "Random", "Sampler", "stream"]

_NORMAL = NormalDist()


def stream(seed: int, name: str) -> Random:
    """Give a generator of its own to each part, so that changing one part moves no other."""
    return Random(f"{seed}:{name}")  # noqa: S311 - synthetic logs, nothing secret


class Curve:
    """A positive quantity told by its quantiles; between them its logarithm is straight in z."""

    def __init__(self, quantiles: dict[float, float]) -> None:
        self._knots = [(_NORMAL.inv_cdf(share), log(value)) for share, value in quantiles.items()]

    def at(self, share: float) -> float:
        """Give the value below which `share` of the quantity lies."""
        z = _NORMAL.inv_cdf(min(max(share, 1e-4), 1 - 1e-4))
        knots = self._knots
        index = next((i for i, knot in enumerate(knots[1:-1], 1) if z < knot[0]), len(knots) - 1)
        (low_z, low), (high_z, high) = knots[index - 1], knots[index]
        return exp(low + (high - low) * (z - low_z) / (high_z - low_z))


class Sampler:
    """Endless draws from a curve, one from each hundredth of it before any comes twice.

    Plain draws of a heavy tail would need a far longer log to show the curve's own quantiles.
    """

    def __init__(self, random: Random, curve: Curve, strata: int = 100) -> None:
        self._random = random
        self._curve = curve
        self._strata = strata
        self._waiting: list[int] = []

    def draw(self) -> float:
        """Give the next value."""
        if not self._waiting:
            self._waiting = list(range(self._strata))
            self._random.shuffle(self._waiting)
        share = (self._waiting.pop() + self._random.random()) / self._strata
        return self._curve.at(share)

    def draw_int(self, least: int = 1) -> int:
        """Give the next value as a whole number, `least` or more."""
        return max(least, round(self.draw()))
