"""Laws of the fee, over any terms and any months."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.fee import FeePeriod, FeeTerms, Tier, settle
from analyzer.contracts.fee.terms import CENT
from tests.contracts.fee.worked_fee import period, usd

dollars = st.integers(0, 200_000)
shares = st.fractions(0, 1, max_denominator=40)
figures = st.lists(
    st.tuples(dollars, dollars, st.integers(0, 5_000), st.integers(0, 9_000)),
    min_size=1,
    max_size=6,
)


@st.composite
def any_terms(draw: st.DrawFn, /, **fixed: Any) -> FeeTerms:
    ends = sorted(draw(st.sets(st.integers(1, 90_000), max_size=3)))
    tiers = (*(Tier(usd(end), draw(shares)) for end in ends), Tier(None, draw(shares)))
    cap = draw(st.none() | st.integers(5_000, 40_000))
    known: dict[str, Any] = {
        "hurdle": draw(shares) / 5,
        "floor": usd(draw(st.integers(0, 500))),
        "cap": None if cap is None else usd(cap),
        "cap_share": draw(shares),
        "clawback": draw(st.booleans()),
        "basis": draw(st.sampled_from(["point", "lower bound"])),
        "shared_bias": draw(st.booleans()),
    }
    return FeeTerms(tiers, **(known | fixed))


def months(told: list[tuple[int, int, int, int]]) -> list[FeePeriod]:
    return [
        period(9 + place, adjusted, actual, own, uncertainty=usd(spread))
        for place, (adjusted, actual, own, spread) in enumerate(told)
    ]


@given(figures, any_terms(), st.data())
@settings(max_examples=150)
def test_more_savings_never_pay_less(
    told: list[tuple[int, int, int, int]], terms: FeeTerms, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(told) - 1))
    adjusted, actual, own, spread = told[place]
    less = data.draw(st.integers(0, actual))
    better = [*told[:place], (adjusted, actual - less, own, spread), *told[place + 1 :]]
    pairs = zip(settle(months(told), terms), settle(months(better), terms), strict=True)
    assert all(one.paid <= other.paid for one, other in pairs)


@given(figures, any_terms())
@settings(max_examples=150)
def test_dues_add_up_to_what_is_paid_in_whole_cents_under_the_cap(
    told: list[tuple[int, int, int, int]], terms: FeeTerms
) -> None:
    paid = Fraction(0)
    for settled in settle(months(told), terms):
        fee = settled.line("cumulated fee")
        due = fee - paid
        assert settled.due == (due if terms.clawback else max(due, Fraction(0)))
        paid += settled.due
        assert settled.paid == paid
        assert paid % CENT == 0
        assert terms.cap is None or paid <= terms.cap
        most = max(settled.line("share cap"), settled.line("floor"))
        assert fee <= most + Fraction(CENT, 2)


@given(figures, any_terms(clawback=True, floor=Fraction(0), shared_bias=True), st.data())
@settings(max_examples=150)
def test_the_fee_does_not_depend_on_how_time_was_cut(
    told: list[tuple[int, int, int, int]], terms: FeeTerms, data: st.DataObject
) -> None:
    apart = months(told)
    place = data.draw(st.integers(0, len(told) - 1))
    whole = apart[place]
    cut = data.draw(st.fractions(0, 1, max_denominator=7))
    split = [*apart[:place], *_halves(whole, cut), *apart[place + 1 :]]
    assert settle(split, terms)[-1].paid == settle(apart, terms)[-1].paid


def _halves(whole: FeePeriod, cut: Fraction) -> list[FeePeriod]:
    middle = whole.first_day + timedelta(9)
    spans = ((whole.first_day, middle, cut), (middle + timedelta(1), whole.last_day, 1 - cut))
    return [
        replace(
            whole,
            name=f"{whole.name} {first}",
            first_day=first,
            last_day=last,
            adjusted=whole.adjusted * part,
            actual=whole.actual * part,
            own_cost=whole.own_cost * part,
            uncertainty=whole.uncertainty * part,
            savings=tuple(replace(one, avoided=one.avoided * part) for one in whole.savings),
        )
        for first, last, part in spans
    ]


@given(figures, any_terms())
@settings(max_examples=60)
def test_later_months_change_no_earlier_statement(
    told: list[tuple[int, int, int, int]], terms: FeeTerms
) -> None:
    every = settle(months(told), terms)
    assert settle(months(told[:-1]), terms) == every[:-1]


@given(figures, any_terms(basis="point"))
@settings(max_examples=60)
def test_a_lower_bound_never_pays_more_than_the_point(
    told: list[tuple[int, int, int, int]], terms: FeeTerms
) -> None:
    lower = replace(terms, basis="lower bound")
    assert settle(months(told), lower)[-1].paid <= settle(months(told), terms)[-1].paid
