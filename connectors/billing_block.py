"""The block that Claude Code puts before its system prompt, for the vendor's books.

It differs in each request, and requests read each other's cache all the same: it is no part of the
prompt.
"""

import msgspec

_FIRST_WORDS = "x-anthropic-billing-header:"
_FIRST_BYTES = _FIRST_WORDS.encode()
_REACH = 512
"""Bytes of `system` that are looked through: the block stands first, and `system` may be long."""


class _Block(msgspec.Struct):
    text: str = ""


_decode_blocks = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_block = msgspec.json.Decoder(_Block).decode


def without_billing(system: msgspec.Raw) -> msgspec.Raw:
    """Give the system prompt without its billing block."""
    if _FIRST_BYTES not in bytes(memoryview(system)[:_REACH]):
        return system
    text, others = _split(system)
    return msgspec.Raw(b"[" + b",".join(map(bytes, others)) + b"]") if text else system


def billing_text(system: msgspec.Raw) -> str:
    """Give the text of the billing block; empty where there is none."""
    return _split(system)[0] if _FIRST_BYTES in bytes(memoryview(system)[:_REACH]) else ""


def _split(system: msgspec.Raw) -> tuple[str, list[msgspec.Raw]]:
    """Give the billing block's text and the blocks after it; no text where it does not come first.

    A system prompt that is no list of blocks is left to those who read it.
    """
    try:
        first, *others = _decode_blocks(system)
        text = _decode_block(first).text
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        return "", []
    return (text, others) if text.startswith(_FIRST_WORDS) else ("", [])
