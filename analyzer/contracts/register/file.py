"""The register file: every entry with its dates, trigger, evidence, amount and signatures.

A file that contradicts itself is refused whole: nothing of it is used.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from analyzer.contracts.evidence_files import evidence_fault
from analyzer.contracts.fields import Day, Dollars, Form, Table, Words
from analyzer.contracts.register.triggers import ROUTINE, TRIGGERS, Trigger
from analyzer.errors import ContractError
from analyzer.results import Pico

Status = Literal["open", "signed", "withdrawn"]
_ALLOWED = {
    "version": "1",
    "currency": '"USD": amounts of other currencies are not mixed in',
    "first_day": "a UTC day such as 2026-10-05, without a time",
    "last_day": "a UTC day such as 2026-10-07, without a time",
    "parties": 'the two who sign, such as ["client", "consultant"]',
    "adjustment": "tables, each [[adjustment]]",
    "id": "a name of its own",
    "trigger": f"one of {', '.join(TRIGGERS)}",
    "workloads": "a list of workload names, or nothing for all",
    "evidence": "a file beside the register, by its relative path",
    "sha256": "the evidence file's SHA-256, 64 hexadecimal digits",
    "method": "how the amount was worked out, in words",
    "amount": 'dollars added to the adjusted baseline, such as "-1250.00"',
    "raised_by": "one of the parties",
    "raised_on": "a UTC day such as 2026-10-20, without a time",
    "signed_by": "a list of the parties that signed",
    "status": '"open", "signed" or "withdrawn"',
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One adjustment as entered."""

    name: str
    first_day: date
    last_day: date
    trigger: Trigger
    workloads: tuple[str, ...]
    """Empty for all."""
    evidence: str
    sha256: str
    method: str
    amount: Pico
    """Added to the adjusted baseline (and to the actual bill where the trigger moves both)."""
    raised_by: str
    raised_on: date
    signed_by: tuple[str, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Register:
    """Every entry of a contract, by first day, then name."""

    sha256: str
    """Of the file, for the manifest."""
    first_day: date
    last_day: date
    """The contract's term, inclusive."""
    parties: tuple[str, ...]
    entries: tuple[Entry, ...]


def load_register(path: Path) -> Register:
    """Read a register and check every entry's evidence against its hash.

    Raises:
        ContractError: not readable, an unknown key or trigger, a routine adjustment, dates that
            contradict, overlapping entries, evidence that is missing or is not what was hashed.
    """
    file, sha256 = _FORM.read(path)
    if faults := "; ".join([*_term_faults(file), *_entry_faults(file, path.parent)]):
        raise ContractError(f"{path}: {faults}")
    return Register(
        sha256=sha256,
        first_day=file.first_day,
        last_day=file.last_day,
        parties=tuple(file.parties),
        entries=tuple(sorted(map(_entry, file.adjustment), key=lambda e: (e.first_day, e.name))),
    )


def _hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError
    return value


def _known_trigger(value: str) -> str:
    if value not in TRIGGERS:
        raise ValueError
    return value


class _Adjustment(Table):
    id: Words
    first_day: Day
    last_day: Day
    trigger: Annotated[str, AfterValidator(_known_trigger)]
    workloads: list[Words] = Field(default_factory=list)
    evidence: Words
    sha256: Annotated[str, AfterValidator(_hash)]
    method: Words
    amount: Dollars
    raised_by: Words
    raised_on: Day
    signed_by: list[Words] = Field(default_factory=list)
    status: Status


class _File(Table):
    version: Literal[1]
    currency: Literal["USD"]
    first_day: Day
    last_day: Day
    parties: Annotated[list[Words], Field(min_length=2, max_length=2)]
    adjustment: list[_Adjustment] = Field(default_factory=list)


def _why(key: str, found: str) -> str:
    if key == "trigger" and found in ROUTINE:
        return f"{found} is routine: it is computed from {ROUTINE[found]} and never entered"
    return ""


_FORM = Form(_File, _ALLOWED, {"adjustment": _Adjustment}, _why)


def _term_faults(file: _File) -> Iterator[str]:
    if file.last_day < file.first_day:
        yield f"last_day: {file.last_day} is before first_day {file.first_day}"
    if len(set(file.parties)) != len(file.parties):
        yield "parties: one stands twice, a party does not sign with itself"
    names = [one.id for one in file.adjustment]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield f"adjustment[{place}].id: {name!r} stands twice, give each entry its own"
    for one, other in combinations(file.adjustment, 2):
        if _overlap(one, other):
            yield (
                f"adjustment {other.id!r}: same trigger, workloads and days as {one.id!r}, which"
                " would count twice; join them or part their days"
            )


def _overlap(one: _Adjustment, other: _Adjustment) -> bool:
    if "withdrawn" in (one.status, other.status) or one.trigger != other.trigger:
        return False
    apart = one.workloads and other.workloads and not set(one.workloads) & set(other.workloads)
    return not apart and one.first_day <= other.last_day and other.first_day <= one.last_day


def _entry_faults(file: _File, folder: Path) -> Iterator[str]:
    for place, one in enumerate(file.adjustment):
        where = f"adjustment[{place}]"
        if one.last_day < one.first_day:
            yield f"{where}.last_day: {one.last_day} is before first_day {one.first_day}"
        if one.first_day < file.first_day or one.last_day > file.last_day:
            yield (
                f"{where}: {one.first_day} to {one.last_day} lies outside the contract, which"
                f" runs from {file.first_day} to {file.last_day}"
            )
        yield from _party_faults(where, one, file.parties)
        if why := evidence_fault(folder, one.evidence, one.sha256):
            yield f"{where}.{why}"


def _party_faults(where: str, one: _Adjustment, parties: Sequence[str]) -> Iterator[str]:
    allowed = f"give {' or '.join(parties)}"
    if one.raised_by not in parties:
        yield f"{where}.raised_by: {one.raised_by!r} is no party, {allowed}"
    for name in one.signed_by:
        if name not in parties:
            yield f"{where}.signed_by: {name!r} is no party, {allowed}"
    for key, names in (("signed_by", one.signed_by), ("workloads", one.workloads)):
        if len(set(names)) != len(names):
            yield f"{where}.{key}: a name stands twice, give each once"


def _entry(one: _Adjustment) -> Entry:
    return Entry(
        name=one.id,
        first_day=one.first_day,
        last_day=one.last_day,
        trigger=TRIGGERS[one.trigger],
        workloads=tuple(one.workloads),
        evidence=one.evidence,
        sha256=one.sha256,
        method=one.method,
        amount=one.amount,
        raised_by=one.raised_by,
        raised_on=one.raised_on,
        signed_by=tuple(one.signed_by),
        status=one.status,
    )
