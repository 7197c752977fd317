"""A sized commit for programs: the record's own names, exact values."""

import datetime as dt
import json
from dataclasses import fields, is_dataclass
from fractions import Fraction

from analyzer.commit_results import Negotiation
from reports.numbers import PICO_PER_USD, exact_usd


def as_json(found: Negotiation) -> str:
    """Give every field of the record, and what it computes, in its own order.

    Exact money and shares are strings, a decimal or `num/den` where none ends; simulated figures
    are whole cents under names that end in `cents`.
    """
    return json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n"


def plain(value: object) -> object:
    """Give a record as JSON holds it; `best` repeats an offer and is left out."""
    if isinstance(value, Fraction):
        return exact_usd(value * PICO_PER_USD)
    if isinstance(value, dt.date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        stored = [field.name for field in fields(value)]
        computed = [key for key, made in vars(type(value)).items() if isinstance(made, property)]
        return {key: plain(getattr(value, key)) for key in stored + computed if key != "best"}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
