"""One block of a prompt as its chain needs it: kind, characters, and the form that is hashed.

The canonical form has sorted keys, no marks and no nulls, so that clients which write a block
differently still share a prefix. The raw form is the block's text as the log holds it, less its
marks: it needs no rewriting, and knows a block again only where it was written in the same way.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Block = Mapping[str, object]
Form = Literal["canonical", "raw"]
"""How the blocks of a store are hashed; chains of both forms never meet in one store."""

Fields = dict[str, msgspec.Raw]
_NOTHING: Block = {}
_FRAMING = frozenset({"type", "id", "tool_use_id", "cache_control", "media_type"})
_SCALARS = (bool, int, float)

_encode = msgspec.json.Encoder(order="deterministic").encode
_encode_as_is = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_text = msgspec.json.Decoder(str).decode
_decode_blocks = msgspec.json.Decoder(list[dict[str, object]]).decode
_decode_all_fields = msgspec.json.Decoder(list[Fields]).decode
_decode_all = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Measured(msgspec.Struct, frozen=True, gc=False):
    """A block without its text, but for the form, which is hashed and let go of."""

    kind: str | None
    """Its `type`; None when it names none."""
    chars: int
    """Of its leaves, and nothing of its framing."""
    form: bytes
    others: Block = _NOTHING
    """At least those of its values that are no strings; its mark among them."""


def measured(block: Block, form: Form = "canonical") -> Measured:
    """Measure a block that is already parsed; its raw form is written in the order of its keys."""
    chars, plain = _counted(block)
    kind = str(block["type"]) if "type" in block else None
    if form == "raw":
        return Measured(kind, chars, _unmarked(_encode_as_is(block)), block)
    return Measured(kind, chars, _encode(block if plain else _without_marks(block)), block)


def _counted(block: Block) -> tuple[int, bool]:
    """Give the characters of a block, and whether none of its values can hold a mark or a null."""
    chars, plain = 0, True
    for key, value in block.items():
        if type(value) is str:  # most values are
            if key not in _FRAMING:
                chars += len(value)
        else:
            plain = plain and type(value) in _SCALARS
            if key not in _FRAMING:
                chars += characters(value)
    return chars, plain


def measured_content(raw: bytes | msgspec.Raw, form: Form = "canonical") -> list[Measured]:
    """Measure the blocks of a `content` value as a log wrote it; a string is one text block.

    Raises:
        msgspec.MsgspecError: neither a string nor a list of objects, or no JSON that can be read.
        UnicodeDecodeError: not UTF-8.
    """
    lead = raw_lead(raw)
    if lead == b'"':
        return [_text(bytes(raw), form)] if len(raw) > len('""') else []
    if lead == b"n":
        return []
    if form == "raw":
        return list(map(_as_written, _decode_all(raw), _decode_blocks(raw)))
    if len(raw) < _LONG:
        return [measured(block) for block in _decode_blocks(raw)]
    return [_canonical(fields) for fields in _decode_all_fields(raw)]


_LONG = 4096
"""Bytes of content from which it pays to look at each value before it is parsed."""


def raw_lead(raw: bytes | msgspec.Raw) -> bytes:
    """Give the first byte of a raw value, which tells its kind, without copying the rest."""
    return bytes(memoryview(raw)[:1])


def blocks_of(content: object) -> Iterable[Block]:
    """Give the blocks of a `content` value, however the client wrote it."""
    if isinstance(content, str):
        return ({"type": "text", "text": content},) if content else ()
    if isinstance(content, list):
        return [b if isinstance(b, Mapping) else {"type": "text", "text": str(b)} for b in content]
    return ()


def characters(value: object) -> int:
    """Count the characters of a block's leaves, and nothing of its framing."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        count = 0
        for key, inner in value.items():
            if key not in _FRAMING:
                count += len(inner) if type(inner) is str else characters(inner)
        return count
    if isinstance(value, list):
        return sum(map(characters, value))
    return len(str(value)) if value is not None else 0


def _text(raw: bytes, form: Form) -> Measured:
    if form == "raw":
        return Measured("text", _length(raw), b'{"type":"text","text":%b}' % raw)
    text, chars = _string(raw)
    return Measured("text", chars, b'{"text":%b,"type":"text"}' % text)


def _canonical(fields: Fields) -> Measured:
    """Write a block in its one form, and leave strings that are in it already as they stand."""
    kind, chars, others = None, 0, {}
    parts = []
    for key, opening, counts in _plan(tuple(fields)):
        raw = bytes(fields[key])
        if raw.startswith(b'"') and key != "cache_control":
            text, length = _string(raw)
            if key == "type":
                kind = _decode_text(raw)
        else:
            others[key] = value = _decode(raw)
            if key == "type" or (key == "cache_control" and type(value) in (str, *_SCALARS)):
                return measured({name: _decode(inner) for name, inner in fields.items()})
            if value is None or key == "cache_control":
                continue
            text, length = _value(raw, value), characters(value) if counts else 0
        parts.append(opening + text)
        if counts:
            chars += length
    return Measured(kind, chars, b"{%b}" % b",".join(parts), others)


@functools.lru_cache(maxsize=1024)
def _plan(keys: tuple[str, ...]) -> tuple[tuple[str, bytes, bool], ...]:
    """Give the keys of a block in canonical order: each, as it is written, whether it counts."""
    return tuple((key, _encode(key) + b":", key not in _FRAMING) for key in sorted(keys))


def _string(raw: bytes) -> tuple[bytes, int]:
    """Give a JSON string in canonical writing, and its characters."""
    if b"\\" not in raw:  # there is no other way to write it
        return raw, _points(raw)
    if _REWRITTEN(raw):
        text = _decode_text(raw)
        return _encode(text), len(text)
    return raw, _points(raw) - raw.count(b"\\")


_REWRITTEN = re.compile(rb"\\[u/\\]").search
"""Escapes of other length, or that may be written otherwise; the rest are two bytes for one."""


def _length(raw: bytes) -> int:
    """Count the characters of a JSON string."""
    if b"\\" in raw and _REWRITTEN(raw):
        return len(_decode_text(raw))
    return _points(raw) - raw.count(b"\\")


def _points(raw: bytes) -> int:
    """Count what stands between the quotes of a JSON string, its escapes as they are written."""
    return len(raw if raw.isascii() else raw.decode()) - 2


def _value(raw: bytes, value: object) -> bytes:
    plain = b"cache_control" not in raw and b"null" not in raw and b"\\u" not in raw
    return _encode(value if plain else _without_marks(value))


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


def _as_written(raw: msgspec.Raw, block: Block) -> Measured:
    """Measure a block and leave its text as it stands, but for its marks."""
    kind = str(block["type"]) if "type" in block else None
    return Measured(kind, _counted(block)[0], _unmarked(bytes(raw)), block)


_MARKED = b'"cache_control"'
_MARK_VALUE = rb'"cache_control"\s*:\s*(?:null|\{(?:[^{}"\\]|"[^"\\]*")*\})'
_MARK = re.compile(rb",\s*" + _MARK_VALUE + rb"|(?<=\{)\s*" + _MARK_VALUE + rb"\s*,?")
"""A mark with the comma that goes with it; inside a JSON string its quotes would be escaped."""


def _unmarked(raw: bytes) -> bytes:
    """Take the marks out of a block's text, so that moving one changes no prefix."""
    if _MARKED not in raw:
        return raw
    left = _MARK.sub(b"", raw)
    return left if _MARKED not in left else _encode_as_is(_without_marks(_decode(raw)))
