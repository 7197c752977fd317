"""The terms of one contract: an offer with the commit that is signed for it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analyzer.contracts.commit.offers import PoolOffer

Burns = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Carry:
    """How unused commit is carried over the end of an interval."""

    share: Fraction
    expiry_months: int
    burns: Burns


@dataclass(frozen=True, slots=True)
class Terms:
    """What settlement reads, amounts in USD as invoiced, one entry an interval."""

    commits: tuple[Fraction, ...]
    discounts: tuple[Fraction, ...]
    overage_discounts: tuple[Fraction, ...]
    interval_months: int
    upfront_share: Fraction = Fraction(0)
    monthly_minimum: Fraction = Fraction(0)
    carry: Carry | None = None
    price_protected: bool = False
    refund: Fraction = Fraction(0)
    """Part of the unused commit that is paid back as its interval ends."""

    @property
    def months(self) -> int:
        """Months of the term."""
        return len(self.commits) * self.interval_months


def uncommitted(months: int, discount: Fraction = Fraction(0)) -> Terms:
    """Paying by use alone, at list or at what holds without a commit."""
    return Terms((Fraction(0),), (discount,), (discount,), months)


def terms(offer: PoolOffer, commit: Fraction) -> Terms:
    """Give the terms under a full commit (USD an interval, as the offer counts it).

    A ramp lowers the commit of an interval, and the tier is that which the interval's own commit
    reaches, the lowest tier when it reaches none. An offer that counts at list price promises
    list-price use, of which (1 - discount) is invoiced.
    """
    counted = [commit * share for share in offer.ramp_shares]
    lowest = offer.tier[0].discount_percentage
    discounts = [max(offer.discount(amount), lowest) for amount in counted]
    overage = offer.overage_discount_percentage
    rollover = offer.rollover
    at_list = offer.counts_at == "list"
    return Terms(
        commits=tuple(
            amount * (1 - discount) if at_list else amount
            for amount, discount in zip(counted, discounts, strict=True)
        ),
        discounts=tuple(discounts),
        overage_discounts=tuple(d if overage == "committed" else overage for d in discounts),
        interval_months=offer.interval_months,
        upfront_share=offer.upfront_share,
        monthly_minimum=offer.monthly_minimum,
        refund=offer.unused_refund_percentage,
        carry=Carry(rollover.share, rollover.expiry_months, rollover.burns) if rollover else None,
        price_protected=offer.price_protection,
    )
