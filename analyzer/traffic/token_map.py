"""Tokens of each prompt prefix, from billed totals: the text itself is gone and never needed.

A request's billed prompt is spread over its new blocks by characters; the last breakpoint is
pinned by billed reads plus writes, an earlier one by the first billed read that comes near it.
The first request that shows a prefix decides its count; a later pin may only replace an estimate.
The map is fitted over the whole log, before any replay: a replay's own hits and misses never enter.
For a back-test `fit_earlier` gives the map as known call by call: what a call's own reads and
writes, or later calls, say of a prefix is learned only after the call.
Prefixes whose later totals disagree are counted as conflicts, never averaged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled
from analyzer.simulators.cache_kernel import Learned

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
    read: Int64s
    """Billed reads: pin the breakpoint they come closest to, while its count is an estimate."""
    marks: Int32s
    """Breakpoints, -1 for none; shape (n, 4)."""


def fit(parent: Int32s, chars: Int64s, tokens: Int64s, anchors: Anchors) -> tuple[Int64s, int]:
    """Fill in the cumulative tokens of each node, shape (families, nodes), and count conflicts.

    `tokens` may hold counts that are known beforehand; the rest must be `UNKNOWN`.
    """
    filled, _, conflicts = _fitted(parent, chars, tokens, anchors)
    return filled, conflicts


def fit_earlier(
    parent: Int32s, chars: Int64s, tokens: Int64s, anchors: Anchors
) -> tuple[Int64s, Learned]:
    """Give the map before any estimate is replaced, and what each call then replaces.

    A call's own prompt total and uncached tail are known with it; its reads and writes are not.
    """
    filled, learned, _ = _fitted(parent, chars, tokens, anchors)
    rows = anchors.family.astype(np.int64)
    for node, before in ((learned[:, 0], learned[:, 1]), (learned[:, 2], learned[:, 3])):
        changed = node >= 0
        filled[rows[changed], node[changed]] = before[changed]
    return filled, Learned(
        mark=learned[:, 0].astype(np.int32),
        mark_tokens=anchors.cached,
        read=learned[:, 2].astype(np.int32),
        read_tokens=anchors.read,
    )


def _fitted(
    parent: Int32s, chars: Int64s, tokens: Int64s, anchors: Anchors
) -> tuple[Int64s, Int64s, int]:
    """Give the fitted map, what calls replaced (mark, before, read, before) and the conflicts."""
    filled = tokens.copy()
    learned = np.full((len(anchors.leaf), 4), -1, np.int64)
    conflicts = _fit(
        (parent, chars, np.empty(len(parent) + 1, np.int32)),
        filled,
        filled >= 0,
        (anchors.leaf, anchors.mark, anchors.family, anchors.marks),
        (anchors.prompt, anchors.cached, anchors.read),
        learned,
    )
    return filled, learned, int(conflicts)


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


@compiled
def _fit(links: Any, tokens: Int64s, pinned: Any, places: Any, billed: Any, learned: Int64s) -> int:
    leaf, mark, family, marks = places
    prompt, cached, read = billed
    conflicts = 0
    for i in range(len(leaf)):
        if leaf[i] < 0:
            continue
        row = tokens[family[i]]
        if row[leaf[i]] >= 0:
            expected = cached[i] if mark[i] == leaf[i] and cached[i] > 0 else prompt[i]
            conflicts += row[leaf[i]] != expected
        else:
            conflicts += _fill(links, row, (leaf[i], mark[i]), (prompt[i], cached[i]))
        if cached[i] > 0 and mark[i] >= 0:
            _pin(row, pinned[family[i]], mark[i], cached[i], learned[i, :2])
            near = _nearest(row, pinned[family[i]], marks[i], read[i])
            if near >= 0:
                _pin(row, pinned[family[i]], near, read[i], learned[i, 2:])
    return conflicts


@compiled
def _fill(links: Any, row: Int64s, ends: Any, billed: Any) -> int:
    """Spread one prompt over its new blocks; 1 for each part that does not fit."""
    parent, chars, path = links
    leaf, mark = ends
    prompt, cached = billed
    depth = 0
    node = leaf
    while node >= 0 and row[node] < 0:
        path[depth] = node
        depth += 1
        node = parent[node]
    base = row[node] if node >= 0 else 0
    conflicts = 0
    pin = _place_of(path, depth, mark) if cached > 0 else -1
    if pin >= 0:
        conflicts += _spread(row, chars, path, (depth - 1, pin), (base, cached))
        base = cached
    top = pin - 1 if pin >= 0 else depth - 1
    return conflicts + _spread(row, chars, path, (top, 0), (base, prompt))


@compiled
def _pin(row: Int64s, pinned: Any, node: int, count: int, learned: Int64s) -> None:
    """Set a count that the bill states, once; note an estimate that it replaces."""
    if not pinned[node] and row[node] != count:
        learned[0], learned[1] = node, row[node]
        row[node] = count
    pinned[node] = True


@compiled
def _nearest(row: Int64s, pinned: Any, marks: Int32s, read: int) -> int:
    """Find the breakpoint that a billed read hit: the nearest within 5 %; -1 for none or known."""
    best = -1
    for mark in marks:
        near = mark >= 0 and abs(row[mark] - read) * 20 <= read
        if near and (best < 0 or abs(row[mark] - read) < abs(row[best] - read)):
            best = mark
    return best if read > 0 and best >= 0 and not pinned[best] else -1


@compiled
def _place_of(path: Int32s, depth: int, node: int) -> int:
    for place in range(depth):
        if path[place] == node:
            return place
    return -1


@compiled
def _spread(row: Int64s, chars: Int64s, path: Int32s, span: Any, ends: Any) -> int:
    """Spread tokens over path[span[0]..span[1]] by characters; 1 when they do not fit."""
    top, bottom = span
    start, end = ends
    if top < bottom:
        return 0
    if end < start:  # the history above was edited: what follows counts from here anew
        for place in range(top, bottom - 1, -1):
            row[path[place]] = end
        return 1
    weight = 0
    for place in range(top, bottom - 1, -1):
        weight += chars[path[place]] + 1
    done = 0
    for place in range(top, bottom - 1, -1):
        done += chars[path[place]] + 1
        row[path[place]] = start + (end - start) * done // weight
    return 0
