"""Three months of a gainshare on round dollars; the second one loses."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from analyzer.contracts.fee import FeePeriod, FeeTerms, Saving, Tier

USD = 10**12
LIVE = date(2026, 8, 1)


def usd(amount: float | str) -> Fraction:
    return Fraction(str(amount)) * USD


def period(month: int, adjusted: float, actual: float, own: float = 0, **given: Any) -> FeePeriod:
    """A month of 2026 or 2027 that may be invoiced, all of its savings from one lever."""
    year, place = divmod(month - 1, 12)
    first = date(2026 + year, place + 1, 1)
    year, place = divmod(month, 12)
    last = date.fromordinal(date(2026 + year, place + 1, 1).toordinal() - 1)
    avoided = usd(adjusted) - usd(actual)
    known: dict[str, Any] = {
        "savings": (Saving("chat", "caching", avoided, LIVE, quality="held"),),
        "reconciliation": "pass",
        "grade": "E2",
        "baseline_signed": True,
        "savings_uncertainty": Fraction(1, 10),
    }
    known |= given
    return FeePeriod(
        f"{first:%Y-%m}", first, last, usd(adjusted), usd(actual), own_cost=usd(own), **known
    )


MONTHS = (
    period(9, 100_000, 70_000, 2_000),
    period(10, 110_000, 115_000, 2_000),
    period(11, 120_000, 80_000, 2_000),
)


def terms(**given: Any) -> FeeTerms:
    """A quarter up to $20,000, then 15 %, after a hurdle of 5 %, at most $9,000."""
    known: dict[str, Any] = {
        "tiers": (Tier(usd(20_000), Fraction(1, 4)), Tier(None, Fraction(15, 100))),
        "hurdle": Fraction(5, 100),
        "cap": usd(9_000),
    }
    return FeeTerms(**(known | given))


def plain(**given: Any) -> FeeTerms:
    """A fifth of everything."""
    return FeeTerms((Tier(None, Fraction(1, 5)),), **given)


def in_usd(amounts: Sequence[Fraction]) -> list[Fraction]:
    return [amount / USD for amount in amounts]
