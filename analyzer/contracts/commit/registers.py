"""The registers of a negotiation: what each assumption is worth, who owns it, what was adjusted."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from analyzer.contracts.commit.grounds import (
    BIRTHS,
    ENDINGS,
    GROWTH,
    INTEREST,
    PRICE_CUTS,
    UNCOMMITTED,
)
from analyzer.contracts.commit.risks import CASES
from analyzer.contracts.owners import Owners
from analyzer.contracts.register import Register, touching
from analyzer.results import Pico
from analyzer.results.commit import Negotiation, Sensitivity
from analyzer.results.register import Registered
from analyzer.results.sizing import PoolSizing

_PICO_PER_CENT = 10**10
CASE_OF: Mapping[str, str] = {
    GROWTH: CASES.growth,
    PRICE_CUTS: CASES.price_cuts,
    BIRTHS: CASES.births,
    ENDINGS: CASES.endings,
}
"""Which case of the sensitivities moves a statement."""


def weighed(found: Negotiation, uncommitted_discount: Fraction) -> Negotiation:
    """Put beside each assumption what the expected cost moves by when it alone is moved."""
    return replace(
        found,
        assumptions=tuple(_weighed(row, found, uncommitted_discount) for row in found.assumptions),
    )


def backed(found: Negotiation, register: Register | None, owners: Owners | None) -> Negotiation:
    """Add the register's entries that touch the history, and the owners; both enter the manifest.

    Raises:
        ContractError: an owner of a workload that the history does not have.
    """
    if owners is not None:
        owners.check({one.name for one in found.workloads})
    given = [one and one.sha256 for one in (register, owners)]
    parts = [found.manifest, *given]
    return replace(
        found,
        assumptions=owners.sign(found.assumptions, found.last_day) if owners else found.assumptions,
        adjustments=touching(register, found.first_day, found.last_day),
        manifest=hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        if any(given)
        else found.manifest,
    )


def _weighed(row: Registered, found: Negotiation, uncommitted_discount: Fraction) -> Registered:
    subject, sizing = row.subject, _sizing(found)
    if row.statement == INTEREST:
        return replace(row, moved="not worked out; it lowers every present value")
    if subject.topic == "selection":
        return replace(row, moved="chooses among commits, moves no cost")
    if row.statement in CASE_OF:
        cases = (one for one in found.sensitivity if one.what == CASE_OF[row.statement])
        return _by_case(row, next(cases, None), found)
    if sizing is None:
        return replace(row, moved="no pool is offered")
    if row.statement == UNCOMMITTED:
        # One point off all use, which costs (1 - discount) of list without a commit.
        point = Fraction(sizing.uncommitted.cost.cents) / (1 - uncommitted_discount) / 100
        return _moved(row, -point * _PICO_PER_CENT, "on paying by use, a point more off")
    return _by_lever(row, sizing)


def _by_case(row: Registered, case: Sensitivity | None, found: Negotiation) -> Registered:
    if case is None:
        why = "nothing of it is expected" if found.recommended else "no commit is recommended"
        return replace(row, moved=why)
    ends = ((case.low_cents, case.low), (case.high_cents, case.high))
    cents, end = max(ends, key=lambda one: abs(one[0]))
    words = "if there are none" if end == "none" else f"at {end}"
    return _moved(row, Fraction(cents) * _PICO_PER_CENT, words)


def _by_lever(row: Registered, sizing: PoolSizing) -> Registered:
    """Cash of the lever under the chosen commit, given the levers before it."""
    about = (row.subject.lever, row.subject.workload, sizing.chosen.commit_usd)
    for one in sizing.levers:
        if (one.lever, one.workload, one.commit_usd) == about:
            return _moved(row, Fraction(one.total.cents) * _PICO_PER_CENT, "cash, if it stays away")
    return replace(row, moved="in no cash of the chosen commit")


def _moved(row: Registered, pico: Pico, words: str) -> Registered:
    return replace(row, sensitivity=pico, moved=words)


def _sizing(found: Negotiation) -> PoolSizing | None:
    """Give the answer that the page leads with: the recommended offer's, else the first."""
    lead = found.best or next(iter(found.offers), None)
    return lead.sizing if lead else None
