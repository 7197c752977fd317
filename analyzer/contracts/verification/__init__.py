"""Verification: what a later period would have cost under the frozen baseline, and who saved it."""

from analyzer.contracts.verification.asking import NO_CONTRACT, Asked
from analyzer.contracts.verification.comparing import compare, compare_in_order
from analyzer.contracts.verification.counterfactual import Calibration, Counterfactual
from analyzer.contracts.verification.fees import fee_period
from analyzer.contracts.verification.measures import Measures, load_measures
from analyzer.contracts.verification.pricing import PriceBasis, Prices
from analyzer.contracts.verification.records import (
    Basis,
    BuildUp,
    Cash,
    LeverSaving,
    Saved,
    Verification,
)
from analyzer.contracts.verification.scaling import VolumeBasis

__all__ = [
    "NO_CONTRACT",
    "Asked",
    "Basis",
    "BuildUp",
    "Calibration",
    "Cash",
    "Counterfactual",
    "LeverSaving",
    "Measures",
    "PriceBasis",
    "Prices",
    "Saved",
    "Verification",
    "VolumeBasis",
    "compare",
    "compare_in_order",
    "fee_period",
    "load_measures",
]
