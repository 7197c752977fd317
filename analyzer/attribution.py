"""What each of several causes is worth: in an order of record, as a fair share, first and last.

A game holds the value of every set of causes. Parts in order and fair shares each sum to the value
of all causes less that of none, exactly; values alone and values last do not in general.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Generic, TypeVar

Cause = TypeVar("Cause", bound=str)


@dataclass(frozen=True, slots=True)
class Part(Generic[Cause]):
    """One cause's worth, in the unit of the game."""

    cause: Cause
    in_order: Fraction
    """Added in the order of record."""
    fair: Fraction
    """Shapley value: the mean over all orders."""
    first_in: Fraction
    """On its own."""
    last_in: Fraction
    """Added when all others are in."""


@dataclass(frozen=True, slots=True)
class Attribution(Generic[Cause]):
    """The whole game, split four ways; parts stand in the order of record."""

    total: Fraction
    parts: tuple[Part[Cause], ...]

    @property
    def additive(self) -> bool:
        """Whether causes meet nowhere: values alone and values last both make the total."""
        alone = sum(part.first_in for part in self.parts)
        return alone == self.total == sum(part.last_in for part in self.parts)

    @property
    def remark(self) -> str:
        """The line that stands beside first-in and last-in values; empty where they add up."""
        if self.additive:
            return ""
        return "not additive: what each is worth alone, or last, does not add up to the total"


def subsets(causes: Sequence[Cause]) -> tuple[frozenset[Cause], ...]:
    """Give every set of causes, small ones first."""
    sizes = range(len(causes) + 1)
    return tuple(frozenset(chosen) for size in sizes for chosen in combinations(causes, size))


def attribute(
    values: Mapping[frozenset[Cause], Fraction], order: Sequence[Cause]
) -> Attribution[Cause]:
    """Split a game all four ways; `values` holds each of the 2^n sets of `order`."""
    every, none = frozenset(order), frozenset[Cause]()
    fair, ordered = fair_shares(values, order), in_order(values, order)
    parts = (
        Part(
            cause,
            in_order=ordered[cause],
            fair=fair[cause],
            first_in=values[frozenset({cause})] - values[none],
            last_in=values[every] - values[every - {cause}],
        )
        for cause in order
    )
    return Attribution(values[every] - values[none], tuple(parts))


def fair_shares(
    values: Mapping[frozenset[Cause], Fraction], causes: Sequence[Cause]
) -> dict[Cause, Fraction]:
    """Shapley values: sum over sets S without the cause of |S|!(n-|S|-1)!/n! [v(S+cause) - v(S)].

    Source: Shapley, A value for n-person games, 1953.
    """
    count = len(causes)
    weights = [
        Fraction(factorial(size) * factorial(count - size - 1), factorial(count))
        for size in range(count)
    ]
    shares = dict.fromkeys(causes, Fraction(0))
    for chosen in subsets(causes):
        for cause in causes:
            if cause not in chosen:
                gained = values[chosen | {cause}] - values[chosen]
                shares[cause] += weights[len(chosen)] * gained
    return shares


def in_order(
    values: Mapping[frozenset[Cause], Fraction], order: Sequence[Cause]
) -> dict[Cause, Fraction]:
    """What each cause adds when they come one after another."""
    added: dict[Cause, Fraction] = {}
    before = frozenset[Cause]()
    for cause in order:
        after = before | {cause}
        added[cause] = values[after] - values[before]
        before = after
    return added
