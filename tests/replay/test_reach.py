"""A line says how many calls it reaches, and stands only where there are calls for it."""

from analyzer.policy import CachingRule, Policy, RoutingRule
from analyzer.savings.lines import lines
from analyzer.savings.reach import Reach
from analyzer.trace import Tokens
from tests.replay.log_builder import Block, Log, study_of


def routed(source: str | None) -> Policy:
    rule = RoutingRule(
        workload="*",
        from_model=source,
        to_model="claude-haiku-5-5",
        evidence="assumed",
        basis="try",
    )
    marks = CachingRule(workload="*", ttl="5m", placement="both", basis="try")
    return Policy(routing=(rule,), caching=(marks,))


def told(log: Log, policy: Policy) -> list[tuple[str, str]]:
    study = study_of(log.calls, policy)
    found = Reach(study.scene, study.policy)
    names = study.scene.workloads
    every = [line for name in names for line in lines(study.policy, name, study.scene, found, {})]
    return [(line.lever, line.basis) for line in every]


def test_calls_a_target_refuses_are_counted_apart() -> None:
    log = Log()
    log.call(0, [Block("q", 10)])
    log.call(1, [Block("q", 10)], Tokens(uncached=10), tool_choice="any", speed="fast")
    bases = dict(told(log, routed(None)))
    assert bases["routing"] == "try; reaches 1 of 2 calls"


def test_a_line_for_a_model_that_a_workload_never_uses_is_not_one_of_its_lines() -> None:
    log = Log()
    log.call(0, [Block("q", 10)])
    assert [lever for lever, _ in told(log, routed("claude-opus-4-8"))] == ["caching"]


def test_caching_is_no_line_where_no_prompt_is_visible() -> None:
    log = Log()
    log.call(0, [], Tokens(uncached=10))
    assert [lever for lever, _ in told(log, routed(None))] == ["routing"]
