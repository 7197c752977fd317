"""How much of a workload's savings counts when its volume moved.

`reporting`: all, on the traffic as it came. `baseline`: as if there had been as many requests a day
as in the baseline. `capped`: all, up to a growth over the baseline that the contract names.
"""

from fractions import Fraction
from typing import Literal, get_args

VolumeBasis = Literal["reporting", "baseline", "capped"]
VOLUME_BASES: tuple[VolumeBasis, ...] = get_args(VolumeBasis)


def scale(
    basis: VolumeBasis, before: Fraction, now: Fraction, growth: Fraction = Fraction(0)
) -> Fraction:
    """Give the factor on savings; `before` and `now` are requests a day."""
    if basis == "reporting" or not now:
        return Fraction(1)
    if basis == "baseline":
        return before / now
    return min(Fraction(1), (1 + growth) * before / now)
