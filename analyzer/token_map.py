"""Tokens of each prompt prefix, from billed totals: the text itself is gone and never needed.

A request's billed prompt is spread over its new blocks by characters; the last breakpoint is pinned by
billed reads plus writes. The first request that shows a prefix decides its count, so no count depends
on a later request. Prefixes whose later totals disagree are counted as conflicts, never averaged.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the bill says of each request's prompt, in start order; arrays of n rows."""

    leaf: Int32s
    """Last visible node, -1 for none."""
    mark: Int32s
    """Last breakpoint, -1 for none."""
    family: Int32s
    """Tokenizer family: the row of the map."""
    prompt: Int64s
    """Billed prompt total."""
    cached: Int64s
    """Billed reads plus writes; pins the mark when above 0."""


def fit(parent: Int32s, chars: Int64s, tokens: Int64s, anchors: Anchors) -> tuple[Int64s, int]:
    """Fill in the cumulative tokens of each node, shape (families, nodes), and count conflicts.

    `tokens` may hold counts that are known beforehand; the rest must be `UNKNOWN`.
    """
    filled = tokens.copy()
    path = np.empty(len(parent) + 1, np.int32)
    conflicts = _fit(
        parent, chars, filled, path,
        (anchors.leaf, anchors.mark, anchors.family, anchors.prompt, anchors.cached),
    )  # fmt: skip
    return filled, int(conflicts)


def fill_across(tokens: Int64s, ratio: tuple[int, int]) -> Int64s:
    """Fill nodes known in one family only from the other: row 1 = row 0 x ratio, rounded up."""
    numerator, denominator = ratio
    first, second = tokens
    up = -(-first * numerator // denominator)
    down = -(-second * denominator // numerator)
    return np.stack(
        [
            np.where(first >= 0, first, np.where(second >= 0, down, 0)),
            np.where(second >= 0, second, np.where(first >= 0, up, 0)),
        ]
    )


_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled
def _fit(parent: Int32s, chars: Int64s, tokens: Int64s, path: Int32s, anchors: Any) -> int:
    leaf, mark, family, prompt, cached = anchors
    conflicts = 0
    for i in range(len(leaf)):
        if leaf[i] < 0:
            continue
        row = tokens[family[i]]
        if row[leaf[i]] >= 0:
            expected = cached[i] if mark[i] == leaf[i] and cached[i] > 0 else prompt[i]
            conflicts += row[leaf[i]] != expected
            continue
        depth = 0
        node = leaf[i]
        while node >= 0 and row[node] < 0:
            path[depth] = node
            depth += 1
            node = parent[node]
        base = row[node] if node >= 0 else 0
        pin = _place_of(path, depth, mark[i]) if cached[i] > 0 else -1
        if pin >= 0:
            conflicts += _spread(row, chars, path, (depth - 1, pin), (base, cached[i]))
            base = max(base, cached[i])
        conflicts += _spread(row, chars, path, (pin - 1 if pin >= 0 else depth - 1, 0), (base, prompt[i]))
    return conflicts


@_compiled
def _place_of(path: Int32s, depth: int, node: int) -> int:
    for place in range(depth):
        if path[place] == node:
            return place
    return -1


@_compiled
def _spread(row: Int64s, chars: Int64s, path: Int32s, span: Any, ends: Any) -> int:
    """Spread tokens over path[span[0]] down to path[span[1]] by characters; 1 when they do not fit."""
    top, bottom = span
    start, end = ends
    if top < bottom:
        return 0
    room = max(0, end - start)
    weight = 0
    for place in range(top, bottom - 1, -1):
        weight += chars[path[place]] + 1
    done = 0
    for place in range(top, bottom - 1, -1):
        done += chars[path[place]] + 1
        row[path[place]] = start + room * done // weight
    return int(end < start)
