"""Why the prompt cache missed, where the vendor says so: `diagnostics` of an answer.

A request opts in with `diagnostics.previous_message_id`; the answer then names the first thing that
parted from that request (`anthropic.types.Diagnostics`). It compares requests, not cache entries.
"""

import re
from typing import NamedTuple

import msgspec

from connectors.faults import LINE_FAULTS
from connectors.reading.json_scan import object_of

_REASON = re.compile(r"[a-z][a-z_]{0,39}")
_LARGEST = 2**63 - 1


class Missed(NamedTuple):
    """What an answer says of the cache; nothing where it was not asked, or nothing parted."""

    reason: str | None = None
    tokens: int | None = None
    """Tokens that would have been read otherwise, about."""


NOTHING = Missed()


class _Reason(msgspec.Struct):
    type: str = ""
    cache_missed_input_tokens: int | None = None


class _Diagnostics(msgspec.Struct):
    cache_miss_reason: _Reason | None = None


_decode = msgspec.json.Decoder(_Diagnostics).decode


def missed_in(raw: bytes | msgspec.Raw | None) -> Missed:
    """Read a raw `diagnostics` object; a damaged one tells nothing and costs no count."""
    if raw is None or bytes(raw) == b"null":
        return NOTHING
    try:
        object_of(raw)  # no key may stand twice
        told = _decode(bytes(raw)).cache_miss_reason
    except LINE_FAULTS:
        return NOTHING
    if told is None or not _REASON.fullmatch(told.type):
        return NOTHING
    count = told.cache_missed_input_tokens
    sound = count is not None and 0 <= count <= _LARGEST
    return Missed(told.type, count if sound else None)
