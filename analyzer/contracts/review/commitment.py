"""A negotiated commit and how it burns down: what is used, and where two paces lead."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from analyzer.contracts.commitment import Commitment
from analyzer.contracts.review.months import DAY, Span, each_day
from analyzer.contracts.review.spending import Spending
from analyzer.results import NOTHING, Pico
from analyzer.results.review import BurnDown, Ending

_PACE_DAYS = 28
"""Four whole weeks, so that every weekday counts alike."""


def burn_down(
    spent: Spending, span: Span, commitment: Commitment, efficiency: Fraction | None
) -> BurnDown:
    """Count what is used up to the log's last day, and carry two paces on to the term's end.

    Raises:
        ContractError: the term begins before the log and nobody says what was used until then, or
            the other way round.
    """
    used_before = commitment.before(span.logged[0])
    until = min(span.logged[1], commitment.last_day)
    days = each_day((max(commitment.first_day, span.logged[0]), until))
    used = used_before + sum(spent.by_day(days).values(), NOTHING)
    return BurnDown(
        amount=commitment.amount,
        first_day=commitment.first_day.isoformat(),
        last_day=commitment.last_day.isoformat(),
        used=used,
        as_of=until.isoformat(),
        source=commitment.source,
        endings=tuple(_endings(spent, span, commitment, used, efficiency)),
    )


def _endings(
    spent: Spending, span: Span, commitment: Commitment, used: Pico, efficiency: Fraction | None
) -> Iterator[Ending]:
    as_of = span.logged[1]
    if as_of >= commitment.last_day:
        return
    begins = max(span.logged[0], as_of - timedelta(_PACE_DAYS - 1))
    paid = spent.by_day(each_day((begins, as_of)))
    pace = sum(paid.values(), NOTHING) / len(paid)
    yield _ending(f"at the pace of the last {len(paid)} days", pace, as_of, commitment, used)
    if efficiency is not None:
        words = "with every accepted lever live from the next day on"
        yield _ending(words, pace * efficiency, as_of, commitment, used)


def _ending(what: str, pace: Pico, as_of: date, commitment: Commitment, used: Pico) -> Ending:
    left = commitment.amount - used
    days = (commitment.last_day - as_of).days
    lasts = ceil(left / pace) if pace > 0 and left > 0 else 0
    used_up = as_of + DAY * lasts if lasts <= days and (pace > 0 or left <= 0) else None
    return Ending(what, pace, left - pace * days, used_up.isoformat() if used_up else "")
