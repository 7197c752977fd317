"""The policy: which lever acts on which workload, with what evidence.

It is read from `policy.toml` (`docs/policy.md`), or built by the search, and written back as a file
that a person can edit: `parse_policy(policy.to_toml(), ...) == policy`.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar, overload

from analyzer.errors import PolicyError
from analyzer.policy.file import NEWER, check, decimal_text, read_toml, toml_pairs, toml_value
from analyzer.policy.schema import VERSION, Kind, KnownModel, MatchTable
from analyzer.results import LEVERS, Grade, Lever

ACCEPTED: tuple[Grade, ...] = ("E1", "E2", "E3", "E4")
"""Grades whose lines stand in the headline."""
BATCH_PROMISE_HOURS = 24
"""The vendor promises a batch's result within this time and nothing sooner."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a call must be to belong to a workload: every key that is given must hold."""

    app: str | None = None
    model: str | None = None
    key: str | None = None
    workspace: str | None = None
    session: str | None = None
    visibility: str | None = None
    tier: str | None = None
    agent: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()

    def accepts(
        self, facts: Mapping[str, str | None], *, agent: bool, tags: Mapping[str, str]
    ) -> bool:
        """Whether a call fits; what its source does not say (None) fits no pattern."""
        return (
            all(_fits(pattern, facts.get(name)) for name, pattern in self.patterns())
            and self.agent in {None, agent}
            and all(_fits(pattern, tags.get(name)) for name, pattern in self.tags)
        )

    def patterns(self) -> Iterator[tuple[str, str]]:
        """The named columns that must match, with their patterns."""
        for name in _MATCHED:
            pattern = getattr(self, name)
            if pattern is not None:
                yield name, pattern


@dataclass(frozen=True, slots=True)
class WorkloadRule:
    """A name for the calls that match; the first rule that matches names a call."""

    name: str
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRule:
    """Shorter answers by a ratio, or a cap under which longer answers fail and are asked again."""

    workload: str
    length_ratio: Fraction = Fraction(1)
    cap_tokens: int | None = None
    retry_share: Fraction = Fraction(1)
    """Share of truncated answers that are asked again."""
    retry_cap_tokens: int | None = None
    evidence: Literal["assumed", "published"]
    basis: str

    @property
    def grade(self) -> Grade:
        """E5: nobody measured the ratio on this traffic."""
        return "E5"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """Another model; escalated calls pay both."""

    workload: str
    from_model: str | None = None
    """Only calls of this model; None for any."""
    to_model: str
    escalation_share: Fraction = Fraction(0)
    output_ratio: Fraction = Fraction(1)
    input_ratio: Fraction | None = None
    """Overrides the ratio between the two tokenizers."""
    evidence: Literal["assumed", "published"]
    basis: str

    @property
    def grade(self) -> Grade:
        """E5: quality and lengths on the new model were not measured on this traffic."""
        return "E5"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRule:
    """The batch tier, where a call may wait."""

    workload: str
    deadline_hours: Fraction = Fraction(24)
    seeded: bool = False
    hit_share: Fraction = Fraction(3, 10)
    """Share of the reusable prefix that is read inside a batch; used only when seeded."""
    expiry_share: Fraction = Fraction(0)
    """Share of requests that expire: unbilled, and asked again live."""
    evidence: Literal["deadline", "own-batches", "inferred"]
    basis: str

    @property
    def grade(self) -> Grade:
        """E4 with a written deadline or own batch traffic, E5 when eligibility is inferred."""
        return "E5" if self.evidence == "inferred" else "E4"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachingRule:
    """Cache marks: their life and their places, and what keeps their entries alive."""

    workload: str
    ttl: Literal["observed", "none", "5m", "1h", "mixed"]
    """`mixed`: an hour on tools and system prompt, 5 minutes behind them."""
    placement: Literal["observed", "system", "document", "conversation", "both"] = "observed"
    keep_alive_pings: int = field(default=0, metadata=NEWER)
    """Most pings sent while a conversation is idle."""
    prewarm: bool = field(default=False, metadata=NEWER)
    """Whether a cold system prompt is written before the call that needs it."""
    evidence: Literal["replayed"] = "replayed"
    basis: str

    @property
    def grade(self) -> Grade:
        """E5 until this lever itself is back-tested on this traffic; then E4."""
        return "E5"


@dataclass(frozen=True, slots=True)
class LeaveRule:
    """A workload that one lever leaves as observed, whatever its other rules say."""

    lever: Lever
    workload: str


@dataclass(frozen=True, slots=True)
class ServingRule:
    """The kind of a workload's text, and the latency wanted; moves no money."""

    workload: str
    kind: Kind
    objective_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Constraints:
    """What search and replay must not do."""

    allowed_models: tuple[str, ...] | None = None
    horizon: dt.date | None = None
    """A target model retired before this date is infeasible."""


LeverRule = OutputRule | RoutingRule | BatchRule | CachingRule
_Rule = TypeVar("_Rule", OutputRule, RoutingRule, BatchRule, CachingRule)


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules, in file order; the first that fits a workload acts."""

    name: str | None = None
    seeds: tuple[int, ...] = (1,)
    """Shares are realised for each seed; a value is the mean over them."""
    workloads: tuple[WorkloadRule, ...] = ()
    output: tuple[OutputRule, ...] = ()
    routing: tuple[RoutingRule, ...] = ()
    batch: tuple[BatchRule, ...] = ()
    caching: tuple[CachingRule, ...] = ()
    leave: tuple[LeaveRule, ...] = ()
    serving: tuple[ServingRule, ...] = ()
    constraints: Constraints = field(default_factory=Constraints)

    @classmethod
    def observed(cls) -> "Policy":
        """The policy that changes nothing."""
        return cls()

    @overload
    def rule(self, lever: Literal["output"], workload: str) -> OutputRule | None: ...
    @overload
    def rule(
        self, lever: Literal["routing"], workload: str, model: str | None = None
    ) -> RoutingRule | None: ...
    @overload
    def rule(self, lever: Literal["batch"], workload: str) -> BatchRule | None: ...
    @overload
    def rule(self, lever: Literal["caching"], workload: str) -> CachingRule | None: ...
    @overload
    def rule(self, lever: Lever, workload: str, model: str | None = None) -> LeverRule | None: ...
    def rule(self, lever: Lever, workload: str, model: str | None = None) -> LeverRule | None:
        """The rule of a lever that acts on a workload; with `model`, on its calls of that model."""
        for rule in self.rules(lever, workload):
            source = rule.from_model if isinstance(rule, RoutingRule) else None
            if model is None or source in {None, model}:
                return rule
        return None

    def rules(self, lever: Lever, workload: str) -> tuple[LeverRule, ...]:
        """Every rule of a lever that names the workload or `*`, in file order."""
        if LeaveRule(lever, workload) in self.leave:
            return ()
        return tuple(rule for rule in self.of(lever) if rule.workload in {workload, "*"})

    def of(self, lever: Lever) -> tuple[LeverRule, ...]:
        """All rules of a lever."""
        of: Mapping[Lever, tuple[LeverRule, ...]] = {
            "output": self.output,
            "routing": self.routing,
            "batch": self.batch,
            "caching": self.caching,
        }
        return of[lever]

    def serving_rule(self, workload: str) -> ServingRule | None:
        """The first serving rule for a workload."""
        return next((rule for rule in self.serving if rule.workload in {workload, "*"}), None)

    def with_levers(self, levers: frozenset[Lever]) -> "Policy":
        """The same policy with the rules of these levers only."""
        return replace(
            self,
            output=self.output if "output" in levers else (),
            routing=self.routing if "routing" in levers else (),
            batch=self.batch if "batch" in levers else (),
            caching=self.caching if "caching" in levers else (),
            leave=tuple(rule for rule in self.leave if rule.lever in levers),
        )

    def accepted(self) -> "Policy":
        """The same policy with lines of grade E4 or better only.

        A workload whose own line is dropped is left as observed: a later line for `*` was never
        meant for it.
        """
        output, left_output = _accepted(self.output)
        routing, left_routing = _accepted(self.routing)
        batch, left_batch = _accepted(self.batch)
        caching, left_caching = _accepted(self.caching)
        left = zip(LEVERS, (left_output, left_routing, left_batch, left_caching), strict=True)
        added = tuple(LeaveRule(lever, name) for lever, names in left for name in names)
        return replace(
            self,
            output=output,
            routing=routing,
            batch=batch,
            caching=caching,
            leave=self.leave + tuple(rule for rule in added if rule not in self.leave),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a careful reader must know of these rules, each in a sentence."""
        early = (
            f"batch for `{rule.workload}`: a deadline of {decimal_text(rule.deadline_hours)} h is"
            f" shorter than the {BATCH_PROMISE_HOURS} h within which the vendor promises a result"
            for rule in self.batch
            if rule.deadline_hours < BATCH_PROMISE_HOURS
        )
        return (*early, *(text for lever in LEVERS for text in _never_acting(self.of(lever))))

    @property
    def sha256(self) -> str:
        """Hash of the policy as `to_toml` writes it, whatever comments its file had."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()

    def to_toml(self) -> str:
        """The policy as a file that a person can edit."""
        lines = [_HEADER, f"version = {VERSION}"]
        lines += [] if self.name is None else [f"name = {toml_value(self.name)}"]
        lines += [f"seeds = {toml_value(list(self.seeds))}"]
        for workload in self.workloads:
            lines += ["", "[[workload]]", f"name = {toml_value(workload.name)}"]
            lines += ["[workload.match]", *toml_pairs(workload.match)]
        for lever in LEVERS:
            for rule in self.of(lever):
                lines += ["", f"# {_EFFECT[lever]} Grade {rule.grade}.", f"[[{lever}]]"]
                lines += toml_pairs(rule)
        for leave in self.leave:
            lines += ["", "# This lever leaves the workload as observed.", "[[leave]]"]
            lines += toml_pairs(leave)
        for serving in self.serving:
            lines += ["", "# Latency only; moves no money.", "[[serving]]", *toml_pairs(serving)]
        if self.constraints != Constraints():
            lines += ["", "[constraints]", *toml_pairs(self.constraints)]
        return "\n".join(lines) + "\n"


def load_policy(path: Path, known_model: KnownModel) -> Policy:
    """Read a policy file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read, {error.strerror}: name a TOML file") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: not UTF-8 at byte {error.start}, save it as UTF-8") from error
    return parse_policy(text, str(path), known_model)


def parse_policy(text: str, where: str, known_model: KnownModel) -> Policy:
    """Check a policy's text and give the policy; `where` names the file in every fault."""
    checked = check(read_toml(text, where), where, known_model)
    allowed = checked.constraints.allowed_models
    return Policy(
        name=checked.name,
        seeds=tuple(checked.seeds),
        workloads=tuple(WorkloadRule(each.name, _match(each.match)) for each in checked.workload),
        output=tuple(OutputRule(**dict(each)) for each in checked.output),
        routing=tuple(RoutingRule(**dict(each)) for each in checked.routing),
        batch=tuple(BatchRule(**dict(each)) for each in checked.batch),
        caching=tuple(CachingRule(**dict(each)) for each in checked.caching),
        leave=tuple(LeaveRule(**dict(each)) for each in checked.leave),
        serving=tuple(ServingRule(**dict(each)) for each in checked.serving),
        constraints=Constraints(
            None if allowed is None else tuple(allowed), checked.constraints.horizon
        ),
    )


_MATCHED = ("app", "model", "key", "workspace", "session", "visibility", "tier")
_HEADER = """\
# Which lever acts on which workload; the first rule that fits acts. Lines of grade E5 rest on
# something nobody measured on this traffic: they count as potential, never in the headline."""
_EFFECT: Mapping[Lever, str] = {
    "output": "Output discipline: shorter answers, or a cap whose cut answers are asked again.",
    "routing": "Routing: another model; escalated calls pay both.",
    "batch": "Batch: half price for calls that may wait.",
    "caching": "Caching: life and places of the cache marks.",
}


def _fits(pattern: str, value: str | None) -> bool:
    """Match with `*` alone special: brackets occur in model names."""
    wild = ".*".join(re.escape(part) for part in pattern.split("*"))
    return value is not None and re.fullmatch(wild, value, re.DOTALL) is not None


def _accepted(rules: tuple[_Rule, ...]) -> tuple[tuple[_Rule, ...], list[str]]:
    """Rules that stay, and workloads that a rule for `*` would wrongly catch now."""
    kept: list[_Rule] = []
    dropped: list[str] = []
    for rule in rules:
        settled = {rule.workload, "*"}
        if settled & {*dropped, *(other.workload for other in kept)}:
            continue
        if rule.grade in ACCEPTED:
            kept.append(rule)
        else:
            dropped.append(rule.workload)
    catches_all = any(rule.workload == "*" for rule in kept)
    return tuple(kept), dropped if catches_all else []


def _never_acting(rules: tuple[LeverRule, ...]) -> Iterator[str]:
    seen: set[tuple[str, str | None]] = set()
    for rule in rules:
        source = rule.from_model if isinstance(rule, RoutingRule) else None
        wider = {(name, model) for name in (rule.workload, "*") for model in (source, None)}
        if wider & seen:
            yield f"a rule for `{rule.workload}` never acts, an earlier one covers it: {rule.basis}"
        seen.add((rule.workload, source))


def _match(table: MatchTable) -> Match:
    return Match(**{**dict(table), "tags": tuple(table.tags.items())})
