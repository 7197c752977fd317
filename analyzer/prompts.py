"""Prompt blocks become a keyed prefix trie; the text is hashed and forgotten.

Order of a prompt: tools, system, messages (the vendor's cache order). A node is the keyed hash of
the whole prefix that ends at its block, so equal prefixes are equal nodes and nothing can be
looked up without the key. `cache_control` never enters a hash: it is a mark on a block, not a
part of it.
"""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from analyzer.trace import Breakpoint, Node, Section

TTL_SECONDS = {"5m": 300, "1h": 3600}
"""Lives a `cache_control` mark may ask for (vendor's caching page); 5m when it names none."""

Block = Mapping[str, object]

_encode = msgspec.json.Encoder(order="deterministic").encode


class Hasher:
    """Keyed 128-bit hashes of blocks, prefixes and parameters."""

    def __init__(self, key: bytes) -> None:
        self._state = hashlib.blake2b(key=key[:64], digest_size=16)

    def digest(self, *parts: bytes) -> bytes:
        """Hash parts so that moving a byte between parts changes the result."""
        state = self._state.copy()
        for part in parts:
            state.update(len(part).to_bytes(4, "little"))
            state.update(part)
        return state.digest()

    def value(self, value: object) -> bytes:
        """Hash any JSON value; equal values give equal hashes whatever their key order."""
        return self.digest(b"value", _encode(value))


class ChainBuilder:
    """Walks one prompt in cache order and collects its nodes and breakpoints.

    Start it at `leaf` and `position` to carry on below a prefix that is already built.
    """

    def __init__(
        self,
        hasher: Hasher,
        leaf: bytes | None = None,
        position: int = 0,
        run: str | None = None,
    ) -> None:
        self.leaf = leaf
        self.position = position
        self.run = run
        self.nodes: list[Node] = []
        self.breakpoints: list[Breakpoint] = []
        self._hasher = hasher

    def add(
        self,
        section: Section,
        role: str,
        block: Block,
        produced_by: str | None = None,
    ) -> None:
        """Append one block; a `cache_control` on it becomes a breakpoint."""
        kind = str(block.get("type", section))
        bare = {k: v for k, v in block.items() if k != "cache_control" and v is not None}
        digest = self._hasher.digest(
            self.leaf or b"", section.encode(), role.encode(), _encode(_without_marks(bare))
        )
        self.position += 0 if kind == self.run and kind in _RUNS else 1
        self.run = kind
        self.nodes.append(
            Node(digest, self.leaf, self.position, section, characters(bare), produced_by)
        )
        self.leaf = digest
        mark = block.get("cache_control")
        if isinstance(mark, Mapping):
            self.breakpoints.append(Breakpoint(digest, ttl_seconds(mark)))

    def add_all(
        self, section: Section, role: str, content: object, produced_by: str | None = None
    ) -> None:
        """Append a string or a list of blocks; a string is one text block."""
        for block in blocks_of(content):
            self.add(section, role, block, produced_by)


_RUNS = frozenset({"tool_use", "tool_result"})
"""A run of either counts as one lookback position (vendor's caching guide, September 2026)."""


def blocks_of(content: object) -> Iterable[Block]:
    """Give the blocks of a `content` value, however the client wrote it."""
    if isinstance(content, str):
        return ({"type": "text", "text": content},) if content else ()
    if isinstance(content, list):
        return [b if isinstance(b, Mapping) else {"type": "text", "text": str(b)} for b in content]
    return ()


def ttl_seconds(mark: Block) -> int:
    """Life of a `cache_control` mark in seconds; an unknown one counts as the default 5 minutes."""
    return TTL_SECONDS.get(str(mark.get("ttl", "5m")), 300)


def characters(value: object) -> int:
    """Count the characters of a block's leaves, and nothing of its framing."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(characters(v) for k, v in value.items() if k not in _FRAMING)
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    return len(str(value)) if value is not None else 0


_FRAMING = frozenset({"type", "id", "tool_use_id", "cache_control", "media_type"})


def _without_marks(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            k: _without_marks(v) for k, v in value.items() if k != "cache_control" and v is not None
        }
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return value
