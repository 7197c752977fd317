"""Bugs planted into the comparison: the worked months notice each of them."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.verification import counterfactual, games, pricing
from tests.contracts.verification.worked_months import USD, verified


def right() -> bool:
    found = verified(price_basis="frozen")
    levers = [one.fair / USD for one in verified().levers]
    fair = [Fraction(2025, 2), Fraction(2295, 2), 6_750, 6_885]
    return found.avoided == 32_030 * USD and levers == fair


def _batch_everything(made: Any, cell: Any, pulled: Any) -> Any:
    del made, pulled
    yield cell.sku.tier, Fraction(1)


def _own_setting(*_given: Any) -> None:
    return None


def _current(prices: Any, sku: Any, day: Any, basis: Any) -> Any:
    del basis
    kept = prices.kept(sku.model)
    return tuple(rate * kept for rate in prices.rate(sku, day))


def _listed_cost(made: Any, pulled: Any, prices: Any, _basis: Any) -> Fraction:
    flows = [(flow.tokens, prices.rate(flow.sku, flow.day)) for flow in made.flows(pulled)]
    return sum((n * r for counts, rates in flows for n, r in zip(counts, rates, strict=True)),
               Fraction(0))  # fmt: skip


PLANTED: list[tuple[Any, str, Callable[..., Any]]] = [
    (counterfactual.Counterfactual, "_tiers", _batch_everything),
    (counterfactual.Counterfactual, "_setting", _own_setting),
    (pricing.Prices, "_paid", _current),
    (games, "cost", _listed_cost),
]


@pytest.mark.full
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted[1])
def test_a_planted_bug_is_noticed(
    planted: tuple[Any, str, Callable[..., Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert right()
    monkeypatch.setattr(*planted)
    assert not right()
