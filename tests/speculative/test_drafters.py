from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.speculative.drafters.lookup import Drafter, NoDraft, PromptLookup, looks_ahead
from tests.speculative.table_models import Guess, Oracle

TEXTS = st.lists(st.integers(0, 3) | st.sampled_from([256, 65_536, 2**24, 49_151]), max_size=40)


def by_scanning(text: Sequence[int], longest: int, shortest: int, limit: int) -> list[int]:
    """The rule of prompt lookup in the plainest words."""
    for length in range(min(longest, len(text) - 1), shortest - 1, -1):
        for start in range(len(text) - length - 1, -1, -1):
            if text[start : start + length] == text[-length:]:
                return list(text[start + length : start + length + limit])
    return []


def test_the_latest_match_of_the_longest_ending_is_copied() -> None:
    #                      v ending 1 2 stood here, later than at the front
    text = [1, 2, 7, 8, 9, 1, 2, 5, 6, 1, 2]
    assert PromptLookup().propose(text, 3) == [5, 6, 1]
    assert PromptLookup().propose(text, 1) == [5]
    # an ending of three, older, goes before a later one of two
    assert PromptLookup().propose([9, 1, 2, 4, 1, 2, 5, 9, 1, 2], 2) == [4, 1]
    assert PromptLookup(longest=2).propose([9, 1, 2, 4, 1, 2, 5, 9, 1, 2], 2) == [5, 9]


def test_without_a_match_nothing_is_proposed() -> None:
    assert PromptLookup().propose([1, 2, 3], 4) == []
    assert PromptLookup().propose([], 4) == []
    assert PromptLookup(shortest=2).propose([1, 2, 1], 4) == []
    assert NoDraft().propose([1, 1, 1], 4) == []


def test_bytes_that_match_across_two_tokens_are_no_match() -> None:
    # 1 and 256 are 01 00 00 00 and 00 01 00 00: 256 lies, shifted, inside (1, 0) and (0, 1)
    assert PromptLookup().propose([0, 1, 0, 256], 2) == []
    assert PromptLookup().propose([256, 5, 0, 1, 0, 256], 2) == [5, 0]
    # 0 lies, shifted, over the border to 00 00 00 01 too, and overlaps the true match before it
    assert PromptLookup().propose([0, 2**24, 0], 2) == [2**24, 0]


@given(TEXTS, st.integers(1, 4), st.integers(1, 2), st.integers(0, 9))
def test_searching_bytes_is_searching_tokens(
    text: list[int], longest: int, shortest: int, limit: int
) -> None:
    found = PromptLookup(longest, shortest).propose(text, limit)
    assert found == by_scanning(text, longest, shortest, limit)
    assert PromptLookup(longest, shortest).propose(text, 20)[:limit] == found


@pytest.mark.parametrize("drafter", [NoDraft(), PromptLookup(), Guess(5, seed=1)])
def test_drafters_that_see_the_context_alone_look_nowhere_ahead(drafter: Drafter) -> None:
    text = [1, 2, 3, 1, 2, 3, 1, 2, 4, 1]
    assert looks_ahead(lambda _: drafter, text, [*text[:6], 4, 4, 4, 4], limit=4) == ()


def test_a_drafter_that_reads_the_future_is_caught() -> None:
    text, changed = [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 9, 9]
    # with two tokens of sight, positions 3 and 4 see token 4 or 5, which were changed
    assert looks_ahead(Oracle, text, changed, limit=2) == (3, 4)


class Rememberer:
    """Proposes what it once saw follow the same beginning."""

    def __init__(self) -> None:
        self._seen: list[int] = []

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        if len(context) > len(self._seen):
            self._seen = list(context)
        return self._seen[len(context) : len(context) + limit]


def test_a_drafter_that_remembers_an_earlier_run_is_caught() -> None:
    text, changed = [1, 2, 3, 4], [1, 2, 3, 9]
    assert looks_ahead(lambda _: Rememberer(), text, changed, limit=1) == (1, 2, 3)
