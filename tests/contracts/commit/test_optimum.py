"""The search for the best commit: its bounds on exact settlement, and brute force against it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.commit.candidates import Market, attempt, no_commit
from analyzer.contracts.commit.demand import Floats
from analyzer.contracts.commit.offers import PoolOffer
from analyzer.contracts.commit.offers_file import read_offers
from analyzer.contracts.commit.optimum import MOST_TRIED, RESOLUTION, perfect, searched
from analyzer.contracts.commit.settlement import settle
from analyzer.contracts.commit.terms import Carry, Terms

F = Fraction
YEARS = """version = 1
[[contract_commitment]]
id = "a"
description = "invented"
model = "Discontinuous"
billing_currency = "USD"
period_start = 2027-01-01
period_end = 2030-01-01
fulfillment_interval = "Annual"
overage_discount_percentage = {overage}
{clause}
"""
TIERS = "[[contract_commitment.tier]]\ncost = {}\ndiscount_percentage = {}\n"
STEP = "[[contract_commitment.ramp]]\nperiod_start = {}-01-01\nperiod_end = {}-01-01\nshare = {}\n"
PLAIN = [
    "",
    'counts_at = "list"',
    'payment_model = "All Upfront"',
    "unused_refund_percentage = 0.3",
]
OTHER = [
    "rollover = { share = 0.5 }",
    'rollover = { share = 1, expiry_months = 24, burns = "last" }',
    "monthly_minimum = 4",
    "price_protection = true",
    "price_protection = true\nmonthly_minimum = 4\nrollover = { share = 0.7 }",
]
"""Clauses that break convexity."""


def offer(clause: str, overage: str, *, ramp: bool) -> PoolOffer:
    text = YEARS.format(clause=clause, overage=overage)
    text += "".join(TIERS.format(*each) for each in ((150, "0.05"), (600, "0.1"), (1_500, "0.2")))
    if ramp:
        steps = ((2027, 2028, 0.5), (2028, 2029, 0.8), (2029, 2030, 1))
        text += "".join(STEP.format(*each) for each in steps)
    found = read_offers(text, "test").contract_commitment[0]
    assert isinstance(found, PoolOffer)
    return found


def market(seed: int, paths: int, weight: float, short: float) -> Market:
    draw = np.random.Generator(np.random.Philox(seed))
    use: Floats = draw.lognormal(4, 0.4, (36, paths)) * draw.lognormal(0, 0.3, paths)
    index = 0.8 ** (draw.random((36, paths)) < 0.03).cumsum(axis=0)
    return Market(use * np.linspace(0.8, 1.3, 36)[:, None], index, 0.005, weight, short, F(0))


def beaten_by_a_grid(found: PoolOffer, where: Market, step: int) -> float:
    """How much cheaper the best of a plain grid is than the search and its gap allow."""
    searching = searched(found, where)
    most = where.most_short * where.use.shape[1]
    grid = [attempt(found, F(commit), where) for commit in range(150, 2_400, step)]
    allowed = [each for each in (no_commit(where), *grid) if each.short <= most]
    least = min(each.objective(where) for each in allowed)
    return searching.best.objective(where) - searching.gap - least


WORLDS = {
    "clause": st.sampled_from([*PLAIN, *OTHER]),
    "overage": st.sampled_from(["0", "0.05", '"committed"']),
    "ramp": st.booleans(),
    "seed": st.integers(0, 2**32),
    "weight": st.sampled_from([0.0, 0.3, 1.0]),
    "short": st.sampled_from([0.1, 0.3, 1.0]),
}


@settings(max_examples=12)
@given(**WORLDS)
def test_no_grid_over_several_years_beats_the_search(
    *, clause: str, overage: str, ramp: bool, seed: int, weight: float, short: float
) -> None:
    found = offer(clause, overage, ramp=ramp)
    assert beaten_by_a_grid(found, market(seed, 80, weight, short), 37) <= 0.01


@pytest.mark.full
@settings(max_examples=150)
@given(**WORLDS)
def test_no_fine_grid_beats_the_search_in_many_worlds(
    *, clause: str, overage: str, ramp: bool, seed: int, weight: float, short: float
) -> None:
    found = offer(clause, overage, ramp=ramp)
    assert beaten_by_a_grid(found, market(seed, 150, weight, short), 7) <= 0.01


@pytest.mark.parametrize("clause", PLAIN)
def test_without_clauses_that_break_convexity_the_gap_closes(clause: str) -> None:
    where = market(7, 500, 0.2, 0.2)
    found = searched(offer(clause, "0", ramp=True), where)
    # a shortfall's edge is found to the cent, and a cent of three commits is worth 2 cents at most
    assert found.gap <= RESOLUTION * no_commit(where).objective(where) + 0.05
    assert len(found.tried) < len(found.candidates) + MOST_TRIED


def test_a_ramp_tries_the_commits_from_which_its_first_years_reach_a_tier() -> None:
    found = searched(offer("", "0", ramp=True), market(7, 50, 0.0, 1.0))
    # half of 1,200 and 80 % of 750 are 600, the second tier
    assert {F(1_200), F(750)} <= {each.commit for each in found.candidates}


def test_knowing_normal_use_in_advance_is_worth_sigma_phi() -> None:
    draw = np.random.Generator(np.random.Philox(3)).standard_normal(20_000)
    use = 1_200_000 + 200_000 * np.concatenate([draw, -draw])
    where = Market(use[None, :] / 12 * np.ones((12, 1)), np.ones((12, 40_000)), 0.0, 0.0, 1.0, F(0))
    text = YEARS.format(clause="", overage="0").replace("2030-01-01", "2028-01-01")
    one = read_offers(text + TIERS.format(0, "0.15"), "test").contract_commitment[0]
    assert isinstance(one, PoolOffer)
    found = searched(one, where)
    # the best commit spares d mu - sigma phi(z_d), perfect knowledge d mu: 46,632 USD between them
    worth = found.best.outcomes.value - perfect(one, found, where)
    assert abs(worth.mean() - 46_631.76) <= 4 * worth.std() / 200
    assert found.best.outcomes.value.mean() == pytest.approx(1_200_000 - 133_368.24, rel=2e-4)


SHARE = st.fractions(0, 1, max_denominator=4)


@st.composite
def contracts(draw: st.DrawFn) -> Terms:
    count = draw(st.integers(1, 3))
    off = tuple(draw(SHARE) * F(1, 2) for _ in range(count))
    clause = draw(st.sampled_from(["carry", "protected", "refund", "ahead"]))
    carry = Carry(draw(SHARE), draw(st.integers(1, 6)), draw(st.sampled_from(["first", "last"])))
    ahead = draw(SHARE) if clause == "ahead" else F(0)
    return Terms(
        commits=tuple(F(draw(st.integers(1, 600))) for _ in range(count)),
        discounts=off,
        overage_discounts=tuple(each * draw(SHARE) for each in off),
        interval_months=3,
        upfront_share=ahead,
        monthly_minimum=F(0) if ahead == 1 else F(draw(st.integers(0, 60))),
        carry=carry if clause == "carry" else None,
        price_protected=clause == "protected",
        refund=draw(SHARE) if clause == "refund" else F(0),
    )


@settings(max_examples=100)
@given(contracts(), st.data())
def test_a_larger_commit_moves_a_paths_cost_no_faster_than_its_bounds(
    terms: Terms, data: st.DataObject
) -> None:
    use = data.draw(st.lists(st.integers(0, 300), min_size=terms.months, max_size=terms.months))
    cut = data.draw(st.integers(0, terms.months))
    index = [F(1) if month < cut else F(2, 3) for month in range(terms.months)]
    grown = replace(terms, commits=tuple(each * F(21, 20) for each in terms.commits))
    added = sum(grown.commits) - sum(terms.commits)
    costs = [settle(use, each, index).present_value(F(1, 100)) for each in (terms, grown)]
    beyond = max(
        (1 - over) / (1 - off)
        for over, off in zip(terms.overage_discounts, terms.discounts, strict=True)
    )
    assert -(beyond - 1) * added <= costs[1] - costs[0] <= added


@settings(max_examples=60)
@given(contracts(), st.data())
def test_a_paths_cost_is_convex_without_the_clauses_that_break_it(
    terms: Terms, data: st.DataObject
) -> None:
    use = data.draw(st.lists(st.integers(0, 300), min_size=terms.months, max_size=terms.months))
    plain = replace(terms, monthly_minimum=F(0), carry=None, price_protected=False)
    low, middle, high = (
        settle(
            use, replace(plain, commits=tuple(each * size for each in plain.commits))
        ).present_value(F(1, 100))
        for size in (F(3, 4), F(1), F(5, 4))
    )
    assert 2 * middle <= low + high
