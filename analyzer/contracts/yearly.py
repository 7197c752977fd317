"""A year's savings for a quote, from draws or from the daily savings of a replay.

Days resemble their neighbours, so the interval is that of `statistics.days.savings_rate`; its 10th
and 90th percentiles are the ends of the 80 % interval. Growth of the traffic is not foreseen.
"""

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from analyzer.contracts.quote import Savings
from analyzer.errors import ContractError
from analyzer.results import Pico
from analyzer.statistics.days import savings_rate

_PICO = 10**12
_DAYS = 365
_BETWEEN_P10_AND_P90 = 0.8
_LONGEST = 60
_MOST_DIGITS = 12
"""Before the point: more are no bill."""
_POWER = re.compile(r"[eE][+-]?(\d+)")
_KEYS = (
    "the daily `observed` and `after` of `rebill replay --json`, nor a list of dollars, each"
    " below 10^12"
)


def yearly_savings(path: Path) -> Savings:
    """Read a year's savings.

    Raises:
        ContractError: not readable, other keys, fewer than 14 days or than 100 draws.
    """
    try:
        told = json.loads(path.read_bytes(), parse_float=Decimal)
        if isinstance(told, list):
            draws = [_pico(one) for one in told]
            days = []
        else:
            draws = []
            days = [(_pico(day["observed"]), _pico(day["after"])) for day in told["days"]]
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}), check the path") from error
    except (ValueError, KeyError, TypeError, ZeroDivisionError, RecursionError) as error:
        raise ContractError(f"{path}: holds neither {_KEYS}") from error
    return of_days(days) if days or isinstance(told, dict) else Savings.of_draws(draws)


def of_days(days: list[tuple[Pico, Pico]]) -> Savings:
    """Take days, each as (cost observed, cost after the levers), to a year.

    Raises:
        ContractError: fewer than 14 days, or days that cost nothing.
    """
    cost = sum((before for before, _ in days), Fraction(0))
    saved = cost - sum((after for _, after in days), Fraction(0))
    found = savings_rate(
        [float(before - after) for before, after in days],
        [float(before) for before, _ in days],
        _BETWEEN_P10_AND_P90,
    )
    year = Fraction(_DAYS, len(days))
    spread = Fraction(found.half_width) * cost * year
    middle = saved * year
    low, high = Fraction(round(middle - spread)), Fraction(round(middle + spread))
    return Savings(low, middle, high)


def _pico(value: Any) -> Pico:
    if isinstance(value, bool):
        raise ValueError("no amount")  # noqa: TRY004 - as any other value that is none
    text = str(value)
    if len(text) > _LONGEST or any(int(power) > _MOST_DIGITS for power in _POWER.findall(text)):
        raise ValueError("no amount")
    found = Fraction(text) * _PICO
    if abs(found) >= 10**_MOST_DIGITS * _PICO:
        raise ValueError("no bill")
    return found
