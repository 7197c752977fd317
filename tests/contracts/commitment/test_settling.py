"""What a signed commit asks for use: by hand, by its laws, and beside the settlement simulation."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.contracts.commit import settlement as simulation
from analyzer.contracts.commit.terms import Terms
from analyzer.contracts.commitment import Commitment, Settlement

USD = 10**12
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
FIFTH = Fraction(1, 5)


def signed(usd: int, beyond: Fraction | int = 1, term: tuple[date, date] = YEAR) -> Settlement:
    return Settlement(Commitment(Fraction(usd * USD), *term, None, "form", None), Fraction(beyond))


def test_under_a_commit_most_of_an_economic_saving_may_be_no_cash() -> None:
    # a million committed at 20 % off; 1.5 million at list becomes 0.9 million
    rule, before, after = signed(1_000_000), 1_200_000 * USD, 720_000 * USD
    assert before - after == 480_000 * USD
    saved = rule.cost(Fraction(before), YEAR[1]) - rule.cost(Fraction(after), YEAR[1])
    assert saved == 200_000 * USD


def test_use_beyond_the_commit_is_dearer_where_its_discount_is_smaller() -> None:
    # 20 % off within, list beyond: Q = 1.25 million at list; 1.5 million costs 1 million + .25
    listed = signed(1_000_000, Fraction(5, 4))
    assert listed.cost(Fraction(1_200_000 * USD), YEAR[1]) == 1_250_000 * USD
    # 10 % off beyond: 1 million + .9 x .25
    tenth = signed(1_000_000, Fraction(9, 8))
    assert tenth.cost(Fraction(1_200_000 * USD), YEAR[1]) == 1_225_000 * USD


def test_before_the_terms_end_the_commit_counts_for_the_days_so_far() -> None:
    # 73 of 365 days: a fifth of a million
    day = date(2026, 3, 14)
    rule = signed(1_000_000)
    assert rule.due(day) == 200_000 * USD
    assert rule.cost(Fraction(0), day) == 200_000 * USD
    assert rule.cost(Fraction(250_000 * USD), day) == 250_000 * USD
    assert rule.due(YEAR[0] - timedelta(1)) == 0
    assert rule.due(YEAR[1] + timedelta(1)) == 1_000_000 * USD


money = st.integers(0, 10**7)
dearer = st.fractions(1, 3, max_denominator=8)


@given(use=money, commit=money, beyond=dearer, days=st.integers(1, 365))
def test_the_cost_so_far_is_the_elapsed_share_of_a_term_at_the_same_pace(
    use: int, commit: int, beyond: Fraction, days: int
) -> None:
    rule, elapsed = signed(commit, beyond), Fraction(days, 365)
    so_far = rule.cost(Fraction(use), YEAR[0] + timedelta(days - 1))
    assert so_far == elapsed * rule.cost(use / elapsed, YEAR[1])


@given(
    path=st.lists(money, min_size=12, max_size=12), commit=money,
    discount=st.fractions(0, Fraction(9, 10), max_denominator=20), keep=st.fractions(0, 1),
)  # fmt: skip
def test_over_the_term_it_is_what_the_settlement_simulation_asks(
    path: list[int], commit: int, discount: Fraction, keep: Fraction
) -> None:
    overage = discount * keep
    terms = Terms((Fraction(commit),), (discount,), (overage,), 12)
    rule = signed(commit, (1 - overage) / (1 - discount))
    use = (1 - discount) * sum(path) * USD
    assert rule.cost(use, YEAR[1]) == simulation.settle(path, terms).total * USD


def _no_floor(rule: Settlement, use: Fraction, until: date) -> Fraction:
    del rule, until
    return use


def _whole_floor(rule: Settlement, until: date) -> Fraction:
    del until
    return rule.commitment.amount


def _discounted_again(rule: Settlement, use: Fraction, until: date) -> Fraction:
    due = rule.due(until)
    return due + rule.beyond * max((1 - FIFTH) * use - due, Fraction(0))


@pytest.mark.parametrize(
    ("name", "planted"),
    [("cost", _no_floor), ("due", _whole_floor), ("cost", _discounted_again)],
    ids=["floor ignored", "floor not prorated", "discounted twice"],
)
def test_a_planted_bug_is_noticed(name: str, planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def right() -> bool:
        rule = signed(1_000_000)
        part, whole = Fraction(250_000 * USD), Fraction(1_200_000 * USD)
        return (
            rule.cost(Fraction(0), YEAR[1]) == 1_000_000 * USD
            and rule.cost(whole, YEAR[1]) == whole
            and rule.cost(part, date(2026, 3, 14)) == part
        )

    assert right()
    monkeypatch.setattr(Settlement, name, planted)
    assert not right()
