"""Output discipline, worked by hand on Haiku 4.5: $1 a million prompt tokens, $5 answered."""

from fractions import Fraction
from typing import Any

import pytest

from analyzer.policy import OutputRule, Policy
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Log, cost_of, events_of, study_of

QUESTION, ANSWER, NEXT = Block("q1", 1_000), Block("a1", 400, by="m1"), Block("q2", 600)
USD = 10**12


def rule(**fields: Any) -> Policy:
    return Policy(output=(OutputRule(workload="*", evidence="assumed", basis="test", **fields),))


@pytest.fixture
def one() -> list[Call]:
    return one_call()


@pytest.fixture
def talk() -> list[Call]:
    return two_turns()


def one_call() -> list[Call]:
    """One call of a million prompt tokens and 1,001 answered."""
    log = Log()
    log.call(0, [Block("q", 1_000_000)], Tokens(uncached=1_000_000, output=1_001))
    return log.calls


def two_turns() -> list[Call]:
    """1,000 asked, 500 answered of which 400 tokens come back, 600 asked: 2,000 in the prompt."""
    log = Log()
    log.call(0, [QUESTION], Tokens(uncached=1_000, output=500))
    log.call(60, [QUESTION, ANSWER, NEXT], Tokens(uncached=2_000, output=100))
    return log.calls


def outputs(calls: list[Call], policy: Policy) -> list[tuple[str, int]]:
    return [(e.reason, e.output) for e in events_of(study_of(calls, policy).scene, policy)]


def prompts(calls: list[Call], policy: Policy) -> list[int]:
    return [e.uncached for e in events_of(study_of(calls, policy).scene, policy)]


def test_a_ratio_rounds_each_answer_up(one: list[Call]) -> None:
    # 1,001 / 2 = 500.5
    assert outputs(one, rule(length_ratio=Fraction(1, 2))) == [("original", 501)]


def test_a_shorter_answer_saves_its_own_tokens_only(one: list[Call]) -> None:
    policy = rule(length_ratio=Fraction(1, 2))
    scene = study_of(one, policy).scene
    # 1 Mtok x $1 + 1,001 x $5/Mtok = $1.005005; half the answer: 501 x $5/Mtok = $0.002505
    assert cost_of(scene, Policy.observed()) == 1_005_005 * USD // 10**6
    assert cost_of(scene, policy) == 1_002_505 * USD // 10**6


def test_an_answer_over_its_cap_is_billed_cut_and_asked_again_in_full(one: list[Call]) -> None:
    policy = rule(cap_tokens=400)
    assert outputs(one, policy) == [("original", 400), ("retry", 1_001)]
    # two prompts of $1, and 1,401 x $5/Mtok = $0.007005: a truncation is dearer
    assert cost_of(study_of(one, policy).scene, policy) == 2_007_005 * USD // 10**6


def test_a_retry_stops_at_its_own_cap(one: list[Call]) -> None:
    policy = rule(cap_tokens=400, retry_cap_tokens=700)
    assert outputs(one, policy) == [("original", 400), ("retry", 700)]


def test_an_answer_that_nobody_asks_again_stays_cut(one: list[Call]) -> None:
    assert outputs(one, rule(cap_tokens=400, retry_share=Fraction(0))) == [("original", 400)]


def test_an_answer_of_just_its_cap_is_whole(one: list[Call]) -> None:
    assert outputs(one, rule(cap_tokens=1_001)) == [("original", 1_001)]


def test_the_ratio_acts_before_the_cap(one: list[Call]) -> None:
    # 501 tokens fit into 600
    assert outputs(one, rule(length_ratio=Fraction(1, 2), cap_tokens=600)) == [("original", 501)]


def test_a_share_of_retries_picks_the_same_calls_each_time_and_about_that_many() -> None:
    log = Log()
    for at_s in range(400):
        log.call(at_s, [Block(f"q{at_s}", 100)], Tokens(uncached=100, output=10))
    policy = rule(cap_tokens=5, retry_share=Fraction(1, 4))
    scene = study_of(log.calls, policy).scene
    runs = [[e.request for e in events_of(scene, policy, s) if e.reason == "retry"] for s in (1, 2)]
    again = [e.request for e in events_of(scene, policy, 1) if e.reason == "retry"]
    assert runs[0] == again
    assert runs[0] != runs[1]
    # mean 100, standard deviation sqrt(400 x 1/4 x 3/4) = 8.7: within five of them
    assert all(57 <= len(run) <= 143 for run in runs)


def retried(share: str, calls: range) -> set[int]:
    """Which of so many equal calls, one a second, are asked again."""
    log = Log()
    for at_s in range(calls.stop):
        log.call(at_s, [Block(f"q{at_s}", 100)], Tokens(uncached=100, output=10))
    policy = rule(cap_tokens=5, retry_share=Fraction(share))
    scene = study_of(log.calls[calls.start :], policy).scene
    events = events_of(scene, policy)
    return {calls.start + e.request for e in events if e.reason == "retry"}


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    shares = [retried(share, range(60)) for share in ("0", "1/5", "3/5", "1")]
    assert shares[0] == set() < shares[1] < shares[2] < shares[3] == set(range(60))


def test_whether_a_call_is_asked_again_depends_on_no_other_call() -> None:
    late = {request for request in retried("1/2", range(60)) if request >= 25}
    assert retried("1/2", range(25, 60)) == late


def test_a_shorter_answer_shrinks_the_next_prompt(talk: list[Call]) -> None:
    # the answer's 400 tokens in the second prompt become 200: 2,000 - 200
    assert prompts(talk, rule(length_ratio=Fraction(1, 2))) == [1_000, 1_800]


def test_a_cut_answer_feeds_on_unless_it_was_asked_again(talk: list[Call]) -> None:
    # cut at 250 of 500: 200 of the 400 tokens stay
    assert prompts(talk, rule(cap_tokens=250, retry_share=Fraction(0))) == [1_000, 1_800]
    # asked again in full, the whole answer feeds on; both tries are billed (the second call, 100
    # tokens, is under the cap)
    assert prompts(talk, rule(cap_tokens=250)) == [1_000, 1_000, 2_000]


def test_feedback_stops_at_a_new_root(talk: list[Call]) -> None:
    log = Log()
    log.calls = [*talk]
    summary = Block("what was said so far", 700)
    log.call(120, [summary], Tokens(uncached=700, output=10), compaction=True)
    assert prompts(log.calls, rule(length_ratio=Fraction(1, 2))) == [1_000, 1_800, 700]


def test_feedback_is_off_where_the_answer_is_unfinished() -> None:
    log = Log()
    log.call(0, [QUESTION], Tokens(uncached=1_000, output=500), usage_final=False)
    log.call(60, [QUESTION, ANSWER, NEXT], Tokens(uncached=2_000, output=100))
    assert prompts(log.calls, rule(length_ratio=Fraction(1, 2))) == [1_000, 2_000]


def test_feedback_leaves_logged_batch_rows_and_usage_only_rows_alone(talk: list[Call]) -> None:
    log = Log()
    log.calls = [*talk]
    told = Tokens(uncached=2_000, output=100)
    log.call(120, [QUESTION, ANSWER, NEXT], told, tier="batch", custom_id="row", message_id=None)
    log.call(180, [], told, message_id=None, request_id="row")
    # both keep the prompt they were billed
    assert prompts(log.calls, rule(length_ratio=Fraction(1, 2))) == [1_000, 1_800, 2_000, 2_000]


def test_feedback_moves_every_later_turn_of_the_chain(talk: list[Call]) -> None:
    log = Log()
    log.calls = [*talk]
    third = [QUESTION, ANSWER, NEXT, Block("a2", 100, by="m2"), Block("q3", 900)]
    log.call(120, third, Tokens(uncached=3_000, output=0))
    # 400 -> 200 and 100 -> 50: 3,000 - 250
    assert prompts(log.calls, rule(length_ratio=Fraction(1, 2))) == [1_000, 1_800, 2_750]


def test_feedback_never_makes_a_prompt_negative(talk: list[Call]) -> None:
    log = Log()
    log.calls = [*talk]
    # the same blocks, billed as 100 tokens: the client cleared old turns before sending
    log.call(120, [QUESTION, ANSWER, NEXT], Tokens(uncached=100, output=0))
    assert min(prompts(log.calls, rule(length_ratio=Fraction(1, 2)))) >= 0
