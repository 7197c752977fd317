from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.contracts.commit.settlement import settle
from analyzer.contracts.commit.terms import Carry, Terms, uncommitted

F = Fraction
FOCUS_USE = [60, 150, 75, *[0] * 9]
FIFTH = (F(1, 5),)


def exact(*amounts: int) -> tuple[F, ...]:
    return tuple(map(F, amounts))


def pool(commit: int, off: str, overage: str | None = None, months: int = 12) -> Terms:
    return Terms((F(commit),), (F(off),), (F(overage or off),), months)


def test_focus_scenario_a1_a_shortfall_is_invoiced_at_the_end() -> None:
    # 60, 150, 75 at 20 % off are 48, 120, 60; 1200 - 228 = 972 fall due in month 12
    assert settle(FOCUS_USE, pool(1200, "0.2")).cash == (48, 120, 60, *[0] * 8, 972)


def test_focus_scenario_a2_a_minimum_brings_payment_forward() -> None:
    terms = Terms((F(1200),), FIFTH, FIFTH, 12, monthly_minimum=F(60))
    # 48 is topped up to 60, nine idle months to 60 each: 60 + 120 + 60 + 9 x 60 = 780, and the
    # other 420 fall due beside the last 60
    assert settle(FOCUS_USE, terms).cash == (60, 120, 60, *[60] * 8, 480)


def test_focus_scenario_b1_what_is_paid_upfront_is_invoiced_once() -> None:
    terms = Terms((F(1200),), FIFTH, FIFTH, 12, upfront_share=F(1))
    assert settle(FOCUS_USE, terms).cash == (1200, *[0] * 11)


def ramped(carry: Carry | None) -> Terms:
    off = (F("0.10"), F("0.15"))
    return Terms((F(600), F(1200)), off, off, 12, carry=carry)


@pytest.mark.parametrize("burns", ["first", "last"])
def test_ramp_with_rollover_of_half(burns: str) -> None:
    carry = Carry(F(1, 2), 12, burns)  # type: ignore[arg-type]  # a parameter of the test
    found = settle([50] * 12 + [150] * 12, ramped(carry))
    # year 1: 12 x 45 = 540 of 600, 60 unused falls due beside the last 45; 30 are carried
    assert found.cash[11] == 105
    assert sum(found.cash[:12]) == 600
    # year 2: 12 x 127.50 = 1530, 30 of it from credit
    assert sum(found.cash[12:]) == 1500
    assert found.unused == exact(60, 0)
    assert settle([50] * 12 + [150] * 12, ramped(None)).total == 2130


def test_credit_burned_first_leaves_more_of_the_next_commit_to_carry() -> None:
    # Three intervals of one month, commit 100 at list, use 40, 80, 300; all unused is carried.
    def terms(burns: str) -> Terms:
        none = (F(0),) * 3
        carry = Carry(F(1), 1, burns)  # type: ignore[arg-type]  # a parameter of the test
        return Terms((F(100),) * 3, none, none, 1, carry=carry)

    # first: 60 carried; use 80 = 60 credit + 20 own, 80 unused carried; 300 - 80 credit = 220
    first = settle([40, 80, 300], terms("first"))
    assert first.cash == exact(100, 100, 220)
    assert first.unused == exact(60, 80, 0)
    assert first.expired == 0
    # last: use 80 is all own, 20 unused; the 60 expire, 20 carried; 300 - 20 = 280
    last = settle([40, 80, 300], terms("last"))
    assert last.cash == exact(100, 100, 280)
    assert last.unused == exact(60, 20, 0)
    assert last.expired == 60


def test_credit_expires_and_the_oldest_burns_first() -> None:
    none = (F(0),) * 4
    terms = Terms((F(100),) * 4, none, none, 1, carry=Carry(F(1), 2, "last"))
    # unused 50, 70; month 3 uses 130: 30 from the 50 of month 1, whose other 20 expire;
    # month 4 uses 150: 50 from the 70, of which 20 never burn
    found = settle([50, 30, 130, 150], terms)
    assert found.cash == exact(100, 100, 100, 100)
    assert [month.from_credit for month in found.months] == [0, 0, 30, 50]
    assert found.expired == 20 + 20


def test_price_protection_lowers_the_months_to_come() -> None:
    terms = Terms((F(1200),), FIFTH, (F(0),), 12, price_protected=True)
    # half price from month 7: 6 x 100 + 6 x 50 = 900 are due, 12 x 10 x 0.8 = 96 were used
    found = settle([10] * 12, terms, [1] * 6 + [F(1, 2)] * 6)
    assert found.total == 900
    assert found.unused == exact(804)


def test_present_value_of_upfront_and_of_arrears() -> None:
    arrears, upfront = pool(1080, "0.1"), Terms((F(1080),), (F("0.1"),), (F("0.1"),), 12, F(1))
    late = settle([100] * 12, arrears).present_value(F(1, 100))
    early = settle([100] * 12, upfront).present_value(F(1, 100))
    assert round(float(early), 2) == 1069.31
    assert round(float(late), 2) == 1012.96
    assert round(float(early - late), 2) == 56.35


def test_a_path_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="12 months"):
        settle([1] * 11, pool(1, "0.1"))


USE = st.lists(st.integers(0, 500), min_size=12, max_size=12)
OFF = st.fractions(0, F(9, 10), max_denominator=20)


@given(USE, st.integers(0, 4000), OFF)
def test_a_year_costs_the_larger_of_commit_and_use(path: list[int], commit: int, off: F) -> None:
    terms = Terms((F(commit),), (off,), (off,), 12)
    assert settle(path, terms).total == max(F(commit), (1 - off) * sum(path))


@given(USE, st.integers(0, 4000), OFF, OFF)
def test_overage_costs_its_own_rate_above_the_commit(
    path: list[int], commit: int, off: F, part: F
) -> None:
    over = off * part
    terms = Terms((F(commit),), (off,), (over,), 12)
    above = max(sum(path) - F(commit) / (1 - off), F(0))
    assert settle(path, terms).total == commit + (1 - over) * above


@given(USE, st.integers(0, 4000), OFF, st.fractions(0, 1, max_denominator=9))
def test_paying_ahead_moves_cash_and_changes_no_total(
    path: list[int], commit: int, off: F, share: F
) -> None:
    plain = Terms((F(commit),), (off,), (F(0),), 12)
    ahead = Terms((F(commit),), (off,), (F(0),), 12, upfront_share=share)
    assert settle(path, plain).total == settle(path, ahead).total


@given(USE, OFF)
def test_without_a_commit_use_is_paid(path: list[int], off: F) -> None:
    assert settle(path, uncommitted(12, off)).cash == tuple((1 - off) * use for use in path)


@given(
    st.lists(st.integers(0, 300), min_size=9, max_size=9),
    st.fractions(0, 1, max_denominator=5),
    st.integers(1, 9),
    st.sampled_from(["first", "last"]),
)
def test_credit_is_conserved(path: list[int], share: F, expiry: int, burns: str) -> None:
    commits, off = (F(300), F(200), F(400)), (F(1, 10),) * 3
    carry = Carry(share, expiry, burns)  # type: ignore[arg-type]  # drawn from the two words
    found = settle(path, Terms(commits, off, (F(0),) * 3, 3, carry=carry))
    burned = sum(month.from_credit for month in found.months)
    assert burned + found.expired == share * sum(found.unused[:-1])
    bare = settle(path, Terms(commits, off, (F(0),) * 3, 3))
    assert found.total <= bare.total
