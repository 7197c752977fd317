"""The best policy of tiny logs, worked by hand on Sonnet 5: $2 plain, $0.2 read, $2.5 written for 5
minutes, $4 for an hour a million; and the search against brute force over every combination."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.policy import (
    BatchRule,
    CachingRule,
    Constraints,
    Match,
    Policy,
    RoutingRule,
    WorkloadRule,
)
from analyzer.replay import Scene, outcomes
from analyzer.search.alternatives import Slot, policy_of, slots
from analyzer.search.choice import Judge, best_state
from analyzer.search.components import components, groups
from analyzer.search.searching import Searched, rule_of, search
from analyzer.search.trials import Trials
from analyzer.search.windows import split
from analyzer.simulators.losses import NO_LOSSES, LossModel
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Log, study_of

MICRO_USD = 10**6
RULES = Block("rules", 2_000, "system")
LOSSY = LossModel("half lost", (), {(): (5_000, 0, 0, 5_000)})
few = settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Slots = dict[str, tuple[Slot, ...]]


def slots_of(scene: Scene, base: Policy) -> Slots:
    calls = scene.traffic.calls
    return {name: slots(calls, name, base, scene.targets) for name in scene.workloads}


def searched(calls: Iterable[Call], base: Policy | None = None) -> Searched:
    base = base or Policy.observed()
    scene = study_of(calls, base).scene
    return search(scene, slots_of(scene, base), base)


def log_of(times: Iterable[int], *prompt: Block, **fields: Any) -> list[Call]:
    log = Log()
    for turn, at_s in enumerate(times):
        log.call(at_s, [*prompt, Block(f"q{turn}", 500)], model="claude-sonnet-5", **fields)
    return log.calls


def only(found: Searched) -> tuple[CachingRule, Fraction]:
    """The one line, and what it saves in micro-dollars."""
    (step,) = found.steps
    assert step.verdict == "take"
    rule = rule_of(step)
    assert isinstance(rule, CachingRule)
    assert found.policy.caching == (rule,)
    return rule, found.fit_worth.mean / MICRO_USD


def test_an_hour_is_better_than_five_minutes() -> None:
    rule, saved = only(searched(log_of((0, 120, 600), RULES, Block("document", 4_000))))
    assert (rule.ttl, rule.placement) == ("1h", "document")
    # plain 19,500 x $2 = 39,000; 1,500 x $2 + 12,000 x $0.2 + 6,000 x $4 = 29,400
    assert saved == 39_000 - 29_400


def test_no_mark_is_better_than_both_lives() -> None:
    marked = replace(RULES, ttl="5m")
    tokens = Tokens(uncached=500, write_5m=2_000)
    rule, saved = only(searched(log_of((0, 7_200), marked, tokens=tokens)))
    assert rule.ttl == "none"
    assert saved == 2 * 2_000 * 0.5  # two writes that nobody reads, $0.5 above plain each


def test_a_mark_on_the_system_prompt_is_better_than_two() -> None:
    rule, saved = only(searched(log_of((0, 60, 120), RULES)))
    assert (rule.ttl, rule.placement) == ("5m", "system")
    # plain 7,500 x $2 = 15,000; 2,000 x $2.5 + 4,000 x $0.2 + 1,500 x $2 = 8,800
    assert saved == 15_000 - 8_800


def test_where_nothing_saves_nothing_is_suggested() -> None:
    found = searched(log_of((0, 7_200), RULES))
    assert found.steps == ()
    assert found.policy == Policy.observed()
    assert found.fit.observed == found.fit.reached


def test_a_loss_model_that_says_otherwise_forbids_the_line() -> None:
    base = Policy.observed()
    scene = study_of(log_of((0, 60), RULES), base).scene
    # two calls: 2,000 written and once read; plain 8,000, cached 5,000 + 400: saves 2,600
    assert search(scene, slots_of(scene, base), base).fit_worth.mean == 2_600 * MICRO_USD
    lossy = replace(scene, losses=(NO_LOSSES, replace(LOSSY, shares={(): (0, 0, 0, 10_000)})))
    # nothing is ever read: 10,000 instead of 8,000
    assert search(lossy, slots_of(lossy, base), base).steps == ()


def test_a_saving_below_what_the_back_test_is_off_between_lives_is_no_recommendation() -> None:
    base = Policy.observed()
    scene = study_of(log_of((0, 60), RULES), base).scene
    known = search(scene, slots_of(scene, base), base, apart=Fraction(1, 4)).steps
    # observed 10,000, questions included: a quarter leaves 100 of the 2,600 at worst
    assert [step.evidence.lower for step in known] == [100 * MICRO_USD]
    assert [step.evidence.fit.high for step in known] == [5_100 * MICRO_USD]
    assert search(scene, slots_of(scene, base), base, apart=Fraction(1, 3)).steps == ()


def test_the_largest_least_saving_wins_over_the_largest_mean() -> None:
    base = Policy.observed()
    scene = study_of(log_of((0, 120, 600), RULES, Block("document", 4_000)), base).scene
    sixth = LossModel("a sixth lost", (), {(): (8_400, 0, 0, 1_600)})
    rule, saved = only(
        search(replace(scene, losses=(NO_LOSSES, sixth)), slots_of(scene, base), base)
    )
    # an hour: saves 9,600; each of two reads lost costs 6,000 x $3.8: 9,600 - 0.16 x 45,600 = 2,304
    # five minutes: saves 4,800; one read: 4,800 - 0.16 x 6,000 x $2.3 = 2,592
    assert (rule.ttl, rule.placement) == ("5m", "document")
    assert saved == 4_800


def test_an_allowed_model_is_taken_and_one_that_is_not_is_never_tried() -> None:
    calls = log_of((0, 7_200), Block("ask", 3_000))
    free = searched(calls)
    assert free.steps == ()
    allowed = Policy(
        constraints=Constraints(allowed_models=("claude-haiku-4-5",)),
        routing=(
            RoutingRule(
                workload="*", to_model="claude-haiku-4-5", evidence="assumed", basis="test"
            ),
        ),
    )
    found = searched(calls, allowed)
    assert [rule.to_model for rule in found.policy.routing] == ["claude-haiku-4-5"]


def batch(evidence: Any) -> Policy:
    return Policy(batch=(BatchRule(workload="*", evidence=evidence, basis="test"),))


def test_batch_is_taken_with_a_deadline_and_listed_without() -> None:
    calls = log_of((0, 7_200), RULES)
    taken = searched(calls, batch("deadline"))
    assert [step.verdict for step in taken.steps] == ["take"]
    assert taken.fit.reached * 2 == taken.fit.observed
    listed = searched(calls, batch("inferred"))
    assert [step.verdict for step in listed.steps] == ["potential"]
    assert listed.steps[0].evidence.fit.mean * 2 == listed.fit.observed
    assert listed.policy.batch == ()


def two_apps() -> tuple[list[Call], Policy]:
    """Two applications over one system prompt, each call a minute after the other's."""
    log = Log()
    for turn in range(4):
        app = ("desk", "night")[turn % 2]
        prompt = [RULES, Block(f"q{turn}", 500)]
        log.call(turn * 60, prompt, model="claude-sonnet-5", app=app)
    named = tuple(WorkloadRule(app, Match(app=app)) for app in ("desk", "night"))
    return log.calls, Policy(workloads=named)


def test_workloads_that_share_a_root_are_searched_together() -> None:
    calls, base = two_apps()
    assert groups(study_of(calls, base).scene) == (("desk", "night"),)
    apart = [
        call if call.app == "desk" else type(call)(**{**as_dict(call), "workspace": "two"})
        for call in calls
    ]
    assert groups(study_of(apart, base).scene) == (("desk",), ("night",))


def as_dict(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in call.__struct_fields__}


def test_an_entry_of_one_workload_is_read_by_the_other() -> None:
    found = searched(*two_apps())
    assert {rule.placement for rule in found.policy.caching} == {"system"}
    # plain 10,000 x $2 = 20,000; 2,000 x $2.5 + 6,000 x $0.2 + 2,000 x $2 = 10,200
    assert found.fit_worth.mean == (20_000 - 10_200) * MICRO_USD


def test_a_local_search_says_so_and_never_costs_more() -> None:
    calls, base = two_apps()
    scene = study_of(calls, base).scene
    found = search(scene, slots_of(scene, base), base, most=1)
    assert found.local == ("desk", "night")
    assert found.fit.reached < found.fit.observed
    assert search(scene, slots_of(scene, base), base).local == ()


@pytest.mark.full
@few
@given(data=st.data())
def test_the_search_finds_what_brute_force_finds(
    data: st.DataObject, logs: st.SearchStrategy[list[Call]]
) -> None:
    base = Policy.observed()
    scene = study_of(data.draw(logs), base).scene
    scene = replace(scene, losses=(NO_LOSSES, LOSSY))
    cut = cut_down(slots_of(scene, base))
    windows = split(scene.traffic.calls["day"].drop_nulls().to_list())
    trials = Trials(scene, components(scene, cut), base)
    judges = [Judge(trials, place, windows) for place in range(len(trials.components))]
    best = trials.side_by_side([best_state(judge) for judge in judges])
    for judge, chosen in zip(judges, best, strict=True):
        assert not chosen.local
        rules = [list(judge.component.rules(state)) for state in states(judge.component.slots)]
        observed = fit_costs(scene, base, windows.fit.holds)
        # every combination of this component in a replay of its own, the rest as observed
        bounds = [
            min(
                old - new
                for old, new in zip(
                    observed,
                    fit_costs(scene, policy_of(own, base), windows.fit.holds),
                    strict=True,
                )
            )
            for own in rules
        ]
        assert judge.lower(chosen.state) == max(bounds)


def cut_down(every: Slots, options: int = 3, most: int = 3) -> Slots:
    """At most three slots a workload, of three options, so that brute force ends."""
    return {
        name: tuple(replace(slot, options=slot.options[-options:]) for slot in own[-most:])
        for name, own in every.items()
    }


def states(own: tuple[Slot, ...]) -> Iterable[tuple[int, ...]]:
    return product(*(range(len(slot.options) + 1) for slot in own))


def fit_costs(scene: Scene, policy: Policy, holds: Any) -> list[Fraction]:
    return [
        Fraction(sum(pico for (_, day, _), pico in one.cells.items() if holds(day)), one.unit)
        for one in outcomes(scene, policy, scene.losses)
    ]


@pytest.mark.full
@few
@given(data=st.data())
def test_no_recommendation_costs_more_than_doing_nothing(
    data: st.DataObject,
    logs: st.SearchStrategy[list[Call]],
    policies: st.SearchStrategy[Policy],
) -> None:
    calls, base = data.draw(logs), data.draw(policies)
    study = study_of(calls, base)
    scene = replace(study.scene, losses=(NO_LOSSES, LOSSY))
    found = search(scene, cut_down(slots_of(scene, study.policy), 2), study.policy, most=64)
    taken = [step for step in found.steps if step.verdict == "take"]
    assert found.fit.reached <= found.fit.observed
    assert found.fit_worth.low >= 0
    assert all(step.evidence.lower > 0 for step in taken)
    # each step is worth what it adds, so the steps sum to the joint replay, model by model
    assert found.fit_worth.mean == sum(step.evidence.fit.mean for step in taken)
    if found.kept_worth is not None:
        parts = [step.evidence.kept for step in taken]
        assert found.kept_worth.mean == sum(part.mean for part in parts if part is not None)


@pytest.mark.parametrize("lever", ["caching", "batch"])
def test_a_workload_that_the_base_policy_leaves_alone_is_left_alone(lever: Any) -> None:
    from analyzer.policy import LeaveRule

    left = replace(batch("deadline"), leave=(LeaveRule(lever, "W01"),))
    found = searched(log_of((0, 60, 120), RULES), left)
    assert not found.policy.of(lever)
