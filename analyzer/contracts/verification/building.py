"""From the baseline's bill to the adjusted baseline: routine steps of the bridge, then the rest.

Volume, mix, price, discount and prompt length are the bridge's parts in the gainshare's order; what
the replay of each call sees beyond such means is a step of its own, so that the steps add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.contracts.baseline import Baseline
from analyzer.contracts.bridge import (
    EXOGENOUS,
    GAINSHARE_ORDER,
    Period,
    bridge,
)
from analyzer.contracts.bridge import Cell as BridgeCell
from analyzer.contracts.logged import METERS as OWN_METERS
from analyzer.contracts.logged import Cell, Sku, Span
from analyzer.contracts.verification.pricing import Prices
from analyzer.contracts.verification.records import BuildUp
from analyzer.reconciled import Discount
from analyzer.results import Pico

_ALL = "*"


@dataclass(frozen=True, slots=True)
class Stage:
    """Both ends of the build-up."""

    baseline: Baseline
    span: Span
    cells: Mapping[str, list[Cell]]
    prices: Prices

    @property
    def baseline_bill(self) -> Pico:
        """The baseline's bill after its discount, with fees and hidden iterations."""
        return sum(self._before().bills().values(), Fraction(0)) + self._fees

    @property
    def _fees(self) -> Pico:
        """At list: no report tells a discount on them."""
        return self.baseline.fees + self.baseline.hidden

    def fees(self, now: Pico) -> BuildUp:
        """What was billed for other things than a message's tokens, less that of the baseline."""
        return BuildUp("web searches and hidden iterations", now - self._fees)

    def _before(self) -> Period:
        base = self.baseline
        rows = [
            (name, unit.sku, unit.tokens, unit.pico)
            for name, one in base.workloads.items()
            for unit in one.units
        ]
        requests = {name: one.requests for name, one in base.workloads.items()}
        return _period(base.span, requests, rows, base.discounts)

    def _after(self) -> Period:
        rows = []
        for name, found in self.cells.items():
            for cell in found:
                rates = self.prices.list_price(cell.sku, cell.day) or ()
                pico = tuple(Fraction(n * rate) for n, rate in zip(cell.tokens, rates, strict=True))
                rows.append((name, cell.sku, cell.tokens, pico))
        requests = {n: sum(c.requests for c in found) for n, found in self.cells.items()}
        return _period(self.span, requests, rows, self.prices.discounts)

    def routine(self) -> tuple[BuildUp, ...]:
        """Give the steps that no lever makes."""
        parts = bridge(self._before(), self._after(), GAINSHARE_ORDER).attribution.parts
        return tuple(
            BuildUp(part.cause.replace("_", " "), part.in_order)
            for part in parts
            if part.cause in EXOGENOUS
        )


def build_up(stage: Stage, adjusted: Pico, named: Sequence[BuildUp]) -> tuple[BuildUp, ...]:
    """Give every step; they add up to `adjusted` less the baseline's bill.

    `named` are steps of known size; the last step is what remains.
    """
    steps = (*(stage.routine() if stage.cells else ()), *named)
    known = sum((one.amount for one in steps), Fraction(0))
    rest = adjusted - stage.baseline_bill - known
    return (*steps, BuildUp("settings that changed and are not counted as savings", rest))


def _period(
    span: Span,
    requests: Mapping[str, int],
    rows: Sequence[tuple[str, Sku, tuple[int, ...], tuple[Pico, ...]]],
    discounts: Sequence[Discount],
) -> Period:
    tokens: dict[tuple[str, str, str, str], int] = {}
    billed: dict[tuple[str, str, str], list[Fraction]] = {}
    for name, sku, counts, picos in rows:
        mode = f"{sku.mode}, long" if sku.long else sku.mode
        for meter, count, pico in zip(OWN_METERS, counts, picos, strict=True):
            if count:
                key = (name, sku.model, mode, meter)
                tokens[key] = tokens.get(key, 0) + count
                both = billed.setdefault(key[1:], [Fraction(0), Fraction(0)])
                both[0] += pico
                both[1] += count
    shares = {one.model: one.share for one in discounts}
    return Period(
        *span.days,
        requests,
        tuple(BridgeCell(*key, count) for key, count in tokens.items()),
        {key: pico / count for key, (pico, count) in billed.items()},
        shares.get(_ALL, Fraction(0)),
        {model: share for model, share in shares.items() if model != _ALL},
    )
