"""Dated, sourced list prices, and the model facts that decide what a request may cost."""

from analyzer.prices.book import Book
from analyzer.prices.changes import Change
from analyzer.prices.crosscheck import Disagreement, crosscheck
from analyzer.prices.facts import Accepts, Minimum, ModelFacts, PriceRow, TokenRatio
from analyzer.prices.modifiers import CLOUD
from analyzer.prices.moves import Move
from analyzer.prices.rates import PICO_PER_USD, Quote, Rates

__all__ = [
    "CLOUD",
    "PICO_PER_USD",
    "Accepts",
    "Book",
    "Change",
    "Disagreement",
    "Minimum",
    "ModelFacts",
    "Move",
    "PriceRow",
    "Quote",
    "Rates",
    "TokenRatio",
    "crosscheck",
]
