"""Batch, worked by hand on Haiku 4.5: $1 asked, $5 answered, half of it in a batch."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from analyzer.policy import BatchRule, CachingRule, Policy
from analyzer.replay import Replays, simulate
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Event, Log, cost_of, events_of, study_of

USD = 10**12
HOUR = 3_600
QUESTION, ANSWER, NEXT = Block("q1", 1_000), Block("a1", 400, by="m1"), Block("q2", 600)
RULES = Block("rules", 6_000, "system", ttl="5m")


def waits(**fields: Any) -> Policy:
    made = {"workload": "*", "evidence": "deadline", "basis": "test", **fields}
    return Policy(batch=(BatchRule(**made),))


def replayed(calls: list[Call], policy: Policy) -> list[Event]:
    return events_of(study_of(calls, policy).scene, policy)


def tiers(calls: list[Call], policy: Policy) -> list[str]:
    return [event.tier for event in replayed(calls, policy)]


@pytest.fixture
def one() -> list[Call]:
    return one_call()


def one_call() -> list[Call]:
    """A million tokens asked, 100,000 answered."""
    log = Log()
    log.call(0, [Block("q", 1_000)], Tokens(uncached=1_000_000, output=100_000))
    return log.calls


@pytest.fixture
def cached() -> list[Call]:
    return six_calls()


def six_calls() -> list[Call]:
    """Six calls a minute apart that share 6,000 tokens of rules and ask 1,000 each."""
    log = Log()
    for turn in range(6):
        first = Tokens(uncached=1_000, write_5m=6_000)
        later = Tokens(uncached=1_000, read=6_000)
        log.call(60 * turn, [RULES, Block(f"q{turn}", 1_000)], later if turn else first)
    return log.calls


def follow_up(after_s: int) -> list[Call]:
    log = Log()
    log.call(0, [QUESTION], Tokens(uncached=1_000, output=500))
    log.call(after_s, [QUESTION, ANSWER, NEXT], Tokens(uncached=2_000, output=100))
    return log.calls


def test_a_batch_is_half_price(one: list[Call]) -> None:
    scene = study_of(one, waits()).scene
    # 1 Mtok x $1 + 0.1 Mtok x $5 = $1.50
    assert cost_of(scene, Policy.observed()) == 1_500 * USD // 1_000
    assert cost_of(scene, waits()) == 750 * USD // 1_000


def test_a_call_that_is_followed_before_its_deadline_stays_live() -> None:
    # the second turn is last and may always wait
    assert tiers(follow_up(24 * HOUR - 1), waits()) == ["standard", "batch"]
    assert tiers(follow_up(24 * HOUR), waits()) == ["batch", "batch"]
    assert tiers(follow_up(HOUR), waits(deadline_hours=Fraction(1))) == ["batch", "batch"]


def test_the_first_of_several_follow_ups_decides() -> None:
    log = Log()
    log.calls = follow_up(30 * HOUR)
    log.call(HOUR, [QUESTION, ANSWER, Block("another way", 500)], Tokens(uncached=1_900))
    # replayed in start order: the early follow-up stands second
    assert tiers(log.calls, waits()) == ["standard", "batch", "batch"]


def test_bought_speed_and_other_tiers_are_not_moved() -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)])
    log.call(1, [Block("r", 1_000)], model="claude-opus-5", speed="fast")
    log.call(2, [Block("s", 1_000)], tier="flex")
    assert tiers(log.calls, waits()) == ["batch", "standard", "flex"]


def test_nothing_is_read_inside_an_unseeded_batch(cached: list[Call]) -> None:
    found = {(e.uncached, e.read, e.write_5m, e.write_1h) for e in replayed(cached, waits())}
    assert found == {(7_000, 0, 0, 0)}


def test_a_seeded_batch_reads_or_writes_its_tools_and_system_prompt(cached: list[Call]) -> None:
    def buckets(share: str) -> set[tuple[int, int, int, int]]:
        policy = waits(seeded=True, hit_share=Fraction(share))
        return {(e.uncached, e.read, e.write_5m, e.write_1h) for e in replayed(cached, policy)}

    assert buckets("1") == {(1_000, 6_000, 0, 0)}
    assert buckets("0") == {(1_000, 0, 0, 6_000)}
    assert buckets("1/2") == {(1_000, 6_000, 0, 0), (1_000, 0, 0, 6_000)}


def test_a_prefix_below_the_minimum_is_not_shared_inside_a_batch() -> None:
    log = Log()
    # Haiku 4.5 caches from 4,096 tokens on
    log.call(0, [Block("rules", 4_095, "system"), Block("q", 100)])
    log.call(1, [Block("manners", 4_096, "system"), Block("q", 100)])
    policy = waits(seeded=True, hit_share=Fraction(1))
    assert [event.read for event in replayed(log.calls, policy)] == [0, 4_096]


def test_an_expired_request_costs_nothing_and_is_asked_again_live(one: list[Call]) -> None:
    policy = waits(expiry_share=Fraction(1))
    scene = study_of(one, policy).scene
    events = simulate(scene, policy, 1).sort("ordinal")
    assert events.select("reason", "tier", "charged").rows() == [
        ("original", "batch", False),
        ("retry", "standard", True),
    ]
    # only the live one is billed, at the full $1.50
    assert cost_of(scene, policy) == 1_500 * USD // 1_000


def test_batch_and_live_calls_share_no_entries() -> None:
    log = Log()
    talk = [RULES, QUESTION]
    log.call(0, talk, Tokens(uncached=1_000, write_5m=6_000, output=500))
    log.call(60, [*talk, ANSWER, NEXT], Tokens(uncached=2_000, read=6_000))
    log.call(120, [RULES, Block("alone", 500)], Tokens(uncached=500, read=6_000))
    # the first is followed after a minute and stays; the other two go
    events = replayed(log.calls, waits())
    assert [(e.tier, e.read, e.write_5m) for e in events] == [
        ("standard", 0, 6_000),
        ("batch", 0, 0),
        ("batch", 0, 0),
    ]


def test_a_moved_writer_leaves_its_entry_to_be_written_by_a_live_call() -> None:
    log = Log()
    log.call(0, [RULES, Block("alone", 500)], Tokens(uncached=500, write_5m=6_000))
    log.call(60, [RULES, QUESTION], Tokens(uncached=1_000, read=6_000, output=500))
    log.call(
        90, [RULES, QUESTION, Block("a", 400, by="m2"), NEXT], Tokens(uncached=2_000, read=6_000)
    )
    policy = Policy(batch=waits().batch)
    events = replayed(log.calls, policy)
    assert [(e.tier, e.read, e.write_5m) for e in events] == [
        ("batch", 0, 0),
        ("standard", 0, 6_000),
        ("batch", 0, 0),
    ]


def test_marks_of_a_caching_rule_do_not_reach_into_a_batch(cached: list[Call]) -> None:
    marks = CachingRule(workload="*", ttl="1h", placement="both", basis="test")
    policy = Policy(batch=waits().batch, caching=(marks,))
    assert replayed(cached, policy) == replayed(cached, waits())


def test_a_model_without_a_batch_price_stays_live() -> None:
    june_us = int(datetime(2025, 6, 10, 12, tzinfo=UTC).timestamp()) * 1_000_000
    log = Log()
    log.call(0, [Block("q", 1_000)], model="claude-3-sonnet", start_us=june_us, end_us=june_us)
    assert Replays(study_of(log.calls, waits()).scene).saving(waits()) == 0


def test_an_expired_request_is_asked_again_when_it_expired() -> None:
    log = Log()
    log.call(0, [QUESTION])
    policy = waits(expiry_share=Fraction(1))
    events = simulate(study_of(log.calls, policy).scene, policy, 1).sort("ordinal")
    first, again = events["start_us"].to_list()
    # the vendor lets a batch run for 24 hours
    assert again - first >= 24 * HOUR * 1_000_000
