"""Fair shares against the definition: the mean over every order, leaf by leaf, in fractions."""

from fractions import Fraction
from functools import cache
from itertools import permutations

import pytest
from hypothesis import assume, given, settings

from analyzer.contracts.bridge import FACTORS, Factor, Period, bridge
from tests.contracts.bridge.test_bridge_laws import periods
from tests.contracts.bridge.worked_bridge import AFTER, BEFORE, OCTOBER, SEPTEMBER, leaf_by_leaf

MOST_MOVING = 6
"""Factors that move: their 720 orders are walked one by one."""
ROUNDED = Fraction(3)
"""Pico-dollars: each state between the ends is rounded, by group of workloads."""


def by_every_order(before: Period, after: Period, most: int) -> dict[Factor, Fraction] | None:
    """The mean of what each factor adds; what never moves a state adds nothing in any order.

    None where more factors move than there is time for.
    """

    @cache
    def cost(chosen: frozenset[Factor]) -> Fraction:
        return leaf_by_leaf(before, after, chosen)

    whole = frozenset(FACTORS)
    moving = [one for one in FACTORS if _moves(one, cost, whole)]
    if len(moving) > most:
        return None
    rest = whole - set(moving)
    added = dict.fromkeys(FACTORS, Fraction(0))
    orders = list(permutations(moving))
    for order in orders:
        chosen = rest
        for factor in order:
            added[factor] += cost(chosen | {factor}) - cost(chosen)
            chosen |= {factor}
    return {factor: total / len(orders) for factor, total in added.items()}


def _moves(factor: Factor, cost: object, whole: frozenset[Factor]) -> bool:
    """Whether some state differs with it; single, last and paired ones are looked at."""
    assert callable(cost)
    others = [frozenset[Factor](), whole - {factor}]
    others += [frozenset({one}) for one in FACTORS if one != factor]
    others += [whole - {factor, one} for one in FACTORS if one != factor]
    return any(cost(one | {factor}) != cost(one) for one in others)


@given(periods(SEPTEMBER), periods(OCTOBER))
@settings(max_examples=12, deadline=None)
def test_fair_shares_are_the_mean_over_every_order(before: Period, after: Period) -> None:
    """Workloads, models, modes and meters are born and die between these two periods."""
    expected = by_every_order(before, after, MOST_MOVING)
    assume(expected is not None)
    assert expected is not None
    found = bridge(before, after)
    for part in found.attribution.parts:
        assert abs(part.fair - expected[part.cause]) <= ROUNDED
    assert sum(part.fair for part in found.attribution.parts) == found.difference


@pytest.mark.full
def test_the_worked_months_over_every_order_of_the_eight_factors_that_move() -> None:
    expected = by_every_order(BEFORE, AFTER, len(FACTORS))
    assert expected is not None
    for part in bridge(BEFORE, AFTER).attribution.parts:
        assert abs(part.fair - expected[part.cause]) <= ROUNDED


def test_a_planted_weight_is_noticed() -> None:
    """One order is not the mean over all."""
    found = {p.cause: p.in_order for p in bridge(BEFORE, AFTER).attribution.parts}
    fair = {p.cause: p.fair for p in bridge(BEFORE, AFTER).attribution.parts}
    assert max(abs(found[one] - fair[one]) for one in FACTORS) > ROUNDED
