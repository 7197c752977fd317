"""Who proposes tokens: the protocol, the drafters that need no model, and a check on peeking."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

_WORD = "I"
"""Tokens are searched as unsigned words: bytes are searched in compiled code."""
_BYTES = array(_WORD).itemsize


class Drafter(Protocol):
    """Proposes what may follow; a wrong proposal costs time and changes no output.

    Laws that `run_lengths` relies on: a proposal depends on the context alone, and asking for
    fewer tokens gives the beginning of what asking for more gives.
    """

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        """At most `limit` tokens that may follow `context`, which is prompt and output so far."""
        ...


class NoDraft:
    """Proposes nothing: ordinary decoding."""

    def propose(self, context: Sequence[int], limit: int) -> list[int]:  # noqa: ARG002 - protocol
        """Give no token."""
        return []


@dataclass(frozen=True, slots=True)
class PromptLookup:
    """Proposes what followed the latest earlier occurrence of the context's last tokens.

    Endings of `longest` tokens are tried first, down to `shortest`. Known as prompt lookup or
    n-gram drafting (github.com/apoorvumang/prompt-lookup-decoding, 2023).
    """

    longest: int = 3
    shortest: int = 1

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        """Copy up to `limit` tokens from behind the latest match; none without a match."""
        text = array(_WORD, context).tobytes()
        for length in range(min(self.longest, len(context) - 1), self.shortest - 1, -1):
            start = _latest(text, length * _BYTES)
            if start is not None:
                return list(context[start + length : start + length + limit])
        return []


def _latest(text: bytes, size: int) -> int | None:
    """Token index of the latest occurrence of the last `size` bytes that ends before the end."""
    ending, before = text[-size:], len(text) - _BYTES
    found = text.rfind(ending, 0, before)
    while found > 0 and found % _BYTES:  # bytes that match across two tokens
        found = text.rfind(ending, 0, found + size - 1)
    return None if found < 0 else found // _BYTES


def looks_ahead(
    make: Callable[[Sequence[int]], Drafter],
    text: Sequence[int],
    changed: Sequence[int],
    limit: int,
) -> tuple[int, ...]:
    """Positions at which a proposal changes when only what follows the position is changed.

    Empty for a causal drafter. `make` builds the drafter as the run does, `text` and `changed`
    begin alike: the positions from 1 to the first difference are compared, between a drafter
    made for each and the first one asked again after it has seen all of `text`.
    """
    shared = next(
        (
            place
            for place, pair in enumerate(zip(text, changed, strict=False))
            if pair[0] != pair[1]
        ),
        min(len(text), len(changed)),
    )
    first = make(text)
    plain = [first.propose(tuple(text[:place]), limit) for place in range(1, len(text) + 1)]
    again = [first.propose(tuple(changed[:place]), limit) for place in range(1, shared + 1)]
    other = make(changed)
    fresh = [other.propose(tuple(changed[:place]), limit) for place in range(1, shared + 1)]
    return tuple(
        place + 1 for place in range(shared) if not plain[place] == again[place] == fresh[place]
    )
