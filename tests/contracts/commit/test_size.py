import datetime as dt
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.commit.candidates import attempt, curve, market, no_commit
from analyzer.contracts.commit.demand import Demand, Floats, Step
from analyzer.contracts.commit.offers import PoolOffer, RateOffer
from analyzer.contracts.commit.offers_file import Selection, read_offers
from analyzer.contracts.commit.optimum import searched
from analyzer.contracts.commit.size import look_back, size_pool, size_rate
from analyzer.errors import ContractError
from analyzer.results.sizing import PoolSizing

F = Fraction
BASE = """version = 1
[[contract_commitment]]
id = "a"
description = "invented"
model = "Discontinuous"
billing_currency = "USD"
period_start = 2027-01-01
period_end = 2028-01-01
overage_discount_percentage = {overage}
{more}
"""
RATE = """version = 1
[[contract_commitment]]
id = "r"
description = "invented"
model = "Continuous"
billing_currency = "USD"
period_start = 2027-01-01
period_end = 2027-07-01
fulfillment_interval = "Hourly"
eligible_service_tiers = ["standard"]
[[contract_commitment.tier]]
cost = 0
discount_percentage = 0.3
"""
MONTHS = tuple(dt.date(2027, month, 1) for month in range(1, 13))
STEP = Step("caching", "W01", 0.45, 0.0, MONTHS[0], MONTHS[0])
ANY_SHORT = Selection(most_short=F(1))


def offer(*tiers: tuple[int, str], overage: str = '"committed"', more: str = "") -> PoolOffer:
    text = BASE.format(overage=overage, more=more)
    for cost, off in tiers:
        text += f"[[contract_commitment.tier]]\ncost = {cost}\ndiscount_percentage = {off}\n"
    found = read_offers(text, "test").contract_commitment[0]
    assert isinstance(found, PoolOffer)
    return found


def demand(*years: float | Floats) -> Demand:
    """Use of the year before and after each step, in equal months."""
    flows = [np.broadcast_to(np.asarray(year, float) / 12, (12, np.size(year))) for year in years]
    return Demand(MONTHS, tuple(flows), np.ones_like(flows[0]))


def sized(found: PoolOffer, need: Demand, selection: Selection = ANY_SHORT) -> PoolSizing:
    steps = (STEP,) * (len(need.after_steps) - 1)
    return size_pool(found, need, steps, selection)


def normal(count: int = 16_000) -> Floats:
    draw = np.random.Generator(np.random.Philox(3))
    half = draw.standard_normal(count // 2)
    return 1_200_000 + 200_000 * np.concatenate([half, -half])


def test_the_optimum_and_the_overage_clause_are_the_closed_forms() -> None:
    found = sized(offer((0, "0.15"), overage="0"), demand(normal()))
    assert float(found.chosen.commit_usd) == pytest.approx(843_806.32, rel=0.003)
    saved = found.uncommitted.cost.cents - found.chosen.cost.cents
    assert saved / 100 == pytest.approx(133_368.24, rel=0.01)
    overage = next(each for each in found.clauses if each.clause == "overage")
    assert (overage.offered, overage.changed) == ("0 % off list", "at the committed rate")
    # sigma * phi(z): 46,632 USD
    assert overage.worth.cents / 100 == pytest.approx(46_632, rel=0.01)


def test_value_of_waiting_on_four_futures() -> None:
    tiers = offer(
        (250_000, "0.05"), (1_000_000, "0.12"), (5_000_000, "0.20"), more='amounts = "listed"'
    )
    found = sized(tiers, demand(np.array([800_000, 1_000_000, 1_200_000, 1_600_000])))
    assert [each.cost.cents for each in found.curve] == [
        115_000_000, 109_250_000, 111_600_000, 500_000_000
    ]  # fmt: skip
    assert found.value_of_waiting.cents == 4_900_000
    assert found.chosen.commit_usd == 250_000
    assert found.chosen.utilisation == 1


def test_levers_under_a_commit_that_was_sized_without_them_spare_little_cash() -> None:
    tiers = offer((900_000, "0.10"), (1_500_000, "0.15"), more='amounts = "listed"')
    found = sized(tiers, demand(2_000_000, 1_100_000))
    first = found.optimise_first
    assert (first.sized_before_usd, first.sized_after_usd) == (F(1_500_000), F(900_000))
    assert first.cost_sized_before.cents == 150_000_000
    assert first.cost_sized_after.cents == 99_000_000
    assert first.cost_uncommitted.cents == 110_000_000
    assert first.lever_cash_sized_before.cents == 20_000_000
    assert (first.tier_before, first.tier_after) == (F("0.15"), F("0.1"))
    cash = {each.commit_usd: each.total.cents for each in found.levers}
    assert cash == {F(0): 90_000_000, F(900_000): 81_000_000, F(1_500_000): 20_000_000}
    # by month: 2,000,000 use burns 1,500,000 at 15 % off in month 11, overage falls in 11 and 12
    assert all(abs(sum(each.monthly_cents) - each.total.cents) <= 6 for each in found.levers)


def test_steps_sum_to_the_cash_of_all_levers() -> None:
    draw = np.random.Generator(np.random.Philox(4)).lognormal(0, 0.2, 400)
    found = sized(offer((500, "0.1"), overage="0"), demand(2_000 * draw, 1_500 * draw, 900 * draw))
    under = [
        each.total.cents for each in found.levers if each.commit_usd == found.chosen.commit_usd
    ]
    assert sum(under) == pytest.approx(found.optimise_first.lever_cash_sized_after.cents, abs=2)


def test_a_commit_that_is_short_too_often_is_not_chosen() -> None:
    rarely = Selection(most_short=F(1, 20))
    found = sized(offer((0, "0.3"), overage="0"), demand(normal(4_000)), rarely)
    assert found.chosen.short_share <= F(1, 20)
    assert sized(offer((0, "0.3"), overage="0"), demand(normal(4_000))).chosen.short_share > F(1, 5)
    only = sized(offer((9_000_000, "0.3"), more='amounts = "listed"'), demand(1_000.0), rarely)
    assert only.chosen.commit_usd == 0
    assert only.chosen.utilisation is None
    assert only.walk_away.least_discount is None


def test_walk_away_is_where_no_commit_is_as_good() -> None:
    found = sized(offer((900, "0.2"), more='amounts = "listed"'), demand(1_000.0))
    # 900 for a use of 1,000: any discount pays while (1 - d) 1000 < 1000, so from the first step
    assert found.walk_away.least_discount == F(1, 10_000)
    assert found.walk_away.largest_commit_usd == 900
    half = demand(np.array([500.0, 1_500.0]))
    # overage at list, use 500 or 1,500 at 25 % off: 800 + (1,500 - 800 / 0.75) / 2 = 1,016.67
    wide = sized(offer((800, "0.25"), overage="0", more='amounts = "listed"'), half)
    assert wide.chosen.commit_usd == 0
    # at 40 % off: 800 + (1,500 - 800 / 0.6) / 2 = 883.33; even at 800 / (1 - d) = 1,100
    rich = sized(offer((800, "0.4"), overage="0", more='amounts = "listed"'), half)
    assert rich.walk_away.least_discount == F(2728, 10_000)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    spread=st.floats(0.05, 0.8),
    low=st.integers(1, 20),
    high=st.integers(0, 30),
    at_list=st.booleans(),
)
def test_no_grid_beats_the_optimum(
    *, seed: int, spread: float, low: int, high: int, at_list: bool
) -> None:
    draw = np.random.Generator(np.random.Philox(seed))
    need = demand(draw.lognormal(7, spread, 300))
    tiers = ((300, f"{low / 100}"), (1_000, f"{(low + high) / 100}"))
    found = offer(*tiers, overage="0" if at_list else '"committed"')
    where = market(need, need.after, (0.0, 0.0, 1.0), F(0))
    best = searched(found, where).best.objective(where)
    grid = [attempt(found, F(300 + 17 * n), where).objective(where) for n in range(200)]
    assert best <= min(*grid, no_commit(where).objective(where)) + 0.01


@settings(max_examples=15)
@given(st.integers(0, 30), st.integers(0, 2**32))
def test_more_discount_never_costs_more(off: int, seed: int) -> None:
    _costs_no_more(off, seed)


@pytest.mark.full
@given(st.integers(0, 30), st.integers(0, 2**32))
def test_more_discount_never_costs_more_in_a_hundred_worlds(off: int, seed: int) -> None:
    _costs_no_more(off, seed)


def _costs_no_more(off: int, seed: int) -> None:
    need = demand(np.random.Generator(np.random.Philox(seed)).lognormal(7, 0.4, 50))
    where = market(need, need.after, (0.0, 0.0, 1.0), F(0))
    less, more = (
        searched(offer((300, f"{(off + more) / 100}"), overage="0"), where).best.objective(where)
        for more in (0, 1)
    )
    assert more <= less + 0.01


def test_thresholds_alone_are_best_at_the_committed_rate() -> None:
    need = demand(normal(2_000))
    where = market(need, need.after, (0.0, 0.0, 1.0), F(0))
    tried = curve(offer((250_000, "0.05")), where)
    costs = [each.objective(where) for each in tried]
    assert costs == sorted(costs)


def test_tail_weight_prefers_the_commit_with_the_smaller_tail() -> None:
    need = demand(normal(4_000))
    plain = sized(offer((0, "0.15"), overage="0"), need)
    wary = sized(
        offer((0, "0.15"), overage="0"), need, Selection(most_short=F(1), tail_weight=F(1))
    )
    assert wary.chosen.cvar95_cents < plain.chosen.cvar95_cents
    assert wary.chosen.cost.cents > plain.chosen.cost.cents


def test_demand_of_another_term_is_refused() -> None:
    other = demand(1.0)
    moved = Demand(other.months[1:], other.after_steps, other.price_index)
    with pytest.raises(ContractError, match="its term is not the one"):
        sized(offer((0, "0.1")), moved)


def rate_offer() -> RateOffer:
    found = read_offers(RATE, "test").contract_commitment[0]
    assert isinstance(found, RateOffer)
    return found


def test_a_rate_is_sized_on_the_load_duration_curve() -> None:
    found = size_rate(rate_offer(), list(range(1, 11)))
    assert [found.rate, found.cost, found.unreserved, found.saving] == [3, 49, 55, 6]
    assert found.commit_usd == F("2.1")
    assert found.duration[-1] == (F(1), F(10))
    with pytest.raises(ContractError, match="no interval of eligible use"):
        size_rate(rate_offer(), [])


def test_look_back_is_guarded_against_a_recent_drop() -> None:
    days = [F(n) for n in range(100, 130)]
    # place ceil(0.2 x 30) = 6, the sixth smallest day
    found = look_back(days, F(1, 5), F(0))
    assert [found.stable, found.optimal, found.recent, found.guarded] == [100, 105, 127, 105]
    assert not found.dropped
    fallen = look_back([*days, F(7), F(8), F(9)], F(1, 5), F(0))
    assert (fallen.guarded, fallen.dropped) == (F(7), True)
    with pytest.raises(ContractError, match="at least 30 are needed"):
        look_back(days[:29], F(1, 5), F(0))
