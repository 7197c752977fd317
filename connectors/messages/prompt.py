"""The prompt of a Messages request as a chain: tools, then system, then messages."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from analyzer.prompts import ChainBuilder, Hasher, blocks_of, ttl_seconds, turn_after
from analyzer.trace import Breakpoint, Node, Prompt, Section
from connectors.answers import Block
from connectors.billing_block import without_billing
from connectors.reading.json_scan import Fields

MOST_BREAKPOINTS = 4
"""The API refuses a fifth (vendor's prompt-caching page)."""
_NEVER_CACHED = ("thinking", "redacted_thinking")  # a tuple: a hostile type may not be hashable
_NULL = msgspec.Raw(b"null")
_MOST_SETTINGS = 1024


MOST_KEPT = 2**26
"""Bytes of prompt parts kept to know them again; past it the oldest go, and are hashed anew."""
_MOST_NAMES = 500_000
"""Nodes whose giving is remembered; a node given twice is merged in the store."""


class _Part(NamedTuple):
    """What one part of a prompt comes to: tools, system, or one message."""

    text: bytes
    leaf: bytes | None
    position: int
    run: str | None
    last_cacheable: bytes | None
    breakpoints: tuple[Breakpoint, ...]
    features: frozenset[str]


class _Walk:
    """How far a prompt has been walked, and what was met on the way."""

    __slots__ = ("breakpoints", "features", "last_cacheable", "leaf", "position", "run")

    def __init__(self) -> None:
        self.leaf: bytes | None = None
        self.position = 0
        self.run: str | None = None
        self.last_cacheable: bytes | None = None
        self.breakpoints: list[Breakpoint] = []
        self.features: frozenset[str] = frozenset()

    def pass_by(self, part: _Part) -> None:
        """Go on to where a part ends."""
        self.leaf, self.position, self.run = part.leaf, part.position, part.run
        if part.last_cacheable is not None:
            self.last_cacheable = part.last_cacheable
        if part.breakpoints:
            self.breakpoints += part.breakpoints
        if part.features:
            self.features |= part.features


class _Turn(msgspec.Struct):
    role: str = "user"
    content: str | list[Block] | None = None


_decode_turns = msgspec.json.Decoder(list[msgspec.Raw] | None).decode
_decode_turn = msgspec.json.Decoder(_Turn).decode
_decode_content = msgspec.json.Decoder(str | list[Block] | None).decode
_decode_any = msgspec.json.Decoder().decode


class PromptReader:
    """Reads the prompts of one file; parts that many requests share are hashed once."""

    def __init__(self, hasher: Hasher) -> None:
        self.hasher = hasher
        self._parts: dict[tuple[bytes | None, Section, int], _Part] = {}
        """Known parts by the prefix before them, their section and length: one of each is kept."""
        self._kept = 0
        self._producers: dict[bytes, str | None] = {}
        self._fresh: list[Node] = []
        """Nodes not given yet; those of a line at fault are given with the next sound one."""
        self._hashed: dict[tuple[bool | bytes, ...], bytes] = {}

    def read(
        self, request: Fields, content: list[Block], message_id: str | None
    ) -> tuple[Prompt, tuple[Node, ...]]:
        """Give a request's prompt and the nodes, its answer's included, not given before."""
        if _is_set(request, "thread"):
            return Prompt(visibility="delta_only"), ()
        if not _is_set(request, "messages"):
            return Prompt(visibility="none"), ()
        walk = _Walk()
        self._pass(walk, "tools", request.get("tools", _NULL))
        self._pass(walk, "system", without_billing(request.get("system", _NULL)))
        system_end = walk.leaf
        for turn in _decode_turns(request["messages"]) or ():
            self._pass(walk, "messages", turn)
        prompt = Prompt(
            visibility="full",
            leaf=walk.leaf,
            system_end=system_end,
            breakpoints=_breakpoints(request, walk),
            system_params=self._system_params(walk),
            message_params=self._message_params(request, walk),
            turn=turn_after(walk.run),
        )
        self._answer(walk, content, message_id)
        nodes, self._fresh = tuple(self._fresh), []
        return prompt, nodes

    def _pass(self, walk: _Walk, section: Section, raw: msgspec.Raw) -> None:
        text = bytes(raw)
        key = (walk.leaf, section, len(text))
        part = self._parts.get(key)
        if part is None or part.text != text:  # comparing costs a tenth of hashing
            part = self._walk(walk, section, text)
            self._remember(key, part)
        walk.pass_by(part)

    def _remember(self, key: tuple[bytes | None, Section, int], part: _Part) -> None:
        if len(part.text) > MOST_KEPT // 2:
            return
        before = self._parts.pop(key, None)
        self._kept += len(part.text) - (len(before.text) if before else 0)
        self._parts[key] = part
        while self._kept > MOST_KEPT:
            self._kept -= len(self._parts.pop(next(iter(self._parts))).text)

    def _walk(self, before: _Walk, section: Section, text: bytes) -> _Part:
        chain = ChainBuilder(self.hasher, before.leaf, before.position, before.run)
        last_cacheable = None
        features: set[str] = set()
        role, blocks = _blocks(section, text)
        for block in blocks:
            chain.add(section, role, block)
            features.update(_features(block))
            if block.get("type") not in _NEVER_CACHED:
                last_cacheable = chain.leaf
        self._keep(chain.nodes)
        return _Part(
            text,
            chain.leaf,
            chain.position,
            chain.run,
            last_cacheable,
            tuple(chain.breakpoints),
            frozenset(features),
        )

    def _answer(self, walk: _Walk, content: list[Block], message_id: str | None) -> None:
        chain = ChainBuilder(self.hasher, walk.leaf, walk.position, walk.run)
        chain.add_all("messages", "assistant", content, message_id)
        self._keep(chain.nodes)

    def _system_params(self, walk: _Walk) -> bytes:
        features = walk.features & {"citations", "web_search"}
        key = ("citations" in features, "web_search" in features)
        return self._hashed_once(key, lambda: sorted(features))

    def _message_params(self, request: Fields, walk: _Walk) -> bytes:
        named = ("tool_choice", "thinking", "output_config")
        settings = [bytes(request.get(name, _NULL)) for name in named]
        key: tuple[bool | bytes, ...] = ("image" in walk.features, *settings)
        return self._hashed_once(key, lambda: _message_params(request, walk.features))

    def _hashed_once(
        self, key: tuple[bool | bytes, ...], value: Callable[[], list[object] | list[str]]
    ) -> bytes:
        if key not in self._hashed:
            if len(self._hashed) >= _MOST_SETTINGS:
                self._hashed.clear()
            self._hashed[key] = self.hasher.value(value())
        return self._hashed[key]

    def _keep(self, nodes: list[Node]) -> None:
        """Keep nodes not given before, and those whose producer was not known before."""
        if len(self._producers) > _MOST_NAMES:
            self._producers.clear()
        for node in nodes:
            unknown = node.node not in self._producers
            if unknown or (node.produced_by and self._producers[node.node] is None):
                self._producers[node.node] = node.produced_by
                self._fresh.append(node)


def _blocks(section: Section, text: bytes) -> tuple[str, list[Block]]:
    if section == "messages":
        turn = _decode_turn(text)
        return turn.role, _listed(turn.content)
    return section, _listed(_decode_content(text))


def _listed(content: str | list[Block] | None) -> list[Block]:
    return [dict(block) for block in blocks_of(content)]


def _breakpoints(request: Fields, walk: _Walk) -> tuple[Breakpoint, ...]:
    """Give the marks in prompt order; a mark of the whole request stands on its last block."""
    if "cache_control" not in request and not walk.breakpoints:
        return ()
    marks = {mark.node: mark for mark in walk.breakpoints}
    automatic = _decode_any(request.get("cache_control", _NULL))
    if isinstance(automatic, Mapping) and walk.last_cacheable is not None:
        marks.setdefault(
            walk.last_cacheable, Breakpoint(walk.last_cacheable, ttl_seconds(automatic))
        )
    return tuple(marks.values())[-MOST_BREAKPOINTS:]


def _message_params(request: Fields, features: frozenset[str]) -> list[object]:
    output = _decode_any(request.get("output_config", _NULL))
    effort = output.get("effort") if isinstance(output, Mapping) else None
    return [
        _decode_any(request.get("tool_choice", _NULL)),
        _decode_any(request.get("thinking", _NULL)),
        effort,
        "image" in features,
    ]


def _features(block: Mapping[str, object]) -> Iterator[str]:
    """Give what of a block drops cached prefixes when it appears or goes."""
    kind = str(block.get("type", ""))
    if kind == "image":
        yield "image"
    if kind.startswith("web_search_2"):  # the tool's dated types, not the blocks of its results
        yield "web_search"
    citations = block.get("citations")
    if isinstance(citations, Mapping) and citations.get("enabled"):
        yield "citations"
    content = block.get("content")
    if isinstance(content, list):
        for inner in content:
            if isinstance(inner, Mapping):
                yield from _features(inner)


def _is_set(request: Fields, key: str) -> bool:
    return bytes(request.get(key, b"null")) not in (b"null", b"[]", b"{}")
