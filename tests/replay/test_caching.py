"""Cache marks, worked by hand on Sonnet 5: $2 plain, $0.2 read, $2.5 written for 5 minutes, $4 for
an hour; smallest cacheable prompt 1,024 tokens."""

from typing import Literal

import pytest

from analyzer.policy import CachingRule, Policy
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Log, cost_of, events_of, study_of

MICRO_USD = 10**6
RULES, DOCUMENT = Block("rules", 2_000, "system"), Block("document", 4_000)
Bill = tuple[int, int, int, int]
Ttl = Literal["observed", "none", "5m", "1h"]
Placement = Literal["observed", "system", "document", "conversation", "both"]


def marks(ttl: Ttl, placement: Placement = "observed") -> Policy:
    made = CachingRule(workload="*", ttl=ttl, placement=placement, basis="test")
    return Policy(caching=(made,))


def log_of(*prompts: tuple[int, list[Block]]) -> list[Call]:
    log = Log()
    for at_s, prompt in prompts:
        log.call(at_s, prompt, model="claude-sonnet-5")
    return log.calls


def bills(calls: list[Call], policy: Policy) -> list[Bill]:
    """Plain, read, written for 5 minutes, written for an hour."""
    scene = study_of(calls, policy).scene
    return [(e.uncached, e.read, e.write_5m, e.write_1h) for e in events_of(scene, policy)]


@pytest.fixture
def document() -> list[Call]:
    """A document asked about three times: at once, after 2 minutes, after another 8."""
    asked = [[RULES, DOCUMENT, Block(f"q{turn}", 500)] for turn in range(3)]
    return log_of((0, asked[0]), (120, asked[1]), (600, asked[2]))


def test_without_marks_all_is_plain(document: list[Call]) -> None:
    assert bills(document, Policy.observed()) == [(6_500, 0, 0, 0)] * 3


def test_a_mark_on_the_system_prompt(document: list[Call]) -> None:
    assert bills(document, marks("5m", "system")) == [
        (4_500, 0, 2_000, 0),
        (4_500, 2_000, 0, 0),
        (4_500, 0, 2_000, 0),  # 8 minutes after the last read
    ]


def test_a_mark_on_the_document(document: list[Call]) -> None:
    assert bills(document, marks("5m", "document")) == [
        (500, 0, 6_000, 0),
        (500, 6_000, 0, 0),
        (500, 0, 6_000, 0),
    ]


def test_an_hour_of_life_reaches_the_third_call(document: list[Call]) -> None:
    policy = marks("1h", "document")
    assert bills(document, policy) == [
        (500, 0, 0, 6_000),
        (500, 6_000, 0, 0),
        (500, 6_000, 0, 0),
    ]
    # 1,500 x $2 + 12,000 x $0.2 + 6,000 x $4, a million each = $0.0294; plain 19,500 x $2 = $0.039
    scene = study_of(document, policy).scene
    assert cost_of(scene, policy) == 29_400 * MICRO_USD
    assert cost_of(scene, Policy.observed()) == 39_000 * MICRO_USD


def test_a_mark_on_the_last_block_writes_what_nobody_reads(document: list[Call]) -> None:
    assert bills(document, marks("5m", "conversation")) == [(0, 0, 6_500, 0)] * 3


def test_marks_on_both_serve_a_conversation() -> None:
    first = [RULES, Block("q1", 500)]
    second = [*first, Block("a1", 300, by="m1"), Block("q2", 200)]
    calls = log_of((0, first), (60, second), (120, [RULES, Block("other", 100)]))
    assert bills(calls, marks("5m", "both")) == [
        (0, 0, 2_500, 0),
        (0, 2_500, 500, 0),
        (0, 2_000, 100, 0),
    ]


def test_marks_on_both_are_one_mark_where_there_is_no_system_prompt() -> None:
    calls = log_of((0, [DOCUMENT]), (60, [DOCUMENT]))
    assert bills(calls, marks("5m", "both")) == [(0, 0, 4_000, 0), (0, 4_000, 0, 0)]


def test_a_place_that_a_prompt_does_not_have_is_no_mark() -> None:
    calls = log_of((0, [DOCUMENT]), (60, [DOCUMENT]))
    assert bills(calls, marks("5m", "system")) == [(4_000, 0, 0, 0)] * 2
    assert bills(calls, marks("5m", "document")) == [(4_000, 0, 0, 0)] * 2


def test_a_prompt_below_the_minimum_is_not_cached() -> None:
    short, enough = [Block("short", 1_023)], [Block("enough", 1_024)]
    calls = log_of((0, short), (1, enough))
    assert bills(calls, marks("5m", "conversation")) == [(1_023, 0, 0, 0), (0, 0, 1_024, 0)]


@pytest.fixture
def marked() -> list[Call]:
    """Two calls ten minutes apart whose own mark lives for 5 minutes."""
    log = Log()
    prompt = [Block("rules", 2_000, "system", ttl="5m"), Block("q", 500)]
    for at_s in (0, 600):
        log.call(at_s, prompt, Tokens(uncached=500, write_5m=2_000), model="claude-sonnet-5")
    return log.calls


def test_removing_every_mark_makes_all_plain(marked: list[Call]) -> None:
    assert bills(marked, Policy.observed()) == [(500, 0, 2_000, 0)] * 2
    assert bills(marked, marks("none")) == [(2_500, 0, 0, 0)] * 2
    # 2 x 2,000 x ($2.5 - $2) a million: two unread writes cost $0.002 more than none
    scene = study_of(marked, marks("none")).scene
    saved = cost_of(scene, Policy.observed()) - cost_of(scene, marks("none"))
    assert saved == 2_000 * MICRO_USD


def test_a_longer_life_at_the_same_marks(marked: list[Call]) -> None:
    assert bills(marked, marks("1h")) == [(500, 0, 0, 2_000), (500, 2_000, 0, 0)]


def test_other_places_keep_the_observed_life(marked: list[Call]) -> None:
    assert bills(marked, marks("observed", "conversation")) == [(0, 0, 2_500, 0)] * 2


def test_another_workload_keeps_its_marks(marked: list[Call]) -> None:
    log = Log()
    log.calls = [*marked]
    prompt = [Block("manners", 2_000, "system", ttl="5m"), Block("q", 500)]
    log.call(1_200, prompt, Tokens(uncached=500, write_5m=2_000), model="claude-sonnet-5")
    only = CachingRule(workload="W02", ttl="none", basis="test")
    # W01 has two calls and so more dollars; W02 is the call on other manners
    policy = study_of(log.calls, Policy(caching=(only,))).policy
    assert bills(log.calls, policy) == [(500, 0, 2_000, 0)] * 2 + [(2_500, 0, 0, 0)]
