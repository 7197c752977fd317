"""The baseline: what the traffic cost and how it was sent, frozen before any lever is pulled."""

from analyzer.contracts.baseline.document import canonical, to_bytes
from analyzer.contracts.baseline.freezing import Ask, freeze
from analyzer.contracts.baseline.reading import Frozen, load, read_frozen
from analyzer.contracts.baseline.records import METHOD, Baseline, Gate, Manifest, Unit, Workload
from analyzer.contracts.baseline.verifying import Finding, asked_by, verify, verify_file

__all__ = [
    "METHOD",
    "Ask",
    "Baseline",
    "Finding",
    "Frozen",
    "Gate",
    "Manifest",
    "Unit",
    "Workload",
    "asked_by",
    "canonical",
    "freeze",
    "load",
    "read_frozen",
    "to_bytes",
    "verify",
    "verify_file",
]
