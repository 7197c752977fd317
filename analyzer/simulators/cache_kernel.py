"""The prompt cache, replayed exactly: events in time order in, billed input buckets out.

The rules and their sources stand in `docs/cache-rules.md`. Numba compiles the loop; with
`NUMBA_DISABLE_JIT=1` the same code runs as plain Python, slower and with the same result.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Int8s = npt.NDArray[np.int8]

LOOKBACK_POSITIONS = 20
"""Positions searched back from a breakpoint, its own included (vendor's prompt-caching page)."""
ONE_HOUR_S = 3600
_SECOND_US = 1_000_000
_SYSTEM, _MESSAGES = 1, 2


@dataclass(frozen=True, slots=True)
class Trie:
    """Prompt prefixes as nodes; a parent's index is below its children's."""

    parent: Int32s
    """Index of the prefix before each node, -1 for a first block."""
    position: Int32s
    """Lookback position; a run of tool_use or of tool_result shares one."""
    section: Int8s
    """0 tools, 1 system, 2 messages."""
    tokens: Int64s
    """Cumulative prompt tokens at the end of each node; shape (maps, nodes)."""


@dataclass(frozen=True, slots=True)
class CacheEvents:
    """Requests sorted by (time, order); arrays of n rows, breakpoints and lives n x 4."""

    time_us: Int64s
    ready_us: Int64s
    """When the first response begins: entries this request writes are readable from here."""
    context: Int32s
    """Dense id of (scope, model, speed): contexts share nothing."""
    system_params: Int32s
    message_params: Int32s
    row: Int32s
    """Row of `Trie.tokens` whose map this request counts by."""
    prompt: Int64s
    minimum: Int64s
    """Minimum cacheable tokens of the model at that date."""
    breakpoints: Int32s
    ttl_s: Int32s
    seed: Int32s
    """Node proven live by the bill although no logged call wrote it; -1 for none."""
    seed_ttl_s: Int32s
    clock_us: Int64s | None = None
    """Where lives are counted from; the request's start by the vendor's rule, and when None.
    Transcripts, whose hidden calls refresh entries, use a fitted clock."""


def replay_cache(trie: Trie, events: CacheEvents) -> Int64s:
    """Give (read, write_5m, write_1h, uncached) tokens of each event; shape (n, 4)."""
    count = len(events.time_us)
    slots = 1 << max(4, int(10 * count + 8).bit_length())
    marked = np.zeros(len(trie.parent) + 1, np.bool_)
    marked[events.breakpoints.ravel()] = True
    marked[events.seed] = True
    state = np.zeros((slots, 3), np.int64)
    keys = np.full((slots, 4), -1, np.int32)
    billed = np.empty((count, 4), np.int64)
    _run(
        (trie.parent, trie.position, trie.section, trie.tokens, marked),
        (
            events.time_us, events.ready_us, events.context, events.system_params,
            events.message_params, events.row, events.prompt, events.minimum,
            events.breakpoints, events.ttl_s, events.seed, events.seed_ttl_s,
            events.time_us if events.clock_us is None else events.clock_us,
        ),
        keys, state, billed,
    )  # fmt: skip
    return billed


_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled
def _slot(keys: Int32s, context: int, system: int, message: int, node: int) -> int:
    """Find the place of an entry's key, or the free place where it would go."""
    mask = len(keys) - 1
    mixed = (
        int(node) * 0x9E3779B1
        + (int(context) + 1) * 0x85EBCA6B
        + (int(system) + 2) * 0x42B2AE3D
        + (int(message) + 3) * 0x27D4EB2F
    )
    place = (mixed ^ (mixed >> 17)) & mask
    while keys[place, 0] >= 0 and not (
        keys[place, 0] == node
        and keys[place, 1] == context
        and keys[place, 2] == system
        and keys[place, 3] == message
    ):
        place = (place + 1) & mask
    return place


@_compiled
def _find(trie: Any, ids: Any, keys: Int32s, node: int) -> int:
    """Place of the entry for a node under one request's context and parameters."""
    section = trie[2][node]
    system = ids[1] if section >= _SYSTEM else -1
    message = ids[2] if section >= _MESSAGES else -1
    return int(_slot(keys, ids[0], system, message, node))


@_compiled
def _write(
    trie: Any, ids: Any, keys: Int32s, state: Int64s, node: int, times: Any, ttl_us: int
) -> None:
    """Write an entry, or join one that stands there and has not expired."""
    now, ready, clock = times
    place = _find(trie, ids, keys, node)
    if keys[place, 0] >= 0 and now < state[place, 1]:
        state[place, 0] = min(state[place, 0], ready)
        state[place, 2] = max(state[place, 2], ttl_us)
        state[place, 1] = max(state[place, 1], clock + state[place, 2])
        return
    _put(trie, ids, keys, state, node, times, ttl_us)


@_compiled
def _put(
    trie: Any, ids: Any, keys: Int32s, state: Int64s, node: int, times: Any, ttl_us: int
) -> None:
    """Set an entry anew, whatever stood there."""
    _now, ready, clock = times
    place = _find(trie, ids, keys, node)
    section = trie[2][node]
    keys[place, 0] = node
    keys[place, 1] = ids[0]
    keys[place, 2] = ids[1] if section >= _SYSTEM else -1
    keys[place, 3] = ids[2] if section >= _MESSAGES else -1
    state[place, 0] = ready
    state[place, 1] = clock + ttl_us
    state[place, 2] = ttl_us


@_compiled
def _live(keys: Int32s, state: Int64s, place: int, now: int) -> bool:
    return bool(keys[place, 0] >= 0 and state[place, 0] <= now < state[place, 1])


@_compiled
def _hit(trie: Any, ids: Any, keys: Int32s, state: Int64s, mark: int, limits: Any) -> int:
    """Longest live entry within the lookback of one breakpoint, or -1."""
    now, floor, minimum, row = limits
    parent, position, _section, tokens, marked = trie
    node = mark
    while (
        node >= 0
        and position[mark] - position[node] < LOOKBACK_POSITIONS
        and tokens[row, node] > floor
        and tokens[row, node] >= minimum
    ):
        if marked[node] and _live(keys, state, _find(trie, ids, keys, node), now):
            return int(node)
        node = parent[node]
    return -1


@_compiled
def _run(trie: Any, events: Any, keys: Int32s, state: Int64s, billed: Int64s) -> None:
    (time, ready, context, system, message, row, prompt, minimum, marks, ttl, seed, seed_ttl, clock) = events
    tokens = trie[3]
    for i in range(len(time)):
        now = time[i]
        ids = (context[i], system[i], message[i])
        if marks[i, 0] >= 0 and seed[i] >= 0:
            if not _live(keys, state, _find(trie, ids, keys, seed[i]), now):
                _put(trie, ids, keys, state, seed[i], (now, now, clock[i]), seed_ttl[i] * _SECOND_US)
        best = -1
        read = 0
        for b in range(3, -1, -1):
            if marks[i, b] >= 0:
                found = _hit(trie, ids, keys, state, marks[i, b], (now, read, minimum[i], row[i]))
                if found >= 0:
                    best = found
                    read = min(tokens[row[i], found], prompt[i])
        if best >= 0:
            place = _find(trie, ids, keys, best)
            state[place, 1] = max(state[place, 1], clock[i] + state[place, 2])
        one_hour = read
        last = read
        for b in range(4):
            mark = marks[i, b]
            if mark < 0 or tokens[row[i], mark] < minimum[i]:
                continue
            ends = min(tokens[row[i], mark], prompt[i])
            if ends > read:
                _write(trie, ids, keys, state, mark, (now, ready[i], clock[i]), ttl[i, b] * _SECOND_US)
                last = max(last, ends)
                if ttl[i, b] == ONE_HOUR_S:
                    one_hour = max(one_hour, ends)
            elif mark != best:
                place = _find(trie, ids, keys, mark)
                if _live(keys, state, place, now):
                    state[place, 1] = max(state[place, 1], clock[i] + state[place, 2])
        billed[i, 0] = read
        billed[i, 1] = last - one_hour
        billed[i, 2] = one_hour - read
        billed[i, 3] = prompt[i] - last
