"""Steps of adoption on logs worked by hand: Sonnet 5 at $2 a million tokens in, $2.50 to write."""

import datetime as dt
from collections.abc import Callable
from fractions import Fraction

import pytest

from analyzer.contracts.commit.adopting import Adopted, adopt, plan
from analyzer.contracts.commit.history import PICO_PER_USD, weeks_of
from analyzer.contracts.commit.offers_file import Adoption
from analyzer.policy import BatchRule, CachingRule, Match, Policy, WorkloadRule
from analyzer.replay import Replays
from analyzer.trace import Call
from tests.replay.log_builder import Block, Log, study_of

DAY_S, WEEKS = 86_400, 8
START = dt.date(2027, 1, 1)
BATCH = BatchRule(workload="W01", evidence="deadline", basis="nobody waits")
MARKS = CachingRule(workload="W01", ttl="5m", placement="system", basis="one prompt")
BOTH = Policy(batch=(BATCH,), caching=(MARKS,))


def bursts(calls_of_week: Callable[[int], int] = lambda _week: 4) -> list[Call]:
    """Calls of 5,300 tokens a minute apart on every day, 5,000 of them one system prompt."""
    log = Log()
    for day in range(WEEKS * 7):
        for turn in range(calls_of_week(day // 7)):
            prompt = [Block("rules", 5_000, "system"), Block(f"q{day} {turn}", 300)]
            log.call(day * DAY_S + turn * 60, prompt, model="claude-sonnet-5")
    return log.calls


def named(lever: str, day: dt.date, workload: str = "W01") -> Adoption:
    return Adoption(workload=workload, lever=lever, earliest=day, latest=day)


def adopted(calls: list[Call], policy: Policy, *days: Adoption) -> Adopted:
    study = study_of(calls, policy)
    planned, _ = plan(study.policy, study.scene, days, START)
    return adopt(planned, study.policy, study.scene, weeks_of(study), Fraction(0))


def test_batch_first_leaves_caching_nothing() -> None:
    found = adopted(bursts(), BOTH, named("caching", dt.date(2027, 2, 1)))
    # every call goes to the batch at half price, and a batch keeps no marks
    assert [(step.lever, step.share, step.share_sd) for step in found.steps] == [("batch", 0.5, 0)]
    assert [(left.lever, left.why) for left in found.left_out] == [
        ("caching", "changes nothing in these weeks")
    ]


def test_caching_first_makes_batch_dearer() -> None:
    days = named("caching", dt.date(2027, 1, 5)), named("batch", dt.date(2027, 2, 1))
    found = adopted(bursts(), BOTH, *days)
    # a day of four calls: $0.0424 plain; cached 5,000 tokens at $2.5 + 3 x $0.2 and not 4 x $2
    step = found.steps[0]
    assert step.saved_usd == WEEKS * 7 * Fraction(245, 10_000)
    assert step.share == pytest.approx(0.0245 / 0.0424)
    # batch alone would leave $0.0212 a day, more than the $0.0179 that caching leaves
    assert [left.lever for left in found.left_out] == ["batch"]
    assert "costs more than it saves" in found.left_out[0].why


def test_the_spread_is_the_standard_error_over_weeks() -> None:
    found = adopted(bursts(lambda week: 4 if week % 2 else 1), Policy(caching=(MARKS,)),
                    named("caching", START))  # fmt: skip
    # a day saves $0.0245 of $0.0424, or with one call loses $0.0025 of $0.0106
    step = found.steps[0]
    assert step.share == pytest.approx(0.022 / 0.053)
    # each week is 7 x $0.0069 off that share; 8 x that squared x 8/7 over (28 x $0.053) squared
    assert step.share_sd == pytest.approx(7 * 0.0069 * (64 / 7) ** 0.5 / (28 * 0.053), rel=1e-3)


def test_steps_add_up_to_their_joint_replay() -> None:
    log = Log()
    for day in range(WEEKS * 7):
        for turn, app in enumerate(("a", "b", "b")):
            log.call(day * DAY_S + turn * 60, [Block(f"{app}{day}{turn}", 500)], app=app)
    policy = Policy(
        workloads=(WorkloadRule("a", Match(app="a")), WorkloadRule("b", Match(app="b"))),
        batch=(BatchRule(workload="*", evidence="deadline", basis="nobody waits"),),
    )
    study = study_of(log.calls, policy)
    days = (named("batch", dt.date(2027, 3, 1), "b"), named("batch", dt.date(2027, 4, 1), "a"))
    planned, _ = plan(study.policy, study.scene, days, START)
    found = adopt(planned, study.policy, study.scene, weeks_of(study), Fraction(0))
    assert [step.workload for step in found.steps] == ["b", "a"]
    joint = Replays(study.scene).saving(found.policy)
    assert sum(step.saved_usd for step in found.steps) * PICO_PER_USD == joint
    assert joint == Replays(study.scene).saving(study.policy)


def test_a_line_that_never_acts_lends_no_grade() -> None:
    guess = BatchRule(workload="*", evidence="inferred", basis="a schedule speaks for it")
    found = adopted(bursts(), Policy(batch=(BATCH, guess)), named("batch", START))
    assert [(step.grade, step.share) for step in found.steps] == [("E4", 0.5)]


def test_lives_that_differ_in_the_back_test_widen_the_range() -> None:
    study = study_of(bursts(), Policy(caching=(MARKS,)))
    planned, _ = plan(study.policy, study.scene, [named("caching", START)], START)
    apart = Fraction(1, 10)
    found = adopt(planned, study.policy, study.scene, weeks_of(study), apart)
    step, use = found.steps[0], WEEKS * 7 * Fraction(424, 10_000)
    assert (step.saved_usd - step.least_usd, step.most_usd - step.saved_usd) == (use / 10, use / 10)
    # a uniform draw over a fifth of the use has a twelfth of its square as variance
    assert step.share_sd == pytest.approx(0.2 / 12**0.5)
