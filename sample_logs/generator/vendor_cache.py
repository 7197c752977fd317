"""The vendor's prompt cache as its page tells it: bills each request in order of its start.

It shares no code with the analyser, so that the two can disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LOOKBACK_POSITIONS = 20
"""Positions a breakpoint may look back, its own included."""

MINIMUM_TOKENS = {
    "claude-opus-5-5": 512,
    "claude-opus-5": 512,
    "claude-opus-4-8": 1024,
    "claude-sonnet-5-5": 512,
    "claude-sonnet-5": 1024,
    "claude-haiku-4-5": 4096,
}
"""Shorter prefixes are not cached, and nothing says so (vendor's list, autumn 2026)."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The prompt up to the end of one block."""

    identity: str
    tokens: int
    position: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A breakpoint: which prefix it ends, and the life it asks for."""

    index: int
    ttl_s: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the cache needs of one request; `scope` is workspace, model and speed."""

    scope: tuple[str, str, str]
    start_ms: int
    first_ms: int
    prefixes: Sequence[Prefix]
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class Buckets:
    """Billed input, disjoint."""

    uncached: int = 0
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0

    @property
    def total(self) -> int:
        """The whole prompt."""
        return self.uncached + self.read + self.write_5m + self.write_1h


@dataclass(slots=True)
class _Entry:
    readable_ms: int
    expires_ms: int
    life_ms: int


class VendorCache:
    """Entries by scope and prefix; requests must come in order of their start."""

    def __init__(self) -> None:
        self._entries: dict[tuple[tuple[str, str, str], str], _Entry] = {}

    def bill(self, prompt: Prompt, lost_below: int | None = None) -> Buckets:
        """Bill one request and remember what it wrote.

        `lost_below` plants a loss that no log explains: longer entries do not answer.
        """
        least = MINIMUM_TOKENS.get(prompt.scope[1], 0)
        marks = [mark for mark in prompt.marks if prompt.prefixes[mark.index].tokens >= least]
        total = prompt.prefixes[-1].tokens
        if not marks:
            return Buckets(uncached=total)
        read = max(self._hit(prompt, mark, lost_below) for mark in marks)
        for mark in marks:
            self._write(prompt, mark)
        hours = [prompt.prefixes[m.index].tokens for m in marks if m.ttl_s > 300]  # noqa: PLR2004 - the 5-minute life
        hour_end = max([read, *hours])
        end = max(read, prompt.prefixes[marks[-1].index].tokens)
        return Buckets(total - end, read, end - hour_end, hour_end - read)

    def _hit(self, prompt: Prompt, mark: Mark, lost_below: int | None) -> int:
        """Give the tokens of the longest live entry this mark finds, and refresh that entry."""
        reach = prompt.prefixes[mark.index].position - LOOKBACK_POSITIONS
        for prefix in reversed(prompt.prefixes[: mark.index + 1]):
            if prefix.position <= reach:
                break
            if lost_below is not None and prefix.tokens > lost_below:
                continue
            entry = self._entries.get((prompt.scope, prefix.identity))
            if entry and entry.readable_ms <= prompt.start_ms < entry.expires_ms:
                entry.expires_ms = prompt.start_ms + entry.life_ms
                return prefix.tokens
        return 0

    def _write(self, prompt: Prompt, mark: Mark) -> None:
        """Write the marked prefix, or join an entry that still lives."""
        life_ms = mark.ttl_s * 1000
        key = (prompt.scope, prompt.prefixes[mark.index].identity)
        entry = self._entries.get(key)
        readable_ms = prompt.first_ms
        if entry and prompt.start_ms < entry.expires_ms:
            readable_ms = min(readable_ms, entry.readable_ms)
        self._entries[key] = _Entry(readable_ms, prompt.start_ms + life_ms, life_ms)
