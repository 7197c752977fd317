"""The gainshare worked by hand, from calls in a store: $42,165 adjusted, $15,795 saved."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from analyzer.contracts.verification import Measures, Verification
from analyzer.contracts.verification.measures import Deployment, Gate
from tests.contracts.verification.worked_months import (
    BASELINE,
    CHAT,
    MEASURES,
    OCTOBER,
    USD,
    M,
    after,
    before,
    calls,
    verified,
)


@pytest.fixture(scope="module")
def found() -> Verification:
    return verified()


def usd(value: Fraction) -> float:
    return float(value / USD)


def test_the_adjusted_baseline_and_the_avoided_cost(found: Verification) -> None:
    # chat 1.2M calls: 4.8 Gtok at $4 + .6 at $20; etl 2.5 at $4 + .25 at $20; new .4 + .05 x 5
    assert found.adjusted == (31_200 + 15_000 + 650) * USD * 9 // 10 == 42_165 * USD
    assert found.actual == 26_370 * USD
    assert found.avoided == 15_795 * USD


def test_levers_in_the_order_of_record_and_as_fair_shares(found: Verification) -> None:
    told = {one.lever: one for one in found.levers}
    assert {name: usd(one.in_order) for name, one in told.items()} == {
        "output": 1_080, "routing": 3_375, "batch": 6_750, "caching": 4_590,
    }  # fmt: skip
    assert {name: usd(one.fair) for name, one in told.items()} == {
        "output": 1_012.5, "routing": 1_147.5, "batch": 6_750, "caching": 6_885,
    }  # fmt: skip
    assert [usd(one.first_in) for one in found.levers] == [1_080, 3_510, 6_750, 9_180]
    assert [usd(one.last_in) for one in found.levers] == [945, -1_215, 6_750, 4_590]
    assert found.remark.startswith("not additive")


def test_the_steps_from_the_baselines_bill(found: Verification) -> None:
    assert found.baseline_bill == 47_650 * USD
    steps = {one.name: usd(one.amount) for one in found.build_up if one.amount}
    assert steps == {
        "volume": 11_436, "workload mix": -686, "list price": -11_550, "discount": -4_685,
    }  # fmt: skip
    assert found.baseline_bill + sum(one.amount for one in found.build_up) == found.adjusted


def test_what_the_price_basis_is_worth(found: Verification) -> None:
    told = {(one.price, one.volume): usd(one.avoided) for one in found.bases}
    assert told["reporting", "reporting"] == 15_795
    # at the baseline's prices, without discount: 39,000 + 18,750 + 650, less 26,370
    assert told["frozen", "reporting"] == 32_030
    assert told["lower", "reporting"] == 15_795


def test_a_frozen_basis_tells_the_price_apart_from_the_levers() -> None:
    found = verified(price_basis="frozen")
    assert usd(found.avoided) == 32_030
    prices = sum((s.avoided for s in found.saved if s.source == "price"), Fraction(0))
    levers = sum((one.in_order for one in found.levers), Fraction(0))
    # all levers at frozen prices: chat 12,375 on big, 10,125 on mid (sold from October on, so at
    # October's price and discount), etl 9,375, new 650; of these 26,370 was billed
    assert (usd(prices), usd(levers)) == (32_525 - 26_370, 58_400 - 32_525)
    assert sum(one.avoided for one in found.saved) == found.avoided


def test_on_the_baselines_volume_savings_shrink_with_the_requests_a_day() -> None:
    found = verified(volume_basis="baseline")
    # chat: 1,000 calls in 28 days before, 1,200 in 31 after; etl 200 and 250
    chat, etl = Fraction(1000, 28) / Fraction(1200, 31), Fraction(200, 28) / Fraction(250, 31)
    assert found.avoided == (9_045 * chat + 6_750 * etl) * USD
    capped = verified(volume_basis="capped", growth=Fraction(1))
    assert usd(capped.avoided) == 15_795


def test_what_starts_or_ends_saves_nothing(found: Verification) -> None:
    assert (found.born, found.retired) == (("new",), ("old",))
    assert {one.workload for one in found.saved} == {"chat", "etl"}
    frozen = {one.workload: one for one in verified(price_basis="frozen").saved}
    assert (frozen["new"].source, usd(frozen["new"].avoided)) == ("price", 65)
    assert found.unchanged == 585 * USD


def test_without_ratios_routing_and_output_are_not_counted_and_it_says_so() -> None:
    found = verified(measures=Measures())
    told = {one.lever: usd(one.in_order) for one in found.levers}
    # caching of the calls that stayed on big: 2.4 Gtok at $4, less .6 x 4 + .3 x 5 + 1.5 x .4
    assert told == {"output": 0, "routing": 0, "batch": 6_750, "caching": 4_590}
    assert any("50.0% of requests went to claude-mid" in note for note in found.notes)
    assert sum(one.amount for one in found.build_up) + found.baseline_bill == found.adjusted


def test_a_gain_counts_only_where_its_quality_gate_held() -> None:
    gates = (
        Gate("chat", "output", OCTOBER, held=True),
        Gate("chat", "routing", OCTOBER, held=False),
    )
    found = verified(measures=replace(MEASURES, gates=gates))
    told = {one.source: one for one in found.saved if one.workload == "chat"}
    assert (told["output"].quality, told["routing"].quality) == ("held", "failed")
    assert usd(found.avoided - found.counted) == 3_375
    unmeasured = verified()
    assert usd(unmeasured.avoided - unmeasured.counted) == 1_080 + 3_375
    short = replace(OCTOBER, last_day=date(2026, 10, 30))
    part = (Gate("chat", "output", short, held=True),)
    assert verified(measures=replace(MEASURES, gates=part)).saved[0].quality == "not measured"


def test_a_rollout_is_on_neither_side() -> None:
    rolled = Deployment("etl", "batch", date(2026, 10, 1), date(2026, 10, 2))
    found = verified(measures=replace(MEASURES, deployments=(rolled,)))
    # etl has 9 calls on each of the first two days: 250 = 31 x 8 + 2
    # each bills (10 Mtok x $4 + 1 x $20) / 2, a tenth off
    assert found.blackout == 18 * 27 * USD
    assert usd(found.avoided) == 15_795 - 6_750 * 18 / 250
    assert found.actual == (26_370 * USD) - found.blackout
    batch = next(one for one in found.saved if one.source == "batch")
    assert batch.live_since == date(2026, 10, 2)


def test_a_workload_that_was_being_changed_all_along_has_not_retired() -> None:
    rolled = Deployment("etl", "batch", OCTOBER.first_day, OCTOBER.last_day)
    found = verified(measures=replace(MEASURES, deployments=(rolled,)))
    assert found.retired == ("old",)
    assert usd(found.avoided) == 15_795 - 6_750


def test_a_ratios_uncertainty_is_that_of_the_savings() -> None:
    unsure = replace(CHAT, uncertainty=Fraction(1, 10))
    found = verified(measures=replace(MEASURES, routing=(unsure,)))
    # a tenth of what routed calls would have cost: (2.4 Gtok x $4 + .3 x $20) x .9 = 14,040
    assert found.uncertainty == 1_404 * USD
    assert found.savings_uncertainty == Fraction(1645, 1000) * 1_404 / 15_795
    assert verified().savings_uncertainty == 0


def test_evidence_is_the_weakest_among_the_savings() -> None:
    found = verified()
    told = {one.source: one.grade for one in found.saved}
    assert (told["routing"], told["output"]) == ("E3", "E3")
    assert told["caching"] == "E4"  # exact, and reconciled with nothing
    few = replace(MEASURES, routing=(replace(CHAT, calls=29),))
    grades = {one.source: one.grade for one in verified(measures=few).saved}
    assert grades["routing"] == "E4"


def test_the_same_settings_save_nothing() -> None:
    same = [
        *before(),
        *calls(OCTOBER, "chat", "claude-big", 300, uncached=7 * M, output=M // 10),
        *calls(OCTOBER, "etl", "claude-big", 900, uncached=M, output=M),
    ]
    found = verified(same, measures=Measures())
    assert found.avoided == 0
    assert found.saved == ()


def test_leaving_the_batch_costs_what_it_saved() -> None:
    batched = calls(BASELINE, "etl", "claude-big", 280, "batch", uncached=10 * M, output=M)
    live = calls(OCTOBER, "etl", "claude-big", 310, uncached=10 * M, output=M)
    found = verified([*batched, *live], measures=Measures())
    # 310 calls of 10 Mtok at $4 and 1 at $20, a tenth off: half would have been due
    assert usd(found.avoided) == -310 * 60 * 0.9 / 2
    assert [one.source for one in found.saved] == ["batch"]


def test_hit_rates_that_move_a_little_are_one_setting_and_other_lives_are_not() -> None:
    def cached(span: object, **tokens: int) -> list[object]:
        return list(calls(span, "chat", "claude-big", 280, output=M, **tokens))  # type: ignore[arg-type]

    base = cached(BASELINE, uncached=M, read=8 * M, write_5m=M)
    little = cached(OCTOBER, uncached=19 * M // 10, read=71 * M // 10, write_5m=M)
    assert verified([*base, *little], measures=Measures()).avoided == 0  # type: ignore[list-item]
    hour = verified(
        [*base, *cached(OCTOBER, uncached=M, read=8 * M, write_1h=M)],  # type: ignore[list-item]
        measures=Measures(),
    )
    # a million tokens written for an hour at $8 instead of $5, a tenth off, 280 times
    assert usd(hour.avoided) == pytest.approx(-280 * 3 * 0.9)
    assert hour.grade == "E4"
    assert hour.savings_uncertainty is None
    assert any("cached otherwise" in note for note in hour.notes)


def test_more_requests_like_those_of_october_change_only_what_they_cost() -> None:
    found = verified([*before(), *after(), *calls(OCTOBER, "newer", "claude-small", 9, uncached=M)])
    assert usd(found.avoided) == 15_795
    assert usd(found.actual) == pytest.approx(26_370 + 9 * 0.9)
