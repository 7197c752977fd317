"""A policy's words are held against the book and the log before they count."""

from typing import Any

from analyzer.policy import BatchRule, Constraints, Policy, RoutingRule
from analyzer.replay import Replays
from analyzer.savings.grounds import NO_BATCHES
from analyzer.trace import Tokens
from tests.replay.log_builder import Block, Log, study_of


def a_call(**fields: Any) -> Log:
    log = Log()
    log.call(0, [Block("q", 1_000)], Tokens(uncached=1_000, output=100), **fields)
    return log


def test_a_dated_name_in_a_rule_means_the_books_model() -> None:
    def policy(source: str, target: str, allowed: str) -> Policy:
        rule = RoutingRule(
            workload="*", from_model=source, to_model=target, evidence="assumed", basis="try"
        )
        return Policy(routing=(rule,), constraints=Constraints(allowed_models=(allowed,)))

    plain = policy("claude-sonnet-4-5", "claude-haiku-4-5", "claude-haiku-4-5")
    dated = policy(
        "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"
    )
    study = study_of(a_call(model="claude-sonnet-4-5").calls, plain)
    same = study_of(a_call(model="claude-sonnet-4-5").calls, dated)
    assert same.policy == study.policy
    # Sonnet 4.5 at $3 and $15, Haiku 4.5 at $1 and $5: 1,000 x $2 + 100 x $10 a million
    assert Replays(same.scene).saving(same.policy) == 3_000 * 10**6


def own_batches(workload: str) -> Policy:
    return Policy(batch=(BatchRule(workload=workload, evidence="own-batches", basis="ours"),))


def test_own_batches_is_no_evidence_where_the_log_shows_none() -> None:
    rule = study_of(a_call().calls, own_batches("*")).policy.batch[0]
    assert (rule.evidence, rule.grade) == ("inferred", "E5")
    assert rule.basis == f"ours; {NO_BATCHES}"


def test_own_batches_stands_where_the_workload_has_batch_calls() -> None:
    log = a_call(workload="digest")
    log.call(60, [Block("r", 1_000)], tier="batch", workload="digest")
    assert study_of(log.calls, own_batches("digest")).policy.batch[0].grade == "E4"
    log.call(90, [Block("s", 1_000)], workload="other")
    assert study_of(log.calls, own_batches("digest")).policy.batch[0].grade == "E4"
    assert study_of(log.calls, own_batches("*")).policy.batch[0].grade == "E5"
