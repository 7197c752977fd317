"""The prompt of a Messages request as a chain: tools, then system, then messages."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from analyzer.prompts import ChainBuilder, Hasher, blocks_of, ttl_seconds, turn_after
from analyzer.trace import Breakpoint, Node, Prompt, Section
from connectors.answers import Block
from connectors.billing_block import without_billing
from connectors.messages.thinking import THINKING, effort_of, strips_thinking
from connectors.reading.json_scan import Fields

MOST_BREAKPOINTS = 4
"""The API refuses a fifth (vendor's prompt-caching page)."""
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

    def fork(self) -> "_Walk":
        """Give another walk from here; what it meets is its own."""
        other = _Walk()
        other.leaf, other.position, other.run = self.leaf, self.position, self.run
        return other

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


_Key = tuple[bytes | None, Section, bool, int]


class PromptReader:
    """Reads the prompts of one file; parts that many requests share are hashed once."""

    def __init__(self, hasher: Hasher) -> None:
        self.hasher = hasher
        self._parts: dict[_Key, _Part] = {}
        """Known parts by the prefix before them, their section and length: one of each is kept."""
        self._kept = 0
        self._producers: dict[bytes, str | None] = {}
        self._fresh: list[Node] = []
        """Nodes not given yet; those of a line at fault are given with the next sound one."""
        self._hashed: dict[tuple[bool | bytes, ...], bytes] = {}

    def read(
        self,
        request: Fields,
        content: list[Block],
        message_id: str | None,
        model: str | None = None,
    ) -> tuple[Prompt, tuple[Node, ...]]:
        """Give a request's prompt and the nodes, its answer's included, not given before.

        `model` is the one asked, where the request does not name it.
        """
        if _is_set(request, "thread"):
            return Prompt(visibility="delta_only"), ()
        if not _is_set(request, "messages"):
            return Prompt(visibility="none"), ()
        model = model or _model(request)
        walk = _Walk()
        self._pass(walk, "tools", request.get("tools", _NULL))
        self._pass(walk, "system", without_billing(request.get("system", _NULL)))
        system_end = walk.leaf
        turns = _decode_turns(request["messages"]) or []
        bare = self._messages(walk, turns, strips=strips_thinking(model))
        loop = self._answer(walk, content, message_id)
        said = [block for block in content if block.get("type") not in THINKING]
        if bare is not None and (bare.leaf != walk.leaf or len(said) < len(content)):
            self._answer(bare, said, message_id)
        prompt = Prompt(
            visibility="full",
            leaf=walk.leaf,
            system_end=system_end,
            breakpoints=_with_loop(_breakpoints(request, walk), loop),
            system_params=self._system_params(walk),
            message_params=self._message_params(request, walk, model),
            turn=turn_after(walk.run),
        )
        nodes, self._fresh = tuple(self._fresh), []
        return prompt, nodes

    def _messages(self, walk: _Walk, turns: list[msgspec.Raw], *, strips: bool) -> _Walk | None:
        """Walk the messages; for a model that strips thinking, give the walk later prompts show.

        The thinking since the last question stays. Once the next question comes it is gone too, and
        this answer stands behind the prompt without any thinking.
        """
        asked = _last_question(turns) if strips and any(_thinks(t) for t in turns) else len(turns)
        for turn in turns[:asked]:
            self._pass(walk, "messages", turn, bare=strips)
        bare = walk.fork()
        for turn in turns[asked:]:
            self._pass(walk, "messages", turn)
            self._pass(bare, "messages", turn, bare=True)
        return bare if strips else None

    def _pass(self, walk: _Walk, section: Section, raw: msgspec.Raw, *, bare: bool = False) -> None:
        text = bytes(raw)
        key = (walk.leaf, section, bare, len(text))
        part = self._parts.get(key)
        if part is None or part.text != text:  # comparing costs a tenth of hashing
            part = self._walk(walk, section, text, bare=bare)
            self._remember(key, part)
        walk.pass_by(part)

    def _remember(self, key: _Key, part: _Part) -> None:
        if len(part.text) > MOST_KEPT // 2:
            return
        before = self._parts.pop(key, None)
        self._kept += len(part.text) - (len(before.text) if before else 0)
        self._parts[key] = part
        while self._kept > MOST_KEPT:
            self._kept -= len(self._parts.pop(next(iter(self._parts))).text)

    def _walk(self, before: _Walk, section: Section, text: bytes, *, bare: bool) -> _Part:
        chain = ChainBuilder(self.hasher, before.leaf, before.position, before.run)
        last_cacheable = None
        features: set[str] = set()
        role, blocks = _blocks(section, text)
        for block in blocks:
            if bare and block.get("type") in THINKING:
                continue
            chain.add(section, role, block)
            features.update(_features(block))
            if block.get("type") not in THINKING:
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

    def _answer(self, walk: _Walk, content: list[Block], message_id: str | None) -> bytes | None:
        """Keep the answer's nodes; give the last one that a tool of the vendor's server filled."""
        chain = ChainBuilder(self.hasher, walk.leaf, walk.position, walk.run)
        loop = None
        for block in blocks_of(content):
            chain.add("messages", "assistant", block, message_id)
            if str(block.get("type", "")).endswith("_tool_result"):
                loop = chain.leaf
        self._keep(chain.nodes)
        return loop

    def _system_params(self, walk: _Walk) -> bytes:
        features = walk.features & {"citations", "web_search"}
        key = ("citations" in features, "web_search" in features)
        return self._hashed_once(key, lambda: sorted(features))

    def _message_params(self, request: Fields, walk: _Walk, model: str | None) -> bytes:
        named = ("tool_choice", "thinking", "output_config")
        settings = [bytes(request.get(name, _NULL)) for name in named]
        key: tuple[bool | bytes, ...] = (
            "image" in walk.features,
            (model or "").encode(),
            *settings,
        )
        return self._hashed_once(key, lambda: _message_params(request, walk.features, model))

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


def _model(request: Fields) -> str | None:
    model = _decode_any(request.get("model", _NULL))
    return model if isinstance(model, str) else None


def _thinks(turn: msgspec.Raw) -> bool:
    return b"thinking" in bytes(turn)


def _last_question(turns: list[msgspec.Raw]) -> int:
    """Give the place of the last message in which a person speaks, not only their tools."""
    for place in range(len(turns) - 1, -1, -1):
        role, blocks = _blocks("messages", bytes(turns[place]))
        if role == "user" and any(block.get("type") != "tool_result" for block in blocks):
            return place
    return 0


LOOP_TTL_S = 300
"""Life of the mark that the vendor's server sets on results of its own tools."""


def _with_loop(marks: tuple[Breakpoint, ...], loop: bytes | None) -> tuple[Breakpoint, ...]:
    """Add the mark on the last result of the server's own tools; it stands behind the prompt.

    The server sets it when the request has any mark (vendor's prompt-caching page); that it takes
    one of the four slots is assumed.
    """
    if loop is None or not 0 < len(marks) < MOST_BREAKPOINTS:
        return marks
    return (*marks, Breakpoint(loop, LOOP_TTL_S))


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


def _message_params(request: Fields, features: frozenset[str], model: str | None) -> list[object]:
    output = _decode_any(request.get("output_config", _NULL))
    effort = output.get("effort") if isinstance(output, Mapping) else None
    return [
        _decode_any(request.get("tool_choice", _NULL)),
        _decode_any(request.get("thinking", _NULL)),
        effort_of(effort, model),
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
