"""The prompt trie as arrays: parents before children, and what one call's answer became."""

from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Int8s = npt.NDArray[np.int8]


def parents_first(parent: Int32s) -> Int32s:
    """Give an order of the nodes in which each parent comes before its children."""
    depth = np.full(len(parent), -1, np.int32)
    _depths(parent, depth, np.empty(len(parent) + 1, np.int32))
    return np.argsort(depth, kind="stable").astype(np.int32)


def answered_by(parent: Int32s, producer: Int32s, leaf: Int32s) -> Int32s:
    """Give, for each leaf, the request whose answer stands nearest above it; -1 for none."""
    nearest = np.full(len(parent) + 1, -1, np.int32)
    _nearest(parent, producer, nearest)
    return np.where(leaf >= 0, nearest[leaf], -1).astype(np.int32)


def credited(parent: Int32s, producer: Int32s, leaf: Int32s) -> Int32s:
    """Take an answer from a call that came after a prompt which already carried it; -1 then.

    Two calls may give one answer to one prompt, and the log does not say whose came back. `leaf` is
    the last block of each request's prompt, in start order.
    """
    first_use = np.full(len(parent), len(leaf), np.int32)
    shown = np.flatnonzero(leaf >= 0)
    np.minimum.at(first_use, leaf[shown], shown.astype(np.int32))
    _upwards(parent, first_use)
    return np.where(producer < first_use, producer, -1).astype(np.int32)


def shrink(
    parent: Int32s, tokens: Int64s, producer: Int32s, before: Int64s, after: Int64s
) -> Int64s:
    """Give the token map after answers changed length; `before` and `after` per request.

    A node that is part of request r's answer keeps after[r]/before[r] of its own tokens, rounded
    up, and everything behind it in the same chain moves with it.
    """
    changed = np.empty_like(tokens)
    for row in range(len(tokens)):
        _shrink((parent, producer), tokens[row], (before, after), changed[row])
    return changed


@compiled
def _depths(parent: Int32s, depth: Int32s, stack: Int32s) -> None:
    for start in range(len(parent)):
        top = 0
        node = start
        while node >= 0 and depth[node] < 0:
            stack[top] = node
            top += 1
            node = parent[node]
        level = depth[node] if node >= 0 else -1
        while top > 0:
            top -= 1
            level += 1
            depth[stack[top]] = level


@compiled
def _nearest(parent: Int32s, producer: Int32s, nearest: Int32s) -> None:
    for node in range(len(parent)):
        if producer[node] >= 0:
            nearest[node] = producer[node]
        else:
            nearest[node] = nearest[parent[node]] if parent[node] >= 0 else -1


@compiled
def _shrink(links: Any, tokens: Int64s, answers: Any, changed: Int64s) -> None:
    parent, producer = links
    before, after = answers
    for node in range(len(parent)):
        above = parent[node]
        own = tokens[node] - (tokens[above] if above >= 0 else 0)
        request = producer[node]
        if request >= 0 and before[request] > 0 and own > 0:
            own = -(-own * after[request] // before[request])
        changed[node] = own + (changed[above] if above >= 0 else 0)


def roots(parent: Int32s) -> Int32s:
    """Give the first block of each node's chain."""
    found = np.empty(len(parent), np.int32)
    _roots(parent, found)
    return found


def marked_above(parent: Int32s, marked: npt.NDArray[np.bool_]) -> Int32s:
    """Give, for each node, the nearest marked node strictly above it; -1 for none."""
    found = np.empty(len(parent), np.int32)
    _marked_above(parent, marked, found)
    return found


@compiled
def _roots(parent: Int32s, found: Int32s) -> None:
    for node in range(len(parent)):
        found[node] = found[parent[node]] if parent[node] >= 0 else node


@compiled
def _marked_above(parent: Int32s, marked: Any, found: Int32s) -> None:
    for node in range(len(parent)):
        above = parent[node]
        if above < 0:
            found[node] = -1
        else:
            found[node] = above if marked[above] else found[above]


@compiled
def _upwards(parent: Int32s, first_use: Int32s) -> None:
    for node in range(len(parent) - 1, -1, -1):
        above = parent[node]
        if above >= 0:
            first_use[above] = min(first_use[above], first_use[node])
