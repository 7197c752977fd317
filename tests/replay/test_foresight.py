"""What of perfect foresight a policy captures, on a log worked by hand (Haiku 4.5)."""

from fractions import Fraction

from analyzer.policy import CachingRule, Policy
from analyzer.replay import Replays
from analyzer.savings.foresight import foresight
from tests.replay.log_builder import Block, Log, study_of

PICO = 10**6
RULES, QUESTION = Block("rules", 5_000, "system"), Block("q", 1_000)


def log_of(*at_s: int) -> Log:
    log = Log()
    for second in at_s:
        log.call(second, [RULES, QUESTION])
    return log


def test_a_policy_that_writes_once_and_reads_captures_everything() -> None:
    rule = CachingRule(workload="*", ttl="5m", placement="conversation", basis="planted")
    study = study_of(log_of(0, 60).calls, Policy(caching=(rule,)))
    [caching] = foresight(study.policy, Replays(study.scene))
    # plain 12,000; written once at 1.25 and read at 0.1: 7,500 + 600
    assert caching.room == caching.saving == 3_900 * PICO
    assert caching.captured == 1


def test_marks_on_calls_that_never_come_back_are_less_than_nothing() -> None:
    rule = CachingRule(workload="*", ttl="5m", placement="conversation", basis="planted")
    log = log_of(0, 60)
    log.call(120, [Block("asked once", 6_000)])
    study = study_of(log.calls, Policy(caching=(rule,)))
    [caching] = foresight(study.policy, Replays(study.scene))
    # the third call writes 6,000 for nobody: 1,500 of the 3,900 are lost again
    assert caching.room == 3_900 * PICO
    assert caching.saving == 2_400 * PICO
    assert caching.captured == Fraction(24, 39)


def test_where_nothing_can_be_saved_there_is_no_share() -> None:
    study = study_of(log_of(0).calls, Policy())
    [caching] = foresight(study.policy, Replays(study.scene))
    assert caching.room == 0
    assert caching.captured is None
