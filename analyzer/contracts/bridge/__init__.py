"""The bridge between two periods' bills: nine factors that add up to the difference exactly."""

from analyzer.contracts.bridge.crossing import bridge, lever_costs
from analyzer.contracts.bridge.factors import (
    EXOGENOUS,
    FACTORS,
    GAINSHARE_ORDER,
    LEVER_FACTORS,
    Factor,
)
from analyzer.contracts.bridge.observed import Observed, observed
from analyzer.contracts.bridge.periods import METERS, PROMPT_METERS, Cell, Period, covered
from analyzer.contracts.bridge.records import Bridge, CrossCheck, MixBar

__all__ = [
    "EXOGENOUS",
    "FACTORS",
    "GAINSHARE_ORDER",
    "LEVER_FACTORS",
    "METERS",
    "PROMPT_METERS",
    "Bridge",
    "Cell",
    "CrossCheck",
    "Factor",
    "MixBar",
    "Observed",
    "Period",
    "bridge",
    "covered",
    "lever_costs",
    "observed",
]
