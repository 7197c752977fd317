"""Offers by rate as they are printed, on their load-duration curves."""

from dataclasses import dataclass

from analyzer.results.commit import SizedRate
from reports.figures import Figure
from reports.negotiation.figures import load
from reports.negotiation.money import fine
from reports.numbers import Amount, percent


@dataclass(frozen=True, slots=True)
class RateView:
    """One offer by rate."""

    rate: SizedRate
    reserve: Amount
    invoiced: Amount | None
    cost: Amount | None
    unreserved: Amount | None
    saving: Amount | None
    rows: tuple[tuple[str, Amount], ...]
    figure: Figure


def rate_of(one: SizedRate) -> RateView:
    """Print a rate; what it costs is left out of the vendor's copy."""
    found = one.sizing
    return RateView(
        rate=one,
        reserve=fine(one.rate),
        invoiced=fine(found.commit_usd) if found else None,
        cost=fine(found.cost) if found else None,
        unreserved=fine(found.unreserved) if found else None,
        saving=fine(found.saving) if found else None,
        rows=tuple((percent(share), fine(use)) for share, use in one.duration),
        figure=load(one),
    )
