"""What contracts read of a log: whole UTC days of traffic under names that last."""

from analyzer.contracts.logged.boundaries import EVERYTHING, Covered
from analyzer.contracts.logged.cells import (
    METERS,
    Cell,
    Rate,
    Rates,
    Sku,
    bill,
    book_rates,
    cells,
    inside,
)
from analyzer.contracts.logged.reading import Logged, read
from analyzer.contracts.logged.spans import Span, number_of, stretches, whole_days

__all__ = [
    "EVERYTHING",
    "METERS",
    "Cell",
    "Covered",
    "Logged",
    "Rate",
    "Rates",
    "Sku",
    "Span",
    "bill",
    "book_rates",
    "cells",
    "inside",
    "number_of",
    "read",
    "stretches",
    "whole_days",
]
