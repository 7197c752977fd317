"""Cache savings as ranges: what nobody can know is added to both sides, and 0 inside decides."""

from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.calibration import calibrate
from analyzer.policy import CachingRule, Policy
from analyzer.replay import Replays, simulate
from analyzer.results import BackTest
from analyzer.savings.ranges import cache_ranges, said, undecided
from analyzer.simulators.losses import NO_LOSSES, PARTS, LossModel
from analyzer.trace import Tokens
from tests.replay.log_builder import Block, Log, study_of
from tests.reports.test_backtest_page import back_test, half

PICO = 10**6
RULES = Block("rules", 5_000, "system", ttl="5m")
HALF_LOST = LossModel("planted", (), {(): (PARTS // 2, 0, 0, PARTS // 2)})
HOUR = CachingRule(workload="*", ttl="1h", placement="observed", basis="planted")


@pytest.fixture
def log() -> Log:
    """A write, then after half an hour, past its life, another."""
    log = Log()
    for second in (0, 1_800):
        asked = Tokens(uncached=1_000, write_5m=5_000)
        log.call(second, [RULES, Block("q", 1_000)], asked)
    return log


def ranges(log: Log, apart: str | None, *models: LossModel) -> tuple[Fraction, Fraction] | None:
    study = study_of(log.calls, Policy(caching=(HOUR,)))
    scene = replace(study.scene, losses=(NO_LOSSES, *models))
    replayed = simulate(scene, Policy.observed(), 1)
    calibration = calibrate(scene.traffic.calls, replayed, scene.basis)
    tested = None if apart is None else replace_lives(apart)
    found = cache_ranges(study.policy, Replays(scene), replace(calibration, back_test=tested))
    return found.get(study.policy.caching[0])


def dollars(low: int, high: int) -> tuple[Fraction, Fraction]:
    """Amounts of so many tokens at a dollar a million."""
    return Fraction(low * PICO), Fraction(high * PICO)


def replace_lives(apart: str) -> BackTest:
    lives = ((300, Fraction(0)), (3600, Fraction(apart)))
    return replace(back_test(), halves=(replace(half("random halves", "0"), by_life=lives),))


def test_each_loss_model_is_an_end_of_the_range(log: Log) -> None:
    # observed: 2 x (1,000 + 6,250); for an hour: 1,000 + 10,000, then 1,000 + 500 = 12,500: 2,000
    # less. Where half of the reads are lost the second call pays 1,000 + 250 + 5,000: 2,750 more
    assert ranges(log, None, HALF_LOST) == dollars(-2_750, 2_000)


def test_how_far_lives_are_apart_is_added_to_both_sides(log: Log) -> None:
    # a hundredth of the 14,500 of input
    assert ranges(log, "0.01", HALF_LOST) == dollars(-2_895, 2_145)


def test_without_fitted_losses_there_is_no_range(log: Log) -> None:
    assert ranges(log, "0.01") is None


def test_a_range_over_nothing_is_no_recommendation() -> None:
    dollar = Fraction(10**12)
    assert undecided((-dollar, 2 * dollar))
    assert not undecided((dollar, 2 * dollar))
    assert not undecided((-2 * dollar, -dollar))
    assert said((-dollar, 2 * dollar)).startswith("no recommendation: -$1.00 to $2.00")
    assert said((dollar, 2 * dollar)) == "$1.00 to $2.00 by what is not known"
