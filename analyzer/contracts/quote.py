"""A quote: a fixed fee against a share of the savings, over what the savings may come to.

Savings are of one year, pico-dollars, either three quantiles or many draws. Both nets rise with the
saving, so a net's quantile is the net of the saving's quantile. A mean and chances are told only
for draws: three quantiles do not give them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Literal

from analyzer.contracts.exact_text import exact_text
from analyzer.errors import ContractError
from analyzer.results import NOTHING, Pico

Fee = Literal["fixed", "gainshare"]
Quantile = Literal["P10", "P50", "P90"]
_PLACES: tuple[tuple[Quantile, Fraction], ...] = (
    ("P10", Fraction(1, 10)),
    ("P50", Fraction(1, 2)),
    ("P90", Fraction(9, 10)),
)
_FEWEST_DRAWS = 100
_DOLLAR = 10**12


@dataclass(frozen=True, slots=True)
class Offer:
    """What the consultant asks for a year; an offer that contradicts itself cannot be made."""

    fixed: Pico
    share: Fraction
    """Of the savings, where there are any."""
    cap: Pico | None = None
    """Most that the share may come to."""
    scope: tuple[str, ...] = ()
    """What is done for it, a line each."""
    exclusions: tuple[str, ...] = ()
    """What is not, a line each."""

    def __post_init__(self) -> None:
        """Refuse an offer that contradicts itself."""
        if faults := list(_offer_faults(self)):
            raise ContractError(f"quote: {'; '.join(faults)}")

    def gainshare(self, saving: Pico) -> Pico:
        """What the share comes to; nothing without a saving."""
        shared = self.share * max(saving, NOTHING)
        return shared if self.cap is None else min(shared, self.cap)


@dataclass(frozen=True, slots=True)
class Savings:
    """A year's savings: quantiles, and the draws they come from where there are any."""

    p10: Pico
    p50: Pico
    p90: Pico
    draws: tuple[Pico, ...] = ()

    @classmethod
    def of_draws(cls, draws: Sequence[Pico]) -> "Savings":
        """Take quantiles from draws: the least value that the share of draws does not exceed.

        Raises:
            ContractError: fewer than 100 draws.
        """
        if len(draws) < _FEWEST_DRAWS:
            raise ContractError(
                f"quote: savings: {len(draws)} draws, give at least {_FEWEST_DRAWS},"
                " or three quantiles"
            )
        ranked = sorted(draws)
        low, middle, high = (ranked[ceil(place * len(ranked)) - 1] for _, place in _PLACES)
        return cls(low, middle, high, tuple(ranked))


@dataclass(frozen=True, slots=True)
class Row:
    """Both fees at one saving."""

    name: Quantile
    saving: Pico
    fixed_net: Pico
    """What is left to the client; negative when it pays more than it saves."""
    gainshare_fee: Pico
    gainshare_net: Pico
    cheaper: Fee | None
    """For the client; None where both cost the same."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Savings between two amounts, where the same holds all along."""

    low: Pico | None
    """Exclusive; None for the lowest zone."""
    high: Pico | None
    """Inclusive; None for the highest zone."""
    fixed: Literal["the client pays more than it saves", "the client keeps what is left"]
    gainshare: Literal[
        "nothing is paid", "the saving is shared", "the client keeps all above the cap"
    ]
    cheaper: Fee | None
    """For the client."""
    chance: Fraction | None
    """Share of draws; None for three quantiles."""


@dataclass(frozen=True, slots=True)
class Means:
    """Means and chances over draws."""

    saving: Pico
    fixed_net: Pico
    gainshare_fee: Pico
    gainshare_net: Pico
    fixed_loses: Fraction
    """Share of draws in which a fixed fee is more than the saving."""
    cap_binds: Fraction
    """Share of draws in which the cap takes something off the share."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Both fees side by side."""

    offer: Offer
    rows: tuple[Row, ...]
    zones: tuple[Zone, ...]
    """Who bears what, from the lowest saving up."""
    even_fixed: Pico
    """Saving at which the client gets its fixed fee back."""
    even_both: Pico | None
    """Saving at which both fees cost the same; above it the fixed fee is cheaper. None: never."""
    capped_from: Pico | None
    """Saving above which the share no longer grows; None without a cap."""
    means: Means | None
    """None for three quantiles."""


def quote(offer: Offer, savings: Savings) -> Quote:
    """Set both fees side by side.

    Raises:
        ContractError: quantiles out of order.
    """
    if not savings.p10 <= savings.p50 <= savings.p90:
        raise ContractError("quote: savings: quantiles are out of order, give P10 <= P50 <= P90")
    points = zip(_PLACES, (savings.p10, savings.p50, savings.p90), strict=True)
    return Quote(
        offer=offer,
        rows=tuple(_row(offer, name, saving) for (name, _), saving in points),
        zones=tuple(_zones(offer, savings.draws)),
        even_fixed=offer.fixed,
        even_both=_even_both(offer),
        capped_from=offer.cap / offer.share if offer.cap is not None and offer.share else None,
        means=_means(offer, savings.draws) if savings.draws else None,
    )


def _row(offer: Offer, name: Quantile, saving: Pico) -> Row:
    shared = offer.gainshare(saving)
    return Row(
        name=name,
        saving=saving,
        fixed_net=saving - offer.fixed,
        gainshare_fee=shared,
        gainshare_net=saving - shared,
        cheaper=_cheaper(offer, saving),
    )


def _cheaper(offer: Offer, saving: Pico) -> Fee | None:
    shared = offer.gainshare(saving)
    if shared == offer.fixed:
        return None
    return "gainshare" if shared < offer.fixed else "fixed"


def _even_both(offer: Offer) -> Pico | None:
    """The saving whose share is the fixed fee, where the cap lets it come to that."""
    if not offer.share or (offer.cap is not None and offer.cap < offer.fixed):
        return None
    return offer.fixed / offer.share


def _zones(offer: Offer, draws: Sequence[Pico]) -> Iterator[Zone]:
    capped = offer.cap / offer.share if offer.cap is not None and offer.share else None
    marks = {NOTHING, offer.fixed, _even_both(offer), capped}
    edges = [None, *sorted(mark for mark in marks if mark is not None), None]
    for low, high in pairwise(edges):
        inside = _inside(low, high)
        held = [one for one in draws if _holds(one, low, high)]
        yield Zone(
            low=low,
            high=high,
            fixed=(
                "the client pays more than it saves"
                if inside < offer.fixed
                else "the client keeps what is left"
            ),
            gainshare=_shared(offer, inside, capped),
            cheaper=_cheaper(offer, inside),
            chance=Fraction(len(held), len(draws)) if draws else None,
        )


def _shared(
    offer: Offer, saving: Pico, capped: Pico | None
) -> Literal["nothing is paid", "the saving is shared", "the client keeps all above the cap"]:
    if not offer.gainshare(saving):
        return "nothing is paid"
    above = capped is not None and saving > capped
    return "the client keeps all above the cap" if above else "the saving is shared"


def _inside(low: Pico | None, high: Pico | None) -> Pico:
    """A saving within a zone."""
    if high is None:
        return (low or NOTHING) + 1
    return high - 1 if low is None else (low + high) / 2


def _holds(saving: Pico, low: Pico | None, high: Pico | None) -> bool:
    return (low is None or saving > low) and (high is None or saving <= high)


def _means(offer: Offer, draws: Sequence[Pico]) -> Means:
    count = len(draws)
    saving = sum(draws, NOTHING) / count
    shared = sum((offer.gainshare(one) for one in draws), NOTHING) / count
    bound = [one for one in draws if offer.share * max(one, NOTHING) > offer.gainshare(one)]
    return Means(
        saving=saving,
        fixed_net=saving - offer.fixed,
        gainshare_fee=shared,
        gainshare_net=saving - shared,
        fixed_loses=Fraction(sum(one < offer.fixed for one in draws), count),
        cap_binds=Fraction(len(bound), count),
    )


def _offer_faults(offer: Offer) -> Iterator[str]:
    if offer.fixed < 0:
        yield f"fixed: {exact_text(offer.fixed / _DOLLAR)} dollars is below 0, give 0 or more"
    if not 0 <= offer.share <= 1:
        yield f"share: {exact_text(offer.share)} is not allowed, give a share from 0 to 1"
    if offer.cap is not None and offer.cap < 0:
        yield f"cap: {exact_text(offer.cap / _DOLLAR)} dollars is below 0, give 0 or more"
    for name in ("scope", "exclusions"):
        if any(not line.strip() for line in getattr(offer, name)):
            yield f"{name}: a line is empty, fill it or leave it out"
