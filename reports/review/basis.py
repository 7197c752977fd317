"""What the figures stand on: who owns the cost, what is off the list price, what is left out."""

from dataclasses import dataclass

from analyzer.results.review import Review
from reports.numbers import Amount, Unit, amount, percent
from reports.review.rounding import footed


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """One way in which cost finds its owner."""

    name: str
    cost: Amount
    share: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Rows of the last sections."""

    owners: tuple[OwnerRow, ...]
    cost: Amount
    at_list: Amount
    discounts: tuple[tuple[str, str, str], ...]
    """(model, off list, known from)."""


def basis_of(review: Review, unit: Unit) -> Basis:
    """Owners add up to the month's cost."""
    found, cost = review.allocation, review.units.cost
    parts = (
        ("a tag of the log or the client", found.tag),
        ("an API key", found.key),
        ("a workspace", found.workspace),
        ("nobody: not allocated", found.nobody),
    )
    steps = footed([pico for _, pico in parts], unit, unit.steps(cost))
    return Basis(
        owners=tuple(
            OwnerRow(name, amount(pico, unit, shown), percent(pico / cost) if cost else "none")
            for (name, pico), shown in zip(parts, steps, strict=True)
        ),
        cost=amount(cost, unit),
        at_list=amount(review.units.at_list, unit),
        discounts=tuple(
            ("every other model" if one.model == "*" else one.model, percent(one.share), one.source)
            for one in review.discounts
        ),
    )
