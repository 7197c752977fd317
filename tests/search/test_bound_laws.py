"""No policy beats its clairvoyant bound, over small random logs and policies (law 6)."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.policy import Policy
from analyzer.replay import Replays
from analyzer.results import LEVERS, Lever
from analyzer.search import clairvoyant
from analyzer.simulators.events import originals
from analyzer.trace import Call
from tests.replay.log_builder import study_of

Logs = st.SearchStrategy[list[Call]]
Policies = st.SearchStrategy[Policy]
law = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
ALONE: tuple[frozenset[Lever], ...] = tuple(frozenset({lever}) for lever in LEVERS)
PAIRS: tuple[frozenset[Lever], ...] = (
    frozenset({"routing", "caching"}),
    frozenset({"output", "routing"}),
)
SUBSETS = (*ALONE, *PAIRS)
NOTHING: frozenset[Lever] = frozenset()
EVERY: frozenset[Lever] = frozenset(LEVERS)


def nothing_expires(policy: Policy) -> Policy:
    """The same policy with batches that all come back."""
    kept = (replace(rule, expiry_share=Fraction(0)) for rule in policy.batch)
    return replace(policy, batch=tuple(kept))


@law
@given(data=st.data())
def test_no_policy_beats_its_bound(data: st.DataObject, logs: Logs, policies: Policies) -> None:
    _never_beaten(data, logs, policies)


@pytest.mark.full
@settings(law, max_examples=settings().max_examples // 2)
@given(data=st.data())
def test_no_policy_beats_its_bound_on_sixty_logs(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    _never_beaten(data, logs, policies)


def _never_beaten(data: st.DataObject, logs: Logs, policies: Policies) -> None:
    policy = nothing_expires(data.draw(policies))
    replays = Replays(study_of(data.draw(logs), policy).scene)
    cost = {levers: replays.cost(policy.with_levers(levers)).total for levers in SUBSETS}
    for levers, total in cost.items():
        assert clairvoyant(replays.scene, policy, levers).total <= total
    assert clairvoyant(replays.scene, policy, EVERY).total <= replays.cost(policy).total


@pytest.mark.full
@law
@given(data=st.data())
def test_a_wider_choice_never_raises_the_bound(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    policy = data.draw(policies)
    scene = study_of(data.draw(logs), policy).scene
    observed = Replays(scene).cost(Policy.observed()).total
    nothing = clairvoyant(scene, policy, NOTHING).total
    every = clairvoyant(scene, policy, EVERY).total
    assert 0 <= every <= nothing <= observed
    for levers in SUBSETS:
        assert every <= clairvoyant(scene, policy, levers).total <= nothing


@pytest.mark.full
@law
@given(data=st.data())
def test_workloads_sum_to_the_bound_and_calls_that_show_no_prompt_are_carried(
    data: st.DataObject, logs: Logs
) -> None:
    scene = study_of(data.draw(logs)).scene
    found = clairvoyant(scene, Policy.observed())
    assert found.total == sum(found.by_workload.values())
    assert set(found.by_workload) == set(scene.workloads)
    shown = originals(scene.traffic.calls)["cacheable"]
    assert found.carried_calls == int((~shown).sum())
