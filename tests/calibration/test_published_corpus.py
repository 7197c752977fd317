"""The bars of a published corpus of agent calls: 19,207 calls in 273 sessions, bills of the API.

Forty seeded halves of the sessions, each predicted from the other, and both halves of the period.
Bars: mean within 0.5 %, standard deviation at most 1.8 %, 85 % of halves inside their interval;
halves of the period within 4 %; mean within 1.5 % by life; half of the sessions of ten calls
within 4.0 % and nine tenths within 20 %; 93 % of calls exact, 97 % of those that no unlogged call
had written for, 97 % within 1 % of the prompt.
"""

from fractions import Fraction
from pathlib import Path
from statistics import fmean, median, quantiles, stdev

import pytest

from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.results import BackTest
from analyzer.savings import Question, prepare
from analyzer.savings.proof import prove
from analyzer.store import Store
from tests.calibration import agent_calls

CORPUS = "claude_code_calls_2026q1.parquet"


@pytest.fixture(scope="module")
def tested(reference_data: Path) -> BackTest:
    book = Book.load()
    with Store.open(Path(":memory:"), create=True) as store:
        agent_calls.take(store, reference_data / CORPUS)
        asked = Question(policy=Policy.observed(), prices="logged")
        study = prepare(store, book, asked, lambda _text: None)
        proof = prove(store, book, study, lambda _text: None, range(1, 41))
    assert proof.calibration.back_test is not None
    return proof.calibration.back_test


def test_every_call_is_predicted(tested: BackTest) -> None:
    assert tested.sessions == 273
    assert all(half.calls + half.fitted_calls == 19_207 for half in tested.halves)


def test_totals_of_random_halves_meet_the_bill(tested: BackTest) -> None:
    errors = [float(half.error) for half in tested.halves]
    assert abs(fmean(errors)) <= 0.005
    assert stdev(errors) <= 0.018
    assert tested.inside >= 0.85 * len(tested.halves)


def test_both_halves_of_the_period_are_met(tested: BackTest) -> None:
    assert all(abs(half.error) <= Fraction(4, 100) for half in tested.chronological)


@pytest.mark.parametrize("life", [300, 3600])
def test_neither_life_hides_an_error_of_the_other(tested: BackTest, life: int) -> None:
    errors = [float(dict(half.by_life)[life]) for half in tested.halves]
    assert abs(fmean(errors)) <= 0.015


def test_most_calls_come_out_to_the_token(tested: BackTest) -> None:
    halves = tested.halves
    assert fmean(half.exact_calls / half.calls for half in halves) >= 0.93
    logged = [half.exact_calls / (half.calls - half.unlogged_calls) for half in halves]
    assert fmean(logged) >= 0.97
    assert fmean(half.near_calls / half.calls for half in halves) >= 0.97


def test_sessions_come_out_too(tested: BackTest) -> None:
    own = [[float(error) for error in half.session_errors] for half in tested.halves]
    assert fmean(map(median, own)) <= 0.04
    assert fmean(quantiles(errors, n=10)[-1] for errors in own) <= 0.20


def test_a_replay_without_losses_would_miss_the_mean(tested: BackTest) -> None:
    assert fmean(float(half.point_error) for half in tested.halves) < -0.04
