from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import numbers
from reports.axes import axis_over

USD = numbers.PICO_PER_USD
parts_lists = st.lists(st.fractions(min_value=-(10**9), max_value=10**9), min_size=1, max_size=12)


def usd(text: str) -> Fraction:
    return Fraction(text) * USD


@given(parts_lists, st.booleans())
def test_rounded_parts_add_to_the_rounded_sum(parts: list[Fraction], up: bool) -> None:  # noqa: FBT001 - hypothesis passes by place
    total = sum(parts, Fraction(0))
    target = ceil(total) if up else floor(total)
    assert sum(numbers.largest_remainder(parts, target)) == target


@given(parts_lists)
def test_each_rounded_part_is_within_one_of_the_exact_one(parts: list[Fraction]) -> None:
    rounded = numbers.largest_remainder(parts, floor(sum(parts, Fraction(0))))
    assert all(abs(shown - part) < 1 for shown, part in zip(rounded, parts, strict=True))


@given(parts_lists)
def test_a_larger_part_is_never_printed_smaller(parts: list[Fraction]) -> None:
    rounded = numbers.largest_remainder(parts, ceil(sum(parts, Fraction(0))))
    pairs = list(zip(parts, rounded, strict=True))
    assert all(a >= b or shown_a <= shown_b for a, shown_a in pairs for b, shown_b in pairs)


def test_the_largest_remainders_take_the_missing_units() -> None:
    # 2.6 + 3.3 + 4.1 = 10: floors 2 + 3 + 4 = 9, and the missing one goes to .6
    parts = [Fraction("2.6"), Fraction("3.3"), Fraction("4.1")]
    assert numbers.largest_remainder(parts, 10) == [3, 3, 4]


def test_a_target_that_is_not_the_rounded_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="12 is not the rounded sum"):
        numbers.largest_remainder([Fraction("2.5"), Fraction("3.5")], 12)


@given(st.fractions())
def test_exact_dollars_lose_nothing(pico: Fraction) -> None:
    text = numbers.exact_usd(pico)
    assert Fraction(text) * USD == pico


def test_a_shapley_part_that_no_decimal_ends_stays_a_fraction() -> None:
    assert numbers.exact_usd(Fraction(USD, 3)) == "1/3"
    assert numbers.exact_usd(Fraction(1, 8)) == "0.000000000000125"
    assert numbers.exact_usd(usd("-1250.40")) == "-1250.4"
    assert numbers.exact_usd(Fraction(0)) == "0"


@pytest.mark.parametrize(
    ("pico", "places", "signed", "text"),
    [
        (usd("339742.16"), 0, False, "$339,742"),
        (usd("0.5"), 0, False, "$1"),
        (usd("-8913.4"), 0, False, "\u2212$8,913"),
        (usd("884"), 0, True, "+$884"),
        (usd("0.3"), 0, False, "<$1"),
        (usd("-0.3"), 0, False, "\u2212<$1"),
        (usd("0.001"), 2, True, "+<$0.01"),
        (usd("12.345"), 2, False, "$12.35"),
        (usd("0.00005"), 4, False, "$0.0001"),
        (Fraction(0), 2, True, "$0.00"),
    ],
)
def test_amounts_are_printed_in_their_unit(
    pico: Fraction,
    places: int,
    signed: bool,  # noqa: FBT001 - a table of cases
    text: str,
) -> None:
    assert numbers.amount(pico, numbers.Unit(places), signed=signed).text == text


@pytest.mark.parametrize(("total", "places"), [("10000", 0), ("9999.99", 2), ("0.99", 4), ("0", 2)])
def test_small_bills_are_printed_finer(total: str, places: int) -> None:
    assert numbers.unit_for(usd(total)).places == places


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(0), "0.0\u00a0%"),
        (Fraction(1, 10**6), "<0.1\u00a0%"),
        (Fraction(-1, 10**6), "\u2212<0.1\u00a0%"),
        (Fraction(3946, 10_000), "39.5\u00a0%"),
        (Fraction(99_999, 100_000), ">99.9\u00a0%"),
        (Fraction(1), "100.0\u00a0%"),
        (Fraction(-123, 1000), "\u221212.3\u00a0%"),
    ],
)
def test_percentages_never_round_to_nothing_or_to_everything(ratio: Fraction, text: str) -> None:
    assert numbers.percent(ratio) == text


def test_counts_tokens_factors_and_waits_in_words() -> None:
    assert numbers.count(16_856_233) == "16,856,233"
    assert numbers.count(-12_000) == "\u221212,000"
    assert numbers.millions(1_234_567) == "1.23\u00a0M"
    assert numbers.millions(3) == "<0.01\u00a0M"
    assert numbers.millions(0) == "0.00\u00a0M"
    assert numbers.factor(Fraction(91, 100)) == "0.91\u00a0\u00d7"
    assert numbers.seconds(0) == "0\u00a0s"
    assert numbers.seconds(840) == "840\u00a0ms"
    assert numbers.seconds(17_449) == "17.4\u00a0s"


def test_an_axis_has_round_ticks_and_one_currency_sign() -> None:
    axis = axis_over([usd("339742.16")])
    assert [tick.text for tick in axis.ticks] == ["0", "100k", "200k", "300k", "$400k"]
    # 339,742.16 / 400,000 = 84.94 %
    assert axis.at(usd("339742.16")) == "84.94"
    assert axis.grid == "25.00"
    assert axis.zero is None


def test_an_axis_below_zero_marks_zero() -> None:
    axis = axis_over([usd("-30"), usd("50")])
    assert [tick.text for tick in axis.ticks] == ["\u221240", "\u221220", "0", "20", "40", "$60"]
    assert axis.zero == "40.00"


@given(st.lists(st.fractions(min_value=-(10**17), max_value=10**18), max_size=6))
def test_every_amount_lies_on_its_axis(amounts: list[Fraction]) -> None:
    axis = axis_over(amounts)
    assert all(0 <= float(axis.at(amount)) <= 100 for amount in [*amounts, Fraction(0)])
    assert 1 <= len(axis.ticks) - 1 <= 7
