"""The user's own file of announced prices and retirements; each fault names file and key."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Annotated, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from analyzer.errors import InputError, PriceError
from analyzer.prices import Book, Move
from analyzer.prices.moves import SINGLE, MoveMeter

_ALLOWED = {
    "move": "tables [[move]] with model, meter, price or percent, and date",
    "retirement": "tables [[retirement]] with model and date",
    "model": "a model of `rebill prices show`",
    "meter": f"one of {', '.join(get_args(MoveMeter))}",
    "price": "USD for each million tokens (each 1,000 searches; a multiplier for batch and fast), "
    'such as 4.5 or "0.25"',
    "percent": 'the change in percent, above -100, such as -10 or "12.5"',
    "date": "the first day of it, such as 2026-12-15",
    "successors": 'a list of models to price, such as ["claude-haiku-5-5"]',
    "source": "where it was announced, in words",
}


_MOST_DIGITS = 12
"""Before or behind the point: more are no price, and would fill the memory."""


def _decimal(value: object) -> object:
    """Take exact numbers only: TOML's are read as decimals, text may hold one."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("no number")  # noqa: TRY004 - pydantic turns this one into a fault
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError("no number") from error
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("no price")
    return Fraction(number)


def _day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


_Number = Annotated[Fraction, BeforeValidator(_decimal)]
_Date = Annotated[date, BeforeValidator(_day)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class _Move(_Table):
    model: str | None = None
    meter: MoveMeter
    price: _Number | None = Field(default=None)
    percent: _Number | None = Field(default=None)
    date: _Date
    source: str = ""


class _Retirement(_Table):
    model: str
    date: _Date
    successors: list[str] = Field(default_factory=list)
    source: str = ""


class _File(_Table):
    move: list[_Move] = Field(default_factory=list)
    retirement: list[_Retirement] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AnnouncedMove:
    """A price that holds from a day on."""

    day: date
    move: Move
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class NamedRetirement:
    """A retirement that the book does not hold, or successors for one that it does."""

    day: date
    model: str
    successors: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Announced:
    """All of one file, by day."""

    name: str = ""
    """The file's name with the SHA-256 of its bytes; empty without a file."""
    moves: tuple[AnnouncedMove, ...] = ()
    retirements: tuple[NamedRetirement, ...] = ()


def read_moves(path: Path, book: Book) -> Announced:
    """Read a file of `[[move]]` and `[[retirement]]` tables.

    Raises:
        InputError: not TOML, an unknown key or model, a price that is none.
    """
    try:
        raw = path.read_bytes()
        told = tomllib.loads(raw.decode(), parse_float=Decimal)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML ({error}); see docs/prices.md") from error
    try:
        file = _File.model_validate(told)
    except ValidationError as error:
        raise InputError(f"{path}: {_fault(error.errors(include_url=False)[0])}") from error
    if not (file.move or file.retirement):
        raise InputError(f"{path}: holds nothing; give {_ALLOWED['move']}")
    moves = [
        _move(f"{path}: move[{place}]", one, book, path.name) for place, one in enumerate(file.move)
    ]
    _try_in_turn([f"{path}: move[{place}]" for place in range(len(moves))], moves, book)
    ends = [
        _retirement(f"{path}: retirement[{place}]", one, book, path.name)
        for place, one in enumerate(file.retirement)
    ]
    return Announced(
        name=f"{path.name}, sha256 {hashlib.sha256(raw).hexdigest()}",
        moves=tuple(sorted(moves, key=lambda one: one.day)),
        retirements=tuple(sorted(ends, key=lambda one: one.day)),
    )


def _move(where: str, one: _Move, book: Book, file: str) -> AnnouncedMove:
    if (one.model is None) != (one.meter == "web_search"):
        why = "web search has one price for every model; leave model out"
        raise InputError(f"{where}.model: " + (why if one.model else f"missing; {_give('model')}"))
    model = None if one.model is None else _canonical(f"{where}.model", one.model, book)
    factor = _factor(where, one)
    move = Move(model, one.meter, one.price, factor)
    return AnnouncedMove(one.date, move, _words(one), one.source or file)


def _words(one: _Move) -> str:
    meter = one.meter.replace("_", " ")
    if one.percent is not None:
        return f"{meter} {float(one.percent):+g} %"
    multiplies = one.meter in ("batch", "fast")
    price = f"{float(one.price or 0):g}"
    return f"{meter} to {price} x list" if multiplies else f"{meter} to ${price}"


def _factor(where: str, one: _Move) -> Fraction | None:
    if (one.price is None) == (one.percent is None):
        raise InputError(f"{where}.price: give price or percent, and not both")
    if one.price is not None:
        if one.price < 0:
            raise InputError(f"{where}.price: below 0; {_give('price')}")
        if one.meter not in SINGLE:
            raise InputError(
                f"{where}.price: {one.meter} is several prices; give percent, or one of "
                f"{', '.join(SINGLE)} as meter"
            )
        return None
    if one.percent is None or one.percent <= -100:  # noqa: PLR2004 - percent
        raise InputError(f"{where}.percent: {_give('percent')}")
    return 1 + one.percent / 100


def _try_in_turn(where: Sequence[str], moves: Sequence[AnnouncedMove], book: Book) -> None:
    """Put every move over those before it, as the study does, and refuse what has no price."""
    in_turn = sorted(zip(where, moves, strict=True), key=lambda each: each[1].day)
    for place, each in in_turn:
        book = _try(place, each, book)


def _try(where: str, announced: AnnouncedMove, book: Book) -> Book:
    """Quote what the move touches: rates are whole pico-dollars or the price is refused.

    A move scales the prices that the book holds for later days too, so those days are quoted.
    """
    move = announced.move
    key = "price" if move.price is not None else "percent"
    days = {each.day for each in book.changes() if each.day > announced.day}
    try:
        after = book.with_move(move)
        for model in (move.model,) if move.model else book.models():
            for day in (announced.day, *sorted(days)):
                _quote_all(after, model, day)
    except (PriceError, ArithmeticError) as error:
        raise InputError(f"{where}.{key}: {error}; name a price that does") from error
    return after


def _quote_all(book: Book, model: str, day: date) -> None:
    ways = [(tier, None) for tier in (None, "batch")] + [(None, "fast")]
    for tier, speed in ways:
        for geo in (None, "us", "regional"):
            try:
                book.quote(model, day, tier, speed, geo)
            except PriceError:  # not sold so: nothing to price
                continue


def _retirement(where: str, one: _Retirement, book: Book, file: str) -> NamedRetirement:
    return NamedRetirement(
        day=one.date,
        model=_canonical(f"{where}.model", one.model, book),
        successors=tuple(_canonical(f"{where}.successors", name, book) for name in one.successors),
        source=one.source or file,
    )


def _canonical(where: str, name: str, book: Book) -> str:
    known = book.canonical(name)
    if known is None:
        raise InputError(f"{where}: {name!r} is not in the book; {_give('model')}")
    return known


def _fault(error: ErrorDetails) -> str:
    loc = error["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)[1:]
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    if error["type"] == "extra_forbidden":
        known = [name for name in _ALLOWED if name not in {"move", "retirement"}]
        allowed = ("move", "retirement") if len(loc) == 1 else known
        return f"{path}: unknown key; allowed are {', '.join(allowed)}"
    if error["type"] == "missing":
        return f"{path}: missing; {_give(key)}"
    return f"{path}: {error['input']!s:.40} is not allowed; {_give(key)}"


def _give(key: str) -> str:
    return f"give {_ALLOWED.get(key, _ALLOWED['move'])}"
