"""How far a mix has drifted from its baseline."""

from collections.abc import Mapping
from math import log
from typing import Literal

from analyzer.errors import ContractError

DRIFTED, OVERTURNED = 0.25, 0.5
_ALMOST_NOTHING = 0.0001
"""Stands in for the share of an empty bin, as is customary: a logarithm of nothing has no value."""
Treatment = Literal["none", "post-stratify", "re-baseline"]


def stability_index(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """Give the population stability index: the sum over bins of (r - b) ln(r / b).

    Raises:
        ContractError: nothing counted in one of the periods.
    """
    whole = [sum(counts.values()) for counts in (before, after)]
    if min(whole) <= 0:
        raise ContractError(
            f"mix drift: {whole[0]} counted before and {whole[1]} after, give counts on both sides"
        )
    found = 0.0
    for name in sorted(before.keys() | after.keys()):
        old = max(before.get(name, 0) / whole[0], _ALMOST_NOTHING)
        new = max(after.get(name, 0) / whole[1], _ALMOST_NOTHING)
        found += (new - old) * log(new / old)
    return found


def treatment(index: float) -> Treatment:
    """Say what an index asks for: above 0.25 post-stratify, above 0.5 a new baseline."""
    return "re-baseline" if index > OVERTURNED else "post-stratify" if index > DRIFTED else "none"
