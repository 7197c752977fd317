"""Prompt totals become tokens of each prefix, by hand: blocks of 100, 300 and 600 characters."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.traffic.token_map import UNKNOWN, Anchors, fill_across, fit

PARENT = np.array([-1, 0, 1, 2], np.int32)
CHARS = np.array([99, 299, 599, 999], np.int64)
"""Spread by characters plus one: 100, 300, 600 and 1,000."""
Row = tuple[int, int, int, int, tuple[int, ...], int]
"""Leaf, last mark, prompt, reads and writes, marks, reads."""


def asked(prompt: int, leaf: int = 2) -> Row:
    return (leaf, -1, prompt, 0, (), 0)


def marked(prompt: int, cached: int, marks: tuple[int, ...], read: int = 0, leaf: int = 2) -> Row:
    return (leaf, marks[-1], prompt, cached, marks, read)


def fitted(*rows: Row, family: int = 0, known: tuple[int, ...] = ()) -> tuple[list[int], int]:
    start = np.full((2, 4), UNKNOWN, np.int64)
    start[family, : len(known)] = known
    anchors = Anchors(
        leaf=np.array([row[0] for row in rows], np.int32),
        mark=np.array([row[1] for row in rows], np.int32),
        family=np.full(len(rows), family, np.int32),
        prompt=np.array([row[2] for row in rows], np.int64),
        cached=np.array([row[3] for row in rows], np.int64),
        read=np.array([row[5] for row in rows], np.int64),
        marks=np.array([(row[4] + (-1,) * 4)[:4] for row in rows], np.int32),
    )
    tokens, conflicts = fit(PARENT, CHARS, start, anchors)
    assert (tokens[1 - family] == UNKNOWN).all()
    return tokens[family].tolist(), conflicts


def test_a_prompt_is_spread_over_its_blocks_by_characters() -> None:
    assert fitted(asked(1_000)) == ([100, 400, 1_000, UNKNOWN], 0)
    # 1,501 in ten parts, rounded down on the way and whole at the end
    assert fitted(asked(1_501)) == ([150, 600, 1_501, UNKNOWN], 0)


def test_reads_and_writes_pin_the_last_mark() -> None:
    # 500 up to the second block: 125 and 375; the rest of the 1,000 behind it
    assert fitted(marked(1_000, 500, (1,))) == ([125, 500, 1_000, UNKNOWN], 0)


def test_a_mark_without_reads_or_writes_pins_nothing() -> None:
    assert fitted(marked(1_000, 0, (1,))) == ([100, 400, 1_000, UNKNOWN], 0)


def test_a_longer_prompt_fills_only_what_is_new() -> None:
    assert fitted(asked(1_000), asked(2_500, leaf=3)) == ([100, 400, 1_000, 2_500], 0)


def test_a_mark_on_the_leaf_is_pinned_to_the_cached_part() -> None:
    # 990 of 1,000 were cached: the ten after the mark belong to no visible block
    assert fitted(marked(1_000, 990, (2,))) == ([99, 396, 990, UNKNOWN], 0)


def test_a_billed_read_pins_the_earlier_mark_it_comes_near() -> None:
    # 104 is within 5 % of the estimate of 100, 106 is not
    assert fitted(marked(1_000, 1_000, (0, 2), read=104))[0] == [104, 400, 1_000, UNKNOWN]
    assert fitted(marked(1_000, 1_000, (0, 2), read=106))[0] == [100, 400, 1_000, UNKNOWN]


def test_a_pin_is_set_once() -> None:
    first, second = (marked(1_000, 1_000, (0, 2), read=read) for read in (104, 102))
    assert fitted(first, second)[0] == [104, 400, 1_000, UNKNOWN]


def test_the_first_total_of_a_prefix_stays_and_others_are_counted() -> None:
    assert fitted(asked(1_000), asked(1_100), asked(1_000)) == ([100, 400, 1_000, UNKNOWN], 1)


def test_an_edited_history_is_counted_and_goes_on_from_the_new_total() -> None:
    # 700 tokens for a prompt whose first three blocks were billed as 1,000
    assert fitted(asked(1_000), asked(700, leaf=3)) == ([100, 400, 1_000, 700], 1)


def test_counts_known_beforehand_stay() -> None:
    assert fitted(asked(1_000), known=(550,)) == ([550, 700, 1_000, UNKNOWN], 0)


def test_the_other_tokenizer_is_filled_by_the_ratio_rounded_up() -> None:
    tokens = np.array([[1_001, UNKNOWN, UNKNOWN, 7], [UNKNOWN, 1_300, UNKNOWN, 9]], np.int64)
    # 1,001 x 1.3 = 1,301.3; 1,300 / 1.3 = 1,000; nowhere known: 0; known in both: kept
    assert fill_across(tokens, (13, 10)).tolist() == [[1_001, 1_000, 0, 7], [1_302, 1_300, 0, 9]]


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5_000)), min_size=1, max_size=6)


@given(ROWS, st.data())
def test_no_count_depends_on_a_later_prompt(
    prompts: list[tuple[int, int]], data: st.DataObject
) -> None:
    rows = [asked(total, leaf) for leaf, total in prompts]
    cut = data.draw(st.integers(1, len(rows)))
    early, late = fitted(*rows[:cut])[0], fitted(*rows)[0]
    known = [place for place, count in enumerate(early) if count != UNKNOWN]
    assert [late[place] for place in known] == [early[place] for place in known]


def test_a_later_read_replaces_an_estimate_and_no_pinned_count() -> None:
    first, later = asked(1_000), marked(1_000, 1_000, (0, 2), read=104)
    assert fitted(first, later)[0] == [104, 400, 1_000, UNKNOWN]
    pinned = marked(1_000, 100, (0,), read=100)
    assert fitted(pinned, later)[0][0] == 100
