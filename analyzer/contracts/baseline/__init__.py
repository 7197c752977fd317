"""The baseline: what the traffic cost and how it was sent, frozen before any lever is pulled."""

from analyzer.contracts.baseline.document import canonical, load, to_bytes
from analyzer.contracts.baseline.freezing import Ask, freeze
from analyzer.contracts.baseline.records import METHOD, Baseline, Gate, Manifest, Unit, Workload
from analyzer.contracts.baseline.verifying import Finding, verify

__all__ = [
    "METHOD",
    "Ask",
    "Baseline",
    "Finding",
    "Gate",
    "Manifest",
    "Unit",
    "Workload",
    "canonical",
    "freeze",
    "load",
    "to_bytes",
    "verify",
]
