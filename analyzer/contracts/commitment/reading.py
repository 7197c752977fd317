"""The `[commit]` of a contract file, read whole or refused by key.

`commit = "none"` says that none is signed; a file that says nothing of a commit leaves it unknown.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from analyzer.errors import ContractError
from analyzer.results import NOTHING, Pico

NONE = "none"
"""What stands for `[commit]` where none is signed."""
_PICO = 10**12
_MOST_DIGITS = 24
_GUIDE = "see docs/review.md"
_SHARE = '"committed", or a share off list from 0 to under 1 (0 is list price)'


def _overage(value: object) -> object:
    if value == "committed":
        return value
    try:
        share = Decimal(str(value))
    except ArithmeticError as error:
        raise ValueError(f"give {_SHARE}") from error
    told = not isinstance(value, bool) and share.is_finite() and 0 <= share < 1
    if not told or share.adjusted() < -_MOST_DIGITS:
        raise ValueError(f"give {_SHARE}")
    return Fraction(share)


class _Terms(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    amount: Decimal = Field(gt=0, max_digits=_MOST_DIGITS)
    first_day: date
    last_day: date
    used_before: Decimal | None = Field(default=None, ge=0, max_digits=_MOST_DIGITS)
    discount_percentage: Decimal | None = Field(default=None, ge=0, lt=1, max_digits=_MOST_DIGITS)
    """Read with the discounts, for whose default it stands."""
    overage_discount_percentage: Annotated[
        Fraction | Literal["committed"] | None, PlainValidator(_overage)
    ] = None
    billing_currency: Literal["USD"] = "USD"


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
    overage: Fraction | Literal["committed"] | None = None
    """Off list for use beyond the commit; None where the file does not say."""

    @property
    def days(self) -> int:
        """Days of the term."""
        return (self.last_day - self.first_day).days + 1

    def before(self, begins: date) -> Pico:
        """Use of the term before a log that begins on a day.

        Raises:
            ContractError: the term begins before the log and nobody says what was used until then,
                or the other way round.
        """
        if self.first_day < begins and self.used_before is None:
            raise ContractError(
                f"commit.used_before: the commit runs from {self.first_day} and the log from"
                f" {begins}; say in the contract file what was used before"
            )
        if self.first_day >= begins and self.used_before:
            raise ContractError(
                f"commit.used_before: the log begins on {begins} and tells all use from"
                f" {self.first_day} on; leave it out"
            )
        return self.used_before or NOTHING


@dataclass(frozen=True, slots=True)
class Promised:
    """What a contract file says of a commit."""

    source: str
    """The contract and its file."""
    commitment: Commitment | None
    none: bool
    """Whether it says that none is signed."""


def read_commitment(path: Path) -> Commitment | None:
    """Read the `[commit]` table of a contract file; None where it has none.

    Raises:
        ContractError: a key or value at fault, or a term that ends before it begins.
    """
    return read_promised(path).commitment


def read_promised(path: Path) -> Promised:
    """Read what a contract file says of a commit.

    Raises:
        ContractError: a key or value at fault, or a term that ends before it begins.
    """
    told = _tables(path)
    none = told.get("commit") == NONE
    if none:
        del told["commit"]
    try:
        file = _File.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        words = first["msg"].removeprefix("Value error, ")
        raise ContractError(f"{path}: {where}: {words}; {_GUIDE}") from error
    source = f"{file.source} ({path.name})"
    return Promised(source, _commitment(path, file.commit, source), none)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not TOML ({error}); {_GUIDE}") from error


def _commitment(path: Path, terms: _Terms | None, source: str) -> Commitment | None:
    if terms is None:
        return None
    if terms.last_day < terms.first_day:
        raise ContractError(
            f"{path}: commit.last_day: {terms.last_day} is before first_day {terms.first_day}"
        )
    return Commitment(
        amount=_pico(terms.amount),
        first_day=terms.first_day,
        last_day=terms.last_day,
        used_before=None if terms.used_before is None else _pico(terms.used_before),
        source=source,
        overage=terms.overage_discount_percentage,
    )


def _pico(usd: Decimal) -> Pico:
    return Fraction(usd) * _PICO
