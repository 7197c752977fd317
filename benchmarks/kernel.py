"""Print the requests a CPU-second of the cache kernel on generated conversations."""

import sys
import time

import numpy as np

from analyzer.simulators.cache_kernel import CacheEvents, Trie, replay_cache

CHAINS, DEPTH = 400, 24


def main() -> None:
    """Replay once to compile, then time it."""
    count = int(sys.argv[1])
    trie, events = _world(count)
    replay_cache(trie, events)
    start = time.process_time()
    replay_cache(trie, events)
    print(count / (time.process_time() - start))


def _world(count: int) -> tuple[Trie, CacheEvents]:
    """Conversations of 24 prefixes each, at random times, marked at the last block."""
    draw = np.random.default_rng(1)
    place = np.arange(CHAINS * DEPTH, dtype=np.int32)
    parent = np.where(place % DEPTH == 0, -1, place - 1).astype(np.int32)
    tokens = ((place % DEPTH + 1) * 900).astype(np.int64)[None]
    time_us = np.sort(draw.integers(0, count * 2_000_000, count))
    leaf = draw.integers(0, len(place), count).astype(np.int32)
    marks = np.full((count, 4), -1, np.int32)
    marks[:, 0] = leaf
    none = np.zeros(count, np.int32)
    events = CacheEvents(
        time_us=time_us,
        ready_us=time_us + 900_000,
        context=none,
        system_params=none,
        message_params=none,
        row=none,
        prompt=tokens[0][leaf] + 7,
        minimum=np.full(count, 1024, np.int64),
        breakpoints=marks,
        ttl_s=np.full((count, 4), 300, np.int32),
        seed=none - 1,
        seed_ttl_s=none,
    )
    section = np.full(len(place), 2, np.int8)
    return Trie(parent, (place % DEPTH).astype(np.int32), section, tokens), events


if __name__ == "__main__":
    main()
