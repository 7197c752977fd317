from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.commit import closed_forms as forms
from analyzer.contracts.commit.settlement import settle
from analyzer.contracts.commit.simulation import simulate
from analyzer.contracts.commit.terms import Carry, Terms

F = Fraction
SHARE = st.fractions(0, 1, max_denominator=8)


@st.composite
def contracts(draw: st.DrawFn) -> Terms:
    length, count = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    commits = tuple(draw(st.integers(0, 900)) for _ in range(count))
    off = tuple(draw(SHARE) * F(9, 10) for _ in commits)
    carry = Carry(draw(SHARE), draw(st.integers(1, 9)), draw(st.sampled_from(["first", "last"])))
    minimum = draw(st.integers(0, 100))
    protected = draw(st.booleans())
    upfront = F(0) if protected else draw(SHARE)
    return Terms(
        commits=tuple(map(F, commits)),
        discounts=off,
        overage_discounts=tuple(each * draw(SHARE) for each in off),
        interval_months=length,
        upfront_share=upfront,
        monthly_minimum=F(0) if upfront == 1 else F(minimum),
        refund=draw(SHARE),
        carry=draw(st.sampled_from([None, carry])),
        price_protected=protected,
    )


def _half(terms: Terms) -> Terms:
    return replace(terms, commits=tuple(each / 2 for each in terms.commits))


@settings(max_examples=150)
@given(contracts(), st.data())
def test_simulation_is_settlement_path_by_path(terms: Terms, data: st.DataObject) -> None:
    use = data.draw(st.lists(st.integers(0, 400), min_size=terms.months, max_size=terms.months))
    cuts = data.draw(st.lists(st.booleans(), min_size=terms.months, max_size=terms.months))
    index = [F(4, 5) ** sum(cuts[: month + 1]) for month in range(terms.months)]
    exact = settle(use, terms, index)
    other = [float(2 * each) for each in use]
    found = simulate(
        np.array([use, other], float).T, terms, 0.01, np.array([index, index], float).T
    )
    assert found.total[0] == pytest.approx(float(exact.total), abs=1e-6)
    assert found.unused[0] == pytest.approx(float(sum(exact.unused)), abs=1e-6)
    assert found.idle[0] == pytest.approx(float(sum(exact.idle)), abs=1e-6)
    assert found.value[0] == pytest.approx(float(exact.present_value(F(1, 100))), abs=1e-6)
    doubled = settle([2 * each for each in use], terms, index)
    halves = simulate(np.array([use], float).T, _half(terms), 0.0, np.array([index], float).T)
    scaled = simulate(
        np.array([use, use], float).T,
        terms,
        0.0,
        np.array([index] * 2, float).T,
        np.array([1, 0.5]),
    )
    assert scaled.total == pytest.approx([float(exact.total), halves.total[0]], abs=1e-6)
    mean = [float(a + b) / 2 for a, b in zip(exact.cash, doubled.cash, strict=True)]
    assert found.monthly == pytest.approx(mean, abs=1e-6)


@settings(max_examples=40)
@given(
    variation=st.floats(0.05, 0.6),
    off=st.integers(0, 40),
    level=st.floats(0.3, 1.6),
    seed=st.integers(0, 2**32),
    at_list=st.booleans(),
)
def test_simulation_lies_within_its_own_error_of_the_closed_form(
    *, variation: float, off: int, level: float, seed: int, at_list: bool
) -> None:
    demand = forms.LogNormal(1_000.0, variation)
    draw = np.random.Generator(np.random.Philox(seed))
    drawn = np.exp(demand.log_mean + demand.log_sd * draw.standard_normal((1, 20_000)))
    discount, commit = F(off, 100), F(round(level * 1_000))
    over = F(0) if at_list else discount
    found = simulate(drawn, Terms((commit,), (discount,), (over,), 1)).total
    use = float(commit / (1 - discount))
    expected = float(commit) + float(1 - over) * demand.above(use)
    error = float(1 - over) * _deviation_above(demand, use) / len(found) ** 0.5
    assert abs(found.mean() - expected) <= 5 * error + 1e-3


def _deviation_above(demand: forms.LogNormal, use: float) -> float:
    """Standard deviation of demand above a use, exact: the draws may hold none that lies there."""
    mean, sd = demand.log_mean, demand.log_sd
    first, second = (
        exp(power * mean + (power * sd) ** 2 / 2)
        * NormalDist().cdf((mean + power * sd**2 - log(use)) / sd)
        for power in (1, 2)
    )
    beyond = NormalDist().cdf((mean - log(use)) / sd)
    square = second - 2 * use * first + use**2 * beyond
    return sqrt(max(square - (first - use * beyond) ** 2, 0.0))


def test_a_better_discount_never_costs_more() -> None:
    draw = np.random.Generator(np.random.Philox(1))
    use = draw.lognormal(3, 0.4, (12, 500))
    costs = [simulate(use, Terms((F(200),), (F(off, 50),), (F(0),), 12)).total for off in range(40)]
    assert all((after <= before + 1e-9).all() for before, after in pairwise(costs))


def test_paths_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="12 months"):
        simulate(np.zeros((11, 2)), Terms((F(1),), (F(0),), (F(0),), 12))
