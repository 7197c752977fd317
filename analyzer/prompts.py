"""Prompt blocks become a keyed prefix trie; the text is hashed and forgotten.

Order of a prompt: tools, system, messages (the vendor's cache order). A node is the keyed hash of
the whole prefix that ends at its block, so equal prefixes are equal nodes and nothing can be
looked up without the key. `cache_control` never enters a hash: it is a mark on a block, not a
part of it.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from analyzer.trace import Breakpoint, Node, Section, Speaker

TTL_SECONDS = {"5m": 300, "1h": 3600}
"""Lives a `cache_control` mark may ask for (vendor's caching page); 5m when it names none."""

Block = Mapping[str, object]

_encode = msgspec.json.Encoder(order="deterministic").encode


class Hasher:
    """Keyed 128-bit hashes of blocks, prefixes and parameters."""

    def __init__(self, key: bytes) -> None:
        self._state = hashlib.blake2b(key=key[:64], digest_size=16)
        self._chain = hashlib.blake2b(key=key[:64], digest_size=16, person=b"prefix")

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

    def prefix(self, before: bytes | None, section: Section, role: str, block: bytes) -> bytes:
        """Hash the prefix that ends at a block, given the hash of the prefix before it."""
        state = self._chain.copy()
        state.update((before or _NO_PREFIX) + _place(section, role))
        state.update(block)  # last, so it needs no length
        return state.digest()


_NO_PREFIX = bytes(16)


@functools.lru_cache(maxsize=64)
def _place(section: Section, role: str) -> bytes:
    parts = (section.encode(), role.encode())
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


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
        before = self.leaf
        chars, canonical = _measured(block)
        self.leaf = leaf = self._hasher.prefix(before, section, role, canonical)
        if kind != self.run or kind not in _RUNS:
            self.position += 1
        self.run = kind
        self.nodes.append(Node(leaf, before, self.position, section, chars, produced_by))
        mark = block.get("cache_control")
        if isinstance(mark, Mapping):
            self.breakpoints.append(Breakpoint(leaf, ttl_seconds(mark)))

    def add_all(
        self, section: Section, role: str, content: object, produced_by: str | None = None
    ) -> None:
        """Append a string or a list of blocks; a string is one text block."""
        for block in blocks_of(content):
            self.add(section, role, block, produced_by)


def turn_after(run: str | None) -> Speaker | None:
    """Tell who spoke last in a prompt from the kind of its last block; None for no block."""
    return None if run is None else "tool" if run == "tool_result" else "user"


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
    if isinstance(value, dict):
        return sum(characters(v) for k, v in value.items() if k not in _FRAMING)
    if isinstance(value, list):
        return sum(map(characters, value))
    return len(str(value)) if value is not None else 0


_FRAMING = frozenset({"type", "id", "tool_use_id", "cache_control", "media_type"})


def _measured(block: Block) -> tuple[int, bytes]:
    """Give the characters of a block, and its one form: sorted keys, no marks, no nulls."""
    chars, plain = 0, True
    for key, value in block.items():
        if type(value) is str:  # most values are, and this is the hottest loop of reading
            if key not in _FRAMING:
                chars += len(value)
        else:
            plain = plain and type(value) in _SCALARS
            if key not in _FRAMING:
                chars += characters(value)
    return chars, _encode(block if plain else _without_marks(block))


_SCALARS = (bool, int, float)


def _without_marks(value: object) -> object:
    if isinstance(value, (dict, Mapping)):
        return {
            k: _without_marks(v) if type(v) is not str else v
            for k, v in value.items()
            if v is not None and k != "cache_control"
        }
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return value
