"""Bills the captured calls: blocks to tokens, tokens to cache buckets, in order of their start."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import cast

from generator.exchanges import Exchange
from generator.vendor_cache import Buckets, Mark, Prefix, Prompt, VendorCache

_TENTH_CHARACTERS_PER_TOKEN = {"tools": 36, "system": 37, "user": 38, "assistant": 37}
_OLD_TOKENIZER_TENTHS = 40
"""Haiku 4.5 counts with the older tokenizer, which makes fewer tokens of the same text."""

TOOL_PROMPT_TOKENS = 354
"""What the vendor adds before the first tool (its figure for Sonnet 5; not published for 5.5)."""


def settle(calls: Iterable[Exchange]) -> list[tuple[Exchange, Buckets]]:
    """Give each call with its billed input, oldest first; errors bill nothing."""
    cache = VendorCache()
    ordered = sorted(calls, key=lambda call: (call.start_ms, call.name))
    return [(call, Buckets() if call.failure else cache.bill(prompt_of(call))) for call in ordered]


def prompt_of(call: Exchange) -> Prompt:
    """Count a request's blocks, in the vendor's cache order."""
    prefixes: list[Prefix] = []
    marks: list[Mark] = []
    identity, tokens = "", 0
    for kind, block in _blocks(call):
        bare = {key: value for key, value in block.items() if key != "cache_control"}
        content = json.dumps([kind, bare], sort_keys=True)
        identity = hashlib.sha256(f"{identity}{content}".encode()).hexdigest()
        tokens += _tokens(call.model, kind, bare)
        tokens += TOOL_PROMPT_TOKENS if kind == "tools" and not prefixes else 0
        prefixes.append(Prefix(identity, tokens, len(prefixes)))
        if "cache_control" in block:
            marks.append(Mark(len(prefixes) - 1, 300))
    # A batch shares no entries with live calls; none of the sample's batches asks for a cache.
    scope = (call.caller.workspace, call.model, call.speed)
    return Prompt(scope, call.start_ms, call.first_ms, prefixes, marks)


def _blocks(call: Exchange) -> Iterable[tuple[str, Mapping[str, object]]]:
    request = call.request
    for tool in cast(list[Mapping[str, object]], request.get("tools", [])):
        yield "tools", tool
    for kind, content in (("system", request.get("system", [])), *_messages(request)):
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in cast(list[Mapping[str, object]], blocks):
            yield kind, block


def _messages(request: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for message in cast(list[Mapping[str, object]], request["messages"]):
        yield str(message["role"]), message["content"]


def _tokens(model: str, kind: str, block: Mapping[str, object]) -> int:
    old = model == "claude-haiku-4-5"
    tenths = _OLD_TOKENIZER_TENTHS if old else _TENTH_CHARACTERS_PER_TOKEN[kind]
    return -(-_characters(block) * 10 // tenths)


def _characters(value: object) -> int:
    """Count the characters of all text leaves except the names of block types."""
    if isinstance(value, Mapping):
        return sum(_characters(item) for key, item in value.items() if key != "type")
    if isinstance(value, list):
        return sum(_characters(item) for item in value)
    return len(str(value))
