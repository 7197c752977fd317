"""What the kernel adds for real logs beside the vendor rules: a fitted clock, edited histories."""

from dataclasses import replace

import numpy as np
import pytest

from analyzer.simulators.cache_kernel import CacheEvents, Trie, replay_cache

SECOND_US = 1_000_000


@pytest.fixture
def chain() -> Trie:
    """Three prefixes of one conversation: 2,000, 5,000 and 3,000 tokens (edited on the way)."""
    return Trie(
        parent=np.array([-1, 0, 1], np.int32),
        position=np.array([0, 1, 2], np.int32),
        section=np.full(3, 2, np.int8),
        tokens=np.array([[2_000, 5_000, 3_000]], np.int64),
    )


def events(*rows: tuple[int, list[int], int]) -> CacheEvents:
    """Requests of (start in seconds, marked nodes, prompt tokens), 5-minute marks, one context."""
    count = len(rows)
    marks = np.full((count, 4), -1, np.int32)
    for place, (_, nodes, _) in enumerate(rows):
        marks[place, : len(nodes)] = nodes
    start = np.array([second * SECOND_US for second, _, _ in rows], np.int64)
    none = np.zeros(count, np.int32)
    return CacheEvents(
        time_us=start,
        ready_us=start,
        context=none,
        system_params=none,
        message_params=none,
        row=none,
        prompt=np.array([prompt for _, _, prompt in rows], np.int64),
        minimum=np.full(count, 1_024, np.int64),
        breakpoints=marks,
        ttl_s=np.full((count, 4), 300, np.int32),
        seed=none - 1,
        seed_ttl_s=none,
    )


def test_a_fitted_clock_counts_the_life_from_where_it_says(chain: Trie) -> None:
    told = events((0, [1], 5_000), (350, [1], 5_000))
    assert replay_cache(chain, told)[1].tolist() == [0, 5_000, 0, 0]
    # the answer's last line came 100 s after the start: 100 s + 300 s > 350 s
    late = replace(told, clock_us=told.time_us + 100 * SECOND_US)
    assert replay_cache(chain, late)[1].tolist() == [5_000, 0, 0, 0]


def test_a_read_renews_the_life_by_the_readers_clock(chain: Trie) -> None:
    told = events((0, [1], 5_000), (200, [1], 5_000), (550, [1], 5_000))
    clock = told.time_us + np.array([0, 100, 0], np.int64) * SECOND_US
    # renewed at 200 s + 100 s, so alive until 600 s
    assert replay_cache(chain, replace(told, clock_us=clock))[2].tolist() == [5_000, 0, 0, 0]
    assert replay_cache(chain, told)[2].tolist() == [0, 5_000, 0, 0]


def test_a_prefix_longer_than_the_prompt_is_none_and_a_shorter_one_behind_it_is_read(
    chain: Trie,
) -> None:
    told = events((0, [0, 1], 5_000), (10, [2], 3_000))
    # node 1 (5,000) is alive but cannot be a prefix of 3,000 tokens; node 0 (2,000) can
    assert replay_cache(chain, told)[1].tolist() == [2_000, 1_000, 0, 0]
