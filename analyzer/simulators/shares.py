"""Shares realised request by request: the same request, seed and lever always fall the same way."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl

_STREAMS = {"retry": 1, "escalation": 2, "batch_hit": 3, "batch_expiry": 4}


def realised(identity: pl.Series, seed: int, stream: str, share: Fraction) -> pl.Series:
    """Tell for each request whether it falls into `share`: hash(seed, stream, request) < share."""
    if share >= 1:
        return pl.Series("realised", np.ones(len(identity), np.bool_))
    salt = np.uint64((seed * 0x9E3779B97F4A7C15 + _STREAMS[stream] * 0xD1B54A32D192ED03) % 2**64)
    mixed = _mix(identity.cast(pl.UInt64).to_numpy() ^ salt)
    limit = np.uint64(share.numerator * 2**64 // share.denominator)
    return pl.Series("realised", mixed < limit)


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def scaled_up(column: str, ratio: Fraction) -> pl.Expr:
    """Multiply a token count by a ratio, rounded up, in exact integers."""
    return -(-(pl.col(column) * ratio.numerator) // ratio.denominator)
