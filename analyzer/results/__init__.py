"""Frozen records that reports read: counts and exact sums, no rounding, no prices.

Ratios are properties. Records of one page lie in the module of its name.
"""

from analyzer.results.amounts import LEVERS, NOTHING, Grade, Lever, Pico
from analyzer.results.billed import Buckets, Effective, ModelBill, Paid, Unpriced
from analyzer.results.calibration import BackTest, Calibration, Gap, Half, LossRate, ModelTest
from analyzer.results.ledger import Ledger, Merged, Reason
from analyzer.results.lost import LostCache, LostLine, ToldMiss, Unjudged
from analyzer.results.savings import (
    Assumption,
    Day,
    Foresight,
    LeverShare,
    Line,
    Savings,
    Subset,
    WorkloadResult,
)
from analyzer.results.serving import (
    ClosedLoop,
    LoadLine,
    OutsideTheClaim,
    Predictions,
    Serving,
    ServingLine,
    SoldSpeed,
)

__all__ = [
    "LEVERS",
    "NOTHING",
    "Assumption",
    "BackTest",
    "Buckets",
    "Calibration",
    "ClosedLoop",
    "Day",
    "Effective",
    "Foresight",
    "Gap",
    "Grade",
    "Half",
    "Ledger",
    "Lever",
    "LeverShare",
    "Line",
    "LoadLine",
    "LossRate",
    "LostCache",
    "LostLine",
    "Merged",
    "ModelBill",
    "ModelTest",
    "OutsideTheClaim",
    "Paid",
    "Pico",
    "Predictions",
    "Reason",
    "Savings",
    "Serving",
    "ServingLine",
    "SoldSpeed",
    "Subset",
    "ToldMiss",
    "Unjudged",
    "Unpriced",
    "WorkloadResult",
]
