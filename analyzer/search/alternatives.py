"""What the search may choose among: for each workload and lever, rules beside "as observed"."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import polars as pl

from analyzer.policy import (
    BatchRule,
    CachingRule,
    LeverRule,
    OutputRule,
    Policy,
    RoutingRule,
)
from analyzer.results import LEVERS, Lever
from analyzer.simulators.caching import place
from analyzer.simulators.events import LIVES, MARKS, originals
from analyzer.simulators.routing import Target

State = tuple[int, ...]
"""The option taken in each slot of a component; 0 is as observed."""
Life = Literal["observed", "5m", "1h"]
Where = Literal["observed", "system", "document", "conversation", "both"]
PLACES: tuple[Where, ...] = ("observed", "system", "document", "conversation", "both")
LIVES_TRIED: tuple[Life, ...] = ("5m", "1h")
PINGED: tuple[tuple[Life, Where], ...] = (
    ("observed", "observed"),
    ("5m", "system"),
    ("5m", "both"),
)
"""Marks that are tried with keep-alive pings; those that we choose, with pre-warming too."""
PINGS = (2, 11)
"""Pings an idle period: to bridge a quarter of an hour, and as many as pay at a read price of 0.1
(11: then a write is cheaper)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One lever of one workload (of one of its models, for routing): at most one option acts."""

    lever: Lever
    workload: str
    options: tuple[LeverRule, ...]
    listed: bool = False
    """Shown as potential and never chosen: nobody wrote a deadline down."""


@dataclass(frozen=True, slots=True)
class Component:
    """Workloads whose prompts may share cache entries, searched together."""

    workloads: tuple[str, ...]
    slots: tuple[Slot, ...]

    @property
    def observed(self) -> State:
        """Nothing changed."""
        return (0,) * len(self.slots)

    @property
    def combinations(self) -> int:
        """How many states the search may choose among."""
        return prod(len(slot.options) + 1 for slot in self.slots if not slot.listed)

    def rules(self, state: State) -> Iterator[LeverRule]:
        """Give the rules of a state."""
        for slot, option in zip(self.slots, state, strict=True):
            if option:
                yield slot.options[option - 1]


def policy_of(rules: Iterable[LeverRule], base: Policy) -> Policy:
    """Give a policy of these rules alone, with the names, seeds and constraints of another."""
    kept = list(rules)
    return replace(
        base,
        output=tuple(rule for rule in kept if isinstance(rule, OutputRule)),
        routing=tuple(rule for rule in kept if isinstance(rule, RoutingRule)),
        batch=tuple(rule for rule in kept if isinstance(rule, BatchRule)),
        caching=tuple(rule for rule in kept if isinstance(rule, CachingRule)),
    )


def slots(
    calls: pl.DataFrame, workload: str, base: Policy, targets: Mapping[str, Target]
) -> tuple[Slot, ...]:
    """Give the slots of a workload under a base policy; `base.batch` may hold inferred lines."""
    own = calls.filter(pl.col("workload") == workload)
    found = [
        *_stated("output", workload, base),
        *_routing(own, workload, base, targets),
        *_stated("batch", workload, base),
        *_caching(calls, own, workload, base),
    ]
    return tuple(sorted(found, key=lambda slot: LEVERS.index(slot.lever)))


def caching_rules(workload: str, *, shown: bool) -> Iterator[CachingRule]:
    """Every caching rule worth a replay; `shown`: the log holds whole prompts.

    Where it does not, the client places its marks itself and only their life is ours to choose.
    """
    basis = "chosen by replay"
    yield CachingRule(workload=workload, ttl="none", basis=basis)
    for life in LIVES_TRIED:
        for where in PLACES if shown else PLACES[:1]:
            yield CachingRule(workload=workload, ttl=life, placement=where, basis=basis)
    if shown:
        yield CachingRule(workload=workload, ttl="mixed", placement="both", basis=basis)
    places = PINGED if shown else PINGED[:1]
    for life, where in places:
        for pings in PINGS:
            yield CachingRule(
                workload=workload, ttl=life, placement=where, basis=basis, keep_alive_pings=pings
            )
    for life, where in places[1:]:
        yield CachingRule(workload=workload, ttl=life, placement=where, basis=basis, prewarm=True)


def _stated(lever: Literal["output", "batch"], workload: str, base: Policy) -> Iterator[Slot]:
    """A lever that acts only as the base policy says."""
    for rule in base.rules(lever, workload)[:1]:
        listed = isinstance(rule, BatchRule) and rule.evidence == "inferred"
        yield Slot(lever, workload, (replace(rule, workload=workload),), listed)


def _routing(
    own: pl.DataFrame, workload: str, base: Policy, targets: Mapping[str, Target]
) -> Iterator[Slot]:
    """Each model of the workload, and the allowed models that may take its calls."""
    if any(leave.lever == "routing" and leave.workload == workload for leave in base.leave):
        return
    allowed = base.constraints.allowed_models or ()
    for model in sorted(own.filter("known")["name"].unique().to_list()):
        stated = base.rule("routing", workload, model)
        options = [] if stated is None else [_of(stated, workload, model)]
        options += [
            RoutingRule(
                workload=workload,
                from_model=model,
                to_model=name,
                evidence="assumed",
                basis="allowed by the policy; answers were not compared",
            )
            for name in allowed
            if stated is None or name != stated.to_model
        ]
        fit = [o for o in options if o.to_model != model and targets[o.to_model].refused is None]
        if fit:
            yield Slot("routing", workload, tuple(fit))


def _of(rule: RoutingRule, workload: str, model: str) -> RoutingRule:
    return replace(rule, workload=workload, from_model=model)


def _caching(calls: pl.DataFrame, own: pl.DataFrame, workload: str, base: Policy) -> Iterator[Slot]:
    """Caching rules that set other marks than the log's, each kind once."""
    if any(leave.lever == "caching" and leave.workload == workload for leave in base.leave):
        return
    events = originals(calls.filter(pl.col("workload") == workload))
    if not events["cacheable"].any():
        return
    shown = bool((own["visibility"] == "full").any())
    stated = [replace(rule, workload=workload) for rule in base.rules("caching", workload)[:1]]
    options, seen = [], {_marks(events)}
    for rule in (*stated, *caching_rules(workload, shown=shown)):
        assert isinstance(rule, CachingRule)  # noqa: S101 - the lever names its rules' type
        marks = _marks(place(events, {workload: rule}))
        if marks not in seen or not _only_marks(rule):
            seen.add(marks)
            options.append(rule)
    if options:
        yield Slot("caching", workload, tuple(options))


def _marks(events: pl.DataFrame) -> bytes:
    """Marks with their lives: what a place without a block gets is no mark."""
    kept = [
        pl.when(pl.col(mark) >= 0).then(life).otherwise(0).alias(life)
        for mark, life in zip(MARKS, LIVES, strict=True)
    ]
    return events.select(*MARKS, *kept).fill_null(0).to_numpy().tobytes()


def _only_marks(rule: CachingRule) -> bool:
    """Tell whether marks and lives say all that a rule changes."""
    plain = CachingRule(
        workload=rule.workload, ttl=rule.ttl, placement=rule.placement, basis=rule.basis
    )
    return rule == plain
