"""Conversations whose prompt parted from the one before: which section changed, and how far back.

Only calls of one session (scope, session, agent) are compared. An earlier prompt counts as replaced
when no later prompt carries it on; the first call that begins another chain after it is its
successor, one to one. A successor that holds fewer blocks is taken for a shorter question, not for
an edited history, unless the log says compaction.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled
from analyzer.savings.lost.entries import Int32s, Int64s
from analyzer.savings.lost.missed import Asked, Int8s
from analyzer.savings.lost.reasons import Reason
from analyzer.simulators.cache_kernel import Trie

_SECOND_US = 1_000_000
_BY_SECTION = np.array([Reason.TOOLS, Reason.SYSTEM, Reason.MESSAGES], np.int8)
_MESSAGES = 2


@dataclass(frozen=True, slots=True)
class Chains:
    """Which calls belong together; arrays of n rows in start order."""

    lane: Int32s
    """Dense id of (scope, session, agent); -1 where the log names no session."""
    end_us: Int64s
    leaf_above: Int32s
    """By node: the nearest block above where a prompt ended."""
    hidden: npt.NDArray[np.bool_]
    """Calls of transcripts: what parts there parts in the messages."""


def parted(trie: Trie, asked: Asked, chains: Chains) -> tuple[Int64s, Int8s]:
    """Give how far the replaced prompt reached (tokens) and what changed; 0 where nothing did."""
    reach = np.zeros(len(asked.leaf), np.int64)
    reason = np.zeros(len(asked.leaf), np.int8)
    earlier = _earlier(asked, chains, len(trie.parent))
    later = np.flatnonzero(earlier >= 0)
    if not len(later):
        return reach, reason
    before = earlier[later]
    last = asked.marks.max(axis=1)[before]
    reached = np.minimum(trie.tokens[asked.row[later], last], asked.prompt[later])
    counted = (last >= 0) & (asked.cached[before] > 0) & _live(asked, before, later)
    whole = asked.compaction[later] | (_length(trie, asked, later) >= _length(trie, asked, before))
    counted &= whole & (reached > asked.read[later])
    reach[later] = np.where(counted, reached, 0)
    reason[later] = np.where(counted, _what(trie, asked, chains, (before, later)), Reason.NONE)
    return reach, reason


def _earlier(asked: Asked, chains: Chains, nodes: int) -> Int32s:
    """The call whose prompt each one replaced; -1 for none."""
    carried_on = np.zeros(nodes + 1, np.bool_)
    carried_on[chains.leaf_above[asked.leaf]] = True
    earlier = np.full(len(asked.leaf), -1, np.int32)
    _pair(
        (asked.leaf, asked.start_us, chains.end_us, chains.lane),
        (chains.leaf_above, carried_on),
        (np.full(nodes + 1, -1, np.int32), np.full(int(chains.lane.max(initial=-1)) + 1, -1)),
        earlier,
    )
    return earlier


def _live(asked: Asked, before: Int32s, later: Any) -> npt.NDArray[np.bool_]:
    life = asked.ttl_s.max(axis=1)[before].astype(np.int64) * _SECOND_US
    start = asked.start_us[later]
    alive = (asked.ready_us[before] <= start) & (start < asked.clock_us[before] + life)
    return np.asarray(alive, np.bool_)


def _length(trie: Trie, asked: Asked, calls: Any) -> Int32s:
    """Positions of the messages alone."""
    end = asked.system_end[calls]
    front = np.where(end >= 0, trie.position[end], 0)
    return np.asarray(trie.position[asked.leaf[calls]] - front, np.int32)


def _what(trie: Trie, asked: Asked, chains: Chains, pair: tuple[Int32s, Any]) -> Int8s:
    """Name what changed: model, speed, a compaction, or the first section that differs."""
    before, later = pair
    section = np.empty(len(before), np.int8)
    _sections((trie.parent, trie.section), asked.leaf[before], asked.leaf[later], section)
    section[chains.hidden[later]] = _MESSAGES
    found = np.where(asked.compaction[later], Reason.COMPACTION, _BY_SECTION[section])
    other = asked.context[before] != asked.context[later]
    found = np.where(other, Reason.SPEED, found)
    switched = asked.model[before] != asked.model[later]
    return np.where(switched, Reason.MODEL, found).astype(np.int8)


@compiled
def _pair(calls: Any, nodes: Any, held: Any, earlier: Int32s) -> None:
    leaf, start, end, lane = calls
    leaf_above, carried_on = nodes
    first, waiting = held
    for i in range(len(leaf)):
        above = leaf_above[leaf[i]]
        begins = above < 0
        if above >= 0:
            if first[above] < 0:
                first[above] = leaf[i]
            begins = first[above] != leaf[i]
        if lane[i] < 0:
            continue
        j = waiting[lane[i]]
        if j >= 0 and begins and leaf[j] != leaf[i] and end[j] <= start[i]:
            earlier[i] = j
            waiting[lane[i]] = -1
        if not carried_on[leaf[i]]:
            waiting[lane[i]] = i


@compiled
def _sections(trie: Any, before: Int32s, later: Int32s, section: Int8s) -> None:
    """The first section in which two prompts differ: climb both until they meet."""
    parent, sections = trie
    for place in range(len(before)):
        left, right = before[place], later[place]
        found = _MESSAGES
        while left != right:
            if left > right:
                found = min(found, sections[left]) if left >= 0 else found
                left = parent[left]
            else:
                found = min(found, sections[right])
                right = parent[right]
        section[place] = found
