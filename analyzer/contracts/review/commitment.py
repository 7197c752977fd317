"""A negotiated commit and how it burns down: what is used, and where two paces lead."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analyzer.contracts.review.months import DAY, Span, each_day
from analyzer.contracts.review.spending import Spending
from analyzer.errors import ContractError
from analyzer.results import NOTHING, Pico
from analyzer.review_results import BurnDown, Ending

_PICO = 10**12
_PACE_DAYS = 28
"""Four whole weeks, so that every weekday counts alike."""


class _Terms(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Decimal = Field(gt=0)
    first_day: date
    last_day: date
    used_before: Decimal | None = Field(default=None, ge=0)


class _File(BaseModel):
    source: str
    commit: _Terms | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """Dollars promised over a term, as invoiced."""

    amount: Pico
    first_day: date
    last_day: date
    used_before: Pico | None
    """Used before the log begins; None where nobody says."""
    source: str


def read_commitment(path: Path) -> Commitment | None:
    """Read the `[commit]` table of a contract file; None where it has none.

    Raises:
        ContractError: a key or value at fault, or a term that ends before it begins.
    """
    try:
        told = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not TOML ({error}); see docs/review.md") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"{path}: {where}: {first['msg']}; see docs/review.md") from error
    terms = told.commit
    if terms is None:
        return None
    if terms.last_day < terms.first_day:
        raise ContractError(
            f"{path}: commit.last_day: {terms.last_day} is before first_day {terms.first_day}"
        )
    before = None if terms.used_before is None else _pico(terms.used_before)
    source = f"{told.source} ({path.name})"
    return Commitment(_pico(terms.amount), terms.first_day, terms.last_day, before, source)


def burn_down(
    spent: Spending, span: Span, commitment: Commitment, efficiency: Fraction | None
) -> BurnDown:
    """Count what is used up to the log's last day, and carry two paces on to the term's end.

    Raises:
        ContractError: the term begins before the log and nobody says what was used until then, or
            the other way round.
    """
    used_before = _used_before(span, commitment)
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


def _used_before(span: Span, commitment: Commitment) -> Pico:
    begins = span.logged[0]
    if commitment.first_day < begins and commitment.used_before is None:
        raise ContractError(
            f"commit.used_before: the commit runs from {commitment.first_day} and the log from"
            f" {begins}; say in the contract file what was used before"
        )
    if commitment.first_day >= begins and commitment.used_before:
        raise ContractError(
            f"commit.used_before: the log begins on {begins} and tells all use from"
            f" {commitment.first_day} on; leave it out"
        )
    return commitment.used_before or NOTHING


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


def _pico(usd: Decimal) -> Pico:
    return Fraction(usd) * _PICO
