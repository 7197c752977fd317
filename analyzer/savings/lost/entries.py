"""What the log says stands in the cache: entries by prefix and by who can read them.

A hash table that grows: `slots` point into rows of `keys` (node and three ids) and `state`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

READY, EXPIRY, LIFE, BY = 0, 1, 2, 3
"""Columns of an entry's state: readable from, gone at, its life (all us), who touched it last."""
_START = 1 << 10
_FREE = -1


def empty() -> tuple[Int32s, Int32s, Int64s, Int64s]:
    """Give a table without entries: slots, keys, state, and how many rows are used."""
    return (
        np.full(2 * _START, _FREE, np.int32),
        np.empty((_START, 4), np.int32),
        np.empty((_START, 4), np.int64),
        np.zeros(1, np.int64),
    )


@compiled
def found(table: Any, key: Any) -> int:
    """Row of an entry, or -1."""
    return int(table[0][_slot(table[0], table[1], key)])


@compiled
def put(table: Any, key: Any, entry: Any) -> None:
    """Set an entry anew; `entry` is (ready, clock, life, by)."""
    slots, keys, state, used = table
    slot = _slot(slots, keys, key)
    row = slots[slot]
    if row < 0:
        row = used[0]
        used[0] += 1
        slots[slot] = row
        for place in range(4):
            keys[row, place] = key[place]
    ready, clock, life, by = entry
    state[row, READY] = ready
    state[row, EXPIRY] = clock + life
    state[row, LIFE] = life
    state[row, BY] = by


@compiled
def refresh(state: Int64s, row: int, clock: int, by: int) -> None:
    """A read starts an entry's own life anew."""
    state[row, EXPIRY] = max(state[row, EXPIRY], clock + state[row, LIFE])
    state[row, BY] = by


@compiled
def join(state: Int64s, row: int, entry: Any) -> None:
    """Two writers of one entry overlap: earliest readable, longest life."""
    ready, clock, life, by = entry
    state[row, READY] = min(state[row, READY], ready)
    state[row, LIFE] = max(state[row, LIFE], life)
    refresh(state, row, clock, by)


@compiled
def grown(table: Any, spare: int) -> Any:
    """Give a table with room for `spare` more entries: the same one while it has."""
    slots, keys, state, used = table
    if used[0] + spare <= len(keys):
        return table
    more_keys = np.empty((2 * len(keys), 4), np.int32)
    more_state = np.empty((2 * len(keys), 4), np.int64)
    more_keys[: used[0]] = keys[: used[0]]
    more_state[: used[0]] = state[: used[0]]
    more_slots = np.full(2 * len(slots), _FREE, np.int32)
    for row in range(used[0]):
        key = (keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3])
        more_slots[_slot(more_slots, more_keys, key)] = row
    return more_slots, more_keys, more_state, used


@compiled
def _slot(slots: Int32s, keys: Int32s, key: Any) -> int:
    mask = len(slots) - 1
    mixed = (
        int(key[0]) * 0x9E3779B1
        + (int(key[1]) + 1) * 0x85EBCA6B
        + (int(key[2]) + 2) * 0x42B2AE3D
        + (int(key[3]) + 3) * 0x27D4EB2F
    )
    place = (mixed ^ (mixed >> 17)) & mask
    while slots[place] >= 0:
        row = slots[place]
        same = keys[row, 0] == key[0] and keys[row, 1] == key[1]
        if same and keys[row, 2] == key[2] and keys[row, 3] == key[3]:
            break
        place = (place + 1) & mask
    return place
