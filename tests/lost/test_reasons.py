"""Each reason for a missed read, on a log worked by hand."""

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.trace import Section, Tokens
from tests.lost.worked import (
    AGAIN,
    ASK,
    BARE,
    OPUS,
    RULES,
    TOKEN,
    lost,
    plain,
    reasons,
    twice,
    written,
)
from tests.replay.log_builder import Block, Log

REWRITTEN = 5_000 * (125 - 10) * TOKEN // 100
"""5,000 tokens written for five minutes instead of read: 5,000 x ($1.25 - $0.10) a million."""


@pytest.mark.parametrize(
    ("gap_s", "reason"),
    [
        (5, "concurrent cold start"),  # the first answer begins after ten seconds
        (10, "unlogged"),  # readable now
        (299, "unlogged"),
        (300, "expired, idle under an hour"),
        (3_599, "expired, idle under an hour"),
        (3_600, "expired, idle over an hour"),
    ],
)
def test_time_decides_why_a_rewritten_prefix_was_not_read(gap_s: int, reason: str) -> None:
    found = lost(twice(gap_s, {}, {}))
    assert reasons(found) == {reason: (1, 5_000, 0, REWRITTEN)}


def test_an_hours_life_expires_after_an_hour_and_its_write_costs_more() -> None:
    hour = {"prompt": [Block("rules", 5_000, "system", ttl="1h"), ASK]}
    told = {**hour, "tokens": written(5_000, life="1h")}
    assert reasons(lost(twice(3_601, told, told))) == {
        # 5,000 x ($2 - $0.10) a million
        "expired, idle over an hour": (1, 5_000, 0, 5_000 * 19 * TOKEN // 10)
    }


def test_a_read_renews_the_life_that_is_judged() -> None:
    log = Log()
    log.call(0, [RULES, ASK], written(5_000))
    log.call(200, [RULES, AGAIN], Tokens(uncached=100, read=5_000, write_5m=0, write_1h=0))
    log.call(450, [RULES, Block("third", 100)], written(5_000))
    # 450 s after the write, 250 s after the read: it was alive
    assert reasons(lost(log.calls)) == {"unlogged": (1, 5_000, 0, REWRITTEN)}


def test_a_marked_prefix_below_the_minimum_was_never_cached() -> None:
    short = {"prompt": [Block("rules", 3_000, "system", ttl="5m"), ASK], "tokens": plain(3_100)}
    found = lost(twice(60, short, {**short, "prompt": [*short["prompt"][:1], AGAIN]}))  # type: ignore[index]  # a list
    # 3,000 x ($1 - $0.10) a million
    assert reasons(found) == {"below the model's minimum": (1, 0, 3_000, 3_000 * 9 * TOKEN // 10)}


def test_a_prefix_sent_without_a_mark_is_told_apart() -> None:
    first = {"prompt": [BARE, ASK], "tokens": plain(5_100)}
    second = {"prompt": [BARE, AGAIN], "tokens": plain(5_100)}
    assert reasons(lost(twice(60, first, second))) == {
        "no mark reaches it": (1, 0, 5_000, 5_000 * 9 * TOKEN // 10)
    }


@pytest.mark.parametrize(
    ("gap_s", "size"),
    [
        (3_601, 5_000),  # no life on sale holds so long
        (5, 5_000),  # the first answer had not begun
        (60, 3_000),  # too short to be cached
    ],
)
def test_what_no_mark_could_have_kept_is_not_lost(gap_s: int, size: int) -> None:
    rules = Block("rules", size, "system")
    first = {"prompt": [rules, ASK], "tokens": plain(size + 100)}
    second = {"prompt": [rules, AGAIN], "tokens": plain(size + 100)}
    found = lost(twice(gap_s, first, second))
    assert reasons(found) == {}
    assert found.first_sight == 2 * (size + 100) * TOKEN


def test_a_document_shared_without_marks_is_seen_inside_the_messages() -> None:
    log = Log()
    for place, at_s in enumerate((0, 60)):
        log.call(at_s, [Block("document", 6_000), Block(f"ask {place}", 100)], plain(6_100))
    assert reasons(lost(log.calls)) == {
        "no mark reaches it": (1, 0, 6_000, 6_000 * 9 * TOKEN // 10)
    }


@pytest.mark.parametrize(("blocks", "reason"), [(19, "unlogged"), (20, "beyond the lookback")])
def test_a_mark_more_than_twenty_positions_behind_does_not_find_the_entry(
    blocks: int, reason: str
) -> None:
    log = Log()
    log.call(0, [BARE, Block("ask", 100, ttl="5m")], written(5_100, 0))
    more = [Block(f"step {place}", 10) for place in range(blocks - 1)]
    last = Block("last", 10, ttl="5m")
    log.call(60, [BARE, ASK, *more, last], written(5_100 + 10 * blocks, 0))
    # the 5,100 tokens of the entry; the steps behind it are growth
    assert reasons(lost(log.calls)) == {reason: (1, 5_100, 0, 5_100 * 115 * TOKEN // 100)}


def test_the_tail_behind_the_last_mark_is_paid_again_until_it_is_marked() -> None:
    log = Log()
    log.call(0, [RULES, Block("long ask", 2_000)], written(5_000, 2_000))
    prompt = [RULES, Block("long ask", 2_000), Block("answer", 50), Block("next", 100)]
    log.call(60, prompt, Tokens(uncached=2_150, read=5_000, write_5m=0, write_1h=0, output=1))
    assert reasons(lost(log.calls)) == {
        "no mark reaches it": (1, 0, 2_000, 2_000 * 9 * TOKEN // 10)
    }


def test_another_model_pays_its_own_price_for_the_same_prefix() -> None:
    # Opus 4.5: 5,000 x ($6.25 - $0.50) a million
    assert reasons(lost(twice(60, {}, {"model": OPUS}))) == {
        "model switched": (1, 5_000, 0, 5_000 * 575 * TOKEN // 100)
    }


def test_an_entry_of_another_model_that_had_expired_counts_as_expired() -> None:
    found = lost(twice(400, {}, {"model": OPUS}))
    assert list(reasons(found)) == ["expired, idle under an hour"]


def test_fast_and_standard_share_nothing() -> None:
    opus = {"model": "claude-opus-5"}
    found = lost(twice(60, opus, {**opus, "speed": "fast"}))
    assert [(line.reason, line.written) for line in found.lines] == [("speed switched", 5_000)]


def test_system_parameters_drop_the_system_prompt() -> None:
    found = lost(twice(60, {}, {"system_params": b"web search"}))
    assert reasons(found) == {"system parameters changed": (1, 5_000, 0, REWRITTEN)}


def test_message_parameters_drop_the_messages_and_leave_the_system_prompt() -> None:
    long = Block("long ask", 5_000, ttl="5m")
    told = {"prompt": [Block("rules", 5_000, "system", ttl="5m"), long]}
    first = {**told, "tokens": written(10_000, 0)}
    second = Tokens(uncached=0, read=5_000, write_5m=5_000, write_1h=0, output=1)
    calls = twice(60, first, {**told, "tokens": second, "message_params": b"tool choice"})
    assert reasons(lost(calls)) == {"message parameters changed": (1, 5_000, 0, REWRITTEN)}


def _turns(second: list[Block], tokens: Tokens, **fields: Any) -> dict[str, Any]:
    """A first turn of tools, rules and a question, all 5,200 tokens cached, then another call."""
    log = Log()
    tools, rules = Block("tools", 3_000, "tools"), Block("rules", 2_100, "system")
    log.call(0, [tools, rules, Block("ask", 100, ttl="5m")], written(5_200, 0), session="s")
    log.call(60, second, tokens, **{"session": "s", **fields})
    return reasons(lost(log.calls))


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ("tools", "tools changed"),
        ("system", "system prompt changed"),
        ("messages", "messages changed"),
    ],
)
def test_the_first_section_that_parts_names_the_reason(section: Section, reason: str) -> None:
    blocks = [Block("tools", 3_000, "tools"), Block("rules", 2_100, "system"), ASK]
    second = [
        Block(f"new {one.name}", one.weight, one.section) if one.section == section else one
        for one in blocks
    ]
    mark = Block("next", 300, ttl="5m")
    found = _turns([*second, mark], written(5_500, 0))
    # what the first turn had cached; the 300 new tokens are growth
    assert found == {reason: (1, 5_200, 0, 5_200 * 115 * TOKEN // 100)}


def test_a_change_is_told_only_inside_one_session() -> None:
    tools = Block("other tools", 3_000, "tools")
    second = [tools, Block("rules", 2_100, "system"), Block("ask", 100, ttl="5m")]
    assert _turns(second, written(5_200, 0), session="another") == {}
    assert _turns(second, written(5_200, 0), session=None) == {}


def test_a_shorter_question_beside_a_conversation_is_no_edited_history() -> None:
    log = Log()
    turns = [Block("turn 1", 5_000), Block("turn 2", 100), Block("turn 3", 100, ttl="5m")]
    log.call(0, turns, written(5_200, 0), session="s")
    log.call(60, [Block("title", 5_000, ttl="5m")], written(5_000, 0), session="s")
    assert reasons(lost(log.calls)) == {}


def test_a_prompt_that_is_carried_on_later_was_not_replaced() -> None:
    log = Log()
    turns = [Block("turn 1", 5_000), Block("turn 2", 100, ttl="5m")]
    log.call(0, turns, written(5_100, 0), session="s")
    log.call(60, [Block("side", 5_000), Block("call", 100, ttl="5m")], written(5_100, 0),
             session="s")  # fmt: skip
    back = [Block("turn 1", 5_000), Block("turn 2", 100), Block("turn 3", 100, ttl="5m")]
    log.call(90, back, Tokens(uncached=0, read=5_100, write_5m=100, write_1h=0), session="s")
    assert reasons(lost(log.calls)) == {}


def test_a_replaced_prompt_whose_entry_had_expired_lost_nothing() -> None:
    log = Log()
    for at_s, name in ((0, "one"), (400, "two")):
        log.call(at_s, [Block(name, 5_000, ttl="5m")], written(5_000, 0), session="s")
    assert reasons(lost(log.calls)) == {}


def test_compaction_pays_for_the_fresh_start() -> None:
    second = [Block("summary", 5_000, ttl="5m")]
    found = _turns(second, written(5_000, 0), compaction=True)
    assert found == {"compaction": (1, 5_000, 0, REWRITTEN)}


def test_a_prompt_billed_shorter_than_its_prefix_was_edited() -> None:
    log = Log()
    log.call(0, [Block("history", 6_000, ttl="5m")], written(6_000, 0))
    second = [Block("history", 6_000), Block("next", 100, ttl="5m")]
    log.call(60, second, written(5_000, 0))
    assert reasons(lost(log.calls)) == {"messages changed": (1, 5_000, 0, REWRITTEN)}


def test_a_transcripts_hidden_system_prompt_and_history_are_judged() -> None:
    log = Log()
    fields: dict[str, Any] = {
        "visibility": "messages_only", "session": "s", "time_meaning": "line",
    }  # fmt: skip
    history = [Block("turn 1", 1_000)]
    tokens = Tokens(uncached=0, read=5_000, write_5m=1_000, write_1h=0, output=1)
    log.call(0, history, tokens, **fields)
    history.append(Block("turn 2", 500))
    again = Tokens(uncached=0, read=5_000, write_5m=1_500, write_1h=0, output=1)
    log.call(60, history, again, **fields)
    # the 1,000 tokens of turn 1 were written a minute before, and nothing in the log says why
    assert reasons(lost(log.calls)) == {"unlogged": (1, 1_000, 0, 1_000 * 115 * TOKEN // 100)}


def test_a_conversation_that_reads_what_it_wrote_loses_nothing() -> None:
    log = Log()
    log.call(0, [RULES, Block("ask", 100, ttl="5m")], written(5_100, 0))
    prompt = [RULES, ASK, Block("next", 300, ttl="5m")]
    log.call(60, prompt, Tokens(uncached=0, read=5_100, write_5m=300, write_1h=0, output=1))
    found = lost(log.calls)
    assert found.total == 0
    assert found.lines == ()
    # both writes are growth: (5,100 + 300) x $1.25 a million
    assert found.first_sight == 5_400 * 125 * TOKEN // 100


def test_two_reasons_on_one_call_share_its_tokens() -> None:
    log = Log()
    own = [Block("rules", 5_000, "system", ttl="5m"), Block("long ask", 3_000, ttl="5m")]
    log.call(0, own, written(8_000, 0))
    log.call(400, own, written(8_000, 0), model=OPUS)
    short = [Block("rules", 5_000, "system", ttl="5m"), ASK]
    log.call(410, short, written(5_000))
    # haiku's own rules expired 110 s before; opus' hold nothing that haiku has not sent
    log.call(420, own, Tokens(uncached=0, read=5_000, write_5m=3_000, write_1h=0, output=1))
    found = lost(log.calls)
    assert [(line.reason, line.written) for line in found.lines] == [
        ("expired, idle under an hour", 8_000 + 5_000 + 3_000)
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"tier": "batch", "batch_id": "b", "custom_id": "c"}, "batch"),
        ({"model": "gpt-5.6-sol"}, "no price"),
        ({"charged": False}, "not charged"),
        ({"start_us": None, "end_us": None}, "no price"),
        ({"prompt": []}, "the log does not show the prompt"),
    ],
)
def test_calls_that_cannot_be_judged_are_counted_by_what_they_lack(
    fields: dict[str, Any], why: str
) -> None:
    found = lost(twice(400, {}, fields))
    assert found.total == 0
    assert found.calls == 1
    ((one),) = found.unjudged
    assert one.why.startswith(why)
    assert (one.calls, one.tokens) == (1, 5_100)


def test_workspaces_share_nothing_and_lose_nothing_to_each_other() -> None:
    assert reasons(lost(twice(400, {}, {"workspace": "two"}))) == {}


def test_equal_ids_of_another_order_change_nothing() -> None:
    calls = twice(400, {}, {})
    swapped = [replace(calls[1], line=1), replace(calls[0], line=2)]
    assert lost(swapped).lines == lost(calls).lines
