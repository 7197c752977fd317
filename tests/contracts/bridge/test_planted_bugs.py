"""Break the bridge once in each place: a worked case notices."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from analyzer import attribution
from analyzer.contracts.bridge import Period, crossing, periods, states
from tests.contracts.bridge import test_worked_bridge

_ratio, _times, _place = states._ratio, states._times, states._place  # noqa: SLF001 - broken below


def nothing_imputed(before: int | None, after: int | None) -> tuple[int, int]:
    return before or 0, after or 0


def later_only(before: int | None, after: int | None) -> tuple[int, int]:
    """The later period's value on both sides where one is missing, else as it is."""
    return (after or 0, after or 0) if before is None else (before, after or 0)


def sides_swapped(pair: tuple[int, int], table: Any) -> Any:
    return _times((pair[1], pair[0]), table)


def prompt_only(chosen: frozenset[Any], factors: Any) -> int:
    """Output length moves with prompt length."""
    names = tuple("prompt_length" if name == "output_length" else name for name in factors)
    return _place(chosen, names)  # type: ignore[arg-type]  # the bug


def whole_only(value: int | Fraction) -> int:
    return int(value) << 160


def nobody(*_periods: Period) -> tuple[str, ...]:
    return ()


def one_discount(period: Period, _model: str) -> Fraction:
    return 1 - period.discount


@dataclass(frozen=True, slots=True)
class Planted:
    place: Any
    name: str
    broken: Callable[..., Any]
    notices: Callable[..., Any]


REVIEW = test_worked_bridge.test_the_parts_of_a_spend_review_come_in_their_order
FAIR = test_worked_bridge.test_fair_shares_of_a_spend_review
GAINSHARE = test_worked_bridge.test_in_the_order_of_a_gainshare_price_comes_before_the_levers
MIX = test_worked_bridge.test_new_and_retired_workloads_are_bars_of_the_mix
OWN_DISCOUNT = test_worked_bridge.test_a_model_with_a_discount_of_its_own
PLANTED = [
    Planted(states, "_imputed", nothing_imputed, FAIR),
    Planted(states, "_imputed", later_only, FAIR),
    Planted(states, "_times", sides_swapped, REVIEW),
    Planted(states, "_place", prompt_only, REVIEW),
    Planted(states, "_fixed", whole_only, GAINSHARE),
    Planted(attribution, "in_order", attribution.fair_shares, REVIEW),
    Planted(crossing, "_names", nobody, MIX),
    Planted(periods.Period, "kept", one_discount, OWN_DISCOUNT),
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_bug_is_noticed(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.notices()
    monkeypatch.setattr(planted.place, planted.name, planted.broken)
    with pytest.raises(AssertionError):
        planted.notices()
