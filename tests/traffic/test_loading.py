"""The store read back: order, times, what follows what."""

from typing import Literal

import pytest

from analyzer.policy import BatchRule, CachingRule, Policy, RoutingRule
from analyzer.prices import Book
from analyzer.replay import simulate
from analyzer.trace import Tokens
from analyzer.traffic import tokenizer_ratio
from tests.replay.log_builder import NOON_US, SECOND_US, Block, Log, events_of, study_of

Q, A = Block("q", 1_000), Block("a", 100, by="m1")


def test_calls_stand_in_start_order_whatever_the_log_order() -> None:
    log = Log()
    for at_s in (300, 100, 200):
        log.call(at_s, [Q])
    calls = study_of(log.calls).scene.traffic.calls
    assert calls["message_id"].to_list() == ["m2", "m3", "m1"]
    assert calls["request"].to_list() == [0, 1, 2]


def test_an_end_stands_for_a_start_that_the_log_does_not_tell() -> None:
    log = Log()
    log.call(0, [Q], start_us=None, end_us=NOON_US + 7 * SECOND_US)
    calls = study_of(log.calls).scene.traffic.calls
    assert calls["start_us"].to_list() == [NOON_US + 7 * SECOND_US]


def test_an_entry_is_readable_when_the_first_token_came() -> None:
    log = Log()
    log.call(0, [Q], first_us=NOON_US + 3 * SECOND_US)
    log.call(60, [Q])
    log.call(120, [Q], end_us=None)
    calls = study_of(log.calls).scene.traffic.calls
    waits = [(r - s) // SECOND_US for s, r in calls.select("start_us", "ready_us").iter_rows()]
    # the first token; else the end; else the start
    assert waits == [3, 10, 0]


def test_a_call_is_followed_by_the_first_that_carries_its_answer_back() -> None:
    log = Log()
    log.call(0, [Q])
    log.call(500, [Q, A, Block("later", 10)])
    log.call(200, [Q, A, Block("sooner", 10)])
    log.call(50, [Q])
    followed = study_of(log.calls).scene.traffic.calls["followed_us"].to_list()
    assert followed == [NOON_US + 200 * SECOND_US, None, None, None]


def test_the_newer_tokenizer_makes_thirteen_tokens_of_ten() -> None:
    assert tokenizer_ratio(Book.load()) * 10 == 13


RULES = Block("rules", 5_000, "system", ttl="5m")


def test_a_read_that_no_logged_call_can_have_written_is_seeded_under_every_policy() -> None:
    log = Log()
    for at_s in (0, 60):
        log.call(at_s, [RULES, Q], Tokens(uncached=1_000, read=5_000))
    scene = study_of(log.calls).scene
    assert scene.traffic.calls["seed"].to_list() == [scene.traffic.calls["mark0"][0], -1]
    assert [event.read for event in events_of(scene, Policy.observed())] == [5_000, 5_000]
    # with a longer life it is alive all the more; without marks nothing is read
    assert [event.read for event in events_of(scene, marks("1h"))] == [5_000, 5_000]
    assert [event.read for event in events_of(scene, marks("none"))] == [0, 0]


def test_a_read_of_what_the_log_shows_being_written_is_not_seeded() -> None:
    log = Log()
    log.call(0, [RULES, Q], Tokens(uncached=1_000, write_5m=5_000))
    # ten minutes later, and yet billed as read: the replay lets it expire
    log.call(600, [RULES, Q], Tokens(uncached=1_000, read=5_000))
    scene = study_of(log.calls).scene
    assert scene.traffic.calls["seed"].to_list() == [-1, -1]
    assert [event.read for event in events_of(scene, Policy.observed())] == [0, 0]


def marks(ttl: Literal["none", "1h"]) -> Policy:
    return Policy(caching=(CachingRule(workload="*", ttl=ttl, basis="test"),))


def test_a_call_known_by_its_end_alone_keeps_its_place_in_time() -> None:
    log = Log()
    log.call(0, [Q], start_us=None)
    log.call(60, [Q])
    calls = study_of(log.calls).scene.traffic.calls
    assert calls["message_id"].to_list() == ["m1", "m2"]


def test_a_log_of_usage_alone_can_be_replayed() -> None:
    log = Log()
    log.call(0, tokens=Tokens(uncached=1_000, output=10))
    assert len(study_of(log.calls).scene.traffic.calls) == 1


WAIT = Policy(batch=(BatchRule(workload="*", evidence="deadline", basis="test"),))
MOVE = Policy(
    routing=(
        RoutingRule(workload="*", to_model="claude-sonnet-5", evidence="assumed", basis="test"),
    )
)


@pytest.mark.parametrize("policy", [WAIT, MOVE], ids=["batch", "routing"])
def test_a_call_without_any_time_is_in_every_replay(policy: Policy) -> None:
    log = Log()
    log.call(None, [Q])
    log.call(60, [Q, A, Block("r", 10)])
    scene = study_of(log.calls, policy, prices="logged").scene
    assert sorted(simulate(scene, policy, 1)["request"].to_list()) == [0, 1]
