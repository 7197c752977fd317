"""The vendor's copy of a negotiation: what may lie on the table."""

from dataclasses import replace

from analyzer.contracts.commit.grounds import BUYERS_OWN
from analyzer.contracts.commit.recent import OWN
from analyzer.results.commit import Negotiation


def vendor_copy(found: Negotiation) -> Negotiation:
    """Leave out clause values, walk-away and the order of asks, and what they could be read from.

    The walk-away stands where the cost curve crosses that of no commit, so that no simulated cost
    remains: neither the curve nor its candidates, the levers' cash, nor the sensitivities. Owners
    and the register of another contract are the buyer's own business. Offers of other vendors go
    too: the copy is for the vendor of the recommended one, else the first.
    """
    own = found.best or next(iter(found.offers), None)
    vendor = own.offered.provider if own else None
    told = [one for one in found.assumptions if one.source != BUYERS_OWN]
    return replace(
        found,
        copy="vendor",
        offers=(replace(own, sizing=None, recent=None),) if own else (),
        rates=tuple(
            replace(one, sizing=None)
            for one in found.rates
            if own is None or one.offered.provider == vendor
        ),
        sensitivity=(),
        warnings=tuple(one for one in found.warnings if not one.startswith(OWN)),
        stresses=tuple(one for one in found.stresses if one.offer_id == found.recommended),
        asks=tuple(
            sorted((replace(one, worth=None) for one in found.asks), key=lambda one: one.words)
        ),
        rule="",
        assumptions=tuple(
            replace(
                one,
                id=f"N{number}",
                sensitivity=None,
                moved="",
                owner="",
                expires="",
                expired=False,
            )
            for number, one in enumerate(told, start=1)
        ),
        adjustments=None,
    )
