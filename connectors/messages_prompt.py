"""The prompt of a Messages request as a chain: tools, then system, then messages."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from analyzer.prompts import ChainBuilder, Hasher, blocks_of, ttl_seconds
from analyzer.trace import Breakpoint, Node, Prompt, Section
from connectors.answers import Block
from connectors.json_scan import Fields

MOST_BREAKPOINTS = 4
"""The API refuses a fifth (vendor's prompt-caching page)."""
_NEVER_CACHED = frozenset({"thinking", "redacted_thinking"})
_NULL = msgspec.Raw(b"null")


class _Stage(NamedTuple):
    """How far a prompt has been walked, and what was met on the way."""

    leaf: bytes | None = None
    position: int = 0
    run: str | None = None
    last_cacheable: bytes | None = None
    breakpoints: tuple[Breakpoint, ...] = ()
    features: frozenset[str] = frozenset()


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
        self._hasher = hasher
        self._walked: dict[bytes, _Stage] = {}
        self._producers: dict[bytes, str | None] = {}
        self._fresh: list[Node] = []

    def read(
        self, request: Fields, content: list[Block], message_id: str | None
    ) -> tuple[Prompt, tuple[Node, ...]]:
        """Give a request's prompt and the nodes, its answer's included, not given before."""
        if _is_set(request, "thread"):
            return Prompt(visibility="delta_only"), ()
        if not _is_set(request, "messages"):
            return Prompt(visibility="none"), ()
        self._fresh = []
        before = self._part(_Stage(), "tools", request.get("tools", _NULL))
        before = self._part(before, "system", request.get("system", _NULL))
        stage = before
        for turn in _decode_turns(request["messages"]) or ():
            stage = self._part(stage, "messages", turn)
        prompt = Prompt(
            visibility="full",
            leaf=stage.leaf,
            system_end=before.leaf,
            breakpoints=_breakpoints(request, stage),
            system_params=self._hasher.value(sorted(stage.features & {"citations", "web_search"})),
            message_params=self._hasher.value(_message_params(request, stage)),
        )
        self._answer(stage, content, message_id)
        return prompt, tuple(self._fresh)

    def _part(self, stage: _Stage, section: Section, raw: msgspec.Raw) -> _Stage:
        text = bytes(raw)
        key = self._hasher.digest(stage.leaf or b"", section.encode(), text)
        reached = self._walked.get(key)
        if reached is None:
            reached = self._walk(_Stage(stage.leaf, stage.position, stage.run), section, text)
            self._walked[key] = reached
        return reached._replace(
            last_cacheable=reached.last_cacheable or stage.last_cacheable,
            breakpoints=stage.breakpoints + reached.breakpoints,
            features=stage.features | reached.features,
        )

    def _walk(self, stage: _Stage, section: Section, text: bytes) -> _Stage:
        chain = ChainBuilder(self._hasher, stage.leaf, stage.position, stage.run)
        last_cacheable = None
        features: set[str] = set()
        role, blocks = _blocks(section, text)
        for block in blocks:
            chain.add(section, role, block)
            features.update(_features(block))
            if block.get("type") not in _NEVER_CACHED:
                last_cacheable = chain.leaf
        self._keep(chain.nodes)
        return _Stage(
            chain.leaf,
            chain.position,
            chain.run,
            last_cacheable,
            tuple(chain.breakpoints),
            frozenset(features),
        )

    def _answer(self, stage: _Stage, content: list[Block], message_id: str | None) -> None:
        chain = ChainBuilder(self._hasher, stage.leaf, stage.position, stage.run)
        chain.add_all("messages", "assistant", content, message_id)
        self._keep(chain.nodes)

    def _keep(self, nodes: list[Node]) -> None:
        """Keep nodes not given before, and those whose producer was not known before."""
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


def _breakpoints(request: Fields, stage: _Stage) -> tuple[Breakpoint, ...]:
    """Give the marks in prompt order; a mark of the whole request stands on its last block."""
    marks = {mark.node: mark for mark in stage.breakpoints}
    automatic = _decode_any(request.get("cache_control", _NULL))
    if isinstance(automatic, Mapping) and stage.last_cacheable is not None:
        marks.setdefault(
            stage.last_cacheable, Breakpoint(stage.last_cacheable, ttl_seconds(automatic))
        )
    return tuple(marks.values())[-MOST_BREAKPOINTS:]


def _message_params(request: Fields, stage: _Stage) -> list[object]:
    output = _decode_any(request.get("output_config", _NULL))
    effort = output.get("effort") if isinstance(output, Mapping) else None
    return [
        _decode_any(request.get("tool_choice", _NULL)),
        _decode_any(request.get("thinking", _NULL)),
        effort,
        "image" in stage.features,
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
