"""Traffic (a): agent loops, laid out in time call by call; `agent_bill` bills them together."""

from dataclasses import dataclass, field
from typing import Literal

from generator.calendar import HOUR_S, WORKDAYS, day_index, moment_ms
from generator.seeded import Curve, Random, Sampler, stream
from generator.vendor_cache import Buckets, Prefix

Cause = Literal["user", "tool", "compaction", "hidden"]

SESSIONS = 20
CONTEXT_LIMIT = 160_000
"""Prompt tokens at which the client compacts."""
USER_TURN_SHARE = 1 / 13
SUBAGENT_SYSTEM_TOKENS = 9_200

_CALLS = Curve({0.01: 3, 0.1: 9, 0.5: 46, 0.9: 169, 0.99: 294})
_CURVES = {
    "first": Curve({0.05: 31_000, 0.5: 41_000, 0.95: 55_000}),
    "new": Curve({0.05: 16, 0.5: 140, 0.9: 1500, 0.99: 9000}),
    "output": Curve({0.05: 62, 0.5: 282, 0.9: 1692, 0.99: 6171}),
    "wait_s": Curve({0.05: 1.7, 0.5: 2.9, 0.95: 5.0}),
    "tool_gap_s": Curve({0.01: 0.02, 0.5: 0.26, 0.9: 12, 0.99: 282}),
    "user_gap_s": Curve({0.1: 19, 0.25: 48, 0.5: 113, 0.75: 298, 0.9: 939, 0.97: 3600, 0.99: 9000}),
    "summary": Curve({0.05: 24_000, 0.5: 36_000, 0.95: 48_000}),
    "tail": Curve({0.05: 2, 0.5: 6, 0.9: 14, 0.99: 330}),
}
"""Tokens, and seconds where the name says so.

`new` is what a call adds beside the last answer, `tail` what no breakpoint covers.
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A repository whose developers use the agent, with the cache life its client asks for."""

    name: str
    ttl_s: int
    system_tokens: int
    models: tuple[tuple[int, str], ...]
    """First day of use and model, in order."""

    def model(self, day: int) -> str:
        """Give the model in use on a day of the period."""
        return next(model for first, model in reversed(self.models) if first <= day)


PROJECTS = (
    Project("billing-service", 3600, 23_800, ((0, "claude-opus-4-8"), (29, "claude-opus-5-5"))),
    Project("data-pipeline", 300, 21_400, ((0, "claude-opus-4-8"), (35, "claude-sonnet-5-5"))),
)
"""Day 29 is 2026-09-22, day 35 is 2026-09-28: the models' release days."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a session."""

    name: str
    project: Project
    model: str
    session: str
    agent: str | None
    cause: Cause
    start_ms: int
    end_ms: int
    output: int
    prefixes: tuple[Prefix, ...]
    """System prompt, the chain's last breakpoints, this call's own, and the end of the prompt."""
    billed: Buckets = field(default_factory=Buckets)

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt."""
        return self.prefixes[-1].tokens


@dataclass(frozen=True, slots=True)
class Session:
    """The calls of one transcript file, oldest first."""

    name: str
    project: Project
    steps: list[Step]
    copied: int = 0
    """Leading calls that belong to the session this one was forked from."""
    agent: str | None = None


def sessions(seed: int) -> list[Session]:
    """Give all sessions, subagents and the fork among them, not billed yet."""
    layout = _Layout(stream(seed, "agents"))
    counts = [max(3, round(_CALLS.at((n + 0.5) / SESSIONS))) for n in range(SESSIONS)]
    layout.random.shuffle(counts)
    result: list[Session] = []
    for number, count in enumerate(counts):
        project = PROJECTS[number % len(PROJECTS)]
        day = WORKDAYS[number * len(WORKDAYS) // SESSIONS]
        start_ms = moment_ms(day, (8 + layout.random.random() * 6) * HOUR_S)
        session = Session(f"session-{number + 1:02}", project, [])
        layout.extend(session, start_ms, count)
        result.append(session)
    return [*result, *_subagents(layout, result), _fork(layout, result)]


def _subagents(layout: "_Layout", parents: list[Session]) -> list[Session]:
    """Give every second longer session a helper that starts after its eighth call."""
    result: list[Session] = []
    for parent in [p for p in parents if len(p.steps) > 30][::2]:  # noqa: PLR2004 - "longer"
        agent = Session(parent.name, parent.project, [], agent=f"a{parent.name[-2:]}")
        layout.extend(agent, parent.steps[7].end_ms + 300, 6 + int(layout.random.random() * 16))
        result.append(agent)
    return result


def _fork(layout: "_Layout", parents: list[Session]) -> Session:
    """Carry on a session of middle length on the next day, from the end of one of its turns."""
    parent = sorted(parents, key=lambda session: len(session.steps))[len(parents) // 2]
    turns = [i for i, step in enumerate(parent.steps) if i and step.cause == "user"]
    # The turn nearest to the third fifth; a session of one turn is carried on from its end.
    target = len(parent.steps) * 3 // 5
    cut = min(turns or [len(parent.steps)], key=lambda index: abs(index - target))
    fork = Session(f"{parent.name}-fork", parent.project, parent.steps[:cut], copied=cut)
    layout.extend(fork, parent.steps[cut - 1].end_ms + 22 * HOUR_S * 1000, 14)
    return fork


class _Layout:
    """Draws calls from the curves and appends them to sessions."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._samplers = {name: Sampler(random, curve) for name, curve in _CURVES.items()}

    def extend(self, session: Session, start_ms: int, count: int) -> None:
        """Append `count` calls, the first of them at `start_ms`."""
        for number in range(count):
            cause = self._cause(session) if number else "user"
            start = self._start(session, cause) if number else start_ms
            session.steps.append(self._step(session, cause, start))

    def _cause(self, session: Session) -> Cause:
        last = session.steps[-1]
        if last.prompt_tokens + last.output + 1500 > CONTEXT_LIMIT:
            return "compaction"
        asked = session.agent is None and self.random.random() < USER_TURN_SHARE
        return "user" if asked else "tool"

    def _start(self, session: Session, cause: Cause) -> int:
        gap_s = self._samplers["tool_gap_s" if cause == "tool" else "user_gap_s"].draw()
        summarising_s = 90 if cause == "compaction" else 0
        return session.steps[-1].end_ms + round((gap_s + summarising_s) * 1000)

    def _step(self, session: Session, cause: Cause, start_ms: int) -> Step:
        output = self._samplers["output"].draw_int()
        duration_s = self._samplers["wait_s"].draw() + output / 150
        name = f"{session.agent or session.name}_{len(session.steps) + 1:03}"
        fresh = "claude-haiku-4-5" if session.agent else session.project.model(day_index(start_ms))
        return Step(
            name=name,
            project=session.project,
            model=session.steps[0].model if session.steps else fresh,
            session=session.name,
            agent=session.agent,
            cause=cause,
            start_ms=start_ms,
            end_ms=start_ms + round(duration_s * 1000),
            output=output,
            prefixes=self._prefixes(session, cause, name),
        )

    def _prefixes(self, session: Session, cause: Cause, name: str) -> tuple[Prefix, ...]:
        previous = session.steps[-1] if session.steps else None
        if previous is None or cause == "compaction":
            chain = [_system(session)]
            total = self._root_tokens(session, chain[0].tokens, compacted=previous is not None)
            new = total - chain[0].tokens
        else:
            chain = list(previous.prefixes[:-1])
            new = self._samplers["new"].draw_int()
            total = previous.prompt_tokens + previous.output + new
        position = chain[-1].position + 2
        # The breakpoint lies inside what is new: a prefix never gets shorter from call to call.
        tail = min(self._samplers["tail"].draw_int(2), new)
        marked = Prefix(name, total - tail, position)
        # Entries further back than six calls cannot be the only ones alive.
        return (chain[0], *chain[1:][-6:], marked, Prefix(f"{name} end", total, position + 1))

    def _root_tokens(self, session: Session, system_tokens: int, *, compacted: bool) -> int:
        if compacted:
            return system_tokens + self._samplers["summary"].draw_int()
        first = self._samplers["first"].draw_int()
        return system_tokens + first // 10 if session.agent else max(first, system_tokens + 4000)


def _system(session: Session) -> Prefix:
    kind = "subagent" if session.agent else "main"
    tokens = SUBAGENT_SYSTEM_TOKENS if session.agent else session.project.system_tokens
    return Prefix(f"{session.project.name} {kind} system", tokens, 0)
