"""Statistics worked by hand or from printed tables."""

from datetime import date, timedelta
from fractions import Fraction
from math import log, sqrt

import numpy as np
import pytest

from analyzer.errors import ContractError
from analyzer.statistics.anomalies import DayFacts, anomaly, events
from analyzer.statistics.days import (
    Daily,
    block_interval,
    corrected_correlation,
    days_needed,
    effective_days,
    savings_rate,
    savings_uncertainty,
)
from analyzer.statistics.drift import stability_index, treatment
from analyzer.statistics.forecasts import absolute_error, fit, landing, weekday_weights
from analyzer.statistics.quantiles import student_quantile
from analyzer.statistics.samples import calls_needed, combined, paired_total

USD = 10**12


def usd(*amounts: float) -> list[Fraction]:
    return [Fraction(str(amount)) * USD for amount in amounts]


@pytest.mark.parametrize(
    ("chance", "degrees", "table"),
    [
        (0.975, 1, 12.7062047361747),
        (0.95, 2, 2.91998558035373),
        (0.975, 10, 2.22813885198627),
        (0.995, 30, 2.74999565356721),
        (0.95, 120, 1.65765089935),
        (0.5, 7, 0.0),
        (0.025, 10, -2.22813885198627),
        (0.75, 1, 1.0),  # the Cauchy distribution's upper quartile
        (0.75, 2, sqrt(2 / 3)),
    ],
)
def test_quantiles_of_student_agree_with_printed_tables(
    chance: float, degrees: float, table: float
) -> None:
    assert student_quantile(chance, degrees) == pytest.approx(table, rel=1e-11, abs=1e-12)


def test_days_that_resemble_their_neighbours_count_for_less() -> None:
    # 28 x .7 / 1.3
    assert effective_days(28, 0.3) == pytest.approx(15.076923076923075, rel=1e-15)
    assert corrected_correlation(0.3, 28) == pytest.approx(0.3 + 1.9 / 28)
    assert corrected_correlation(-0.9, 28) == 0
    assert corrected_correlation(0.99, 14) == 0.9


@pytest.mark.parametrize(
    ("confidence", "share"), [(0.90, 0.2014013608541372), (0.68, 0.11792016250903982)]
)
def test_the_uncertainty_of_savings(confidence: float, share: float) -> None:
    daily = Daily(variation=0.12, before=28, after=30, correlation=0.3)
    assert savings_uncertainty(daily, 0.35, confidence) == pytest.approx(share, rel=1e-13)


@pytest.mark.parametrize(
    ("variation", "correlation", "precision", "days"),
    [
        (0.35, 0.4, 0.10, 77.3334503962272),
        (0.15, 0.2, 0.10, 9.131209157572012),
        (0.15, 0.2, 0.05, 36.52483663028805),
    ],
)
def test_days_for_a_precision(
    variation: float, correlation: float, precision: float, days: float
) -> None:
    assert days_needed(variation, correlation, precision) == pytest.approx(days, rel=1e-12)


def test_a_rate_of_days_that_save_alike_has_no_width() -> None:
    cost = [float(day) for day in range(1, 15)]
    found = savings_rate([day / 4 for day in cost], cost)
    assert (found.rate, found.half_width, found.days) == (0.25, 0.0, 14)


def test_a_rate_of_days_that_take_turns() -> None:
    # costs of 10 each, saving 4 and 2 in turn: R = .3, e = +1 and -1, r1 = -13/14: rho = 0, n' = 14
    found = savings_rate([4.0, 2.0] * 7, [10.0] * 14)
    deviation = sqrt(14 / 13)
    t13 = 1.77093339598687  # Student's t of .95 with 13 degrees, from a table
    assert found.rate == pytest.approx(0.3)
    assert found.effective_days == 14
    assert found.half_width == pytest.approx(t13 * deviation / sqrt(14) / 10, rel=1e-11)
    assert found.interval == (found.rate - found.half_width, found.rate + found.half_width)


def test_a_second_opinion_by_blocks_is_the_same_for_a_seed_and_holds_the_rate() -> None:
    saved, cost = [4.0, 2.0, 3.0, 1.0] * 7, [10.0, 9.0] * 14
    low, high = block_interval(saved, cost, np.random.Generator(np.random.Philox(7)))
    assert (low, high) == block_interval(saved, cost, np.random.Generator(np.random.Philox(7)))
    assert low < savings_rate(saved, cost).rate < high


def test_a_paired_sample_in_proportion_to_dollars() -> None:
    ratios = [Fraction(one) for one in ("1.02", ".98", "1.05", "1", ".95")]
    found = paired_total(Fraction(100_000 * USD), ratios)
    # mean 1; squares .0004 + .0004 + .0025 + .0025 = .0058, over 4 and over 5
    assert found.total == 100_000 * USD
    assert found.standard_error / USD == pytest.approx(1702.9386365926416, rel=1e-12)
    assert calls_needed(0.25, 0.05) == pytest.approx(67.63858635238533, rel=1e-12)
    assert calls_needed(0.25, 0.03) == pytest.approx(187.88496208995923, rel=1e-12)


def test_independent_uncertainties_add_up_as_squares() -> None:
    parts = {
        "sampling": 3000.0,
        "tokens": 1200.0,
        "quality": 2500.0,
        "cache": 800.0,
        "bill": 1000.0,
    }
    assert combined(parts) == pytest.approx((4281.354925721529, 7042.828852811916), rel=1e-14)


def test_a_back_test_of_four_days() -> None:
    found = fit(usd(100, 110, 90, 100), usd(98, 108, 95, 97))
    # errors 2, 2, -5, 3: 2 of 400; squares 42 over 3 is 14, its root over 100
    assert found.bias == Fraction(5, 1000)
    assert found.spread == pytest.approx(0.03741657386773942, rel=1e-14)
    assert found.passed
    assert not fit(usd(100, 110), usd(90, 103)).passed
    assert not fit(usd(100, 110), usd(150, 60)).passed
    assert absolute_error(usd(100, 110, 90, 100), usd(98, 108, 95, 97)) == Fraction(12, 400)
    assert absolute_error(usd(0), usd(3)) is None


HISTORY = usd(100, 104, 98, 102, 96, 101, 99, 103)


def test_a_day_that_stands_out() -> None:
    found = anomaly(HISTORY, Fraction(160 * USD), Fraction(160 * USD))
    # sorted 96 98 99 100 | 101 102 103 104; off by .5 .5 1.5 1.5 | 2.5 2.5 3.5 4.5: middle 2
    assert found is not None
    assert [found.usual, found.spread, found.impact] == usd(100.5, 2, 59.5)
    assert found.score == pytest.approx(20.06607006833343, rel=1e-14)
    assert found.flagged


@pytest.mark.parametrize(
    ("history", "today", "total", "flagged"),
    [
        (HISTORY, 150, 150, False),  # $49.50 is under $50
        (HISTORY, 160, 1_200, False),  # $59.50 is under a twentieth of the day
        (HISTORY, 160, 1_190, True),
        (usd(500, 900, 100, 600, 300, 700, 200, 800), 620, 620, False),  # far apart every week
        (usd(*[100] * 8), 151, 151, True),  # every week alike
        (usd(*[900] * 3, *[100] * 8), 100, 100, False),  # older than eight weeks is forgotten
    ],
)
def test_what_is_flagged(history: list[Fraction], today: int, total: int, flagged: bool) -> None:  # noqa: FBT001 - a table of cases
    found = anomaly(history, Fraction(today * USD), Fraction(total * USD))
    assert found is not None
    assert found.flagged is flagged


def test_three_weeks_are_no_history() -> None:
    assert anomaly(usd(1, 2, 3), Fraction(900 * USD), Fraction(900 * USD)) is None


def test_events_that_need_no_statistics() -> None:
    quiet = DayFacts(frozenset({"m"}), (), Fraction(7, 10), Fraction(1, 100))
    loud = DayFacts(frozenset({"m", "n"}), ("m -20 %",), Fraction(4, 10), Fraction(3, 100))
    assert list(events(quiet, loud)) == [
        "new model n",
        "price change: m -20 %",
        "cache reads fell by 30 points of all prompt tokens",
        "retries rose to 3.0 times their share",
    ]
    edge = DayFacts(frozenset({"m"}), (), Fraction(5, 10), Fraction(19, 1000))
    assert not list(events(quiet, edge))


def month(first: date, amounts: list[Fraction]) -> dict[date, Fraction]:
    return {first + timedelta(place): amount for place, amount in enumerate(amounts)}


def test_a_month_lands_where_its_weights_carry_it() -> None:
    # 8 of 24 weights are spent: 5,000 x 24 / 8
    spent, weights = month(date(2026, 9, 1), usd(*[625] * 8)), dict.fromkeys(range(7), Fraction(1))
    found = landing(spent, date(2026, 9, 24), weights, Fraction(12_000 * USD))
    assert found.expected == found.low == found.high == 15_000 * USD
    assert found.burn == Fraction(5_000, 4_000)


def test_the_band_of_a_landing_follows_how_days_scatter() -> None:
    # 10 and 30 in turn over 4 days, 4 to come: variance 400/3, times 4 + 16/4, z of .9
    spent = month(date(2026, 9, 1), usd(10, 30, 10, 30))
    found = landing(spent, date(2026, 9, 8), dict.fromkeys(range(7), Fraction(1)))
    wide = 1.2815515655446004 * sqrt(400 / 3 * 8)
    assert found.expected == 160 * USD
    assert float(found.high) / USD == pytest.approx(160 + wide, rel=1e-12)
    assert float(found.low) / USD == pytest.approx(160 - wide, rel=1e-12)
    assert found.burn is None


def test_weekdays_weigh_what_they_cost() -> None:
    # Monday 2026-09-07: a week of 2 2 2 2 2 0 0, mean 10/7
    weights = weekday_weights(month(date(2026, 9, 7), usd(2, 2, 2, 2, 2, 0, 0)))
    assert weights == {day: Fraction(7, 5) if day < 5 else Fraction(0) for day in range(7)}
    assert weekday_weights(month(date(2026, 9, 7), usd(3)))[6] == 1


def test_a_mix_that_drifts() -> None:
    # 50/50 becomes 80/20: .3 ln 1.6 + .3 ln 2.5
    index = stability_index({"short": 50, "long": 50}, {"short": 80, "long": 20})
    assert index == pytest.approx(0.3 * log(1.6) + 0.3 * log(2.5), rel=1e-14)
    assert treatment(index) == "post-stratify"
    assert stability_index({"a": 5, "b": 10}, {"a": 10, "b": 20}) == 0
    assert treatment(stability_index({"a": 1}, {"b": 1})) == "re-baseline"
    assert treatment(0.25) == "none"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: savings_rate([1.0] * 13, [2.0] * 13), "at least 14"),
        (lambda: savings_rate([1.0] * 14, [0.0] * 14), "cost nothing together"),
        (lambda: savings_uncertainty(Daily(0.1, 28, 30), 0.0), "savings above 0"),
        (lambda: savings_uncertainty(Daily(0.1, 0, 30), 0.5), "days on both sides"),
        (lambda: paired_total(Fraction(1), [Fraction(1)]), "at least 2 calls"),
        (lambda: fit(usd(1, 2), usd(1)), "the same days"),
        (lambda: fit(usd(0, 0), usd(1, 1)), "something billed"),
        (lambda: landing({}, date(2026, 9, 30), {}), "no whole day so far"),
        (lambda: weekday_weights({}), "holds no spend"),
        (lambda: stability_index({}, {"a": 1}), "counts on both sides"),
    ],
)
def test_what_cannot_be_told_is_refused(asked: object, words: str) -> None:
    assert callable(asked)
    with pytest.raises(ContractError, match=words):
        asked()


def test_a_landing_with_a_hole_or_beyond_its_end_is_refused() -> None:
    weights = dict.fromkeys(range(7), Fraction(1))
    spent = month(date(2026, 9, 1), usd(1, 2, 3))
    with pytest.raises(ContractError, match="is later than the last day"):
        landing(spent, date(2026, 9, 2), weights)
    del spent[date(2026, 9, 2)]
    with pytest.raises(ContractError, match="give 0 for idle ones"):
        landing(spent, date(2026, 9, 30), weights)
    with pytest.raises(ContractError, match="weigh nothing"):
        landing(
            spent | {date(2026, 9, 2): Fraction(0)},
            date(2026, 9, 30),
            dict.fromkeys(range(7), Fraction(0)),
        )


def test_the_interval_holds_the_rate_of_independent_days_about_as_often_as_it_says() -> None:
    draw, true_rate, held, runs = np.random.default_rng(3), 0.3, 0, 300
    for _ in range(runs):
        cost = draw.lognormal(5, 0.4, 28)
        saved = cost * (true_rate + draw.normal(0, 0.1, 28))
        low, high = savings_rate(saved.tolist(), cost.tolist()).interval
        held += low <= true_rate <= high
    # 90 % of 300 is 270, and three standard errors are 16
    assert 254 <= held <= 292


@pytest.mark.parametrize(("chance", "degrees"), [(0.0, 3), (1.0, 3), (0.9, 0), (0.9, -1)])
def test_there_is_no_quantile_of_certainty_or_without_degrees(
    chance: float, degrees: float
) -> None:
    with pytest.raises(ValueError, match="no quantile of"):
        student_quantile(chance, degrees)


def test_on_the_last_day_a_month_has_landed() -> None:
    spent = month(date(2026, 9, 1), usd(10, 30))
    found = landing(spent, date(2026, 9, 2), dict.fromkeys(range(7), Fraction(1)))
    assert found.expected == found.low == found.high == 40 * USD
