"""Transcripts hide system prompt and tools: what the bill alone says of them, by hand."""

from typing import Any

import pytest

from analyzer.policy import Policy
from analyzer.replay import Scene
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Event, Log, events_of, study_of

U1, A1, U2 = Block("u1", 100), Block("a1", 100, by="m1"), Block("u2", 100)
HIDDEN = {"visibility": "messages_only", "time_meaning": "line", "session": "s", "app": "code"}


def scene_of(calls: list[Call]) -> Scene:
    return study_of(calls).scene


def observed(calls: list[Call]) -> list[Event]:
    return events_of(scene_of(calls), Policy.observed())


def tell(log: Log, at_s: int, prompt: tuple[Block, ...], tokens: Tokens, **fields: Any) -> None:
    log.call(at_s, prompt, tokens, **{**HIDDEN, **fields})


@pytest.fixture
def session() -> list[Call]:
    """15,000 tokens are there before the first call; each call reads what the last one wrote."""
    log = Log()
    tell(log, 0, (U1,), Tokens(uncached=10, read=15_000, write_5m=5_000))
    tell(log, 60, (U1, A1, U2), Tokens(uncached=5, read=20_000, write_5m=1_000))
    return log.calls


def test_the_hidden_part_is_the_sessions_smallest_read(session: list[Call]) -> None:
    traffic = scene_of(session).traffic
    assert traffic.hidden_roots == 1
    system = traffic.calls["system_end"].to_list()
    assert system == [0, 0]
    assert traffic.trie.tokens[0, 0] == 15_000


def test_a_first_read_that_nobody_wrote_is_seeded_and_the_bill_comes_back(
    session: list[Call],
) -> None:
    assert scene_of(session).traffic.calls["seed"].to_list() == [0, -1]
    assert [(e.uncached, e.read, e.write_5m) for e in observed(session)] == [
        (10, 15_000, 5_000),
        (5, 20_000, 1_000),
    ]


def test_sessions_of_one_place_with_one_size_share_a_hidden_part(session: list[Call]) -> None:
    log = Log()
    log.calls = [*session]
    tell(log, 120, (Block("v1", 100),), Tokens(read=15_000, write_5m=700), session="t")
    assert scene_of(log.calls).traffic.hidden_roots == 1
    tell(log, 180, (Block("w1", 100),), Tokens(read=15_000), session="x", workspace="two")
    tell(log, 240, (Block("x1", 100),), Tokens(read=16_000), session="y")
    # another workspace shares nothing, another size is another prompt
    assert scene_of(log.calls).traffic.hidden_roots == 3


def test_a_session_that_reads_nothing_shares_nothing() -> None:
    log = Log()
    tell(log, 0, (U1,), Tokens(uncached=10, write_5m=5_000))
    traffic = scene_of(log.calls).traffic
    assert (traffic.hidden_roots, traffic.calls["seed"].to_list()) == (0, [-1])


def test_a_first_read_longer_than_the_hidden_part_carries_on_an_unseen_history() -> None:
    log = Log()
    tell(log, 0, (U1,), Tokens(uncached=10, read=30_000, write_5m=1_000))
    tell(log, 60, (Block("new root", 100),), Tokens(read=15_000, write_5m=2_000), compaction=True)
    traffic = scene_of(log.calls).traffic
    # a system prompt of 15,000 and, below it, 15,000 more of an earlier conversation
    assert traffic.hidden_roots == 2
    assert traffic.trie.parent[:2].tolist() == [-1, 0]
    assert traffic.trie.tokens[0, :2].tolist() == [15_000, 30_000]
    assert traffic.calls["seed"].to_list() == [1, -1]
    first = observed(log.calls)[0]
    assert (first.uncached, first.read, first.write_5m) == (10, 30_000, 1_000)


def test_hidden_marks_stand_after_the_system_prompt_and_on_both_last_blocks(
    session: list[Call],
) -> None:
    calls = scene_of(session).traffic.calls
    leaves = calls["leaf"].to_list()
    assert calls.select("mark0", "mark1", "mark2", "mark3").rows() == [
        (0, leaves[0], -1, -1),
        (0, leaves[0], leaves[1], -1),
    ]
    assert set(calls.select("ttl0", "ttl1").rows()) == {(300, 300)}


def test_the_life_of_hidden_marks_is_the_one_their_writes_show() -> None:
    log = Log()
    tell(log, 0, (U1,), Tokens(uncached=10, read=15_000))
    tell(log, 60, (U1, A1, U2), Tokens(uncached=5, read=15_000, write_1h=1_000))
    assert scene_of(log.calls).traffic.calls["ttl0"].to_list() == [3_600, 3_600]


@pytest.mark.parametrize(("at_s", "read"), [(324, 20_000), (325, 0)])
def test_a_hidden_life_runs_from_the_last_line_and_fifteen_seconds(at_s: int, read: int) -> None:
    log = Log()
    tell(log, 0, (U1,), Tokens(uncached=10, read=15_000, write_5m=5_000))
    tell(log, at_s, (U1, A1, U2), Tokens(uncached=5, read=20_000, write_5m=1_000))
    # 10 s of answering, 15 s of grace, 300 s of life
    assert observed(log.calls)[1].read == read


def test_subagents_have_a_hidden_part_of_their_own(session: list[Call]) -> None:
    log = Log()
    log.calls = [*session]
    tell(log, 90, (Block("task", 100),), Tokens(read=9_000, write_5m=100), agent="agent-1")
    traffic = scene_of(log.calls).traffic
    assert traffic.hidden_roots == 2
    assert sorted(traffic.trie.tokens[0, :2].tolist()) == [9_000, 15_000]
