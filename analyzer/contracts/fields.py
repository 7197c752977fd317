"""What contract files are made of: exact dollars and shares, whole days, and faults in words."""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from analyzer.errors import ContractError

_PICO = 10**12
_MOST_DIGITS = 12
"""Before the point: more are no bill."""
_SHOWN = 40


class Table(BaseModel):
    """A table of a contract file: unknown keys and loose types are faults."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )


File = TypeVar("File", bound=Table)


def _nothing_to_add(_key: str, _found: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Form(Generic[File]):
    """The shape of one kind of file and the words of its faults."""

    file: type[File]
    allowed: Mapping[str, str]
    """What each key may hold."""
    tables: Mapping[str, type[Table]] = field(default_factory=dict)
    """Tables within, by key."""
    why: Callable[[str, str], str] = _nothing_to_add
    """Own words for a key and the value found; empty for the usual ones."""

    def read(self, path: Path) -> tuple[File, str]:
        """Give a file's tables and its SHA-256.

        Raises:
            ContractError: not readable, not TOML, or any key at fault; every fault is told.
        """
        try:
            raw = path.read_bytes()
            told = tomllib.loads(raw.decode(), parse_float=Decimal)
        except OSError as error:
            why = f"cannot be read ({error.strerror}), check the path"
            raise ContractError(f"{path}: {why}") from error
        except (ValueError, RecursionError) as error:
            raise ContractError(f"{path}: not TOML ({error}), mend it there") from error
        try:
            file = self.file.model_validate(told)
        except ValidationError as error:
            faults = "; ".join(map(self._fault, error.errors(include_url=False)))
            raise ContractError(f"{path}: {faults}") from error
        return file, hashlib.sha256(raw).hexdigest()

    def _fault(self, error: ErrorDetails) -> str:
        loc = error["loc"]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)[1:]
        key = next((part for part in reversed(loc) if isinstance(part, str)), "")
        if error["type"] == "extra_forbidden":
            table = self.tables.get(str(loc[0]), self.file) if len(loc) > 1 else self.file
            return f"{path}: unknown key, allowed are {', '.join(table.model_fields)}"
        if error["type"] == "missing":
            return f"{path}: missing, give {self.allowed[key]}"
        found = str(error["input"])
        if own := self.why(key, found):
            return f"{path}: {own}"
        return f"{path}: {found:.{_SHOWN}} is not allowed, give {self.allowed[key]}"


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError
    return value


def _day(value: object) -> object:
    """Take whole days only: a time would ask for a time zone."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError  # noqa: TRY004 - pydantic turns this one into a fault
    return value


def _number(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError  # noqa: TRY004 - pydantic turns this one into a fault
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError from error
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError
    return Fraction(number)


def _dollars(value: object) -> object:
    """Give pico-dollars; finer ones are refused and never rounded."""
    pico = _number(value) * _PICO
    if pico.denominator != 1:
        raise ValueError
    return pico


Words = Annotated[str, AfterValidator(_filled)]
Day = Annotated[date, BeforeValidator(_day)]
Number = Annotated[Fraction, BeforeValidator(_number)]
Dollars = Annotated[Fraction, BeforeValidator(_dollars)]
"""Whole pico-dollars, from dollars as TOML's number or as text."""
