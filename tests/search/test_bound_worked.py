"""The bound of whole logs, worked by hand on Sonnet 5: $2 plain, $0.2 read, $2.5 written for 5
minutes, $4 for an hour, $10 answer."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from analyzer.policy import BatchRule, CachingRule, OutputRule, Policy, RoutingRule
from analyzer.replay import Replays, Scene
from analyzer.results import Lever
from analyzer.search import captured, clairvoyant
from analyzer.trace import Tokens
from tests.replay.log_builder import Block, Log, study_of

MICRO_USD = 10**6
RULES = Block("rules", 2_000, "system")
CACHING: frozenset[Lever] = frozenset({"caching"})
ROUTING: frozenset[Lever] = frozenset({"routing"})
BATCH: frozenset[Lever] = frozenset({"batch"})
OUTPUT: frozenset[Lever] = frozenset({"output"})
NOTHING: frozenset[Lever] = frozenset()


def asked(*at_s: int, policy: Policy | None = None, **fields: Any) -> Scene:
    """The same rules asked at these seconds, with 100 tokens of the call's own, answered in 10."""
    log = Log()
    for at in at_s:
        prompt = [RULES, Block(f"q{at}", 100)]
        tokens = Tokens(uncached=2_100, output=10)
        log.call(at, prompt, tokens, **({"model": "claude-sonnet-5"} | fields))
    return study_of(log.calls, policy).scene


def test_what_is_asked_again_in_time_is_written_once() -> None:
    scene = asked(0, 200, 400)
    # 2,000 x $2.5 + 2 x 2,000 x $0.2 + 300 x $2 + 30 x $10 a million
    assert clairvoyant(scene, Policy.observed(), CACHING).total == 6_700 * MICRO_USD
    observed = clairvoyant(scene, Policy.observed(), NOTHING)
    assert observed.total == Replays(scene).cost(Policy.observed()).total == 12_900 * MICRO_USD
    assert observed.by_workload == {"W01": 12_900 * MICRO_USD}


def test_a_share_of_perfect_foresight() -> None:
    policy = Policy(
        caching=(CachingRule(workload="*", ttl="1h", placement="system", basis="test"),)
    )
    replays = Replays(asked(0, 200, 400))
    # An hour's life costs 2,000 x $4: 12,900 - 9,700 of 12,900 - 6,700
    reached = replays.cost(policy).total
    bound = clairvoyant(replays.scene, policy, CACHING).total
    share = captured(replays.cost(Policy.observed()).total, reached, bound)
    assert share == Fraction(3_200, 6_200)
    assert captured(5, 5, 5) is None


def test_an_entry_the_bill_proves_is_read_and_lives_as_the_policy_says() -> None:
    log = Log()
    rules = replace(RULES, ttl="5m")
    for at_s in (0, 2_400):
        tokens = Tokens(uncached=100, read=2_000)
        log.call(at_s, [rules, Block(f"q{at_s}", 100)], tokens, model="claude-sonnet-5")
    hour = Policy(caching=(CachingRule(workload="*", ttl="1h", basis="test"),))
    replays = Replays(study_of(log.calls).scene)
    # 4,000 x $0.2 + 200 x $2: nobody pays for the write, and an hour's life reaches 40 minutes on
    assert replays.cost(hour).total == 1_200 * MICRO_USD
    assert clairvoyant(replays.scene, hour, CACHING).total == 1_200 * MICRO_USD


def test_each_call_takes_its_cheapest_model() -> None:
    route = RoutingRule(workload="*", to_model="claude-haiku-5-5", evidence="assumed", basis="test")
    policy = Policy(routing=(route,))
    scene = asked(0, 200, policy=policy)
    # Haiku 5.5, same tokenizer: $0.1 plain, $0.5 answer: 4,200 x 0.1 + 20 x 0.5
    assert clairvoyant(scene, policy, ROUTING).total == 430 * MICRO_USD
    # with caching too: 2,000 x 0.125 + 2,000 x 0.01 + 200 x 0.1 + 20 x 0.5
    assert clairvoyant(scene, policy, ROUTING | CACHING).total == 300 * MICRO_USD


def test_each_call_that_may_wait_takes_the_batch() -> None:
    rule = BatchRule(workload="*", evidence="deadline", basis="test")
    scene = asked(0, 100_000)
    policy = Policy(batch=(rule,))
    # half of 2 x (2,100 x $2 + 10 x $10)
    assert clairvoyant(scene, policy, BATCH).total == 4_300 * MICRO_USD
    seeded = Policy(batch=(replace(rule, seeded=True),))
    # the rules at half of $0.2: 4,000 x 0.1 + 200 x 1 + 20 x 5
    assert clairvoyant(scene, seeded, BATCH).total == 700 * MICRO_USD


def test_answers_are_carried_unless_a_line_shortens_them() -> None:
    scene = asked(0)
    half = OutputRule(workload="*", length_ratio=Fraction(1, 2), evidence="assumed", basis="test")
    assert clairvoyant(scene, Policy.observed(), OUTPUT).total == 4_300 * MICRO_USD
    assert clairvoyant(scene, Policy(output=(half,)), OUTPUT).total == 4_250 * MICRO_USD


def test_calls_that_show_no_prompt_are_carried_as_billed() -> None:
    log = Log()
    log.call(0, [RULES, Block("q", 100)], model="claude-sonnet-5")
    log.call(9, (), Tokens(uncached=10, read=1_000, output=1), model="claude-sonnet-5")
    found = clairvoyant(study_of(log.calls).scene, Policy.observed(), CACHING)
    # 2,100 x $2 and 10 x $2 + 1,000 x $0.2 + $10
    assert (found.total, found.carried_calls) == ((4_200 + 230) * MICRO_USD, 1)


def test_prompt_length_prices_hold_and_a_prewarm_may_pay_the_lower_one() -> None:
    log = Log()
    rules = Block("long rules", 90_000, "system")
    log.call(0, [rules, Block("q", 20_000)], model="claude-haiku-5-5")
    scene = study_of(log.calls).scene
    # 110,000 tokens pay $0.5 plain and $0.05 read; the rules alone, 90,000, are written at $0.125:
    # 90,000 x (0.125 + 0.05) + 20,000 x (0.125 + 0.05), against 110,000 x 0.5
    assert clairvoyant(scene, Policy.observed(), NOTHING).total == 55_000 * MICRO_USD
    assert clairvoyant(scene, Policy.observed(), CACHING).total == 19_250 * MICRO_USD


def test_an_edited_history_is_counted_as_read_and_named() -> None:
    log = Log()
    first = [RULES, Block("q1", 3_000)]
    log.call(0, first, model="claude-sonnet-5")
    edited = Tokens(uncached=2_600)  # the client cleared part of the 5,000 tokens it shows
    log.call(60, [*first, Block("q2", 100)], edited, model="claude-sonnet-5")
    scene = study_of(log.calls).scene
    found = clairvoyant(scene, Policy.observed(), CACHING)
    assert found.edited_tokens == 600
    assert found.total <= Replays(scene).cost(Policy.observed()).total
