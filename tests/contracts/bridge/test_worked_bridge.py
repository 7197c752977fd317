"""Bridges worked by hand on round prices."""

from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.attribution import attribute
from analyzer.contracts.bridge import (
    FACTORS,
    GAINSHARE_ORDER,
    Cell,
    Factor,
    Period,
    bridge,
    lever_costs,
)
from analyzer.results import Pico
from reports import numbers
from tests.contracts.bridge.worked_bridge import (
    AFTER,
    BEFORE,
    MTOK,
    OCTOBER,
    SEPTEMBER,
    USD,
    month,
)


def in_usd(parts: dict[Factor, Pico]) -> list[Fraction]:
    return [pico / USD for pico in parts.values()]


def ordered(before: Period, after: Period, order: tuple[Factor, ...] = FACTORS) -> list[Fraction]:
    parts = bridge(before, after, order).attribution.parts
    assert tuple(part.cause for part in parts) == order
    return [part.in_order / USD for part in parts]


def fair(before: Period, after: Period) -> list[Fraction]:
    return [part.fair / USD for part in bridge(before, after).attribution.parts]


def test_each_bill_is_tokens_times_price() -> None:
    found = bridge(BEFORE, AFTER)
    # chat 4 G x $5 + .5 G x $25 = 32,500; etl 10,000 + 5,000; old 100 + 50
    assert found.before == 47_650 * USD
    # chat big 2,400 + 1,500 + 600 + 5,400, mid 7,200 + 4,050, etl 5,000 + 2,500, new 400 + 250
    assert found.after == 29_300 * USD * Fraction(9, 10) == 26_370 * USD


def test_the_parts_of_a_spend_review_come_in_their_order() -> None:
    assert ordered(BEFORE, AFTER) == [
        Fraction("11436"),  # 1.55 M requests for 1.25 M: .24 x 47,650
        Fraction("-686"),  # 58,400 - 1.24 x 47,650
        0,
        Fraction("-1500"),  # 450 tokens an answer for 500: 50 x 1.2 M x $25 a million
        Fraction("-7500"),  # 2.4 G at $2 less, .27 G at $10 less
        Fraction("-9375"),  # half of 2.5 G x $5 + .25 G x $25
        Fraction("-6375"),  # 2.4 G x $5 = 12,000 becomes 3,000 + 1,875 + 750
        Fraction("-4350"),  # a fifth of 5,625 + 6,750 + 6,250 + 3,125
        Fraction("-2930"),  # a tenth of 29,300
    ]


def test_in_the_order_of_a_gainshare_price_comes_before_the_levers() -> None:
    parts = ordered(BEFORE, AFTER, GAINSHARE_ORDER)
    assert parts == [11_436, -686, -11_550, -4_685, 0, -1_080, -3_375, -6_750, -4_590]
    # adjusted baseline (31,200 + 15,000 + 650) x .9, and what the levers avoided of it
    assert 47_650 + sum(parts[:5]) == 42_165
    assert -sum(parts[5:]) == 15_795


def test_fair_shares_of_a_spend_review() -> None:
    expected = {
        "volume": 7749.108870967738,
        "workload_mix": -315.76760752688176,
        "prompt_length": 0.0,
        "output_length": -1085.5658602150547,
        "model_mix": -2549.5524193548413,
        "mode_mix": -7182.30403225807,
        "cache_mix": -7541.31424731182,
        "list_price": -6619.2310483871,
        "discount": -3735.373655913977,
    }
    assert list(map(float, fair(BEFORE, AFTER))) == pytest.approx(list(expected.values()), 1e-12)


def test_at_the_prices_of_the_baseline_twice_as_much_would_be_avoided() -> None:
    # volume and mix alone: 1.2 M requests of chat at 32,500 a million, etl .25 M, new 650
    usage = sum(ordered(BEFORE, AFTER)[:2])
    assert 47_650 + usage == 39_000 + 18_750 + 650 == 58_400
    assert 58_400 - 26_370 == 32_030


def test_levers_have_an_order_a_fair_share_and_a_worth_alone_and_last() -> None:
    costs = lever_costs(BEFORE, AFTER)
    savings = {pulled: costs[frozenset()] - cost for pulled, cost in costs.items()}
    found = attribute(savings, ("output_length", "model_mix", "mode_mix", "cache_mix"))
    assert costs[frozenset()] == 42_165 * USD
    assert found.total == 15_795 * USD
    told: list[object] = [
        (p.in_order / USD, p.fair / USD, p.first_in / USD, p.last_in / USD) for p in found.parts
    ]
    assert told == [
        (1_080, Fraction("1012.5"), 1_080, 945),
        # alone it saves; after caching it moves traffic from a cached model to one without
        (3_375, Fraction("1147.5"), 3_510, -1_215),
        (6_750, 6_750, 6_750, 6_750),
        (4_590, 6_885, 9_180, 4_590),
    ]
    assert found.remark.startswith("not additive")


def test_new_and_retired_workloads_are_bars_of_the_mix() -> None:
    found = bridge(BEFORE, AFTER)
    assert found.new.workloads == ("new",)
    assert found.new.in_order == 650 * USD
    assert found.retired.workloads == ("old",)
    assert found.retired.in_order == Fraction("-150") * USD * Fraction(124, 100)
    bars = (found.new, found.retired, found.continuing)
    mix = found.attribution.parts[1]
    assert sum(bar.in_order for bar in bars) == mix.in_order == -686 * USD
    assert sum(bar.fair for bar in bars) == mix.fair
    assert "starts or ends" in found.check.why_not


def small(tokens: int, usd: int, days: tuple[object, object] = SEPTEMBER) -> Period:
    price = {("m", "standard", "uncached"): usd * USD}
    cell = Cell("w", "m", "standard", "uncached", tokens)
    return Period(*days, {"w": tokens}, (cell,), price)  # type: ignore[arg-type]  # days are dates


def test_two_factors_meet_half_way() -> None:
    # 100 at $10 becomes 110 at $12: volume 10 x 10, price 2 x 110; the 20 between them is shared
    before, after = small(100, 10), small(110, 12, OCTOBER)
    assert ordered(before, after) == [100, 0, 0, 0, 0, 0, 0, 220, 0]
    assert fair(before, after) == [110, 0, 0, 0, 0, 0, 0, 210, 0]


def test_the_logarithmic_split_stands_beside_a_bill_without_births() -> None:
    check = bridge(small(100, 10), small(110, 12, OCTOBER)).check
    assert float(check.parts["volume"]) / USD == pytest.approx(109.855083, abs=5e-7)
    assert float(check.parts["list_price"]) / USD == pytest.approx(210.144917, abs=5e-7)


def test_price_volume_and_mix_of_two_products() -> None:
    # A from 100 to 300 at $1 then $1.10; B stays 100 at $3 then $2.70
    def period(days: tuple[object, object], a: int, usd: tuple[str, str]) -> Period:
        cells = (
            Cell("A", "m", "standard", "uncached", a),
            Cell("B", "n", "standard", "uncached", 100),
        )
        prices = {
            (c.model, c.mode, c.meter): Fraction(u) * USD for c, u in zip(cells, usd, strict=True)
        }
        return Period(*days, {"A": a, "B": 100}, cells, prices)  # type: ignore[arg-type]  # dates

    parts = ordered(period(SEPTEMBER, 100, ("1", "3")), period(OCTOBER, 300, ("1.1", "2.7")))
    # twice the volume of $400; the mix moves to the cheap one; prices cancel: +30 - 30
    assert parts == [400, -200, 0, 0, 0, 0, 0, 0, 0]


def test_two_workloads_that_continue() -> None:
    before = month(
        SEPTEMBER,
        [
            (
                "a",
                "x",
                "standard",
                1_000,
                {"uncached": 2 * MTOK, "read": MTOK, "output": MTOK // 5},
            ),
            ("b", "x", "standard", 500, {"uncached": MTOK, "write_5m": MTOK, "output": MTOK // 10}),
        ],
        {"x": (2, 10)},
    )
    after = month(
        OCTOBER,
        [
            ("a", "x", "standard", 900, {"uncached": MTOK, "read": 2 * MTOK, "output": MTOK // 4}),
            (
                "b",
                "x",
                "standard",
                700,
                {"uncached": 2 * MTOK, "write_5m": MTOK, "output": MTOK // 8},
            ),
        ],
        {"x": (3, 12)},
    )
    found = bridge(before, after)
    assert not found.check.why_not
    parts = [found.check.parts[factor] for factor in FACTORS]
    # the logarithmic split is exact too, but for its own rounding to pico-dollars
    assert abs(sum(parts) - found.difference) <= len(FACTORS)


def test_fees_are_a_bar_outside_the_factors() -> None:
    found = bridge(
        replace(BEFORE, fees=Fraction(30 * USD)), replace(AFTER, fees=Fraction(42 * USD))
    )
    assert found.fees == 12 * USD
    assert found.attribution.total + found.fees == found.difference == (26_412 - 47_680) * USD


def test_printed_parts_foot_to_the_cent() -> None:
    parts = [part.fair for part in bridge(BEFORE, AFTER).attribution.parts]
    cents = numbers.apportion(parts, numbers.CENTS)
    assert sum(cents) == -21_280 * 100


def test_a_model_with_a_discount_of_its_own() -> None:
    # mid bills 11,250 at list: a fifth off in place of a tenth is 1,125 less
    found = bridge(BEFORE, replace(AFTER, discounts={"mid": Fraction(1, 5)}))
    assert found.after == (26_370 - 1_125) * USD
    assert found.attribution.parts[-1].in_order == (-2_930 - 1_125) * USD
