"""Whose answer a block is, when two calls could have given it."""

import numpy as np
import pytest

from analyzer.traffic.trie import credited


def ints(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    return np.array(values, np.int32)


# A chain question (0), answer (1), next question (2). Requests 0 and 2 ask the question, request 1
# carries the answer back.
PARENT = ints(-1, 0, 1)
LEAF = ints(0, 2, 0)


@pytest.mark.parametrize(("giver", "kept"), [(0, 0), (1, -1), (2, -1)])
def test_an_answer_comes_from_a_call_before_the_prompt_that_carries_it(
    giver: int, kept: int
) -> None:
    assert credited(PARENT, ints(-1, giver, -1), LEAF).tolist() == [-1, kept, -1]


def test_an_answer_that_never_came_back_keeps_its_giver() -> None:
    assert credited(ints(-1, 0), ints(-1, 2), ints(0, 0, 0)).tolist() == [-1, 2]


def test_a_trie_without_nodes_and_calls_without_prompts_are_no_fault() -> None:
    assert credited(ints(), ints(), ints(-1, -1)).tolist() == []
