"""What a token would have cost on each price basis.

`reporting`: list price and discount of the period, so that a vendor's price cut is nobody's saving.
`frozen`: those of the baseline's last day. `lower`: the lower of both for each SKU and meter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal, get_args

from analyzer.contracts.logged import Rate, Rates, Sku
from analyzer.reconciled import Discount

PriceBasis = Literal["reporting", "frozen", "lower"]
PRICE_BASES: tuple[PriceBasis, ...] = get_args(PriceBasis)
_OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices and discounts of both periods."""

    rate: Rate
    """Of the reporting period."""
    frozen: Mapping[Sku, Rates]
    discounts: tuple[Discount, ...] = ()
    frozen_discounts: tuple[Discount, ...] = ()
    _known: dict[tuple[Sku, date, PriceBasis], Rates | None] = field(
        default_factory=dict, compare=False
    )

    def paid(self, sku: Sku, day: date, basis: PriceBasis) -> Rates | None:
        """Give pico-dollars a token by meter, after discount; None where nothing prices it."""
        key = sku, day, basis
        if key not in self._known:
            self._known[key] = self._paid(*key)
        return self._known[key]

    def list_price(self, sku: Sku, day: date) -> Rates | None:
        """Give the reporting period's list price."""
        return self.rate(sku, day)

    def kept(self, model: str) -> Fraction:
        """What is left of a list dollar in the reporting period."""
        return _kept(self.discounts, model)

    def _paid(self, sku: Sku, day: date, basis: PriceBasis) -> Rates | None:
        now = _times(self.rate(sku, day), _kept(self.discounts, sku.model))
        then = _times(self.frozen.get(sku), _kept(self.frozen_discounts, sku.model))
        if basis == "reporting" or now is None or then is None:
            return now if basis == "reporting" or then is None else then
        return then if basis == "frozen" else tuple(map(min, now, then))


def _times(rates: Rates | None, kept: Fraction) -> Rates | None:
    return None if rates is None else tuple(rate * kept for rate in rates)


def _kept(found: tuple[Discount, ...], model: str) -> Fraction:
    shares = {one.model: one.share for one in found}
    return 1 - shares.get(model, shares.get(_OTHERS, Fraction(0)))
