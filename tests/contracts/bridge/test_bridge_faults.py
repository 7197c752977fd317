"""Periods that contradict themselves are refused with the field and the rule."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.bridge import FACTORS, Cell, bridge, covered
from analyzer.errors import ContractError
from tests.contracts.bridge.worked_bridge import AFTER, BEFORE

CHAT = Cell("chat", "big", "standard", "uncached", 5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"discount": Fraction(-1, 10)}, "after: discount: -1/10 is not allowed"),
        ({"discounts": {"mid": Fraction(11, 10)}}, r"discounts\[mid\]: 11/10 is not allowed"),
        ({"requests": {**AFTER.requests, "chat": -1}}, r"requests\[chat\]: -1 is not allowed"),
        ({"requests": {}}, "its workload no requests, count both or neither"),
        ({"prices": {}}, "has no price, give one in prices"),
        ({"prices": {**AFTER.prices, ("big", "standard", "read"): -5}}, "-5 is not allowed"),
        ({"cells": (CHAT, CHAT)}, "stands 2 times, add its tokens up"),
        ({"cells": (replace(CHAT, tokens=-5),)}, "-5 tokens are not allowed"),
        ({"cells": (replace(CHAT, meter="thoughts"),)}, "unknown meter, give one of uncached"),
        ({"first_day": date(2026, 9, 30)}, "is not later than before.last_day 2026-09-30"),
        ({"last_day": date(2026, 8, 1)}, "last_day: 2026-08-01 is before first_day"),
    ],
)
def test_a_period_at_fault_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        bridge(BEFORE, replace(AFTER, **change))


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ContractError, match=r"discount.*no price") as caught:
        bridge(BEFORE, replace(AFTER, discount=Fraction(2), prices={}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (FACTORS[:-1], "discount is missing"),
        ((*FACTORS, "luck"), "'luck' is not a factor"),
        ((*FACTORS, "volume"), "a factor stands twice"),
    ],
)
def test_an_order_of_record_names_each_factor_once(order: tuple[str, ...], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        bridge(BEFORE, AFTER, order)


def test_a_period_that_the_log_tells_in_part_is_refused() -> None:
    covered(AFTER, date(2026, 9, 1), date(2026, 10, 31))
    for first, last in (
        (date(2026, 10, 2), date(2026, 10, 31)),
        (date(2026, 9, 1), date(2026, 10, 30)),
    ):
        with pytest.raises(ContractError, match="ingest the rest or name a shorter period"):
            covered(AFTER, first, last)
