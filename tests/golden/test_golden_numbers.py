"""Every reference number is worked anew by the public functions; one that nothing works fails.

The numbers lie beside the reference data and not in the source tree. Entries of levers there are
changes of cost: savings with the other sign.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analyzer.attribution import attribute, subsets
from analyzer.contracts.bridge import FACTORS, GAINSHARE_ORDER, LEVER_FACTORS, bridge, lever_costs
from analyzer.contracts.commit import closed_forms as forms
from analyzer.contracts.commit.closed_forms import LogNormal, Normal, Threshold
from analyzer.statistics.anomalies import anomaly
from analyzer.statistics.days import Daily, days_needed, effective_days, savings_uncertainty
from analyzer.statistics.forecasts import fit
from analyzer.statistics.samples import calls_needed, combined, paired_total
from tests.attribution.test_attribution_parts import CAUSES, cost
from tests.contracts.bridge.worked_bridge import AFTER, BEFORE, USD

F = Fraction
NAMES = {"prompt_length": "prompt_len", "output_length": "output_len"}
TIERS = [
    Threshold(F(commit), F(off, 100))
    for commit, off in ((0, 0), (250_000, 5), (1_000_000, 12), (5_000_000, 20))
]
NOT_PLAIN = {"bridge.lmdi"}
"""Not shipped: a cell starts or ends there."""
WITHOUT_INPUTS = {"bridge_continuing"}
"""Stand in the reference with no input to work them from; only their sums can be checked."""


def named(parts: Sequence[Any], split: str) -> dict[str, float]:
    return {NAMES.get(one.cause, one.cause): float(getattr(one, split) / USD) for one in parts}


def bridges() -> dict[str, Any]:
    made, again = bridge(BEFORE, AFTER), bridge(BEFORE, AFTER, GAINSHARE_ORDER)
    costs = lever_costs(BEFORE, AFTER)
    levers = attribute(costs, LEVER_FACTORS)
    return {
        "C0": float(made.before / USD),
        "C1": float(made.after / USD),
        "ordered": named(made.attribution.parts, "in_order"),
        "shapley": named(made.attribution.parts, "fair"),
        "gainshare_order": named(again.attribution.parts, "in_order"),
        "adjusted_baseline_reporting_prices": float(costs[frozenset()] / USD),
        "avoided_cost": float(-levers.total / USD),
        "lever_shapley_reporting": named(levers.parts, "fair"),
        "lever_first_in": named(levers.parts, "first_in"),
        "lever_last_in": named(levers.parts, "last_in"),
    }


def game() -> dict[str, Any]:
    found = attribute({one: 1_000 - cost(one) for one in subsets(CAUSES)}, CAUSES)
    parts = {
        one.cause: {"shapley": one.fair, "first_in": one.first_in, "last_in": one.last_in}
        for one in found.parts
    }
    return {**parts, "total": found.total}


def normal() -> dict[str, Any]:
    found = forms.best_pool(Normal(1_200_000, 200_000), [Threshold(F(0), F(15, 100))])
    saving = 1_200_000 - found.cost
    return {
        "mu": 1_200_000, "sd": 200_000, "d": 0.15, "Q": found.list_use, "C": found.commit,
        "saving": saving, "naive_saving": 0.15 * 1_200_000,
    }  # fmt: skip


def lognormal() -> dict[str, Any]:
    found = forms.best_pool(LogNormal(1_200_000, 0.35), [Threshold(F(0), F(1, 5))])
    saving = 1_200_000 - found.cost
    return {
        "mean": 1_200_000, "cv": 0.35, "d": 0.2, "Q": found.list_use, "C": found.commit,
        "saving": saving, "share": saving / 1_200_000,
    }  # fmt: skip


def floors(mean: int) -> Callable[[], dict[str, Any]]:
    def worked() -> dict[str, Any]:
        demand = LogNormal(mean, 0.3)
        told = {str(int(t.commit)): forms.expected_pool_cost(demand, t) for t in TIERS}
        return {**told, "best": forms.best_threshold(demand, TIERS).commit}

    return worked


def waiting() -> dict[str, Any]:
    futures = [F(n) for n in (800_000, 1_000_000, 1_200_000, 1_600_000)]
    costs = [[forms.pool_cost(d, t.commit, t.discount) for d in futures] for t in TIERS]
    means = [sum(row) / 4 for row in costs]
    worth = forms.value_of_waiting(costs)
    best = min(means)
    return {
        "D": futures, "cost": costs, "E": means, "best": best, "perfect": best - worth,
        "EVPI": worth,
    }  # fmt: skip


def optimised() -> dict[str, Any]:
    before, after, big = F(2_000_000), F(1_100_000), (F(1_500_000), F(15, 100))
    return {
        "commit_pre": big[0],
        "cost_pre_commit_after_opt": forms.pool_cost(after, *big),
        "right_sized": forms.pool_cost(after, F(900_000), F(1, 10)),
        "no_commit": forms.pool_cost(after, F(0), F(0)),
        "cash_value_of_levers_under_big_commit": forms.pool_cost(before, *big)
        - forms.pool_cost(after, *big),
    }


def reserved() -> dict[str, Any]:
    loads = list(range(1, 11))
    found = forms.reserve(loads, F(3, 10))
    return {"load": loads, "d": 0.3, "Q": [found.rate, found.cost, found.unreserved]}


def paired() -> dict[str, Any]:
    ratios = [F(n) for n in ("1.02", ".98", "1.05", "1", ".95")]
    found = paired_total(F(100_000), ratios)
    return {
        "ratios": ratios, "pred_total": 100_000, "est": found.total, "se": found.standard_error,
        "n_for_5pct": calls_needed(0.25, 0.05), "n_for_3pct": calls_needed(0.25, 0.03),
    }  # fmt: skip


def outlier() -> dict[str, Any]:
    history = [F(n * USD) for n in (100, 104, 98, 102, 96, 101, 99, 103)]
    found = anomaly(history, F(160 * USD), F(160 * USD))
    assert found is not None
    told = {"median": found.usual, "mad": found.spread, "impact": found.impact}
    return {**{key: pico / USD for key, pico in told.items()}, "z": found.score}


def back_test() -> dict[str, Any]:
    found = fit([F(n) for n in (100, 110, 90, 100)], [F(n) for n in (98, 108, 95, 97)])
    return {"nmbe": found.bias, "cvrmse": found.spread}


def cash() -> dict[str, Any]:
    off, commit, before, after = F(1, 5), F(1_000_000), F(1_500_000), F(900_000)
    paid = forms.pool_cost(before, commit, off) - forms.pool_cost(after, commit, off)
    return {"econ": forms.pool_cost(before - after, F(0), off), "cash": paid}


def uncertainty() -> dict[str, Any]:
    daily = Daily(variation=0.12, before=28, after=30, correlation=0.3)
    return {
        "n_eff": effective_days(28, 0.3),
        "fsu90": savings_uncertainty(daily, 0.35, 0.90),
        "fsu68": savings_uncertainty(daily, 0.35, 0.68),
    }


WORKED: dict[str, Callable[[], Any]] = {
    "bridge": bridges,
    "lever_game": game,
    "newsvendor_normal": normal,
    "newsvendor_lognormal": lognormal,
    "fractiles": lambda: {
        "d=.2": forms.fractile(F(1, 5)),
        "d=.2,d_o=.05": forms.fractile(F(1, 5), F(1, 20)),
        "d=.2,r=.5": forms.fractile(F(1, 5), worth=F(1, 2)),
        "d=.2,d_o=.05,r=.5": forms.fractile(F(1, 5), F(1, 20), F(1, 2)),
    },
    "tier_breakeven": lambda: [
        forms.tier_break_even(upper.commit, lower.discount) for lower, upper in pairwise(TIERS)
    ],
    "floor_lognormal_1000000_cv30": floors(1_000_000),
    "floor_lognormal_1150000_cv30": floors(1_150_000),
    "floor_lognormal_1300000_cv30": floors(1_300_000),
    "floor_switch_mean_cv30": lambda: forms.switch_mean(TIERS[1], TIERS[2], 0.30),
    "floor_switch_mean_cv15": lambda: forms.switch_mean(TIERS[1], TIERS[2], 0.15),
    "evpi": waiting,
    "rate_commit": reserved,
    "optimise_first": optimised,
    "cash_vs_econ": cash,
    "price_cut_growth_needed": lambda: {
        "0.2": forms.growth_to_burn(F(1, 5)),
        "0.3333333333333333": forms.growth_to_burn(F(1, 3)),
        "0.5": forms.growth_to_burn(F(1, 2)),
    },
    "pps": paired,
    "backtest": back_test,
    "anomaly": outlier,
    "fsu": uncertainty,
    "days_needed": lambda: {
        "cv.35,rho.4,e.10": days_needed(0.35, 0.4, 0.10),
        "cv.15,rho.2,e.10": days_needed(0.15, 0.2, 0.10),
        "cv.15,rho.2,e.05": days_needed(0.15, 0.2, 0.05),
    },
    "gum": lambda: combined({"a": 3000.0, "b": 1200.0, "c": 2500.0, "d": 800.0, "e": 1000.0}),
    "stack_discount": lambda: forms.stacked(F(1, 5), F(1, 10)),
}


@pytest.fixture
def golden(reference_data: Path) -> dict[str, Any]:
    path = reference_data.parent / "reference" / "golden.json"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, (dict, list, tuple)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in pairs:
            yield from leaves(one, f"{place}.{key}" if place else str(key))
    else:
        yield place, float(value)


def test_every_golden_number_is_worked_to_its_digits(golden: dict[str, Any]) -> None:
    told = dict(leaves(golden))
    ours = dict(leaves({name: worked() for name, worked in WORKED.items()}))
    aside = (*NOT_PLAIN, *WITHOUT_INPUTS)
    wanted = {place for place in told if not place.startswith(aside)}
    assert len(wanted) > 150
    assert wanted == set(ours)
    apart = {
        place: (told[place], ours[place])
        for place in wanted
        if told[place] != pytest.approx(ours[place], rel=1e-9, abs=1e-9)
    }
    assert not apart


def test_a_golden_number_that_nothing_works_is_noticed(golden: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        test_every_golden_number_is_worked_to_its_digits({**golden, "new": {"number": 1.0}})
    with pytest.raises(AssertionError):
        test_every_golden_number_is_worked_to_its_digits({**golden, "stack_discount": 0.3})


def test_the_bridge_without_inputs_foots(golden: dict[str, Any]) -> None:
    """No input of it stands in any file, so its three splits can only be added up."""
    told = golden["bridge_continuing"]
    for split in ("ordered", "shapley", "lmdi"):
        assert sum(told[split].values()) == pytest.approx(told["C1"] - told["C0"], abs=1e-12)
        assert set(told[split]) == {NAMES.get(factor, factor) for factor in FACTORS}


def test_the_uncertainty_of_opendsm_is_ours_but_for_its_coefficient() -> None:
    """Its 1.2.7 prints 299.6966 for a year of daily readings, at 90 %.

    It takes a polynomial in the months for our 1.26, and a quantile of other degrees of freedom.
    """
    days, effective, expected = 365, 387.0433669873414, 9972.81698065967
    correlation = (days - effective) / (days + effective)
    assert effective_days(days, correlation) == pytest.approx(effective, rel=1e-12)
    daily = Daily(0.25679110494241375, days, days, correlation)
    months, quantile, ours = 12, 1.649109150019249, 1.6488103187404337
    coefficient = -0.00024 * months**2 + 0.03535 * months + 1.00286
    half = savings_uncertainty(daily, 1.0) * expected * coefficient / 1.26 * quantile / ours
    assert half == pytest.approx(299.69659501283144, rel=1e-9)
