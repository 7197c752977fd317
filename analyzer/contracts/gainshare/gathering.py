"""Puts the page together: the baseline always, periods and their fee where they were asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.contracts.baseline import Baseline
from analyzer.contracts.baseline.signing import Signature
from analyzer.contracts.fee import FeeTerms, settle
from analyzer.contracts.gainshare.frozen import frozen_of
from analyzer.contracts.gainshare.rules import rules_of, statement_of
from analyzer.contracts.gainshare.verified import verified_of
from analyzer.contracts.register import ROUTINE, TRIGGERS, Register
from analyzer.contracts.verification import Verification, fee_period
from analyzer.results.baseline import Named, TriggerRow
from analyzer.results.gainshare import Gainshare, Statement


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page is made from."""

    baseline: Baseline
    sha256: str
    """Of the baseline's file."""
    signatures: tuple[Signature, ...]
    terms: FeeTerms | None = None
    register: Register | None = None
    untrusted: tuple[str, ...] = ()
    """Why the signatures are not those of the trusted keys."""
    papers: tuple[Named, ...] = ()
    """Files of the contract, each with its SHA-256."""
    command: str = ""
    """What repeats the page."""


def gather(sheet: Sheet, found: Sequence[Verification] = ()) -> Gainshare:
    """Give the page's record; without periods it is the baseline report."""
    baseline, register = sheet.baseline, sheet.register
    terms = sheet.terms
    no_fee = _no_fee(sheet, found)
    return Gainshare(
        title=baseline.title,
        parties=register.parties if register else (),
        term=(str(register.first_day), str(register.last_day)) if register else None,
        frozen=frozen_of(baseline, sheet.sha256, sheet.signatures, sheet.untrusted),
        triggers=tuple(
            TriggerRow(one.name, one.detection, one.treatment, one.sides)
            for one in TRIGGERS.values()
        ),
        routine=tuple(Named(name.replace("_", " "), how) for name, how in ROUTINE.items()),
        fee_rules=None if terms is None else rules_of(terms, baseline.bill, *baseline.span.days),
        periods=tuple(map(verified_of, found)),
        statements=() if no_fee else _statements(terms, found),
        no_fee=no_fee,
        papers=sheet.papers,
        command=sheet.command,
    )


def _no_fee(sheet: Sheet, found: Sequence[Verification]) -> str:
    if not found:
        return "no period is verified on this page"
    if failed := [gate.name for gate in sheet.baseline.gates if gate.standing == "fail"]:
        return f"the baseline is indicative ({', '.join(failed)})"
    return "no fee terms are given" if sheet.terms is None else ""


def _statements(terms: FeeTerms | None, found: Sequence[Verification]) -> tuple[Statement, ...]:
    if terms is None:
        return ()
    return tuple(map(statement_of, settle([fee_period(one) for one in found], terms)))
