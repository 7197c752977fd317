"""Which workload a call belongs to, and what that workload is called."""

from typing import Any

from analyzer.policy import CachingRule, Match, Policy, WorkloadRule
from analyzer.prompts import Hasher
from analyzer.replay import Replays
from analyzer.trace import Call, Tokens
from analyzer.traffic import Workload, unmatched
from tests.replay.log_builder import Block, Log, study_of

SITE = (Block("rules", 5_000, "system", ttl="1h"), Block("q", 100))
BARE = (Block("q", 100),)


def names(calls: list[Call], policy: Policy | None = None) -> list[str]:
    """The workload of each call, in start order."""
    return study_of(calls, policy).scene.traffic.calls["workload"].to_list()


def workloads(calls: list[Call]) -> tuple[Workload, ...]:
    return study_of(calls).workloads


def rule(name: str, **match: Any) -> WorkloadRule:
    return WorkloadRule(name, Match(**match))


def priced(log: Log, at_s: int, tokens: int, **fields: Any) -> Call:
    return log.call(at_s, tokens=Tokens(uncached=tokens), **fields)


def test_a_rule_comes_before_the_logs_own_name_and_the_first_rule_wins() -> None:
    log = Log()
    log.call(0, SITE, workload="from the log", app="desk", tags={"team": "blue"})
    log.call(1, SITE, workload="from the log", app="night")
    policy = Policy(
        workloads=(rule("blue", tags=(("team", "blue"),)), rule("any desk", app="desk"))
    )
    assert names(log.calls, policy) == ["blue", "from the log"]


def test_the_logs_own_name_comes_before_the_call_site() -> None:
    log = Log()
    log.call(0, SITE, workload="from the log")
    log.call(1, SITE)
    assert names(log.calls) == ["from the log", "W02"]


def test_a_call_site_comes_before_application_and_key() -> None:
    log = Log()
    log.call(0, SITE, app="desk", key="a")
    log.call(1, SITE, app="night", key="b")
    log.call(2, [Block("manners", 100, "system"), Block("q", 100)], app="desk", key="a")
    first, second, third = names(log.calls)
    assert first == second != third


def test_an_application_comes_before_a_key_and_keeps_its_subagents_apart() -> None:
    log = Log()
    for at_s, (agent, key) in enumerate(((None, "a"), (None, "b"), ("agent-1", "a"))):
        log.call(at_s, BARE, app="desk", key=key, agent=agent, visibility="messages_only")
    first, second, third = names(log.calls)
    assert first == second != third


def test_a_key_comes_before_the_model_and_a_model_is_the_last_resort() -> None:
    log = Log()
    for at_s, (key, model) in enumerate(
        (("a", "claude-haiku-4-5"), ("a", "claude-opus-5"), (None, "claude-opus-5"))
    ):
        log.call(at_s, BARE, key=key, model=model)
    first, second, third = names(log.calls)
    assert first == second != third
    labels = [workload.label for workload in workloads(log.calls)]
    assert "API key a; mostly claude-haiku-4-5" in labels
    assert "no tag, call site, app or key in the log; mostly claude-opus-5" in labels


def test_numbers_go_by_dollars_then_by_first_request() -> None:
    log = Log()
    log.call(0, BARE, key="small")
    priced(log, 1, 5_000, key="later")
    priced(log, 2, 9_000, key="dear")
    priced(log, 3, 4_000, key="tie one")
    priced(log, 4, 1_000, key="tie two")
    priced(log, 5, 3_000, key="tie two")
    # 9,000, 5,000, then 4,000 each: the key that came first
    assert names(log.calls) == ["W05", "W02", "W01", "W03", "W04", "W04"]


def test_no_name_depends_on_the_hash_key() -> None:
    def named(key: bytes) -> list[str]:
        log = Log(Hasher(key))
        for site in range(6):
            log.call(site, [Block(f"site {site}", 1_000, "system"), Block("q", 100)])
        return names(log.calls)

    # equal dollars: by first request, whatever the hashes are
    assert named(b"one") == named(b"two") == [f"W0{place}" for place in range(1, 7)]


def test_a_policy_finds_a_workload_by_its_name_and_by_its_number() -> None:
    log = Log()
    log.call(0, SITE, Tokens(uncached=100, write_1h=5_000), workload="claims")
    log.call(1, BARE)

    def saving(name: str) -> object:
        policy = Policy(caching=(CachingRule(workload=name, ttl="none", basis="test"),))
        study = study_of(log.calls, policy)
        return Replays(study.scene).saving(study.policy)

    # 5,000 tokens at $1 instead of $2 a million
    assert saving("claims") == saving("W01") == 5_000 * 10**6
    assert saving("W02") == 0


def test_names_that_no_workload_has_are_told() -> None:
    log = Log()
    log.call(0, SITE, workload="claims")
    lines = [
        CachingRule(workload=n, ttl="none", basis="test") for n in ("*", "W01", "W09", "clams")
    ]
    assert unmatched(Policy(caching=tuple(lines)), workloads(log.calls)) == ["W09", "clams"]


def test_a_log_name_that_looks_like_a_number_does_not_take_anothers_place() -> None:
    log = Log()
    log.call(0, SITE, workload="W02")
    log.call(1, BARE)
    found = names(log.calls)
    assert found[0] != found[1]
