"""The prompt cache, replayed exactly: events in time order in, billed input buckets out.

The rules and their sources stand in `docs/cache-rules.md`. Numba compiles the loop; with
`NUMBA_DISABLE_JIT=1` the same code runs as plain Python, slower and with the same result.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Int8s = npt.NDArray[np.int8]

LOOKBACK_POSITIONS = 20
"""Positions searched back from a breakpoint, its own included (vendor's prompt-caching page)."""
ONE_HOUR_S = 3600
_LOOP_TTL_US = 300_000_000
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
class Learned:
    """Counts of a back-test that become known call by call; nodes -1 for none, arrays of n rows."""

    mark: Int32s
    """Node whose count the request's own uncached tail states: known before it."""
    mark_tokens: Int64s
    read: Int32s
    """Node whose count the request's billed read states: known after it."""
    read_tokens: Int64s


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
    loop: Int32s | None = None
    """Last result of the server's own tools in each answer, -1 for none: where the request has any
    mark, the server sets another there, for 5 minutes."""
    learned: Learned | None = None
    """Counts that replace those of `Trie.tokens` on the way; None outside of back-tests."""


def replay_cache(trie: Trie, events: CacheEvents) -> Int64s:
    """Give (read, write_5m, write_1h, uncached) tokens of each event; shape (n, 4)."""
    count = len(events.time_us)
    entries = 5 if events.loop is None else 6  # four marks, a seed, the server's own
    slots = 1 << max(4, int(2 * entries * count + 8).bit_length())
    marked = np.zeros(len(trie.parent) + 1, np.bool_)
    marked[events.breakpoints.ravel()] = True
    marked[events.seed] = True
    loop = _NO_NODES if events.loop is None else events.loop
    marked[loop] = True
    cache = (np.full((slots, 4), -1, np.int32), np.zeros((slots, 3), np.int64))
    billed = np.empty((count, 4), np.int64)
    tokens, learned = trie.tokens, _NOTHING
    if events.learned is not None:
        told = events.learned
        tokens = tokens.copy()
        learned = (told.mark, told.mark_tokens, told.read, told.read_tokens)
    _run(
        (trie.parent, trie.position, trie.section, tokens, marked),
        (
            events.time_us,
            events.ready_us,
            events.time_us if events.clock_us is None else events.clock_us,
            events.context,
            events.system_params,
            events.message_params,
            events.row,
            events.prompt,
            events.minimum,
            events.seed,
            events.seed_ttl_s,
        ),
        (events.breakpoints, events.ttl_s, loop),
        learned,
        cache,
        billed,
    )
    return billed


_NO_NODES = np.empty(0, np.int32)
_NOTHING = (_NO_NODES, np.empty(0, np.int64)) * 2


@compiled
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


@compiled
def _find(trie: Any, ids: Any, cache: Any, node: int) -> int:
    """Place of the entry for a node under one request's context and parameters."""
    section = trie[2][node]
    system = ids[1] if section >= _SYSTEM else -1
    message = ids[2] if section >= _MESSAGES else -1
    return int(_slot(cache[0], ids[0], system, message, node))


@compiled
def _live(cache: Any, place: int, now: int) -> bool:
    keys, state = cache
    return bool(keys[place, 0] >= 0 and state[place, 0] <= now < state[place, 1])


@compiled
def _refresh(cache: Any, place: int, clock: int) -> None:
    """A read starts the entry's own life anew."""
    state = cache[1]
    state[place, 1] = max(state[place, 1], clock + state[place, 2])


@compiled
def _put(trie: Any, ids: Any, cache: Any, node: int, entry: Any) -> None:
    """Set an entry anew, whatever stood there; `entry` is (readable from, clock, life)."""
    keys, state = cache
    ready, clock, ttl_us = entry
    place = _find(trie, ids, cache, node)
    section = trie[2][node]
    keys[place, 0] = node
    keys[place, 1] = ids[0]
    keys[place, 2] = ids[1] if section >= _SYSTEM else -1
    keys[place, 3] = ids[2] if section >= _MESSAGES else -1
    state[place, 0] = ready
    state[place, 1] = clock + ttl_us
    state[place, 2] = ttl_us


@compiled
def _write(trie: Any, ids: Any, cache: Any, node: int, entry: Any) -> None:
    """Write an entry, or join one that stands there and has not expired."""
    keys, state = cache
    now, ready, clock, ttl_us = entry
    place = _find(trie, ids, cache, node)
    if keys[place, 0] >= 0 and now < state[place, 1]:
        state[place, 0] = min(state[place, 0], ready)
        state[place, 2] = max(state[place, 2], ttl_us)
        _refresh(cache, place, clock)
    else:
        _put(trie, ids, cache, node, (ready, clock, ttl_us))


@compiled
def _hit(trie: Any, ids: Any, cache: Any, mark: int, limits: Any) -> int:
    """Longest live entry within the lookback of one breakpoint, or -1."""
    now, best, minimum, row, prompt = limits
    parent, position, _section, tokens, marked = trie
    node = mark
    while node != best and position[mark] - position[node] < LOOKBACK_POSITIONS:
        if tokens[row, node] < minimum:
            return -1
        # A prefix longer than the prompt is none: the history above was edited on the way.
        whole = tokens[row, node] <= prompt
        if whole and marked[node] and _live(cache, _find(trie, ids, cache, node), now):
            return int(node)
        node = parent[node]
        if node < 0:
            return -1
    return -1


@compiled
def _read(trie: Any, ids: Any, cache: Any, marks: Any, limits: Any) -> int:
    """Longest live entry that any of a request's breakpoints finds, or -1."""
    now, minimum, row, prompt = limits
    best = -1
    for b in range(3, -1, -1):
        if marks[b] >= 0:
            found = _hit(trie, ids, cache, marks[b], (now, best, minimum, row, prompt))
            best = max(best, found)  # on one path the deeper node has the higher index
    return best


@compiled
def _bill(trie: Any, ids: Any, cache: Any, marks: Any, request: Any) -> tuple[int, int, int]:
    """Read, refresh and write at the breakpoints: tokens at A (read), B (1h) and C (last)."""
    now, ready, clock, row, minimum, prompt, ttls = request
    tokens = trie[3]
    best = _read(trie, ids, cache, marks, (now, minimum, row, prompt))
    read = 0
    if best >= 0:
        read = tokens[row, best]
        _refresh(cache, _find(trie, ids, cache, best), clock)
    one_hour = read
    last = read
    for b in range(4):
        mark = marks[b]
        if mark < 0 or tokens[row, mark] < minimum:
            continue
        ends = min(tokens[row, mark], prompt)
        if mark > best:
            _write(trie, ids, cache, mark, (now, ready, clock, int(ttls[b]) * _SECOND_US))
            last = max(last, ends)
            if ttls[b] == ONE_HOUR_S:
                one_hour = max(one_hour, ends)
        elif mark != best:
            place = _find(trie, ids, cache, mark)
            if _live(cache, place, now):
                _refresh(cache, place, clock)
    return read, one_hour, last


@compiled
def _run(trie: Any, events: Any, marks: Any, learned: Any, cache: Any, billed: Int64s) -> None:
    time, ready, clock, context, system, message, row, prompt, minimum, seed, seed_ttl = events
    nodes, ttls, loop = marks
    loops = len(loop) > 0
    own, own_tokens, seen, seen_tokens = learned
    learns = len(own) > 0
    for i in range(len(time)):
        if learns and own[i] >= 0:
            trie[3][row[i], own[i]] = own_tokens[i]
        ids = (context[i], system[i], message[i])
        if (
            nodes[i, 0] >= 0
            and seed[i] >= 0
            and not _live(cache, _find(trie, ids, cache, seed[i]), time[i])
        ):
            _put(trie, ids, cache, seed[i], (time[i], clock[i], int(seed_ttl[i]) * _SECOND_US))
        request = (time[i], ready[i], clock[i], row[i], minimum[i], prompt[i], ttls[i])
        read, one_hour, last = _bill(trie, ids, cache, nodes[i], request)
        billed[i, 0] = read
        billed[i, 1] = last - one_hour
        billed[i, 2] = one_hour - read
        billed[i, 3] = prompt[i] - last
        if loops and loop[i] >= 0 and nodes[i, 0] >= 0 and trie[3][row[i], loop[i]] >= minimum[i]:
            _write(trie, ids, cache, loop[i], (time[i], ready[i], clock[i], _LOOP_TTL_US))
        if learns and seen[i] >= 0:
            trie[3][row[i], seen[i]] = seen_tokens[i]
