"""A rate over its term: the golden loads, a plain sum over all intervals, and a closed form."""

import datetime as dt
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.commit.candidates import Market, market
from analyzer.contracts.commit.closed_forms import LogNormal
from analyzer.contracts.commit.demand import Demand, Floats
from analyzer.contracts.commit.offers import RateOffer
from analyzer.contracts.commit.offers_file import read_offers
from analyzer.contracts.commit.rate_term import size_term
from analyzer.results.sizing import RateTerm

F = Fraction
TEXT = """version = 1
[[contract_commitment]]
id = "r"
description = "invented"
model = "Continuous"
billing_currency = "USD"
period_start = 2027-01-01
period_end = 2027-04-01
fulfillment_interval = "Hourly"
overage_discount_percentage = {}
eligible_service_tiers = ["standard"]
"""
TIER = "[[contract_commitment.tier]]\ncost = {}\ndiscount_percentage = {}\n"
MONTHS = tuple(dt.date(2027, month, 1) for month in (1, 2, 3))
DAYS = np.array([[31.0], [28.0], [31.0]])
HOURS = 90 * 24


def offer(*tiers: tuple[float, str], overage: str = "0") -> RateOffer:
    text = TEXT.format(overage) + "".join(TIER.format(*each) for each in tiers)
    found = read_offers(text, "test").contract_commitment[0]
    assert isinstance(found, RateOffer)
    return found


def drawn(level: Floats, daily: float) -> Demand:
    """Use of each month so that it lies at a level of the history's mean day."""
    use = np.broadcast_to(np.asarray(level, float), (3, np.shape(level)[-1])) * DAYS * daily
    return Demand(MONTHS, (use,), np.ones_like(use))


def sized(
    found: RateOffer, loads: list[int], level: Floats, where: tuple[float, float] = (0.0, 0.0)
) -> tuple[RateTerm, Market]:
    daily = F(sum(loads) * 24, len(loads))
    demand = drawn(level, float(daily))
    at = market(demand, demand.after, (where[0], where[1], 1.0), F(0))
    return size_term(found, [F(each) for each in loads], demand, daily, at), at


def test_the_golden_loads_over_a_quarter() -> None:
    found, _ = sized(offer((0, "0.3")), list(range(1, 11)), np.ones((1, 2)))
    # ten hours cost 49 at a rate of 3, 55 without; a quarter has 2,160 hours
    assert float(found.rate) == pytest.approx(3, abs=1e-3)
    assert found.cost.cents == pytest.approx(49 * 216 * 100, abs=1)
    assert found.uncommitted.cents == 55 * 216 * 100
    assert found.gain_cents == pytest.approx(6 * 216 * 100, abs=1)
    assert found.dearer_share == 0
    # 3 are reserved: 1, 2 and eight times 3 are drawn of them, 27 of 30
    assert found.utilisation == pytest.approx(F(27, 30), abs=1e-3)
    assert found.duration[-1] == (F(1), F(10), F(10), F(10))


def test_growth_moves_the_rate_with_the_level() -> None:
    found, _ = sized(offer((0, "0.3")), list(range(1, 11)), np.full((1, 2), 2.0))
    assert float(found.rate) == pytest.approx(6, abs=1e-3)
    assert found.cost.cents == pytest.approx(2 * 49 * 216 * 100, abs=2)


def test_a_rate_that_never_pays_is_not_reserved() -> None:
    found, _ = sized(offer((9, "0.1")), list(range(1, 11)), np.ones((1, 2)))
    assert [found.rate, found.commit_usd, found.discount] == [0, 0, 0]
    assert found.utilisation is None
    assert found.cost == found.uncommitted


@settings(max_examples=25)
@given(
    loads=st.lists(st.integers(0, 40), min_size=2, max_size=30).filter(any),
    seed=st.integers(0, 2**32),
    off=st.integers(1, 60),
    least=st.integers(0, 15),
    overage=st.booleans(),
    weight=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_no_grid_of_plain_sums_beats_the_rate(
    *, loads: list[int], seed: int, off: int, least: int, overage: bool, weight: float
) -> None:
    draw = np.random.Generator(np.random.Philox(seed))
    level = draw.lognormal(0, 0.4, (3, 40))
    over = min(off / 200, 0.3) if overage else 0.0
    tiers = ((least, f"{off / 200}"), (least + 5, f"{off / 100}"))
    found, _ = sized(offer(*tiers, overage=f"{over}"), loads, level, (0.01, weight))

    def cost(rate: float, discount: float, beyond: float) -> float:
        paths = np.zeros(40)
        for month in range(3):
            load = np.array(loads, float)[:, None] * level[month]
            hourly = (1 - discount) * rate + (1 - beyond) * np.maximum(load - rate, 0)
            paths += hourly.mean(axis=0) * DAYS[month, 0] * 24 * 1.01 ** -(month + 1)
        tail = float(np.sort(paths)[-2:].mean())
        return float(paths.mean() + weight * (tail - paths.mean()))

    told = found.cost.cents + weight * (found.cvar95_cents - found.cost.cents)
    # a tier from nothing is signed without a rate, for its price beyond it
    at = cost(float(found.rate), float(found.discount), over if found.discount else 0.0)
    assert told / 100 == pytest.approx(at, abs=0.05)
    grid = [cost(0.0, 0.0, 0.0)]
    for low, discount in ((least, off / 200), (least + 5, off / 100)):
        first = low / (1 - discount)
        grid += [cost(first + step, discount, over) for step in np.linspace(0, 60, 40)]
    assert told / 100 <= min(grid) + 0.05


def test_a_lognormal_level_is_the_closed_form_within_its_error() -> None:
    demand = LogNormal(1.0, 0.35)
    draw = np.random.Generator(np.random.Philox(9)).standard_normal((1, 20_000))
    level = np.exp(demand.log_mean + demand.log_sd * draw)
    found, _ = sized(offer((0, "0.2")), [100] * 24, np.repeat(level, 3, axis=0))
    # the rate is the fifth of the level's distribution; cost by its partial expectation
    rate = 100 * demand.quantile(0.2)
    assert float(found.rate) == pytest.approx(rate, rel=0.01)
    expected = HOURS * (0.8 * rate + 100 * demand.above(rate / 100))
    assert abs(found.cost.cents / 100 - expected) <= 4 * found.cost.error_cents / 100
    low, middle, high = found.duration[-1][1:]
    assert float(middle) == pytest.approx(100 * demand.quantile(0.5), rel=0.02)
    assert (low < middle < high, len(list(pairwise(found.duration)))) == (True, 19)
