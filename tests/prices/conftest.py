from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from analyzer.prices import PICO_PER_USD, Book, Quote

Cost = Callable[..., Fraction]
"""Dollars of one request from its token counts, exactly."""


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load()


@pytest.fixture(scope="session")
def dollars() -> Cost:
    """The whole of billing in a few lines, so that a quote can be read as money."""

    def cost(quote: Quote, searches: int = 0, **tokens: int) -> Fraction:
        prompt = sum(count for kind, count in tokens.items() if kind != "output")
        long = quote.threshold is not None and prompt > quote.threshold
        rates = quote.over if long and quote.over is not None else quote.base
        pico = sum(count * int(getattr(rates, kind)) for kind, count in tokens.items())
        return Fraction(pico + searches * quote.web_search, PICO_PER_USD)

    return cost


@pytest.fixture(scope="session")
def today() -> date:
    """The day the shipped book was written."""
    return date(2026, 11, 23)
