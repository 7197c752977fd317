"""The machine's twin of a page: exact values under the records' own names, in their order."""

import datetime as dt
import json
from dataclasses import fields, is_dataclass
from fractions import Fraction

from analyzer.results import commit, sizing
from reports.numbers import PICO_PER_USD, exact_usd

RATIOS = frozenset(
    {
        "agreement",
        "batch_share",
        "burn",
        "coverage",
        "efficiency",
        "efficiency_before",
        "efficiency_by_week",
        "error",
        "example_share",
        "most_uncertainty",
        "overage_factor",
        "payback",
        "read_share",
        "saved_rate",
        "savings_uncertainty",
        "score",
        "share",
        "speed_ups",
        "truncation_share",
        "waste_share",
    }
)
"""Fields whose fractions are not money."""
IN_DOLLARS = frozenset({commit.__name__, sizing.__name__})
"""Modules whose records hold dollars and shares; elsewhere money is pico-dollars."""
_DIGITS = 12
"""Of an estimate held as a float: further ones differ between machines."""


def as_json(record: object) -> str:
    """The machine's twin: exact values under the same names, in the order of the records.

    Money is a string: a decimal number of US dollars, or `num/den` of a dollar where no decimal
    ends; simulated money is whole cents, under names that end in `cents`. Ratios are `num/den`, but
    decimals where a record holds dollars; estimates have 12 digits. A computed record repeats a
    stored one and is left out.
    """
    return json.dumps(_plain(record), ensure_ascii=False, indent=1) + "\n"


def _count(value: object) -> object:
    """Give what a record in tokens holds: fractions there are no money."""
    if not isinstance(value, Fraction):
        return value
    return int(value) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _plain(value: object, name: str = "", scale: int = 1) -> object:
    if isinstance(value, Fraction):
        ratio = name in RATIOS and scale == 1
        return f"{value.numerator}/{value.denominator}" if ratio else exact_usd(value * scale)
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dt.date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    if isinstance(value, tuple):
        return [_plain(item, name, scale) for item in value]
    return value


def _record(value: object) -> dict[str, object]:
    kind = type(value)
    stored = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a record's own class
    computed = [key for key, made in vars(kind).items() if isinstance(made, property)]
    found = {key: getattr(value, key) for key in stored}
    made = {key: getattr(value, key) for key in computed}
    found |= {key: one for key, one in made.items() if not is_dataclass(one)}
    if found.get("unit") == "tokens":
        return {key: _count(one) for key, one in found.items()}
    scale = PICO_PER_USD if kind.__module__ in IN_DOLLARS else 1
    return {key: _plain(one, key, scale) for key, one in found.items()}
