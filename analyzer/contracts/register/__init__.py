"""The register of adjustments: what else changed, on what evidence, and what of it counts."""

from analyzer.contracts.register.file import Entry, Register, load_register
from analyzer.contracts.register.judging import Judged, Verdict, judge, new_baseline_due
from analyzer.contracts.register.touching import touching
from analyzer.contracts.register.triggers import ROUTINE, TRIGGERS, Trigger

__all__ = [
    "ROUTINE",
    "TRIGGERS",
    "Entry",
    "Judged",
    "Register",
    "Trigger",
    "Verdict",
    "judge",
    "load_register",
    "new_baseline_due",
    "touching",
]
