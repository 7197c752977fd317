"""What a page says of an offer before any answer: its tiers and clauses in words."""

from collections.abc import Iterator
from fractions import Fraction

from analyzer.contracts.commit.offers import PoolOffer, RateOffer
from analyzer.results.commit import Offered, TierRow


def offered(offer: PoolOffer | RateOffer) -> Offered:
    """Give the facts of an offer as its file says them."""
    words = _pool(offer) if isinstance(offer, PoolOffer) else _rate(offer)
    return Offered(
        id=offer.id,
        description=offer.description,
        provider=offer.service_provider_name,
        category=offer.offer_category,
        start=offer.period_start,
        end=offer.period_end,
        months=offer.months,
        tiers=tuple(TierRow(tier.cost, tier.discount_percentage) for tier in offer.tier),
        clauses=tuple(words),
    )


def _pool(offer: PoolOffer) -> Iterator[tuple[str, str]]:
    overage = offer.overage_discount_percentage
    counted = {"invoiced": "as invoiced", "list": "at list price"}
    yield "Model", f"a pool, promised for each interval: {offer.fulfillment_interval}"
    yield "Counts", counted[offer.counts_at]
    yield "Overage", "at the committed rate" if overage == "committed" else f"{_off(overage)} off"
    yield "Amounts", "any from the lowest tier" if offer.amounts == "any" else "the listed alone"
    yield "Payment", offer.payment_model
    if offer.monthly_minimum:
        yield "Monthly minimum", f"${float(offer.monthly_minimum):,.2f}"
    if offer.unused_refund_percentage:
        yield "Refund", f"{_off(offer.unused_refund_percentage)} of what is unused"
    if offer.rollover:
        carry = offer.rollover
        share, months = _off(carry.share), carry.expiry_months
        yield "Rollover", f"{share} of what is unused, for {months} months, burnt {carry.burns}"
    if offer.ramp:
        yield (
            "Ramp",
            ", ".join(f"{_off(step.share)} from {step.period_start}" for step in offer.ramp),
        )
    yield (
        "Price protection",
        "a price cut lowers the commit" if offer.price_protection else "none: dollars stay",
    )


def _rate(offer: RateOffer) -> Iterator[tuple[str, str]]:
    yield "Model", f"a rate in every {offer.minutes} minutes, used or lost"
    yield "Overage", f"{_off(offer.overage_discount_percentage)} off"
    yield "Eligible tiers", ", ".join(offer.eligible_service_tiers)


def _off(share: Fraction) -> str:
    return f"{float(share * 100):.4g} %"
