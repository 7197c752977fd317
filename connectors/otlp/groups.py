"""Which spans tell of one and the same call: by their ids, then by their place in the trace."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Literal

import msgspec

from analyzer.trace import Attempt, Call
from connectors.otlp.usage import PARTS_EXCEED, prompt_total

_DEEPEST = 1_000
"""Longest way up a trace; a longer one is a circle."""


class Sighting(msgspec.Struct, eq=False):
    """What one span or event says of a model call."""

    order: int
    line: int
    span: str
    """Trace and span id; empty where there are none."""
    above: str
    """Trace and parent span id."""
    scope: str
    call: Call | None = None
    attempt: Attempt | None = None
    """Set when the try failed; with neither, the span counted nothing."""


class Group(msgspec.Struct, eq=False):
    """Sightings of one call, in the order in which they came."""

    members: list[Sighting]
    role: Literal["call", "sum", "around"] = "call"
    """`sum`: holds the sum of the calls inside it; `around`: has calls with other counts inside."""
    joined: "Group | None" = None

    @property
    def best(self) -> Sighting | None:
        """The most detailed sighting that counted tokens."""
        return max((m for m in self.members if m.call), key=detail, default=None)

    @property
    def last(self) -> int:
        """Place of the sighting that came last."""
        return self.members[-1].order

    @property
    def message_id(self) -> str | None:
        """The provider's id of the answer, where any sighting has it."""
        return next((m.call.message_id for m in self.members if m.call and m.call.message_id), None)

    @property
    def attempt(self) -> Attempt | None:
        """The most telling failure among the sightings."""
        tries = [member.attempt for member in self.members if member.attempt]
        return max(tries, key=lambda told: (bool(told.request_id), bool(told.status)), default=None)

    @property
    def now(self) -> "Group":
        """The group that this one has become a part of."""
        return self if self.joined is None else self.joined.now

    def join(self, other: "Group") -> None:
        """Become a part of another group."""
        self.joined = other
        other.members = sorted([*self.members, *other.members], key=attrgetter("order"))


def detail(sighting: Sighting) -> tuple[object, ...]:
    """Rank a sighting that counted: final, split by life, with thinking, the API's own counts."""
    call = sighting.call
    if call is None:
        return ()
    tokens = call.tokens
    return (
        call.usage_final,
        tokens.output is not None,
        bool(call.iterations),
        PARTS_EXCEED not in call.flags,
        tokens.write_unsplit in (None, 0) and tokens.write_1h is not None,
        call.usage_basis == "exclusive",
        tokens.thinking is not None,
        call.request_id is not None,
        call.line_sha256,
    )


def groups_of(sightings: list[Sighting], parents: Mapping[str, str]) -> list[Group]:
    """Give the sightings in groups, one a call; `parents` leads from each span to the one above."""
    found = _by_ids(sightings)
    at = {member.span: group for group in found for member in group.members if member.span}
    trace = _Trace()
    for group in found:
        for member in group.members:
            trace.hang(group, _above(member, at, parents))
    trace.settle(found)
    return [group for group in found if group.joined is None]


def _by_ids(sightings: list[Sighting]) -> list[Group]:
    """Join sightings that share an id of the call, or that stand on one span."""
    roots = list(range(len(sightings)))
    seen: dict[str, int] = {}

    def root(index: int) -> int:
        while roots[index] != index:
            roots[index] = roots[roots[index]]
            index = roots[index]
        return index

    for index, sighting in enumerate(sightings):
        for key in _keys(sighting):
            roots[root(index)] = root(seen.setdefault(key, index))
    members: dict[int, list[Sighting]] = defaultdict(list)
    for index, sighting in enumerate(sightings):
        members[root(index)].append(sighting)
    return [Group(found) for found in members.values()]


def _keys(sighting: Sighting) -> Iterator[str]:
    if sighting.span:
        yield f"span:{sighting.span}"
    if call := sighting.call:
        ids = (("m", call.message_id), ("r", call.request_id), ("g", call.gateway_id))
        yield from (f"{kind}:{named}" for kind, named in ids if named)


def _above(sighting: Sighting, at: Mapping[str, Group], parents: Mapping[str, str]) -> Group | None:
    """Give the group of the nearest span above that called a model."""
    span = sighting.above
    for _ in range(_DEEPEST):
        if not span or span in at:
            return at.get(span)
        span = parents.get(span, "")
    return None


class _Trace:
    """Groups hung below one another, joined from the innermost outwards."""

    def __init__(self) -> None:
        self._inside: dict[int, list[Group]] = defaultdict(list)
        self._over: dict[int, Group] = {}

    def hang(self, group: Group, above: Group | None) -> None:
        """Note which group stands above another."""
        if above is not None and above is not group:
            self._inside[id(above)].append(group)
            self._over.setdefault(id(group), above)

    def settle(self, groups: list[Group]) -> None:
        """Join what is one call."""
        outer = [group for group in groups if id(group) in self._inside]
        for group in sorted(outer, key=self._depth, reverse=True):
            now = {id(g): g for g in (inner.now for inner in self._inside[id(group)])}
            now.pop(id(group.now), None)
            if group.joined is None and now:
                _place(group, list(now.values()))

    def _depth(self, group: Group) -> int:
        depth, over = 0, self._over.get(id(group))
        while over is not None and depth < _DEEPEST:
            depth, over = depth + 1, self._over.get(id(over))
        return depth


def _place(outer: Group, inner: list[Group]) -> None:
    calls = sorted((group for group in inner if group.best), key=attrgetter("last"))
    failed = [group for group in inner if not group.best and group.attempt]
    told = outer.best
    if told is None or told.call is None:
        if calls:
            outer.join(calls[-1])
        elif failed:
            _join_failed(outer, failed)
        return
    equal = [group for group in calls if _may_be_one(outer, group) and _equal(told.call, group)]
    if equal:
        outer.join(equal[-1])
    elif calls and outer.message_id is None:
        outer.role = "sum" if _sums_up(told.call, calls) else "around"


def _join_failed(outer: Group, failed: list[Group]) -> None:
    """Join a failed span to the last failure inside it, told by one emitter or by several."""
    scope = max(failed, key=_failure_detail).members[0].scope
    kept = [group for group in failed if group.members[0].scope == scope]
    others = [group for group in failed if group.members[0].scope != scope]
    for index, group in enumerate(others):
        group.join(kept[min(index, len(kept) - 1)])
    outer.join(kept[-1])


def _failure_detail(group: Group) -> tuple[bool, bool]:
    told = group.attempt
    return (bool(told and told.request_id), bool(told and told.status))


def _may_be_one(one: Group, other: Group) -> bool:
    ids = {one.message_id, other.message_id} - {None}
    return len(ids) < 2  # noqa: PLR2004 - one id, or none


def _equal(outer: Call, group: Group) -> bool:
    """Tell whether an outer span counts what an inner one does, the cache in its input or not."""
    inner = group.best.call if group.best else None
    if inner is None or outer.tokens.output != inner.tokens.output:
        return False
    return prompt_total(outer.tokens) in (prompt_total(inner.tokens), inner.tokens.uncached)


def _sums_up(outer: Call, groups: list[Group]) -> bool:
    inner = [group.best.call for group in groups if group.best and group.best.call]
    outputs = sum(call.tokens.output or 0 for call in inner)
    prompts = sum(prompt_total(call.tokens) for call in inner)
    return len(inner) > 1 and (outer.tokens.output, prompt_total(outer.tokens)) == (
        outputs,
        prompts,
    )
