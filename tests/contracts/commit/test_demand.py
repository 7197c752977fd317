import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

from analyzer.contracts.commit.demand import Demand, History, Step, Term, paths
from analyzer.contracts.commit.outlook import Outlook
from analyzer.errors import ContractError

YEAR = Term(dt.date(2027, 1, 1), dt.date(2028, 1, 1))
FLAT = History(dt.date(2026, 9, 1), {"a": [70.0] * 10, "b": [7.0] * 10})
NOTHING = Outlook()


def drawn(
    history: History = FLAT, outlook: Outlook = NOTHING, steps: tuple[Step, ...] = (), seed: int = 1
) -> Demand:
    return paths(history, YEAR, outlook, steps, 200, seed)


def step(workload: str, share: float, sd: float = 0.0, day: dt.date = YEAR.start) -> Step:
    return Step("caching", workload, share, sd, day, day)


def test_months_hold_their_days() -> None:
    # 77 a week is 11 a day
    assert drawn().before[:, 0] == pytest.approx(
        [11 * d for d in (31, 28, 31, 30, 31, 30)] * 1 + [11 * d for d in (31, 31, 30, 31, 30, 31)]
    )


def test_the_same_seed_gives_the_same_bytes() -> None:
    history = History(dt.date(2026, 9, 1), {"a": list(map(float, range(12)))})
    outlook = Outlook(growth_monthly=Fraction(1, 50), growth_spread=Fraction(1, 50))
    first, again = (drawn(history, outlook).after.tobytes() for _ in range(2))
    assert first == again != drawn(history, outlook, seed=2).after.tobytes()


def test_weeks_are_drawn_together_across_workloads() -> None:
    up = [float(n % 5) for n in range(13)]
    history = History(dt.date(2026, 9, 1), {"a": up, "b": [4 - each for each in up]})
    # the two always sum to 4 a week, on every path
    assert drawn(history).before.sum(axis=0) == pytest.approx(4 * 365 / 7)
    alone = History(dt.date(2026, 9, 1), {"a": up})
    assert drawn(alone).before.sum(axis=0).std() > 1


def test_a_step_takes_its_share_of_its_workload_from_its_day() -> None:
    steps = (step("a", 0.4), step("b", 0.5, day=dt.date(2027, 7, 2)))
    found = drawn(steps=steps)
    assert [len(found.after_steps), found.after_steps[1].sum(axis=0)[0]] == [
        3, pytest.approx(365 * (6 + 1))
    ]  # fmt: skip
    # 2 July is day 182, 26 whole weeks: 183 days are left
    assert found.after.sum(axis=0)[0] == pytest.approx(365 * 6 + 182 + 183 * 0.5)


def test_beta_shares_have_the_mean_and_spread_they_are_given() -> None:
    found = paths(FLAT, YEAR, NOTHING, (step("a", 0.3, 0.1),), 20_000, 5)
    share = 1 - (found.after.sum(axis=0) - 365) / 3650
    assert share.mean() == pytest.approx(0.3, abs=0.004)
    assert share.std() == pytest.approx(0.1, abs=0.004)


def test_growth_counts_from_the_middle_of_the_history() -> None:
    found = drawn(outlook=Outlook(growth_monthly=Fraction(1, 10)))
    # middle: 1 September + 35 days = 6 October; January's weeks lie 87 to 118 days later
    months = found.before[0, 0] / (11 * 31)
    assert np.exp(0.1 * 87 / 30.44) < months < np.exp(0.1 * 118 / 30.44)


def test_cuts_births_and_retirements() -> None:
    cut = drawn(outlook=Outlook(price_cut_chance=Fraction(1), price_cut=Fraction(1, 5)))
    assert cut.before[1, 0] == pytest.approx(11 * 28 * 0.64)
    assert cut.price_index[11] == pytest.approx(0.8**12)
    gone = drawn(outlook=Outlook(retirement_chance=Fraction(1)))
    assert (gone.before[2:] == 0).all()
    born = paths(
        FLAT, YEAR, Outlook(births_monthly=Fraction(1), birth_share=Fraction(1, 10)), (), 4_000, 1
    )
    # by the middle of the year six were born on average, of 1.1 a day each
    assert born.before[5].mean() / 30 == pytest.approx(11 + 1.1 * 5.5, abs=0.4)


@pytest.mark.parametrize(
    ("weekly", "said"),
    [
        ({"a": [1.0] * 7}, "7 whole weeks are too few to size a commit, at least 8 are needed"),
        ({"a": [1.0] * 8, "b": [1.0] * 9}, "the same weeks"),
        ({"a": [1.0] * 7 + [-1.0]}, "negative or no number"),
        ({"a": [1.0] * 7 + [float("nan")]}, "negative or no number"),
    ],
)
def test_a_history_that_no_path_can_be_drawn_from(
    weekly: dict[str, list[float]], said: str
) -> None:
    with pytest.raises(ContractError, match=said):
        drawn(History(dt.date(2026, 9, 1), weekly))


@pytest.mark.parametrize(
    "wrong", [step("c", 0.1), step("a", 1.0), step("a", -0.1), step("a", 0.5, 0.6)]
)
def test_a_step_that_cannot_be(wrong: Step) -> None:
    with pytest.raises(ContractError, match="caching of"):
        drawn(steps=(wrong,))


def test_every_week_of_the_history_weighs_the_same() -> None:
    # only the last week is busy: 90 in nine weeks are 10 a week
    history = History(dt.date(2026, 9, 1), {"a": [0.0] * 8 + [90.0]})
    found = paths(history, YEAR, NOTHING, (), 20_000, 3).before.sum(axis=0)
    error = found.std() / len(found) ** 0.5
    assert abs(found.mean() - 10 * 365 / 7) < 5 * error
