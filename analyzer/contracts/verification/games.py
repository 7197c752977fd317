"""What each set of levers would have cost in each workload, and what each lever is worth there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt

from analyzer.attribution import Attribution, attribute, subsets
from analyzer.contracts.baseline import Workload
from analyzer.contracts.logged import Cell, Sku
from analyzer.contracts.verification.counterfactual import (
    ALL_PULLED,
    NONE_PULLED,
    Calibration,
    Counterfactual,
    Pulled,
)
from analyzer.contracts.verification.measures import Ratio
from analyzer.contracts.verification.pricing import PriceBasis, Prices
from analyzer.results import LEVERS, Lever, Pico

Costs = dict[Pulled, Pico]
EVERY_STATE: tuple[Pulled, ...] = subsets(LEVERS)
BOTH_ENDS: tuple[Pulled, ...] = (NONE_PULLED, ALL_PULLED)


@dataclass(frozen=True, slots=True)
class Game:
    """One workload: its cost under each set of levers on the contract's price basis."""

    name: str
    made: Counterfactual
    costs: Costs
    billed: Pico
    """After discount, at the period's own prices."""
    scale: Fraction
    """Of its savings, by the volume basis."""

    @property
    def parts(self) -> Attribution[Lever]:
        """What each lever saved."""
        none = self.costs[NONE_PULLED]
        values = {s: self.scale * (none - cost) for s, cost in self.costs.items()}
        return attribute(values, LEVERS)

    @property
    def price_change(self) -> Pico:
        """What the price basis leaves in beside the levers; nothing on the reporting basis."""
        return self.scale * (self.costs[ALL_PULLED] - self.billed)

    @property
    def avoided(self) -> Pico:
        """Levers and price change."""
        none = self.costs[NONE_PULLED]
        return self.scale * (none - self.billed)


def play(
    before: Workload,
    cells: Sequence[Cell],
    calibration: Calibration,
    prices: Prices,
    basis: PriceBasis,
    states: Sequence[Pulled] = EVERY_STATE,
) -> Game:
    """Give a workload's states, at full scale; two of them are enough for its avoided cost."""
    made = Counterfactual(before, cells, calibration, _sold(before, cells, prices))
    costs = {pulled: cost(made, pulled, prices, basis) for pulled in states}
    billed = cost(made, ALL_PULLED, prices, "reporting")
    return Game(before.name, made, costs, billed, Fraction(1))


def cost(made: Counterfactual, pulled: Pulled, prices: Prices, basis: PriceBasis) -> Pico:
    """What a workload would have cost after discount."""
    total = Fraction(0)
    for flow in made.flows(pulled):
        rates = prices.paid(flow.sku, flow.day, basis) or ()
        total += sum((n * rate for n, rate in zip(flow.tokens, rates, strict=True)), Fraction(0))
    return total


def uncertainty(
    games: Sequence[Game], calibration: Calibration, prices: Prices, basis: PriceBasis
) -> Pico:
    """Give the standard uncertainty of the avoided cost: ratios one deviation up, as squares.

    Rounded up to a whole pico-dollar, so that a bound never gains by rounding.
    """
    squares = Fraction(0)
    for ratio in (*calibration.routing.values(), *calibration.output.values()):
        up = _one_up(calibration, ratio)
        for game in games:
            if game.name == ratio.workload and ratio.uncertainty:
                moved = game.made.recalibrated(up)
                change = cost(moved, NONE_PULLED, prices, basis) - game.costs[NONE_PULLED]
                squares += (game.scale * change) ** 2
    whole = -(-squares.numerator // squares.denominator)
    return Fraction(isqrt(whole - 1) + 1 if whole else 0)


def _one_up(known: Calibration, ratio: Ratio) -> Calibration:
    factor = 1 + ratio.uncertainty
    moved = Ratio(
        ratio.workload, ratio.actual, ratio.baseline, ratio.into * factor, ratio.out * factor,
        Fraction(0), ratio.calls, ratio.since,
    )  # fmt: skip
    if not ratio.baseline:
        return replace(known, output={**known.output, ratio.workload: moved})
    key = (ratio.workload, ratio.actual, ratio.baseline)
    return replace(known, routing={**known.routing, key: moved})


def _sold(before: Workload, cells: Sequence[Cell], prices: Prices) -> frozenset[Sku]:
    """Give what calls might move to and can be priced on each of their days."""
    models = {unit.sku.model for unit in before.units} | {cell.sku.model for cell in cells}
    sold: dict[Sku, bool] = {}
    for cell in cells:
        for model in models:
            for tier in _tiers(cell.sku):
                sku = Sku(model, tier, cell.sku.speed, cell.sku.geo, cell.sku.long)
                priced = prices.list_price(sku, cell.day) is not None
                sold[sku] = sold.get(sku, True) and priced
    return frozenset(sku for sku, priced in sold.items() if priced)


def _tiers(sku: Sku) -> tuple[str, ...]:
    """A call may change between these two; all others stay."""
    return ("standard", "batch") if sku.tier in ("standard", "batch") else (sku.tier,)
