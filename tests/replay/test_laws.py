"""The laws of a replay, over small random logs and policies."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.billing import bill
from analyzer.policy import CachingRule, OutputRule, Policy, RoutingRule, ServingRule
from analyzer.prices import Book
from analyzer.replay import Replays, Scene, in_order, shapley, simulate
from analyzer.results import LEVERS, Ledger
from analyzer.savings import Prices, serving_effect
from analyzer.savings.default_policy import keep_what_saves
from analyzer.simulators.events import BUCKETS
from analyzer.simulators.serving import serve
from analyzer.trace import Call
from tests.replay.log_builder import study_of

NO_LINES = Ledger(0, 0, 0, 0, 0, ())
Logs = st.SearchStrategy[list[Call]]
Policies = st.SearchStrategy[Policy]
BASES: st.SearchStrategy[Prices] = st.sampled_from(("logged", "period-end"))
COMPARED = ("request", "ordinal", "reason", "model", "tier", "charged", "start_us", "prompt")
law = settings(
    max_examples=settings().max_examples // 5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
few = settings(law, max_examples=settings().max_examples // 10)


def spelled_out(models: list[str]) -> Policy:
    """The observed settings, said in full."""
    return Policy(
        output=(OutputRule(workload="*", evidence="assumed", basis="as it is"),),
        routing=tuple(
            RoutingRule(
                workload="*",
                from_model=name,
                to_model=name,
                escalation_share=Fraction(1, 2),
                evidence="assumed",
                basis="as it is",
            )
            for name in models
        ),
        caching=(CachingRule(workload="*", ttl="observed", basis="as it is"),),
    )


@law
@given(data=st.data())
def test_a_policy_that_spells_out_the_observed_settings_saves_nothing_in_any_cell(
    data: st.DataObject, logs: Logs, book: Book
) -> None:
    calls = data.draw(logs)
    models = sorted({name for call in calls if (name := book.canonical(call.model))})
    replays = Replays(study_of(calls, spelled_out(models)).scene)
    observed, spelled = replays.cost(Policy.observed()), replays.cost(spelled_out(models))
    means = {cell: Fraction(pico, spelled.unit) for cell, pico in spelled.cells.items()}
    assert means == observed.cells
    assert replays.saving(spelled_out(models)) == 0


@law
@given(data=st.data())
def test_the_serving_effect_changes_no_column_and_no_dollar(
    data: st.DataObject, logs: Logs
) -> None:
    objective = data.draw(st.sampled_from((None, 1, 9_000)))
    policy = Policy(serving=(ServingRule("*", "code", objective),))
    scene = study_of(data.draw(logs), policy).scene
    measured = serving_effect.measure(Replays(scene), policy, NO_LINES)
    assert measured.invoice_change == measured.largest_change == measured.calls_changed == 0
    assert measured.calls_compared == len(scene.traffic.calls)
    before = scene.traffic.calls
    served = serve(before, dict.fromkeys(scene.workloads, "code"), {}, 1)
    assert served.calls.select(before.columns).equals(before)
    assert set(served.calls.columns) - set(before.columns) == {
        "latency_before_us",
        "latency_after_us",
    }


@law
@given(data=st.data())
def test_every_request_is_there_exactly_once_as_original(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    policy = data.draw(policies)
    scene = study_of(data.draw(logs), policy).scene
    events = simulate(scene, policy, policy.seeds[0])
    originals = Counter(events.filter(pl.col("reason") == "original")["request"].to_list())
    assert originals == Counter(range(len(scene.traffic.calls)))


@law
@given(data=st.data())
def test_no_lever_gives_a_price_or_takes_one_away(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    policy = data.draw(policies)
    scene = study_of(data.draw(logs), policy, prices=data.draw(BASES)).scene

    def unpriced(tried: Policy) -> set[int]:
        billed = bill(simulate(scene, tried, 1), scene.basis)
        assert billed["pico"].is_null().equals(billed["unpriced"].is_not_null(), check_names=False)
        return set(billed.filter(pl.col("unpriced").is_not_null())["request"].to_list())

    assert unpriced(policy) == unpriced(Policy.observed())


@law
@given(data=st.data())
def test_a_cacheable_event_bills_its_whole_prompt_and_no_bucket_is_lost(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    policy = data.draw(policies)
    scene = study_of(data.draw(logs), policy).scene
    events = simulate(scene, policy, policy.seeds[0])
    assert events.select(pl.col(*BUCKETS, "output").is_null().any()).row(0) == (False,) * 5
    assert int(events.select(pl.min_horizontal(pl.col(*BUCKETS, "output").min())).item()) >= 0
    replayed = events.filter("cacheable")
    assert (
        replayed.select(pl.sum_horizontal(*BUCKETS))
        .to_series()
        .equals(replayed["prompt"], check_names=False)
    )


@law
@given(data=st.data())
def test_later_requests_change_no_event_of_earlier_ones(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    policy = data.draw(policies)
    scene = study_of(data.draw(logs), policy).scene
    count = data.draw(st.integers(1, len(scene.traffic.calls)))
    for lever in LEVERS:
        alone = policy.with_levers(frozenset({lever}))
        early, whole = simulate(first(scene, count), alone, 1), simulate(scene, alone, 1)
        assert seen(early, count, scene) == seen(whole, count, scene)


def first(scene: Scene, count: int) -> Scene:
    """The scene as it stood after so many requests: same trie, same token map."""
    traffic = scene.traffic
    known = np.where(traffic.producer < count, traffic.producer, -1).astype(np.int32)
    return replace(scene, traffic=replace(traffic, calls=traffic.calls.head(count), producer=known))


def seen(events: pl.DataFrame, count: int, scene: Scene) -> list[tuple[object, ...]]:
    """What the first calls became; of their pings, those that were due before the next call."""
    pings = pl.col("reason") == "keep-alive"
    follows = scene.traffic.calls["start_us"].slice(count).drop_nulls()
    due = pl.col("start_us") < follows.min() if len(follows) else pl.lit(value=True)
    known = events.filter((pl.col("request") < count) & (due | ~pings))
    early = known.select(*COMPARED, *BUCKETS, "output")
    return sorted(early.rows(), key=str)


@few
@given(data=st.data())
def test_attributed_parts_sum_to_the_joint_saving_exactly(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    policy = data.draw(policies)
    replays = Replays(study_of(data.draw(logs), policy).scene)
    savings = replays.subsets(policy)
    assert len(savings) == 16
    assert savings[frozenset()] == 0
    assert sum(shapley(savings).values()) == savings[frozenset(LEVERS)] == replays.saving(policy)
    assert sum(in_order(savings).values()) == savings[frozenset(LEVERS)]


@few
@given(data=st.data())
def test_the_default_lines_that_are_kept_never_cost_more_than_doing_nothing(
    data: st.DataObject, logs: Logs, policies: Policies
) -> None:
    candidate = replace(data.draw(policies), output=())
    scene = study_of(data.draw(logs), candidate).scene
    replays = Replays(scene)
    kept = keep_what_saves(candidate, replays.saving)
    assert replays.cost(kept).total <= replays.cost(Policy.observed()).total
