"""The front page: period, evidence of the headline, and three numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.results import Grade, LeverShare, Savings
from reports.bridge import NAMES
from reports.numbers import Amount, amount, count, percent
from reports.totals import Totals

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""Written out: a month's name from the system would follow its locale."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands above the first figure."""

    period: str
    saving_size: Amount
    """Without its sign: the sentence says which way."""
    potential_size: Amount
    joint_size: Amount
    weakest: Grade | None
    weakest_levers: str
    share: str
    potential_share: str
    priced_requests: str
    requests: str
    bridge_title: str
    loses: bool
    """Whether the full policy costs more than it saves."""


def opening_of(savings: Savings, totals: Totals) -> Opening:
    """The headline's own evidence: the lowest grade among its levers."""
    grades = [share.grade for share in savings.accepted_levers if share.grade]
    weakest = max(grades, default=None)
    size = amount(abs(savings.saving), totals.unit, abs(totals.saving.steps))
    return Opening(
        period=period(savings.first_day, savings.last_day),
        saving_size=size,
        potential_size=amount(abs(savings.potential), totals.unit, abs(totals.potential.steps)),
        joint_size=amount(abs(totals.joint.pico), totals.unit, abs(totals.joint.steps)),
        weakest=weakest,
        weakest_levers=_named(savings.accepted_levers, weakest),
        share=_share(savings.saving, savings.billed),
        potential_share=_share(savings.potential, savings.billed),
        priced_requests=count(sum(model.requests for model in savings.models)),
        requests=count(savings.requests),
        bridge_title=_title(savings),
        loses=savings.saving + savings.potential < 0,
    )


def period(first: str, last: str) -> str:
    """Both days in words; as given where they are not dates."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return " to ".join(day for day in (first, last) if day) or "no days"
    if start == end:
        return _day(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {_day(end)}"
    if start.year == end.year:
        return f"{start.day} {MONTHS[start.month - 1]} to {_day(end)}"
    return f"{_day(start)} to {_day(end)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _share(part: Fraction, whole: Fraction) -> str:
    return percent(part / whole) if whole else "none"


def _named(shares: Sequence[LeverShare], grade: Grade | None) -> str:
    names = [NAMES[share.lever].lower() for share in shares if share.grade and share.grade == grade]
    return " and ".join(names)


def _title(savings: Savings) -> str:
    """The finding of the waterfall: the largest lever and its part of the saving."""
    if savings.saving <= 0:
        return "No accepted lever lowers the bill"
    largest = max(savings.accepted_levers, key=lambda share: share.in_order, default=None)
    if largest is None or largest.in_order <= 0:
        return "From the bill to the bill after the levers"
    part = percent(largest.in_order / savings.saving)
    return f"{NAMES[largest.lever]} brings {part} of the saving"
