"""Values of a table's cells, as numbers or as their text; what is no such value is a fault."""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import msgspec

from connectors.faults import LineError
from connectors.times import Precision, from_iso, precision_of

LARGEST_COUNT = 2**63 - 1
_WHOLE = re.compile(r"\d{1,20}(?:\.0+)?")
"""Tables written by way of floating point show whole numbers as `12.0`."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")
_LONGEST_NAME = 200
_MICROSECONDS = {"s": 6, "ms": 3, "us": 0, "ns": -3}
_PRECISIONS: dict[str, Precision] = {"s": "s", "ms": "ms", "us": "us", "ns": "us"}
_TRUE, _FALSE = frozenset({"true", "1", "yes", "t"}), frozenset({"false", "0", "no", "f"})
_CENTS = Decimal(100)

_decode = msgspec.json.Decoder().decode

Raw = msgspec.Raw


class Moment(NamedTuple):
    """A time in microseconds since 1970 UTC, and how finely it was written."""

    us: int
    precision: Precision


def text_of(raw: Raw | None) -> str | None:
    """Give a name or word; None for what is none, such as an object or a whole page of text."""
    if raw is None:
        return None
    value = _decode(raw)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        text = str(value).strip()
        return text if 0 < len(text) <= _LONGEST_NAME else None
    return None


def code_of(raw: Raw | None) -> str | None:
    """Give a word of a program, such as a stop reason; a sentence may hold anything."""
    text = text_of(raw)
    return text if text and _CODE.fullmatch(text) else None


def flag_of(raw: Raw | None) -> bool | None:
    """Give a yes or no; None for anything else."""
    text = (text_of(raw) or "").lower()
    return True if text in _TRUE else False if text in _FALSE else None


def count_of(raw: Raw | None, where: str) -> int | None:
    """Give a count: a whole number from 0, or its text, which may end in `.0`.

    Raises:
        LineError: anything else; the fault names the kind and never the value.
    """
    if raw is None:
        return None
    value = _decode(raw)
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value.strip().partition(".")[0])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    raise LineError("bad count", f"{where}: {_kind(value)}; counts are whole numbers from 0")


def status_of(raw: Raw | None, where: str) -> int | None:
    """Give an HTTP status; gateways write numbers below 0 where there was none."""
    text = text_of(raw)
    if text is None:
        return None
    if re.fullmatch(r"-?\d{1,3}(?:\.0+)?", text):
        return int(text.partition(".")[0])
    raise LineError("bad field", f"{where}: not an HTTP status")


def moment_of(raw: Raw | None, unit: str, where: str) -> Moment | None:
    """Give a time, from ISO 8601 or from a number since 1970.

    Raises:
        LineError: no such time.
    """
    text = text_of(raw)
    if text is None:
        return None
    if unit == "iso":
        iso = text.removesuffix(" UTC")
        return Moment(from_iso(iso, where), precision_of(iso))
    return Moment(_microseconds(text, unit, where), _PRECISIONS[unit])


def duration_of(raw: Raw | None, unit: str, where: str) -> int | None:
    """Give a length of time in microseconds.

    Raises:
        LineError: no number, or one below 0.
    """
    text = text_of(raw)
    if text is None:
        return None
    length = _microseconds(text, unit, where)
    if length < 0:
        raise LineError("bad time", f"{where}: a length below 0")
    return length


def share_of(raw: Raw | None, where: str) -> float | None:
    """Give a share above 0 and up to 1.

    Raises:
        LineError: anything else.
    """
    text = text_of(raw)
    if text is None:
        return None
    share = float(_number(text, where))
    if not 0 < share <= 1:
        raise LineError("bad field", f"{where}: not a share above 0 and up to 1")
    return share


def dollars_of(raw: Raw | None, unit: str, where: str) -> str | None:
    """Give an amount in dollars as exact decimal text.

    Raises:
        LineError: no number.
    """
    text = text_of(raw)
    if text is None:
        return None
    amount = _number(text, where)
    return format(amount / _CENTS if unit == "cents" else amount, "f")


def _microseconds(text: str, unit: str, where: str) -> int:
    time_us = math.floor(_number(text, where).scaleb(_MICROSECONDS[unit]))
    if abs(time_us) > LARGEST_COUNT:
        raise LineError("bad time", f"{where}: past every calendar; is its unit {unit}?")
    return time_us


_FAR = 30
"""More digits than any time or amount has on either side of its point."""


def _number(text: str, where: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise LineError("bad field", f"{where}: not a number") from error
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _FAR or number.adjusted() > _FAR:
        raise LineError("bad field", f"{where}: a number that no log holds")
    return number


def _kind(value: object) -> str:
    if type(value) is int:
        return "a negative number" if value < 0 else "a number past 64 bits"
    if isinstance(value, str):
        return "a fraction" if re.fullmatch(r"\d+\.\d+", value.strip()) else "no whole number"
    kinds = {float: "a fraction", bool: "true or false", list: "a list"}
    return kinds.get(type(value), "an object")
