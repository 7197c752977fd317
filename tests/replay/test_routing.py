"""Routing, worked by hand: dollars a million tokens are Opus 4.5 5 and 25 (older tokenizer),
Haiku 4.5 1 and 5 (older), Sonnet 5 2 and 10 (newer: 1.3 tokens for one), Haiku 5.5 0.1 and 0.5,
five times that for every token of a prompt over 100,000."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from analyzer.policy import Constraints, OutputRule, Policy, RoutingRule
from analyzer.replay import Replays
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Event, Log, cost_of, events_of, study_of

USD = 10**12
Ask = Callable[..., list[Call]]


def route(to: str, **fields: Any) -> Policy:
    made = RoutingRule(workload="*", to_model=to, evidence="assumed", basis="test", **fields)
    return Policy(routing=(made,))


def ask(prompt: int = 1_000, output: int = 100, **fields: Any) -> list[Call]:
    log = Log()
    told = {"model": "claude-opus-4-5", **fields}
    log.call(0, [Block("q", 1_000)], Tokens(uncached=prompt, output=output), **told)
    return log.calls


def replayed(calls: list[Call], policy: Policy, **question: Any) -> list[Event]:
    return events_of(study_of(calls, policy, **question).scene, policy)


def models(calls: list[Call], policy: Policy, **question: Any) -> list[str]:
    return [event.model for event in replayed(calls, policy, **question)]


def test_within_one_tokenizer_only_the_price_changes() -> None:
    policy = route("claude-haiku-4-5")
    scene = study_of(ask(1_000_000 // 10, 1_000), policy).scene
    # 0.1 Mtok x $5 + 1,000 x $25/Mtok = $0.525; a fifth of it on Haiku
    assert cost_of(scene, Policy.observed()) == 525 * USD // 1_000
    assert cost_of(scene, policy) == 105 * USD // 1_000


def test_prompt_and_answer_are_counted_by_the_newer_tokenizer_rounded_up() -> None:
    [event] = replayed(ask(1_001, 101), route("claude-sonnet-5"))
    # 1,001 x 1.3 = 1,301.3; 101 x 1.3 = 131.3
    assert (event.model, event.uncached, event.output) == ("claude-sonnet-5", 1_302, 132)


def test_the_way_back_divides_by_the_same_ratio() -> None:
    [event] = replayed(ask(1_300, 131, model="claude-sonnet-5"), route("claude-haiku-4-5"))
    # 1,300 / 1.3 = 1,000; 131 / 1.3 = 100.8
    assert (event.uncached, event.output) == (1_000, 101)


def test_a_stated_length_ratio_acts_on_the_answer_alone() -> None:
    [event] = replayed(ask(), route("claude-haiku-4-5", output_ratio=Fraction(3, 2)))
    assert (event.uncached, event.output) == (1_000, 150)


def test_a_stated_input_ratio_replaces_the_tokenizers() -> None:
    [event] = replayed(ask(), route("claude-sonnet-5", input_ratio=Fraction(11, 10)))
    assert event.uncached == 1_100


def test_a_stated_input_ratio_replaces_the_tokenizers_for_usage_alone() -> None:
    log = Log()
    log.call(0, [Block("q", 50)], model="claude-opus-4-5")
    log.call(1, [], Tokens(uncached=110), model="claude-opus-4-5")
    # exactly 121; in floating point 110 x 1.1 is a little more and would round up to 122
    policy = route("claude-sonnet-5", input_ratio=Fraction(11, 10))
    assert replayed(log.calls, policy)[1].uncached == 121


def test_an_escalated_call_pays_both_models() -> None:
    policy = route("claude-sonnet-5", escalation_share=Fraction(1))
    told = [(e.reason, e.model, e.uncached, e.output) for e in replayed(ask(), policy)]
    assert told == [
        ("original", "claude-sonnet-5", 1_300, 130),
        ("escalation", "claude-opus-4-5", 1_000, 100),
    ]
    # 1,300 x $2 + 130 x $10, and 1,000 x $5 + 100 x $25, a million each: $0.0039 + $0.0075
    assert cost_of(study_of(ask(), policy).scene, policy) == 11_400 * USD // 10**6


def test_usage_without_content_keeps_its_buckets_each_converted() -> None:
    log = Log()
    told = Tokens(uncached=10, read=1_000, write_5m=100, write_1h=20, output=10)
    log.call(0, [Block("q", 50)], model="claude-opus-4-5")
    log.call(1, [], told, model="claude-opus-4-5")
    event = replayed(log.calls, route("claude-sonnet-5"))[1]
    assert (event.uncached, event.read, event.write_5m, event.write_1h) == (13, 1_300, 130, 26)


def test_a_prompt_that_would_not_fit_stays() -> None:
    # Haiku 4.5 takes 200,000 tokens, prompt and answer together
    calls = ask(199_900, 100, model="claude-opus-4-6")
    assert models(calls, route("claude-haiku-4-5")) == ["claude-haiku-4-5"]
    calls = ask(199_900, 101, model="claude-opus-4-6")
    assert models(calls, route("claude-haiku-4-5")) == ["claude-opus-4-6"]


def test_the_answer_counts_against_the_window_in_the_targets_tokens() -> None:
    # 700,000 x 1.3 = 910,000 and 80,000 x 1.3 = 104,000: 1,014,000 into a window of 1,000,000
    calls = ask(700_000, 80_000, model="claude-opus-4-6")
    assert models(calls, route("claude-sonnet-5")) == ["claude-opus-4-6"]


@pytest.mark.parametrize(
    ("choice", "stays"), [("any", True), ("tool", True), ("auto", False), (None, False)]
)
def test_a_forced_tool_call_stays_where_the_target_refuses_it(
    choice: str | None,
    stays: bool,  # noqa: FBT001 - a table of cases
) -> None:
    calls = ask(tool_choice=choice)
    expected = "claude-opus-4-5" if stays else "claude-sonnet-5-5"
    assert models(calls, route("claude-sonnet-5-5")) == [expected]
    assert models(calls, route("claude-sonnet-5")) == ["claude-sonnet-5"]


def test_bought_speed_and_place_stay_where_the_target_does_not_sell_them() -> None:
    fast = ask(model="claude-opus-5", speed="fast")
    assert models(fast, route("claude-sonnet-5")) == ["claude-opus-5"]
    assert models(fast, route("claude-opus-5-5")) == ["claude-opus-5-5"]
    american = ask(model="claude-opus-5", geo="us")
    assert models(american, route("claude-haiku-4-5")) == ["claude-opus-5"]
    assert models(american, route("claude-sonnet-5")) == ["claude-sonnet-5"]


def test_a_target_not_sold_on_the_price_day_is_refused_and_says_so() -> None:
    study = study_of(ask(), route("claude-haiku-5-5"), prices=date(2026, 10, 6))
    assert study.scene.targets["claude-haiku-5-5"].refused == (
        "claude-haiku-5-5 was not sold on 2026-10-06"
    )
    assert models(ask(), route("claude-haiku-5-5"), prices=date(2026, 10, 6)) == ["claude-opus-4-5"]
    assert models(ask(), route("claude-haiku-5-5")) == ["claude-haiku-5-5"]


def test_with_logged_prices_each_call_may_use_what_was_sold_on_its_own_day() -> None:
    day_us = 86_400 * 1_000_000
    log = Log()
    log.calls = ask()
    later = log.calls[0].start_us or 0
    log.call(1, [Block("q", 1_000)], model="claude-opus-4-5", start_us=later - 20 * day_us)
    # Haiku 5.5 came on 7 October; the calls are of 20 October and 30 September
    moved = models(log.calls, route("claude-haiku-5-5"), prices="logged")
    assert moved == ["claude-opus-4-5", "claude-haiku-5-5"]


def test_a_target_that_retires_before_the_horizon_is_refused() -> None:
    # Sonnet 4.5 retires on 30 November 2026
    policy = route("claude-sonnet-4-5")
    assert models(ask(), policy) == ["claude-sonnet-4-5"]
    for horizon, stays in ((date(2026, 11, 29), False), (date(2026, 11, 30), True)):
        bound = replace(policy, constraints=Constraints(horizon=horizon))
        assert (models(ask(), bound) == ["claude-opus-4-5"]) is stays


@pytest.mark.parametrize("geo", [None, "regional", "global"])
def test_a_target_that_is_retired_is_refused_on_a_cloud_too(geo: str | None) -> None:
    # Opus 4.1 was retired on 5 August 2026, eleven weeks before; clouds still serve it
    calls = ask(geo=geo, platform="bedrock")
    assert models(calls, route("claude-opus-4-1")) == ["claude-opus-4-5"]


def test_a_target_outside_the_allowed_models_is_refused() -> None:
    bound = replace(route("claude-haiku-4-5"), constraints=Constraints(("claude-sonnet-5",)))
    assert models(ask(), bound) == ["claude-opus-4-5"]


def test_a_conversion_that_crosses_the_long_prompt_threshold_pays_the_dear_rate() -> None:
    policy = route("claude-haiku-5-5")
    # 76,923 x 1.3 = 99,999.9, so 100,000: $0.01 at $0.10; one token more is 100,002: x $0.50
    assert cost_of(study_of(ask(76_923, 0), policy).scene, policy) == USD // 100
    assert cost_of(study_of(ask(76_924, 0), policy).scene, policy) == 100_002 * 500_000


def test_the_old_models_cache_is_lost() -> None:
    log = Log()
    prompt = [Block("rules", 5_000, "system", ttl="5m"), Block("q", 100)]
    for at_s, model in ((0, "claude-opus-4-5"), (60, "claude-haiku-4-5"), (120, "claude-opus-4-5")):
        log.call(at_s, prompt, model=model)
    policy = route("claude-haiku-4-5", from_model="claude-opus-4-5")
    observed = events_of(study_of(log.calls, policy).scene, Policy.observed())
    assert [event.read for event in observed] == [0, 0, 5_000]
    # on one model the three share one entry
    assert [event.read for event in replayed(log.calls, policy)] == [0, 5_000, 5_000]


def test_the_first_rule_that_fits_a_call_acts() -> None:
    rules = (
        *route("claude-haiku-4-5", from_model="claude-opus-4-5").routing,
        *route("claude-sonnet-5").routing,
    )
    assert models(ask(model="claude-opus-4-6"), Policy(routing=rules)) == ["claude-sonnet-5"]
    assert models(ask(), Policy(routing=rules)) == ["claude-haiku-4-5"]


def test_a_moved_call_is_not_moved_again_by_a_later_rule() -> None:
    rules = (
        *route("claude-sonnet-5", from_model="claude-opus-4-5").routing,
        *route("claude-haiku-5-5", from_model="claude-sonnet-5").routing,
    )
    # 100 x 1.3; a second move would give 169
    [event] = replayed(ask(), Policy(routing=rules))
    assert (event.model, event.output) == ("claude-sonnet-5", 130)


@pytest.mark.parametrize(
    "unpriced",
    [{"model": "gpt-5.6-sol"}, {"model": "claude-haiku-4-5", "geo": "us"}],
    ids=["unknown model", "place without a price"],
)
def test_a_call_without_a_price_stays_without_one(unpriced: dict[str, Any]) -> None:
    policy = route("claude-sonnet-5")
    log = Log()
    log.call(0, [Block("q", 1_000)], model="claude-sonnet-5")
    log.call(60, [Block("r", 1_000)], **unpriced)
    assert Replays(study_of(log.calls, policy).scene).saving(policy) == 0


def test_a_call_is_escalated_once_even_if_its_answer_was_cut_and_asked_again() -> None:
    capped = OutputRule(workload="*", cap_tokens=50, evidence="assumed", basis="test")
    policy = replace(route("claude-haiku-4-5", escalation_share=Fraction(1)), output=(capped,))
    reasons = [event.reason for event in replayed(ask(), policy)]
    assert sorted(reasons) == ["escalation", "original", "retry"]


def test_the_answer_of_an_escalated_call_feeds_on() -> None:
    log = Log()
    question, answer = Block("q", 1_000), Block("a", 400, by="m1")
    log.call(0, [question], Tokens(uncached=1_000, output=400), model="claude-opus-4-5")
    log.call(
        60, [question, answer, Block("r", 600)], Tokens(uncached=2_000), model="claude-opus-4-5"
    )
    half = {"output_ratio": Fraction(1, 2), "escalation_share": Fraction(1)}
    escalated = replayed(log.calls, route("claude-haiku-4-5", **half))
    assert [event.uncached for event in escalated] == [1_000, 1_000, 2_000, 2_000]


def test_a_target_suspended_on_the_price_day_is_refused() -> None:
    # Fable 5 was not served from 12 to 30 June 2026
    target = "claude-fable-5"
    scene = study_of(ask(), route(target), prices=date(2026, 6, 20)).scene
    assert scene.targets[target].refused is not None


def test_with_logged_prices_bought_speed_stays_where_it_was_not_sold_that_day() -> None:
    def noon(month: int, day: int) -> int:
        return int(datetime(2026, month, day, 12, tzinfo=UTC).timestamp()) * 10**6

    log = Log()
    # Opus 4.7 came on 16 April, its fast mode on 12 May; Opus 4.6 had one by then
    told: dict[str, Any] = {"model": "claude-opus-4-6", "speed": "fast"}
    log.call(0, [Block("q", 1_000)], start_us=noon(5, 1), end_us=noon(5, 1), **told)
    log.call(1, [Block("r", 1_000)], start_us=noon(7, 20), end_us=noon(7, 20), **told)
    first, _second = models(log.calls, route("claude-opus-4-7"), prices="logged")
    assert first == "claude-opus-4-6"
