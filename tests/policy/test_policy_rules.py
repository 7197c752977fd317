import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.policy import (
    BatchRule,
    CachingRule,
    Constraints,
    LeaveRule,
    Match,
    OutputRule,
    Policy,
    RoutingRule,
    ServingRule,
    WorkloadRule,
    parse_policy,
)
from analyzer.results import LEVERS, Lever

NOTHING: frozenset[Lever] = frozenset()
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: bool(text.strip())
)
workloads = st.sampled_from(["*", "support", "nightly", "W01"])
# Decimals as a file writes them, and thirds as a search may find them.
shares = st.integers(0, 1000).map(lambda n: Fraction(n, 1000)) | st.just(Fraction(1, 3))
ratios = st.integers(1, 5000).map(lambda n: Fraction(n, 1000)) | st.just(Fraction(17, 12))
stated = st.sampled_from(["assumed", "published"])
optional_words = st.none() | words

matches = st.builds(
    Match,
    app=words,
    model=optional_words,
    tier=optional_words,
    agent=st.none() | st.booleans(),
    tags=st.dictionaries(words, words, max_size=2).map(lambda tags: tuple(tags.items())),
)
outputs = st.builds(
    OutputRule,
    workload=workloads,
    length_ratio=st.integers(1, 999).map(lambda n: Fraction(n, 999)),
    cap_tokens=st.none() | st.integers(1, 10_000_000),
    retry_share=shares,
    evidence=stated,
    basis=words,
)
routings = st.builds(
    RoutingRule,
    workload=workloads,
    from_model=optional_words,
    to_model=words,
    escalation_share=shares,
    output_ratio=ratios,
    input_ratio=st.none() | ratios,
    evidence=stated,
    basis=words,
)
batches = st.builds(
    BatchRule,
    workload=workloads,
    deadline_hours=ratios.map(lambda ratio: ratio + 1),
    seeded=st.booleans(),
    hit_share=shares,
    expiry_share=shares,
    evidence=st.sampled_from(["deadline", "own-batches", "inferred"]),
    basis=words,
)
cachings = st.builds(
    CachingRule,
    workload=workloads,
    ttl=st.sampled_from(["observed", "none", "5m", "1h"]),
    placement=st.sampled_from(["observed", "system", "document", "conversation", "both"]),
    basis=words,
)
policies = st.builds(
    Policy,
    name=optional_words,
    seeds=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3, unique=True).map(tuple),
    workloads=st.lists(
        st.builds(WorkloadRule, name=words.filter(lambda name: name[0] not in "W*"), match=matches),
        max_size=2,
        unique_by=lambda rule: rule.name,
    ).map(tuple),
    output=st.lists(outputs, max_size=2).map(tuple),
    routing=st.lists(routings, max_size=2).map(tuple),
    batch=st.lists(batches, max_size=3).map(tuple),
    caching=st.lists(cachings, max_size=2).map(tuple),
    leave=st.lists(
        st.builds(LeaveRule, st.sampled_from(LEVERS), workload=words.filter(lambda w: w != "*")),
        max_size=2,
    ).map(tuple),
    serving=st.lists(
        st.builds(
            ServingRule,
            workloads,
            st.sampled_from(["chat", "code"]),
            objective_ms=st.none() | st.integers(1, 10**6),
        ),
        max_size=2,
    ).map(tuple),
    constraints=st.builds(Constraints, horizon=st.none() | st.dates()),
)


def every_model(model: str) -> bool:
    return bool(model)


@given(policies)
def test_a_written_policy_reads_back_equal(policy: Policy) -> None:
    text = policy.to_toml()
    again = parse_policy(text, "policy.toml", every_model)
    assert again == policy
    assert again.sha256 == policy.sha256
    assert again.to_toml() == text


@given(policies)
def test_all_four_levers_together_are_the_policy_itself(policy: Policy) -> None:
    assert policy.with_levers(frozenset(LEVERS)) == policy


@given(policies)
def test_no_lever_leaves_no_lever_rule_and_the_rest_unchanged(policy: Policy) -> None:
    bare = policy.with_levers(NOTHING)
    assert not any(bare.of(lever) for lever in LEVERS)
    assert (bare.serving, bare.workloads, bare.seeds) == (
        policy.serving,
        policy.workloads,
        policy.seeds,
    )


@given(policies, st.sets(st.sampled_from(LEVERS)), st.sets(st.sampled_from(LEVERS)))
def test_choosing_levers_twice_chooses_those_in_both(
    policy: Policy, first: set[Lever], second: set[Lever]
) -> None:
    twice = policy.with_levers(frozenset(first)).with_levers(frozenset(second))
    assert twice == policy.with_levers(frozenset(first & second))


@given(policies, workloads, st.sampled_from(LEVERS))
def test_an_accepted_rule_is_the_rule_of_the_full_policy_and_of_grade_e4(
    policy: Policy, workload: str, lever: Lever
) -> None:
    full, accepted = policy.rule(lever, workload), policy.accepted().rule(lever, workload)
    assert accepted == (full if full is not None and full.grade == "E4" else None)


@given(policies)
def test_accepting_twice_changes_nothing_more(policy: Policy) -> None:
    assert policy.accepted().accepted() == policy.accepted()
    assert set(policy.accepted().batch) <= set(policy.batch)


@given(policies, st.sets(st.sampled_from(LEVERS)))
def test_accepting_and_choosing_levers_commute(policy: Policy, levers: set[Lever]) -> None:
    chosen = frozenset(levers)
    assert policy.accepted().with_levers(chosen) == policy.with_levers(chosen).accepted()


def batch(workload: str, evidence: str, hours: int = 24) -> str:
    return (
        f'[[batch]]\nworkload = "{workload}"\nevidence = "{evidence}"\n'
        f'deadline_hours = {hours}\nbasis = "b"\n'
    )


def parse(text: str) -> Policy:
    return parse_policy(f"version = 1\n{text}", "policy.toml", every_model)


def test_a_dropped_line_does_not_hand_its_workload_to_the_line_for_all() -> None:
    policy = parse(batch("support", "inferred") + batch("*", "deadline"))
    accepted = policy.accepted()
    assert accepted.rule("batch", "support") is None
    assert accepted.rule("batch", "nightly") == policy.batch[1]
    assert parse_policy(accepted.to_toml(), "policy.toml", every_model) == accepted


def test_the_first_line_that_fits_a_workload_acts() -> None:
    policy = parse(batch("support", "deadline", 30) + batch("*", "deadline", 40))
    support, other = policy.rule("batch", "support"), policy.rule("batch", "other")
    assert support is not None
    assert other is not None
    assert support.deadline_hours == 30
    assert other.deadline_hours == 40


def test_a_routing_line_for_one_model_lets_other_models_through_to_the_next() -> None:
    line = '[[routing]]\nworkload = "*"\nto = "{}"\nevidence = "assumed"\nbasis = "b"\n'
    policy = parse(line.format("small") + 'from = "large"\n' + line.format("middle"))
    large = policy.rule("routing", "support", model="large")
    other = policy.rule("routing", "support", model="other")
    assert large is not None
    assert other is not None
    assert (large.to_model, other.to_model) == ("small", "middle")


def test_a_workload_may_be_left_out_of_a_line_for_all() -> None:
    policy = parse(batch("*", "deadline") + '[[leave]]\nlever = "batch"\nworkload = "support"\n')
    assert policy.rule("batch", "support") is None
    assert policy.rule("batch", "nightly") is not None
    assert policy.with_levers(NOTHING).leave == ()


def test_numbers_are_exact_as_written() -> None:
    policy = parse(
        '[[output]]\nworkload = "a"\nlength_ratio = 0.1\nretry_share = "2/3"\n'
        'evidence = "assumed"\nbasis = "b"\n'
    )
    # 0.1 in binary floating point is not 1/10
    assert policy.output[0].length_ratio == Fraction(1, 10)
    assert policy.output[0].retry_share == Fraction(2, 3)
    assert "length_ratio = 0.1\n" in policy.to_toml()
    assert 'retry_share = "2/3"\n' in policy.to_toml()


def test_defaults_are_those_the_guide_states() -> None:
    line = 'workload = "a"\nevidence = "{}"\nbasis = "b"\n'
    policy = parse(
        f"[[output]]\n{line.format('assumed')}[[routing]]\nto = 'm'\n{line.format('assumed')}"
        f"[[batch]]\n{line.format('deadline')}[[caching]]\nttl = '5m'\nworkload = 'a'\nbasis = 'b'"
    )
    output, routing, moved = policy.output[0], policy.routing[0], policy.batch[0]
    assert policy.seeds == (1,)
    assert output == OutputRule(workload="a", evidence="assumed", basis="b")
    assert output.length_ratio == output.retry_share == 1
    assert routing == RoutingRule(workload="a", to_model="m", evidence="assumed", basis="b")
    assert routing.escalation_share == 0
    assert routing.output_ratio == 1
    assert moved == BatchRule(workload="a", evidence="deadline", basis="b")
    assert moved.deadline_hours == 24
    assert moved.expiry_share == 0
    assert moved.hit_share == Fraction(3, 10)
    assert policy.caching[0].placement == "observed"


@pytest.mark.parametrize(
    ("evidence", "grade"), [("deadline", "E4"), ("own-batches", "E4"), ("inferred", "E5")]
)
def test_a_batch_line_is_graded_by_its_evidence(evidence: str, grade: str) -> None:
    assert parse(batch("a", evidence)).batch[0].grade == grade


def test_a_deadline_within_a_day_is_warned_of() -> None:
    assert parse(batch("a", "deadline", 24)).warnings == ()
    (warning,) = parse(batch("a", "deadline", 6)).warnings
    assert "`a`: a deadline of 6 h is shorter than the 24 h" in warning


def test_a_line_that_can_never_act_is_warned_of() -> None:
    (warning,) = parse(batch("*", "deadline") + batch("a", "deadline")).warnings
    assert "a rule for `a` never acts" in warning


def test_the_observed_policy_has_no_line() -> None:
    assert Policy.observed() == Policy.observed().accepted() == parse("")
    assert all(Policy.observed().rule(lever, "W01") is None for lever in LEVERS)


def test_serving_lines_are_found_and_survive_every_choice_of_levers() -> None:
    policy = parse('[[serving]]\nworkload = "*"\nkind = "code"\nobjective_ms = 4000\n')
    assert policy.with_levers(NOTHING).accepted().serving_rule("x") == ServingRule(
        "*", "code", objective_ms=4000
    )
    assert Policy.observed().serving_rule("x") is None


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("claude-*", "claude-opus-4-8", True),
        ("claude-*", "my-claude-opus", False),
        ("*[1m]", "claude-sonnet-4-5[1m]", True),
        ("*[1m]", "claude-sonnet-4-51", False),
        ("a.b", "axb", False),
        ("*", None, False),
    ],
)
def test_only_the_star_is_special_and_an_unknown_value_fits_nothing(
    pattern: str, value: str | None, *, fits: bool
) -> None:
    assert Match(model=pattern).accepts({"model": value}, agent=False, tags={}) is fits


def test_every_key_of_a_match_must_hold() -> None:
    match = Match(app="batcher", agent=True, tags=(("team", "x*"),))
    facts = {"app": "batcher"}
    assert match.accepts(facts, agent=True, tags={"team": "xy", "other": "z"})
    assert not match.accepts(facts, agent=False, tags={"team": "xy"})
    assert not match.accepts(facts, agent=True, tags={})
    assert not match.accepts({"app": "other"}, agent=True, tags={"team": "xy"})


def test_a_horizon_and_models_are_read() -> None:
    policy = parse('[constraints]\nallowed_models = ["a", "b"]\nhorizon = 2027-11-23\n')
    assert policy.constraints == Constraints(("a", "b"), dt.date(2027, 11, 23))
    assert parse_policy(policy.to_toml(), "policy.toml", every_model) == policy
