"""A cell that is born or dies moves one share and nothing else."""

from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.contracts.bridge import Cell, Factor, Period, bridge
from tests.contracts.bridge.worked_bridge import OCTOBER, SEPTEMBER

METERS, MODES = ("uncached", "read", "output"), ("standard", "batch")
PRICES = {(model, mode, meter): 1_000_000 for model in "mn" for mode in MODES for meter in METERS}
PRICES |= {("n", mode, meter): 400_000 for mode in MODES for meter in ("uncached", "read")}
PRICES |= {("m", "batch", meter): 500_000 for meter in ("uncached", "read")}
PRICES["m", "standard", "read"] = 100_000
FIRST = Cell("w", "m", "standard", "uncached", 1_000)
ONE = Period(*SEPTEMBER, {"w": 10}, (FIRST,), PRICES)


@pytest.mark.parametrize(
    ("cell", "factor", "usd"),
    [
        # half of 1,000 tokens goes elsewhere: to a model at .4, a batch at .5, a read at .1
        (Cell("w", "n", "standard", "uncached", 500), "model_mix", -300),
        (Cell("w", "m", "batch", "uncached", 500), "mode_mix", -250),
        (Cell("w", "m", "standard", "read", 500), "cache_mix", -450),
    ],
)
@pytest.mark.parametrize("sold_before", [True, False])
def test_a_birth_lands_on_one_share(
    cell: Cell,
    factor: Factor,
    usd: int,
    sold_before: bool,  # noqa: FBT001 - a table of cases
) -> None:
    key = (cell.model, cell.mode, cell.meter)
    prices = {k: p for k, p in PRICES.items() if sold_before or k != key}
    before = replace(ONE, prices=prices)
    after = Period(*OCTOBER, {"w": 10}, (replace(FIRST, tokens=500), cell), PRICES)
    for there, back, sign in (
        (before, after, 1),
        (_moved(after, SEPTEMBER), _moved(before, OCTOBER), -1),
    ):
        moved = {p.cause: p.in_order for p in bridge(there, back).attribution.parts if p.in_order}
        assert moved == {factor: sign * usd * 1_000_000}
        fair = {p.cause: p.fair for p in bridge(there, back).attribution.parts if p.fair}
        assert fair == moved


def test_a_new_workload_lands_on_the_mix_and_on_the_volume_of_its_requests() -> None:
    born = Cell("v", "n", "standard", "uncached", 1_000)
    after = Period(*OCTOBER, {"w": 10, "v": 10}, (FIRST, born), PRICES)
    parts = {p.cause: p.in_order for p in bridge(ONE, after).attribution.parts if p.in_order}
    # twice the requests of 1,000; half of them at .4 of the cost
    assert parts == {"volume": 1_000_000_000, "workload_mix": -600_000_000}
    assert bridge(ONE, after).new.in_order == 400_000_000


def test_from_an_empty_month_all_is_volume() -> None:
    empty = Period(*SEPTEMBER, {}, (), {})
    parts = bridge(empty, _moved(ONE, OCTOBER)).attribution.parts
    assert [p.cause for p in parts if p.in_order or p.fair] == ["volume"]
    assert parts[0].fair == Fraction(1_000_000_000)


def _moved(period: Period, days: tuple[object, object]) -> Period:
    return replace(period, first_day=days[0], last_day=days[1])  # type: ignore[arg-type]  # dates
