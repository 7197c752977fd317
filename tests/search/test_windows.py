"""Windows, whole weeks and bounds, worked by hand."""

from fractions import Fraction

import pytest

from analyzer.search.windows import Window, lower_end, split, weigh


def test_the_first_six_tenths_of_the_days_choose() -> None:
    found = split(range(100, 170))
    assert (found.fit, found.kept) == (Window(100, 141), Window(142, 169))
    assert [fold.first for fold in found.folds] == [100, 107, 114, 121, 128, 135]
    assert found.weeks == 6
    assert found.note is None


def test_each_window_holds_two_weeks_where_the_log_is_long_enough() -> None:
    found = split(range(28))
    assert (found.fit, found.kept) == (Window(0, 13), Window(14, 27))
    assert found.note is not None
    assert found.note.startswith("2 whole weeks")


def test_a_shorter_log_says_so() -> None:
    found = split(range(10))
    assert (found.fit, found.kept) == (Window(0, 5), Window(6, 9))
    assert "less than four weeks" in str(found.note)


def test_one_day_cannot_be_checked() -> None:
    found = split([7, 7])
    assert (found.fit, found.kept) == (Window(7, 7), None)
    assert "one day" in str(found.note)


def test_days_without_calls_do_not_count_as_weeks() -> None:
    # a trace that counts from 1970 beside today's logs: 30 days, a pause, 30 days
    found = split([*range(30), *range(20_000, 20_030)])
    assert found.kept is not None
    assert (found.fit.last, found.kept.first) == (20_005, 20_006)
    assert len(found.folds) == 6  # days 0 to 6, .. 28 to 34, and 19,999 to 20,005
    assert found.weeks == 6


def test_the_lower_end_of_the_interval() -> None:
    # mean 4, variance of the mean (9 + 1 + 1 + 9) / 3 / 4 = 5/3, t(3) = 2.353:
    # 2.353 x sqrt(5/3) = 3.0377099.., and whole pico-dollars round the bound down
    scale = 10**6
    folds = [Fraction(x * scale) for x in (1, 3, 5, 7)]
    assert lower_end(folds) == 4 * scale - 3_037_710
    assert lower_end([Fraction(9)] * 4) == 9


@pytest.mark.parametrize(("weeks", "lower"), [((9, 9, 9, 9), 36), ((37, 1, -1, -1), None)])
def test_one_good_week_is_no_recommendation(weeks: tuple[int, ...], lower: int | None) -> None:
    windows = split(range(47))  # 28 days to choose on
    assert len(windows.folds) == 4
    assert windows.kept is not None
    costs = dict(zip(windows.folds, map(Fraction, weeks), strict=True))
    costs |= {windows.fit: Fraction(36), windows.kept: Fraction(5)}
    found = weigh(windows, [costs])
    assert found.fit.low == 36
    assert found.better_folds == sum(week > 0 for week in weeks)
    assert found.lower == lower if lower is not None else found.lower < 0


def test_the_least_of_the_loss_models_counts() -> None:
    windows = split([1])
    found = weigh(windows, [{windows.fit: Fraction(5)}, {windows.fit: Fraction(-1)}])
    assert [found.fit.mean, found.lower, found.fit.high] == [5, -1, 5]
