"""Laws of cash avoided cost: periods add up to the term, however time is cut."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from analyzer.contracts.commitment import Commitment, Settlement
from analyzer.contracts.logged import Span
from analyzer.contracts.verification import Asked, Cash
from analyzer.contracts.verification.cash import Use, cash_avoided

FIRST = date(2026, 1, 1)
DAYS = 24
Days = Sequence[tuple[int, int]]
"""What was drawn and what was avoided, by day of the term."""

days = st.lists(st.tuples(st.integers(0, 100), st.integers(-40, 100)), min_size=DAYS, max_size=DAYS)
cuts = st.sets(st.integers(1, DAYS - 1), max_size=5).map(lambda one: (0, *sorted(one), DAYS))
rules = st.builds(
    lambda amount, beyond: Settlement(
        Commitment(Fraction(amount), FIRST, FIRST + timedelta(DAYS - 1), None, "form"), beyond
    ),
    st.integers(1, 3_000),
    st.fractions(1, 2, max_denominator=6),
)


def settled(
    rule: Settlement, use: Days, bounds: Sequence[int], skipped: frozenset[int] = frozenset()
) -> Iterator[Cash]:
    """Settle periods between bounds; skipped ones are verified by nobody."""

    def drawn(span: Span) -> Fraction:
        start = (span.first_day - FIRST).days
        return Fraction(sum(day for day, _ in use[start : start + span.count]))

    earlier = None
    for place, (start, end) in enumerate(pairwise(bounds)):
        if place in skipped:
            continue
        span = Span(FIRST + timedelta(start), FIRST + timedelta(end - 1))
        own = Use(drawn(span), Fraction(sum(more for _, more in use[start:end])))
        earlier = cash_avoided(Asked(span, cash=rule, earlier=earlier), own, FIRST, drawn)
        assert earlier
        yield earlier


@given(rule=rules, use=days, bounds=cuts)
def test_periods_of_a_whole_term_add_up_to_its_settlement(
    rule: Settlement, use: Days, bounds: tuple[int, ...]
) -> None:
    found = list(settled(rule, use, bounds))
    was = Fraction(sum(day for day, _ in use))
    otherwise = was + sum(more for _, more in use)
    end = rule.commitment.last_day
    whole = rule.cost(otherwise, end) - rule.cost(was, end)
    assert sum(one.avoided for one in found) == whole
    assert sum(one.after for one in found) == rule.cost(was, end)


@given(rule=rules, use=days, bounds=cuts, skipped=st.frozensets(st.integers(0, 4), max_size=2))
def test_periods_add_up_over_days_that_nobody_verifies(
    rule: Settlement, use: Days, bounds: tuple[int, ...], skipped: frozenset[int]
) -> None:
    found = list(settled(rule, use, bounds, skipped))
    if not found:
        return
    last = found[-1].standing
    assert last
    assert sum(one.avoided for one in found) == last.cost_otherwise - last.cost


@given(rule=rules, use=days, bounds=cuts)
def test_cash_of_a_gain_lies_between_nothing_and_the_dearest_dollar(
    rule: Settlement, use: Days, bounds: tuple[int, ...]
) -> None:
    gains = [(drawn, abs(more)) for drawn, more in use]
    saved = sum(one.avoided for one in settled(rule, gains, bounds))
    assert 0 <= saved <= rule.beyond * sum(more for _, more in gains)
