"""Exact amounts in and out: dollars as given on the command line, records as JSON."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import click

from analyzer.cli.printing import PICO_PER_DOLLAR
from analyzer.contracts.exact_text import exact_text

_MOST_DIGITS = 12


def number(_context: click.Context, option: click.Parameter, text: str | None) -> Fraction | None:
    """Read an exact number, such as 0.2."""
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise click.BadParameter(f"{text} is not a number", param=option) from error
    if not found.is_finite() or abs(found.adjusted()) > _MOST_DIGITS:
        raise click.BadParameter(f"{text} is no amount or share", param=option)
    return Fraction(found)


def dollars(context: click.Context, option: click.Parameter, text: str | None) -> Fraction | None:
    """Read dollars; give pico-dollars."""
    found = number(context, option, text)
    return None if found is None else found * PICO_PER_DOLLAR


def as_json(record: object) -> str:
    """Give a record as JSON: amounts are strings of pico-dollars, exact."""
    return json.dumps(_plain(record), indent=1, ensure_ascii=False)


def told(share: Fraction) -> str:
    """Give a share as a percentage without needless digits."""
    return f"{float(share) * 100:.4g} %"


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return exact_text(value)
    if is_dataclass(value) and not isinstance(value, type):
        stored = [field.name for field in fields(value)]
        made = [key for key, one in vars(type(value)).items() if isinstance(one, property)]
        return {key: _plain(getattr(value, key)) for key in stored + made}
    if isinstance(value, Mapping):
        return {_key(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    return value.isoformat() if isinstance(value, date) else value


def _key(key: object) -> str:
    if isinstance(key, (tuple, frozenset)):
        return ", ".join(sorted(map(str, key)) if isinstance(key, frozenset) else map(str, key))
    return str(key)
