"""Exact numbers as a contract file writes them: money, shares and counts, never binary floats."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Field, PlainValidator

DIGITS = 18
"""Most digits on either side of the point: exact, and never huge."""
_SHOWN = 60


def number(low: int, high: int | None = None, *, open_ends: str = "") -> PlainValidator:
    """Accept an exact number between two bounds; `open_ends` names those left out."""
    return PlainValidator(lambda value: bounded(value, low, high, open_ends))


def bounded(value: object, low: int, high: int | None = None, open_ends: str = "") -> Fraction:
    """Give the exact number, refused outside its bounds ("low", "high" or "low high" are open)."""
    found = _exact(value)
    if found < low or ("low" in open_ends and found == low):
        raise ValueError
    if high is not None and (found > high or ("high" in open_ends and found == high)):
        raise ValueError
    return found


def shown(value: object) -> str:
    """A value as a fault prints it: one short line."""
    quoted = isinstance(value, str | bool)
    text = json.dumps(value, ensure_ascii=False) if quoted else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}.."


def _exact(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError  # noqa: TRY004  pydantic turns a ValueError into a fault, not a TypeError
    found = Decimal(value)
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DIGITS or found.adjusted() >= DIGITS:
        raise ValueError
    return Fraction(found)


Money = Annotated[
    Fraction, number(0), Field(description="an amount of 0 or more, of at most 18 digits")
]
Discount = Annotated[
    Fraction,
    number(0, 1, open_ends="high"),
    Field(description="a share from 0 to below 1 (0.12 is 12 % off)"),
]
Share = Annotated[Fraction, number(0, 1), Field(description="a share from 0 to 1")]
PartShare = Annotated[
    Fraction, number(0, 1, open_ends="low"), Field(description="a share above 0 and at most 1")
]
