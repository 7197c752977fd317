"""Cells of vendor reports as exact values; a fault names the cell by its path, never its content.

Money becomes whole pico-units of its currency through `Decimal`, never through a float. Amounts
finer than that (exports that wrote floats carry such noise) are rounded half to even.
"""

import json
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, NoReturn

from analyzer.trace import Tokens, TokenType
from connectors.faults import LineError
from connectors.times import from_iso

Json = dict[str, Any]

DOLLARS, CENTS = 12, 10
"""Powers of ten from an amount to pico-units."""
DAY_US, HOUR_US, MINUTE_US = 86_400_000_000, 3_600_000_000, 60_000_000

TOKEN_TYPES: dict[str, TokenType] = {
    "uncached_input_tokens": "uncached",
    "input_no_cache": "uncached",
    "cache_read_input_tokens": "read",
    "input_cache_read": "read",
    "cache_creation.ephemeral_5m_input_tokens": "write_5m",
    "input_cache_write_5m": "write_5m",
    "cache_creation.ephemeral_1h_input_tokens": "write_1h",
    "input_cache_write_1h": "write_1h",
    "cache_creation_input_tokens": "write_unsplit",
    "input_cache_write": "write_unsplit",
    "output_tokens": "output",
    "output": "output",
}
"""Token types as the APIs (SDK `BetaAnalyticsTokenType`) and the Console's export write them."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COUNT = re.compile(r"\d{1,18}", re.ASCII)
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
_MOST_DIGITS = 30
"""Pico-units of a single cell; leaves room to add up every cell of any report."""
_MOST_TOKENS = 10**16
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Part:
    """An object of a report, and where it stands in the line."""

    fields: Json
    where: str = ""

    def at(self, key: str) -> str:
        """Give the path of a key."""
        return f"{self.where}.{key}" if self.where else key

    def part(self, key: str) -> "Part":
        """Give an object inside; an absent one is empty."""
        value = self.fields.get(key)
        if value is None:
            return Part({}, self.at(key))
        if not isinstance(value, dict):
            raise LineError("bad field", f"{self.at(key)}: expected an object")
        return Part(value, self.at(key))

    def parts(self, key: str) -> "list[Part]":
        """Give a list of objects; an absent one is empty."""
        value = self.fields.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise LineError("bad field", f"{self.at(key)}: expected a list of objects")
        return [Part(one, f"{self.at(key)}[{index}]") for index, one in enumerate(value)]

    def words(self, key: str) -> str | None:
        """Give a name; None when it is absent or empty."""
        value = self.fields.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > _LONGEST_NAME:
            raise LineError("bad field", f"{self.at(key)}: expected a short text")
        return value.strip() or None

    def count(self, key: str) -> int | None:
        """Give a count, which a CSV writes as digits; None when it is absent."""
        value = self.fields.get(key)
        if value is None:
            return None
        if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
            value = int(value)
        if type(value) is not int or not 0 <= value <= _MOST_TOKENS:
            raise LineError("bad count", f"{self.at(key)}: counts are whole numbers from 0")
        return value

    def money(self, key: str, power: int) -> int | None:
        """Give an amount in pico-units; None when it is absent."""
        value = self.fields.get(key)
        return None if value is None else pico(value, self.at(key), power)

    def amount(self, key: str, power: int) -> int:
        """Give an amount that must be there."""
        found = self.money(key, power)
        if found is None:
            raise LineError("no amount", f"{self.at(key)}: missing; the row tells of no money")
        return found

    def time(self, key: str) -> int:
        """Give a time that must be there, in microseconds UTC."""
        text = self.words(key)
        if text is None:
            raise LineError("bad time", f"{self.at(key)}: missing")
        return utc(text, self.at(key))


def load(raw: bytes) -> Json:
    """Parse a line into an object: fractions as `Decimal`; a key that stands twice is a fault."""
    try:
        value = json.loads(
            raw.decode(),
            parse_float=_fraction,
            parse_constant=_no_number,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise LineError("not JSON", "the line is damaged; save the report again") from error
    if not isinstance(value, dict):
        raise LineError("not an object", "a report's line is an object")
    return value


def pico(value: object, where: str, power: int) -> int:
    """Give an amount, told as a decimal string or a number, in whole pico-units."""
    number = decimal(value, where)
    if number.adjusted() + power > _MOST_DIGITS:
        raise LineError("bad amount", f"{where}: larger than any bill")
    return int(_EXACT.quantize(_EXACT.scaleb(number, power), Decimal(1)))


def decimal(value: object, where: str) -> Decimal:
    """Give a number exactly as it is written."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, Decimal) or type(value) is int:
        return Decimal(value)
    raise LineError("bad amount", f"{where}: not a decimal number")


def utc(text: str, where: str) -> int:
    """Give an ISO time in microseconds since 1970 UTC, whatever zone it names."""
    moment = from_iso(text, where)
    if moment < 0:
        raise LineError("bad time", f"{where}: before 1970")
    return moment


def tokens_of(usage: Part) -> Tokens:
    """Read the counts that the usage reports of the Admin and Analytics APIs share."""
    written = usage.part("cache_creation")
    tokens = Tokens(
        uncached=usage.count("uncached_input_tokens"),
        read=usage.count("cache_read_input_tokens"),
        write_5m=written.count("ephemeral_5m_input_tokens"),
        write_1h=written.count("ephemeral_1h_input_tokens"),
        output=usage.count("output_tokens"),
    )
    if tokens == Tokens():
        raise LineError("no counts", f"{usage.where or 'line'}: holds none of the token counts")
    return tokens


def bucket(part: Part) -> tuple[int, int]:
    """Give start (inclusive) and end (exclusive) of a cell's time, UTC whatever zone it names."""
    start, end = part.time("starting_at"), part.time("ending_at")
    if start >= end:
        raise LineError("bad time", f"{part.at('ending_at')}: not after starting_at")
    return start, end


def only_usd(part: Part, key: str = "currency") -> str:
    """Give `USD`; the APIs say amounts are cents of it, and no rule is known for another."""
    currency = part.words(key) or "USD"
    if currency.upper() != "USD":
        raise LineError("other currency", f"{part.at(key)}: amounts are documented as USD cents")
    return "USD"


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise LineError("bad amount", "a number past every range") from error


def _no_number(_name: str) -> NoReturn:
    raise LineError("bad amount", "NaN and Infinity are no amounts")


def _unique(pairs: list[tuple[str, object]]) -> Json:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise LineError("duplicate key", "a key stands twice in one object")
    return fields
