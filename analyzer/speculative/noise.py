"""Gumbel noise fixed by seed and position: sampling that is the same with and without drafts.

A token drawn as argmax(logits / temperature + noise) has the softmax distribution (the
Gumbel-max rule). When its noise depends on the position alone, any way of decoding that sees the
same logits draws the same token, so the greedy rule verifies sampled output too.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analyzer.errors import SpeculativeError

_WORDS = 2**64
_DROPPED_BITS = 12
_STEPS = 2.0**52
"""52 bits and a half step: exact as float64 and never 0 or 1, so that both logs are finite."""


def gumbel(seed: int, position: int, vocabulary: int) -> NDArray[np.float64]:
    """Noise (vocabulary,) for the token at `position` of prompt and output, counted from 0.

    Philox with the key (seed, position), read as raw bits: numpy keeps the bit stream between
    versions and not what its own `gumbel` makes of it.
    """
    for name, value in (("seed", seed), ("position", position)):
        if not 0 <= value < _WORDS:
            raise SpeculativeError(f"{name} {value} does not fit 64 bits; take 0 to {_WORDS - 1}")
    key = np.array([seed, position], dtype=np.uint64)
    raw = np.random.Philox(key=key).random_raw(vocabulary)
    uniform = ((raw >> np.uint64(_DROPPED_BITS)).astype(np.float64) + 0.5) / _STEPS
    noise: NDArray[np.float64] = -np.log(-np.log(uniform))
    return noise


def table(seed: int, positions: Sequence[int], vocabulary: int) -> NDArray[np.float64]:
    """Noise of several positions, (positions, vocabulary)."""
    rows = np.empty((len(positions), vocabulary))
    for row, position in zip(rows, positions, strict=True):
        row[:] = gumbel(seed, position, vocabulary)
    return rows
