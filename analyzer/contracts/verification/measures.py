"""The file of measures: what was rolled out when, with which calibrated ratios and quality gates.

Ratios tell the baseline's tokens for one of the reporting period's, from a paired sample; they and
quality gates name their evidence. A file that contradicts itself is refused whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from analyzer.contracts.evidence_files import evidence_fault
from analyzer.contracts.fee import Quality
from analyzer.contracts.fields import Day, Dollars, Form, Number, Table, Words
from analyzer.contracts.logged import Span
from analyzer.errors import ContractError
from analyzer.results import NOTHING, Grade, Lever, Pico

FEWEST_CALLS = 30
"""Paired calls below which a ratio is weaker evidence."""
_DAY = "a UTC day such as 2026-10-05, without a time"
_RATIO = "a number above 0, such as 1.25"
_ALLOWED = {
    "version": "1",
    "currency": '"USD": amounts of other currencies are not mixed in',
    "deployment": "tables, each [[deployment]]",
    "routing": "tables, each [[routing]]",
    "output": "tables, each [[output]]",
    "quality": "tables, each [[quality]]",
    "own_cost": "tables, each [[own_cost]]",
    "workload": "a workload's name as the baseline has it",
    "lever": '"output", "routing", "batch" or "caching"',
    "started": _DAY,
    "completed": _DAY,
    "first_day": _DAY,
    "last_day": _DAY,
    "actual": "the model of the reporting period",
    "baseline": "the model of the baseline",
    "input_ratio": _RATIO,
    "output_ratio": _RATIO,
    "ratio": _RATIO,
    "uncertainty": "the relative standard uncertainty of the ratio, such as 0.03",
    "calls": "paired calls, a whole number",
    "evidence": "a file beside this one, by its relative path",
    "sha256": "the evidence file's SHA-256, 64 hexadecimal digits",
    "lower_bound": "the lower bound of the quality difference, such as -0.01",
    "margin": "the loss of quality that is allowed, such as 0.02",
    "amount": 'dollars in whole cents, such as 2000 or "2000.00"',
    "what": "words",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """One lever rolled out in one workload; its traffic from start to completion counts nowhere."""

    workload: str
    lever: Lever
    started: date
    completed: date


@dataclass(frozen=True, slots=True)
class Ratio:
    """Baseline tokens for one token of the reporting period."""

    workload: str
    actual: str
    """Model; empty for an output ratio."""
    baseline: str
    into: Fraction
    out: Fraction
    uncertainty: Fraction
    """Relative, one standard deviation."""
    calls: int
    since: date | None = None
    """The day an output lever was fully rolled out: earlier calls are as the baseline's; None
    where no deployment is told, for all calls."""
    evidence: str = ""
    sha256: str = ""

    def live_on(self, day: date) -> bool:
        """Tell whether the ratio fits calls of this day."""
        return self.since is None or day >= self.since

    @property
    def grade(self) -> Grade:
        """E3 from a paired sample of at least 30 calls."""
        return "E3" if self.calls >= FEWEST_CALLS else "E4"


@dataclass(frozen=True, slots=True)
class Gate:
    """A non-inferiority test of answers."""

    workload: str
    lever: Lever
    span: Span
    held: bool
    lower_bound: Fraction = Fraction(0)
    margin: Fraction = Fraction(0)
    evidence: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything a verification needs to be told."""

    sha256: str = ""
    deployments: tuple[Deployment, ...] = ()
    routing: tuple[Ratio, ...] = ()
    output: tuple[Ratio, ...] = ()
    gates: tuple[Gate, ...] = ()
    own: tuple[tuple[Span, Pico], ...] = ()

    def live_since(self, workload: str, lever: Lever, otherwise: date) -> date:
        """Give the day a lever was fully rolled out."""
        found = [
            one.completed
            for one in self.deployments
            if (one.workload, one.lever) == (workload, lever)
        ]
        return min(found, default=otherwise)

    def quality(self, workload: str, lever: Lever, span: Span) -> Quality:
        """Tell what the quality gate said of a whole period."""
        if lever in ("batch", "caching"):
            return "not needed"
        held = [
            gate.held
            for gate in self.gates
            if (gate.workload, gate.lever) == (workload, lever)
            and gate.span.first_day <= span.first_day
            and gate.span.last_day >= span.last_day
        ]
        if not held:
            return "not measured"
        return "held" if all(held) else "failed"

    def own_cost(self, span: Span) -> Pico:
        """What the contract counts against a period's savings.

        Raises:
            ContractError: a cost whose days lie only partly inside.
        """
        total = NOTHING
        for days, amount in self.own:
            if days.first_day > span.last_day or days.last_day < span.first_day:
                continue
            if days.first_day < span.first_day or days.last_day > span.last_day:
                raise ContractError(
                    f"own_cost of {days}: lies only partly in {span}, part it at the border"
                )
            total += amount
        return total


def load_measures(path: Path) -> Measures:
    """Read a file of measures and check its evidence.

    Raises:
        ContractError: not readable, an unknown key, days or ratios that contradict themselves,
            evidence that is missing or is not what was hashed.
    """
    file, sha256 = _FORM.read(path)
    if faults := "; ".join(_faults(file, path.parent)):
        raise ContractError(f"{path}: {faults}")
    return Measures(
        sha256,
        tuple(
            Deployment(one.workload, one.lever, one.started, one.completed)
            for one in file.deployment
        ),
        tuple(
            Ratio(
                one.workload, one.actual, one.baseline, one.input_ratio, one.output_ratio,
                one.uncertainty, one.calls, None, one.evidence, one.sha256,
            )
            for one in file.routing
        ),
        tuple(
            Ratio(
                one.workload, "", "", Fraction(1), one.ratio, one.uncertainty, one.calls,
                min((d.completed for d in file.deployment
                     if (d.workload, d.lever) == (one.workload, "output")), default=None),
                one.evidence, one.sha256,
            )
            for one in file.output
        ),
        tuple(
            Gate(
                one.workload,
                one.lever,
                Span(one.first_day, one.last_day),
                one.lower_bound >= -one.margin,
                one.lower_bound,
                one.margin,
                one.evidence,
                one.sha256,
            )
            for one in file.quality
        ),
        tuple((Span(one.first_day, one.last_day), one.amount) for one in file.own_cost),
    )  # fmt: skip


def _hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError
    return value


def _above_nothing(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError
    return value


def _not_below(value: Fraction) -> Fraction:
    if value < 0:
        raise ValueError
    return value


_Positive = Annotated[Number, AfterValidator(_above_nothing)]
_Amount = Annotated[Number, AfterValidator(_not_below)]
_Hash = Annotated[str, AfterValidator(_hash)]
_Calls = Annotated[int, Field(ge=1)]


class _Deployment(Table):
    workload: Words
    lever: Lever
    started: Day
    completed: Day


class _Evident(Table):
    workload: Words
    evidence: Words
    sha256: _Hash


class _Routing(_Evident):
    actual: Words
    baseline: Words
    input_ratio: _Positive
    output_ratio: _Positive
    uncertainty: _Amount
    calls: _Calls


class _Output(_Evident):
    ratio: _Positive
    uncertainty: _Amount
    calls: _Calls


class _Quality(_Evident):
    lever: Literal["output", "routing"]
    first_day: Day
    last_day: Day
    lower_bound: Number
    margin: _Amount


class _OwnCost(Table):
    first_day: Day
    last_day: Day
    amount: Annotated[Dollars, AfterValidator(_not_below)]
    what: Words


class _File(Table):
    version: Literal[1]
    currency: Literal["USD"]
    deployment: list[_Deployment] = Field(default_factory=list)
    routing: list[_Routing] = Field(default_factory=list)
    output: list[_Output] = Field(default_factory=list)
    quality: list[_Quality] = Field(default_factory=list)
    own_cost: list[_OwnCost] = Field(default_factory=list)


_FORM = Form(
    _File,
    _ALLOWED,
    {
        "deployment": _Deployment,
        "routing": _Routing,
        "output": _Output,
        "quality": _Quality,
        "own_cost": _OwnCost,
    },
)


def _faults(file: _File, folder: Path) -> Iterator[str]:
    yield from _day_faults(file)
    yield from _repeats("routing", [(r.workload, r.actual, r.baseline) for r in file.routing])
    yield from _repeats("output", [(r.workload,) for r in file.output])
    for name in ("routing", "output", "quality"):
        for place, evident in enumerate(getattr(file, name)):
            fault = evidence_fault(folder, evident.evidence, evident.sha256, "measures")
            if fault:
                yield f"{name}[{place}].{fault}"


def _day_faults(file: _File) -> Iterator[str]:
    for place, one in enumerate(file.deployment):
        if one.completed < one.started:
            yield f"deployment[{place}].completed: {one.completed} is before {one.started}"
    for name in ("quality", "own_cost"):
        for place, days in enumerate(getattr(file, name)):
            if days.last_day < days.first_day:
                yield f"{name}[{place}].last_day: {days.last_day} is before {days.first_day}"


def _repeats(name: str, keys: list[tuple[str, ...]]) -> Iterator[str]:
    for place, key in enumerate(keys):
        if key in keys[:place]:
            yield f"{name}[{place}]: {', '.join(key)} stands twice, give one ratio"
