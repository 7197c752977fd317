"""Small random logs and policies over them, for laws that must hold for any trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from hypothesis import strategies as st

from analyzer.policy import BatchRule, CachingRule, OutputRule, Policy, RoutingRule
from analyzer.trace import Call, Iteration, Tokens, Visibility
from tests.replay.log_builder import Block, Log

MODELS = ("claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-5", "claude-haiku-5-5")
UNKNOWN_MODEL = "gpt-5.6-sol"
TARGETS = (*MODELS, "claude-sonnet-5-5", "claude-opus-4-1")
"""The last one was retired before the logs begin."""
GAPS_S = (15, 40, 299, 301, 3599, 3601, 90_000)
"""Around the two lives of a cache entry, and more than a day; an answer takes ten seconds."""
WORKLOADS = ("*", "W01", "W02", "W03")
_BASIS: dict[str, Any] = {"evidence": "assumed", "basis": "drawn"}
_OWN = Tokens(uncached=700, read=200, output=90)
_SUMMARY = Iteration("compaction", "claude-haiku-4-5", Tokens(uncached=4_000, output=300))

ODDITIES: tuple[dict[str, Any], ...] = (
    *({},) * 6,
    {"charged": False},
    {"usage_final": False},
    {"end_us": None},
    {"start_us": None},
    {"start_us": None, "end_us": None},
    {"web_searches": 3},
    {"tool_choice": "any"},
    {"geo": "us", "model": "claude-sonnet-5"},
    {"speed": "fast", "model": "claude-opus-5"},
    {"tier": "flex"},
    {"model": UNKNOWN_MODEL},
    {"tokens": _OWN, "iterations": (Iteration("message", None, _OWN), _SUMMARY)},
    {"tokens": _OWN, "iterations": (_SUMMARY,)},
)


@dataclass(slots=True)
class _Clock:
    """Where the next call of a log stands."""

    draw: st.DrawFn
    at_s: int = 0

    def next(self) -> int:
        self.at_s += self.draw(st.sampled_from(GAPS_S))
        return self.at_s


@st.composite
def logs(draw: st.DrawFn) -> list[Call]:
    """One to four pieces of traffic, and one plain call so that something has a price."""
    log, clock = Log(), _Clock(draw)
    log.call(0, [Block("plain", 1_000)], Tokens(uncached=1_000, output=100))
    for piece in draw(st.lists(st.sampled_from(list(_PIECES)), min_size=1, max_size=4)):
        clock.at_s += draw(st.sampled_from((-3_000, 0, 0)))
        _PIECES[piece](log, clock, draw)
    return log.calls


def _chat(log: Log, clock: _Clock, draw: st.DrawFn) -> None:
    """A conversation of several turns: each answer comes back in the next prompt."""
    ttl = draw(st.sampled_from((None, "5m", "1h")))
    _turns(log, clock, draw, (_system(draw, ttl), ttl, "full"))


def _transcript(log: Log, clock: _Clock, draw: st.DrawFn) -> None:
    """The same without its system prompt, tools and marks."""
    _turns(log, clock, draw, ([], None, "messages_only"))


def _turns(
    log: Log,
    clock: _Clock,
    draw: st.DrawFn,
    shape: tuple[list[Block], str | None, Visibility],
) -> None:
    history, ttl, visibility = list(shape[0]), shape[1], shape[2]
    fields = _caller(draw) | {"session": f"session {len(log.calls)}"}
    if visibility == "messages_only":
        fields |= {"time_meaning": "line"}
    for _turn in range(draw(st.integers(1, 4))):
        name = f"turn {len(log.calls)}"
        history.append(Block(name, draw(st.integers(20, 3_000)), ttl=ttl))
        call = _call(log, clock, draw, history, {**fields, "visibility": visibility})
        history[-1] = Block(name, history[-1].weight)
        history.append(Block(f"re {name}", draw(st.integers(20, 900)), by=call.message_id))


def _single(log: Log, clock: _Clock, draw: st.DrawFn) -> None:
    """Single shots at one document."""
    document = Block("document", 2_000, ttl=draw(st.sampled_from((None, "1h"))))
    fields = _caller(draw)
    for _shot in range(draw(st.integers(1, 3))):
        prompt = [*_system(draw, None), document, Block(f"ask {len(log.calls)}", 90)]
        _call(log, clock, draw, prompt, fields)


def _batch(log: Log, clock: _Clock, draw: st.DrawFn) -> None:
    """Rows of a message batch."""
    fields = _caller(draw) | {"tier": "batch", "batch_id": "batch", "message_id": None}
    for _row in range(draw(st.integers(1, 2))):
        row = f"row {len(log.calls)}"
        prompt = [*_system(draw, "1h"), Block(row, 400)]
        _call(log, clock, draw, prompt, {**fields, "custom_id": row})


def _usage(log: Log, clock: _Clock, draw: st.DrawFn) -> None:
    """Usage without content, known by a request id only."""
    fields = _caller(draw) | {"message_id": None, "request_id": f"request {len(log.calls)}"}
    _call(log, clock, draw, [], fields)


_PIECES = {
    "chat": _chat,
    "transcript": _transcript,
    "single": _single,
    "batch": _batch,
    "usage": _usage,
}


def _call(
    log: Log, clock: _Clock, draw: st.DrawFn, prompt: Sequence[Block], fields: dict[str, Any]
) -> Call:
    odd = draw(st.sampled_from(ODDITIES))
    if fields.get("tier") == "batch" and {"tier", "speed"} & odd.keys():
        odd = {}
    told = {"tokens": draw(_TOKENS), **fields, **odd}
    return log.call(clock.next(), prompt, **told)


_COUNTS = st.one_of(st.just(0), st.integers(0, 3_000))
_TOKENS = st.builds(
    Tokens,
    uncached=_COUNTS,
    read=_COUNTS,
    write_5m=_COUNTS,
    write_1h=_COUNTS,
    write_unsplit=st.sampled_from((None, None, 0, 700)),
    output=st.integers(0, 2_000),
)
"""Billed buckets may be anything: the replay must stay sound where the bill is odd."""


def _caller(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "model": draw(st.sampled_from(MODELS)),
        "workspace": draw(st.sampled_from(("one", "two", None))),
        "app": draw(st.sampled_from(("desk", "night", None))),
        "key": draw(st.sampled_from(("key-a", None))),
    }


def _system(draw: st.DrawFn, ttl: str | None) -> list[Block]:
    rules = draw(st.sampled_from(("rules", "manners")))
    return [Block("tools", 300, "tools"), Block(rules, 1_500, "system", ttl=ttl)]


def policies() -> st.SearchStrategy[Policy]:
    """Policies with any of the levers, shares between and at their ends, one or two seeds."""
    return st.builds(
        Policy,
        seeds=st.sampled_from(((1,), (3, 7))),
        output=_few(_OUTPUT),
        routing=_few(_ROUTING),
        batch=_few(_BATCH),
        caching=_few(_CACHING),
    )


def _few(rules: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(rules, max_size=2).map(tuple)


def _fractions(*shares: str) -> st.SearchStrategy[Fraction]:
    return st.sampled_from([Fraction(share) for share in shares])


def _capped(rule: OutputRule) -> bool:
    return rule.retry_cap_tokens is None or (rule.cap_tokens or 10**9) < rule.retry_cap_tokens


_NAMES = st.sampled_from(WORKLOADS)
_OUTPUT = st.builds(
    OutputRule,
    workload=_NAMES,
    length_ratio=_fractions("1", "1/2", "9/10", "1/7"),
    cap_tokens=st.sampled_from((None, 1, 300, 1_000)),
    retry_share=_fractions("0", "1/3", "1"),
    retry_cap_tokens=st.sampled_from((None, 1_500)),
    **{name: st.just(value) for name, value in _BASIS.items()},
).filter(_capped)
_ROUTING = st.builds(
    RoutingRule,
    workload=_NAMES,
    from_model=st.sampled_from((None, *MODELS)),
    to_model=st.sampled_from(TARGETS),
    escalation_share=_fractions("0", "1/4", "1"),
    output_ratio=_fractions("1", "4/5", "3/2"),
    **{name: st.just(value) for name, value in _BASIS.items()},
)
_Evidence = Literal["deadline", "own-batches", "inferred"]
_EVIDENCE: tuple[_Evidence, ...] = ("deadline", "inferred")
_BATCH = st.builds(
    BatchRule,
    workload=_NAMES,
    deadline_hours=_fractions("1", "24"),
    seeded=st.booleans(),
    hit_share=_fractions("0", "3/10", "1"),
    expiry_share=_fractions("0", "1/5", "1"),
    evidence=st.sampled_from(_EVIDENCE),
    basis=st.just("drawn"),
)
_CACHING = st.builds(
    CachingRule,
    workload=_NAMES,
    ttl=st.sampled_from(("observed", "none", "5m", "1h", "mixed")),
    placement=st.sampled_from(("observed", "system", "document", "conversation", "both")),
    keep_alive_pings=st.sampled_from((0, 0, 1, 13)),
    prewarm=st.booleans(),
    basis=st.just("drawn"),
)
