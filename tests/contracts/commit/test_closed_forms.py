import math
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist

import pytest

from analyzer.contracts.commit import closed_forms as forms
from analyzer.contracts.commit.closed_forms import LogNormal, Normal, Threshold

F = Fraction
TIERS = [
    Threshold(F(commit), F(off, 100))
    for commit, off in ((0, 0), (250_000, 5), (1_000_000, 12), (5_000_000, 20))
]


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-12)


def test_normal_use() -> None:
    found = forms.best_pool(Normal(1_200_000, 200_000), [Threshold(F(0), F("0.15"))])
    assert found.list_use == near(992_713.322101242)
    assert found.commit == near(843_806.3237860557)
    assert 1_200_000 - found.cost == near(133_368.24494926355)


def test_lognormal_use() -> None:
    demand = LogNormal(1_200_000, 0.35)
    found = forms.best_pool(demand, [Threshold(F(0), F("0.2"))])
    assert found.list_use == near(850_817.805946995)
    assert found.commit == near(680_654.244757596)
    assert 1_200_000 - found.cost == near(142_428.20827486124)
    # by the identity E[saving] = mean * Phi(z_d - s)
    z = NormalDist().inv_cdf(0.2)
    assert 1_200_000 - found.cost == near(1_200_000 * NormalDist().cdf(z - demand.log_sd))


def test_fractiles_with_overage_discount_and_worth_of_the_unused() -> None:
    assert forms.fractile(F(1, 5)) == F(1, 5)
    assert forms.fractile(F(1, 5), F(1, 20)) == F(3, 19)
    assert forms.fractile(F(1, 5), worth=F(1, 2)) == F(1, 3)
    assert forms.fractile(F(1, 5), F(1, 20), F(1, 2)) == F(3, 11)
    with pytest.raises(ValueError, match="cheaper"):
        forms.fractile(F(1, 20), F(1, 5))


def test_tiers_are_taken_before_they_are_filled() -> None:
    found = [
        forms.tier_break_even(upper.commit, lower.discount) for lower, upper in pairwise(TIERS)
    ]
    assert found == [250_000, F(1_000_000) / F("0.95"), F(5_000_000) / F("0.88")]
    assert forms.pool_cost(F(1_030_000), F(250_000), F("0.05")) == 978_500
    assert forms.pool_cost(F(1_060_000), F(1_000_000), F("0.12")) == 1_000_000


@pytest.mark.parametrize(
    ("mean", "costs", "best"),
    [
        (1_000_000, (1_000_000, 950_000.077805814, 1_059_841.1692170263, 5_000_000.0000191135), 1),
        (
            1_150_000,
            (1_150_000, 1_092_500.0071483434, 1_123_490.8535441388, 5_000_000.000414276),
            1,
        ),
        (
            1_300_000,
            (1_300_000, 1_235_000.0007387875, 1_209_890.8327746012, 5_000_000.005152805),
            2,
        ),
    ],
)
def test_only_thresholds_when_overage_is_at_the_committed_rate(
    mean: int, costs: tuple[float, ...], best: int
) -> None:
    demand = LogNormal(mean, 0.30)
    found = [forms.expected_pool_cost(demand, tier) for tier in TIERS]
    assert found == pytest.approx(costs, rel=1e-11)
    assert forms.best_threshold(demand, TIERS) == TIERS[best]


def test_the_mean_at_which_the_next_tier_pays_rises_with_uncertainty() -> None:
    assert forms.switch_mean(TIERS[1], TIERS[2], 0.30) == pytest.approx(1_226_107.3972506311)
    assert forms.switch_mean(TIERS[1], TIERS[2], 0.15) == pytest.approx(1_098_016.5808591577)


def test_load_duration_curve() -> None:
    found = forms.reserve(range(1, 11), F(3, 10))
    # Q = 3: 0.7 x 3 x 10 + (1 + 2 + .. + 7) = 21 + 28
    assert (found.rate, found.cost, found.unreserved) == (F(3), F(49), F(55))
    assert forms.reserve(range(1, 11), F(3, 10), F(1, 10)).rate == 3
    every = [forms.reserved_cost(range(1, 11), F(q, 10), F(3, 10), F(0)) for q in range(101)]
    assert min(every) == 49


def test_value_of_waiting() -> None:
    futures = [F(800_000), F(1_000_000), F(1_200_000), F(1_600_000)]
    costs = [[forms.pool_cost(d, tier.commit, tier.discount) for d in futures] for tier in TIERS]
    assert [sum(row) / 4 for row in costs] == [1_150_000, 1_092_500, 1_116_000, 5_000_000]
    assert forms.value_of_waiting(costs) == 49_000


def test_price_cuts_and_stacked_discounts() -> None:
    assert [forms.growth_to_burn(x) for x in (F(1, 5), F(1, 3), F(1, 2))] == [F(1, 4), F(1, 2), 1]
    assert forms.stacked(F(1, 5), F(1, 10)) == F(28, 100)


def test_overage_at_the_committed_rate_is_worth_sigma_phi() -> None:
    demand = Normal(1_200_000, 200_000)
    at_list = forms.best_pool(demand, [Threshold(F(0), F("0.15"))]).cost
    z = NormalDist().inv_cdf(0.15)
    assert at_list - 0.85 * 1_200_000 == pytest.approx(200_000 * NormalDist().pdf(z))
    assert math.floor(at_list - 0.85 * 1_200_000 + 0.5) == 46_632


def test_optimise_first_then_commit() -> None:
    before, after = F(2_000_000), F(1_100_000)
    assert forms.pool_cost(after, F(1_500_000), F("0.15")) == 1_500_000
    assert forms.pool_cost(after, F(900_000), F("0.10")) == 990_000
    assert forms.pool_cost(before, F(1_500_000), F("0.15")) - 1_500_000 == 200_000


def test_economic_and_cash_avoided_cost() -> None:
    off, commit, before, after = F(1, 5), F(1_000_000), F(1_500_000), F(900_000)
    assert (1 - off) * (before - after) == 480_000
    assert forms.pool_cost(before, commit, off) - forms.pool_cost(after, commit, off) == 200_000
