"""The back-test on the page: means of the random halves, both halves of the period, and models."""

from dataclasses import replace
from fractions import Fraction

from analyzer.results import BackTest, Half, ModelTest, Savings
from reports.backtest import back_test_of
from reports.fidelity import fidelity_of
from reports.totals import totals_of


def half(what: str, error: str, width: str = "0.02") -> Half:
    return Half(
        what=what, fitted_calls=900, calls=1_000, error=Fraction(error),
        half_width=Fraction(width), point_error=Fraction("-0.05"), read_error=Fraction("0.001"),
        write_error=Fraction("0.03"), by_life=((300, Fraction(error)), (3600, Fraction(0))),
        by_model=(("claude-opus-4-6", Fraction(error)),),
        by_workload=(("W01", Fraction(error)), ("W02", Fraction(0))),
        exact_calls=930, near_calls=970, unlogged_calls=40,
        session_errors=(Fraction("0.01"), Fraction("0.02"), Fraction("0.3")),
    )  # fmt: skip


def back_test(later: str = "0.026") -> BackTest:
    return BackTest(
        model="by idle gap",
        sessions=273,
        halves=(half("random halves", "0.01"), half("random halves", "-0.03")),
        chronological=(half("later half", later), half("earlier half", "0.016")),
        models=(
            ModelTest("none", Fraction("-0.024"), Fraction("-0.048")),
            ModelTest("by logged life", Fraction("0.0175"), Fraction("0.0555")),
        ),
    )


def test_the_mean_row_is_the_mean_of_the_random_halves() -> None:
    view = back_test_of(back_test())
    assert view is not None
    # (1 % - 3 %) / 2; of two halves only the first lies inside its two percent
    printed = (view.rows[0].error, view.rows[0].exact, view.rows[0].near)
    assert tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in printed) == (
        "\N{MINUS SIGN}1.0 %", "93.0 %", "97.0 %",
    )  # fmt: skip
    assert "2 random halves of 273 sessions" in view.sentence
    assert "1 inside their printed 90 % interval" in view.sentence
    assert [(life, error[:4]) for life, error in view.lives] == [
        ("5 minutes", "\N{MINUS SIGN}1.0"),
        ("1 hour", "0.0\N{NO-BREAK SPACE}"),
    ]


def test_groups_are_means_over_the_halves() -> None:
    view = back_test_of(back_test())
    assert view is not None
    assert [(what, name) for what, name, _ in view.groups] == [
        ("model", "claude-opus-4-6"),
        ("workload", "W01"),
        ("workload", "W02"),
    ]
    assert [error[:4] for _, _, error in view.groups] == [
        "\N{MINUS SIGN}1.0",
        "\N{MINUS SIGN}1.0",
        "0.0\N{NO-BREAK SPACE}",
    ]


def test_a_model_too_far_from_a_half_is_not_used() -> None:
    view = back_test_of(back_test())
    assert view is not None
    assert [(name, used[:2]) for name, _, _, used in view.models] == [
        ("none", "ye"),
        ("by logged life", "no"),
    ]


def test_the_half_that_was_not_seen_decides_the_light(savings: Savings) -> None:
    def passed(later: str) -> bool:
        calibration = replace(savings.calibration, back_test=back_test(later))
        shown = replace(savings, calibration=calibration)
        return fidelity_of(shown, totals_of(shown)).passed

    assert passed("0.05")
    assert not passed("0.051")


def test_how_far_two_lives_are_apart_is_said() -> None:
    view = back_test_of(back_test())
    assert view is not None
    # one half is off by 1 and 0 percent, the other by 3 and 0
    assert view.apart == "2.0\N{NO-BREAK SPACE}%"
    one_life = replace(
        half("random halves", "0.01"), by_life=((0, Fraction(1)), (300, Fraction(0)))
    )
    view = back_test_of(replace(back_test(), halves=(one_life,)))
    assert view is not None
    assert view.apart == ""


def test_without_a_back_test_the_page_has_no_such_table() -> None:
    assert back_test_of(None) is None
