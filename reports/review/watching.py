"""Anomalies and events as they are printed."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.review import Review
from reports.numbers import Amount, Unit, amount
from reports.opening import period


@dataclass(frozen=True, slots=True)
class OddRow:
    """One day that stands out."""

    day: str
    what: str
    billed: Amount
    usual: Amount
    impact: Amount
    score: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event."""

    day: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class WatchRows:
    """Both lists."""

    odd: tuple[OddRow, ...]
    events: tuple[EventRow, ...]
    impact: Amount
    """Of all traffic's odd days together."""


def watching_of(review: Review, unit: Unit) -> WatchRows:
    """Days in order."""
    found = review.watch
    whole = sum((one.impact for one in found.odd_days if one.what == "all workloads"), Fraction(0))
    return WatchRows(
        odd=tuple(
            OddRow(
                period(one.day, one.day),
                one.what,
                amount(one.billed, unit),
                amount(one.usual, unit),
                amount(one.impact, unit, signed=True),
                one.score or "every earlier day alike",
            )
            for one in found.odd_days
        ),
        events=tuple(
            EventRow(period(one.day, one.day), one.where, one.what) for one in found.events
        ),
        impact=amount(whole, unit, signed=True),
    )
