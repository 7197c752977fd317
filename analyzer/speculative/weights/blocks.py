"""How GGUF stores the numbers of a tensor, and those numbers as 32-bit floats.

Source of the layouts: github ggml-org/ggml, `src/ggml-common.h` and `src/ggml-quants.c`. A block
holds 32 values; four-bit values lie with the first sixteen in the low halves of its bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Raw = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Storage:
    """One way of storing values."""

    name: str
    values: int
    """Values in a block."""
    size: int
    """Bytes of a block."""
    read: Callable[[Raw], Floats]
    """Blocks (n, size) to values (n, values)."""


def _f32(blocks: Raw) -> Floats:
    return blocks.view("<f4").astype(np.float32)


def _f16(blocks: Raw) -> Floats:
    return blocks.view("<f2").astype(np.float32)


def _q8_0(blocks: Raw) -> Floats:
    return _half(blocks, 0) * blocks[:, 2:].view(np.int8).astype(np.float32)


def _q4_0(blocks: Raw) -> Floats:
    return _half(blocks, 0) * (_four_bits(blocks[:, 2:]) - np.float32(8))


def _q4_1(blocks: Raw) -> Floats:
    return _half(blocks, 0) * _four_bits(blocks[:, 4:]) + _half(blocks, 2)


def _half(blocks: Raw, place: int) -> Floats:
    return blocks[:, place : place + 2].copy().view("<f2").astype(np.float32)


def _four_bits(packed: Raw) -> Floats:
    return np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)


STORAGE = {
    0: Storage("F32", 1, 4, _f32),
    1: Storage("F16", 1, 2, _f16),
    2: Storage("Q4_0", 32, 18, _q4_0),
    3: Storage("Q4_1", 32, 20, _q4_1),
    8: Storage("Q8_0", 32, 34, _q8_0),
}
"""The storages read here, by GGUF's number."""
