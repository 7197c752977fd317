"""The machine's twin of a page: exact values under the records' own names, in their order."""

import json
from dataclasses import fields, is_dataclass
from fractions import Fraction

from reports.numbers import exact_usd

RATIOS = frozenset(
    {
        "agreement",
        "batch_share",
        "burn",
        "coverage",
        "efficiency",
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


def as_json(record: object) -> str:
    """The machine's twin: exact values under the same names, in the order of the records.

    Money is a string: a decimal number of US dollars, or `num/den` of a dollar where no
    decimal ends. Ratios are `num/den`.
    """
    return json.dumps(_plain(record), ensure_ascii=False, indent=1) + "\n"


def _count(value: object) -> object:
    """Give what a record in tokens holds: fractions there are no money."""
    if not isinstance(value, Fraction):
        return value
    return int(value) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _plain(value: object, name: str = "") -> object:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}" if name in RATIOS else exact_usd(value)
    if is_dataclass(value) and not isinstance(value, type):
        stored = [field.name for field in fields(value)]
        computed = [key for key, made in vars(type(value)).items() if isinstance(made, property)]
        found = {key: getattr(value, key) for key in stored + computed}
        counted = found.get("unit") == "tokens"
        return {key: _count(one) if counted else _plain(one, key) for key, one in found.items()}
    if isinstance(value, tuple):
        return [_plain(item, name) for item in value]
    return value
