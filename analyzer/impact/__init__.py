"""What dated price moves and retirements do to one traffic, in dollars a month."""

from analyzer.impact.announced import Announced, NamedRetirement, read_moves
from analyzer.impact.records import (
    Cell,
    Exposure,
    Impact,
    LeftOut,
    Money,
    PriceMove,
    Retirement,
    Successor,
)
from analyzer.impact.study import Asked, impact

__all__ = [
    "Announced",
    "Asked",
    "Cell",
    "Exposure",
    "Impact",
    "LeftOut",
    "Money",
    "NamedRetirement",
    "PriceMove",
    "Retirement",
    "Successor",
    "impact",
    "read_moves",
]
