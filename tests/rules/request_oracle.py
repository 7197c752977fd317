"""From a request to what the cache oracle looks at: the vendor's rules again, on pieces by name.

It shares nothing with the connector, the book and the loader: no bodies, no hashes, no tables.
"""

from typing import Any

from tests.rules.table import USER, Piece, pieces
from tests.simulators.cache_oracle import Block, Mark, OracleRequest, Section

LIVES = {"5m": 300, "1h": 3600}
KINDS = {"call": "tool_use", "result": "tool_result"}
MINIMUMS = {
    "claude-sonnet-5": 1024, "claude-opus-5": 512, "claude-opus-5-5": 512,
    "claude-haiku-5-5": 512, "claude-haiku-4-5": 4096, "claude-opus-4-8": 1024,
    "claude-opus-4-7": 2048, "claude-fable-5": 512, "claude-sonnet-4-6": 1024,
    "claude-sonnet-4-5": 1024, "claude-opus-4-5": 4096, "claude-opus-4-1": 1024,
}  # fmt: skip
IN_JULY = {
    "claude-opus-4-8": 4096, "claude-opus-4-7": 4096, "claude-fable-5": 2048,
    "claude-sonnet-4-6": 2048,
}  # fmt: skip
"""In the days between the guide of July and the page of August."""
STRIPPERS = ("claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5")
MEDIUM = ("claude-opus-5-5", "claude-haiku-5-5")


class Names:
    """A number for each thing met, the same for equal things."""

    def __init__(self) -> None:
        self.known: dict[object, int] = {}

    def of(self, thing: object) -> int:
        return self.known.setdefault(thing, len(self.known))


def request_of(call: dict[str, Any], names: Names) -> OracleRequest:
    """Apply the rules of a request: scope, order, stripping, automatic marks, parameters."""
    model, july = call["model"], call["day"] < "2026-08"
    sent = in_prompt(pieces(call["prompt"]), model)
    answer = pieces(call.get("answer", ""))
    marks = {place: LIVES[piece.ttl] for place, piece in enumerate(sent) if piece.ttl}
    if "auto" in call:
        last = max(place for place, piece in enumerate(sent) if piece.kind != "think")
        marks.setdefault(last, LIVES[call["auto"]])
    found = [len(sent) + place for place, piece in enumerate(answer) if piece.kind == "found"]
    kinds = {piece.kind for piece in sent}
    start = round(call["at"] * 1_000_000)
    usual = "medium" if model in MEDIUM else "high"
    asked = (call.get("tool_choice"), call.get("thinking"), call.get("effort", usual))
    return OracleRequest(
        start_us=start,
        ready_us=start + round(call.get("first", 1) * 1_000_000),
        blocks=tuple(block_of(piece, names) for piece in sent),
        marks=tuple(Mark(place, life) for place, life in sorted(marks.items())),
        minimum=(IN_JULY if july else {}).get(model, MINIMUMS[model]),
        scope=names.of(scope_of(call)),
        model=names.of(model),
        speed=names.of(call.get("speed", "standard")),
        system_params=names.of(("search" in kinds, "cite" in kinds)),
        message_params=names.of(("image" in kinds, *asked)),
        answer=tuple(block_of(piece, names) for piece in answer),
        loop=max(found, default=None),
    )


def scope_of(call: dict[str, Any]) -> tuple[str, ...]:
    """Say who shares: an organisation on Bedrock and Google, a workspace elsewhere."""
    platform, org = call.get("platform", "claude_api"), call.get("org", "org")
    if platform in ("bedrock", "vertex"):
        return platform, org
    return platform, org, call.get("workspace", "one")


def in_prompt(sent: list[Piece], model: str) -> list[Piece]:
    """Drop what the model strips: thinking before the last thing a person said."""
    if model not in STRIPPERS:
        return sent
    said = max((n for n, p in enumerate(sent) if p.kind in USER and p.kind != "result"), default=0)
    return [p for n, p in enumerate(sent) if p.kind != "think" or n > said]


def block_of(piece: Piece, names: Names) -> Block:
    """The block of a piece; a mark is no part of it."""
    section: Section = "messages"
    if piece.kind in ("tool", "search"):
        section = "tools"
    if piece.kind == "sys":
        section = "system"
    identity = names.of((piece.kind, piece.name, piece.tokens))
    return Block(identity, section, KINDS.get(piece.kind, piece.kind), piece.tokens)
