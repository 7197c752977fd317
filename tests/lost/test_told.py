"""Where the vendor names the cause of a missed read, its word and its count go before ours."""

from typing import Any

import pytest

from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results import LostCache
from analyzer.savings.audit import audit
from analyzer.trace import Call
from tests.lost.worked import OPUS, TOKEN, lost, plain, reasons, twice
from tests.replay.log_builder import Block, Log, store_of

AGREEMENT = "causes of missed reads are the vendor's"


def told(word: str, tokens: int | None = 4_800, **fields: Any) -> list[Call]:
    """Two calls a minute apart; the second rewrote 5,000 tokens, and the vendor says why."""
    second = {"cache_miss_reason": word, "cache_missed_tokens": tokens, **fields}
    return twice(60, {}, second)


def compared(found: LostCache) -> tuple[int, int, int, int]:
    return found.told_calls, found.agreed_calls, len(found.differing), found.open_calls


def test_the_vendors_word_and_count_stand_where_the_log_shows_no_cause() -> None:
    found = lost(told("tools_changed"))
    # the vendor's 4,800 tokens, not our 5,000: 4,800 x ($1.25 - $0.10) a million
    assert reasons(found) == {"tools changed": (1, 4_800, 0, 4_800 * 115 * TOKEN // 100)}
    assert found.lines[0].told == 1
    assert compared(found) == (1, 0, 0, 1)
    assert found.agreement is None


def test_the_same_cause_counts_as_agreement() -> None:
    found = lost(told("model_changed", model=OPUS))
    assert compared(found) == (1, 1, 0, 0)
    assert found.agreement == 1
    assert list(reasons(found)) == ["model switched"]


def test_the_vendor_calls_a_switch_of_speed_a_switch_of_model() -> None:
    calls = told("model_changed", model="claude-opus-5", speed="fast")
    first = twice(60, {"model": "claude-opus-5"}, {})[0]
    found = lost([first, calls[1]])
    assert (compared(found), list(reasons(found))) == ((1, 1, 0, 0), ["speed switched"])


def test_another_cause_is_listed_with_its_call_and_both_words() -> None:
    found = lost(told("system_changed", model=OPUS))
    ((miss),) = found.differing
    assert (miss.call, miss.told, miss.ours, miss.tokens) == (
        "m2", "system_changed", "model switched", 5_000,
    )  # fmt: skip
    assert list(reasons(found)) == ["system prompt changed"]
    assert found.agreement == 0


def test_never_more_than_was_billed_is_lost_whatever_the_vendor_counts() -> None:
    found = lost(told("messages_changed", 999_999))
    # 5,000 written and 100 plain: all that was not read
    lost_pico = 5_000 * 115 * TOKEN // 100 + 100 * 9 * TOKEN // 10
    assert reasons(found) == {"messages changed": (1, 5_000, 100, lost_pico)}


@pytest.mark.parametrize("word", ["unavailable", "previous_message_not_found", "a_new_word"])
def test_words_that_name_no_cause_change_nothing(word: str) -> None:
    found = lost(told(word, None))
    assert (list(reasons(found)), compared(found)) == (["unlogged"], (0, 0, 0, 0))


def test_a_cause_without_a_count_is_compared_and_leaves_our_pieces() -> None:
    found = lost(told("model_changed", None, model=OPUS))
    assert (found.lines[0].written, found.lines[0].told) == (5_000, 0)
    assert compared(found) == (1, 1, 0, 0)


def test_a_call_without_prompt_structure_is_judged_by_what_the_vendor_says() -> None:
    log = Log()
    log.call(0, [], plain(5_000), message_id="m1")
    log.call(60, [], plain(5_000), cache_miss_reason="tools_changed", cache_missed_tokens=3_000)
    found = lost(log.calls)
    assert reasons(found) == {"tools changed": (1, 0, 3_000, 3_000 * 9 * TOKEN // 10)}
    assert [one.calls for one in found.unjudged] == [1]


@pytest.mark.parametrize(("agreeing", "passed"), [(9, True), (8, False)])
def test_check_fails_when_fewer_than_nine_in_ten_causes_agree(
    agreeing: int,
    passed: bool,  # noqa: FBT001 - one row of a table
) -> None:
    log = Log()
    for pair in range(10):
        rules = Block(f"rules {pair}", 5_000, "system", ttl="5m")
        word = "model_changed" if pair < agreeing else "tools_changed"
        second = {"model": OPUS, "cache_miss_reason": word, "cache_missed_tokens": 5_000}
        both: tuple[dict[str, Any], ...] = ({}, second)
        for place, fields in enumerate(both):
            ask = Block(f"ask {pair} {place}", 100)
            tokens = twice(0, {}, {})[0].tokens
            log.call(1_000 * pair + 60 * place, [rules, ask], tokens, **fields)
    with store_of(log.calls) as store:
        none: tuple[Discount, ...] = ()
        found = audit(store, Book.load(), "logged", None, none)
    gate = next(one for one in found.findings if one.gate == AGREEMENT)
    assert gate.passed is passed
    assert f"{agreeing} agree, {10 - agreeing} differ" in gate.words


def test_a_store_without_the_vendors_word_passes_and_says_so() -> None:
    with store_of(twice(60, {}, {})) as store:
        found = audit(store, Book.load(), "logged")
    gate = next(one for one in found.findings if one.gate == AGREEMENT)
    assert (gate.passed, gate.words) == (True, "the vendor names a cause for 0 calls")
