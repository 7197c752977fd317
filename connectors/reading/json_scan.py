"""Reads the outline of JSON, not its content: keys of one level, bounds of documents."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NoReturn

import msgspec

from connectors.faults import LineError

Fields = dict[str, msgspec.Raw]

_TOKEN = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")(\s*:)?|[{}\[\]]', re.DOTALL)
"""A string, with the colon that makes it a key, or a bracket."""
_decode_fields = msgspec.json.Decoder(Fields).decode
_decode_key = msgspec.json.Decoder(str).decode
_KEY_FRAMING = 4
"""Two quotes, a colon and a comma stand around each key."""


def object_of(raw: bytes | msgspec.Raw) -> Fields:
    """Give the fields of an object, values still raw.

    JSON parsers keep the last of two equal keys without a word; here they are a fault, because a
    count that stands twice has no sure value.

    Raises:
        LineError: a key stands twice at this level.
    """
    text = bytes(raw)
    fields = _decode_fields(text)
    size = 1 + _KEY_FRAMING * len(fields) + len("".join(fields)) + len(b"".join(fields.values()))
    if len(text) != size and not _spaced(text, fields, size):
        _refuse_twice(text)
    return fields


def strict_object(raw: bytes | msgspec.Raw) -> dict[str, object]:
    """Give a small object in Python values; a key that stands twice at any level is a fault."""
    try:
        value: object = json.loads(
            bytes(raw), object_pairs_hook=_unique, parse_constant=_not_a_number
        )
    except (json.JSONDecodeError, ValueError) as error:
        raise LineError("bad count", "a number that no counter writes") from error
    if not isinstance(value, dict):
        raise LineError("bad field", "expected an object")
    return value


def object_by_shape(text: bytes) -> dict[str, object]:
    """Give what `strict_object` gives, quickly for a text that differs from a known one in digits.

    A program writes its counts in one shape again and again: the same keys, in the same order.
    """
    shape = text.translate(None, b"0123456789")
    if shape in _SOUND_SHAPES:
        with suppress(ValueError):  # a number without digits has the shape of a sound one
            return _decode_object(text)
    fields = strict_object(text)
    if len(_SOUND_SHAPES) < _MOST_SHAPES and b"\\" not in text and _stays_sound(text):
        _SOUND_SHAPES.add(shape)
    return fields


_SOUND_SHAPES: set[bytes] = set()
_MOST_SHAPES = 1024
_decode_object = msgspec.json.Decoder(dict[str, object]).decode


def _stays_sound(text: bytes) -> bool:
    """Tell whether no text of this shape can hold a key twice, whatever its digits."""
    try:
        json.loads(text, object_pairs_hook=_unique_without_digits)
    except LineError:
        return False
    return True


def _unique_without_digits(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return _unique([(key.translate(_NO_DIGITS), value) for key, value in pairs])


_NO_DIGITS = str.maketrans("", "", "0123456789")


def documents(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Give each JSON document of a pretty-printed file, or each element of an array, as one line.

    Its number is that of the line on which it starts; line ends inside it become spaces, since JSON
    strings cannot hold any. No more than one document is held at a time.
    """
    level: int | None = None
    depth, begun = 0, 0
    parts: list[bytes] = []
    for number, line in lines:
        if level is None and line.strip():
            level = int(line.lstrip().startswith(b"["))
        start = 0
        for at, step in _brackets(line):
            if step > 0 and depth == level:
                start, begun = at, number
            depth += step
            if step < 0 and depth == level and begun:
                yield begun, b" ".join((*parts, line[start : at + 1]))
                parts, begun = [], 0
        if begun:
            parts.append(line[start:])
    if begun:
        yield begun, b" ".join(parts)


def _brackets(line: bytes) -> Iterator[tuple[int, int]]:
    """Give place and step (+1 opens, -1 closes) of each bracket outside strings."""
    for token in _TOKEN.finditer(line):
        mark = token.group()
        if mark in (b"{", b"["):
            yield token.start(), 1
        elif mark in (b"}", b"]"):
            yield token.start(), -1


def is_document(head: list[bytes]) -> bool:
    """Tell a pretty-printed file from JSON lines by its first two lines that are not blank."""
    if not head:
        return False
    first = head[0].strip()
    if first.startswith(b"["):
        return first[1:].lstrip()[:1] in (b"", b"{")
    if not first.startswith(b"{"):
        return False
    second = head[1].strip()[:1] if len(head) > 1 else b""
    return second in (b'"', b"}") and not _parses(first)


def _spaced(text: bytes, fields: Fields, size: int) -> bool:
    """Tell whether Python's spaces after colons and commas make up for what the text is longer.

    Fields that alone fill the text hide no key behind a later one. Programs write JSON without
    spaces or so; any other writing only costs the slow look.
    """
    colon = len(next(iter(fields), "")) + _KEY_FRAMING
    return text[colon : colon + 1] == b" " and len(text) == size + 2 * len(fields) - 1


def _refuse_twice(text: bytes) -> None:
    seen: set[str] = set()
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token.group(2):
            key = _decode_key(token.group(1))  # an escape in it may hide that it is the same
            if key in seen:
                raise LineError("duplicate key", "a key stands twice in one object")
            seen.add(key)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise LineError("duplicate key", "a key stands twice in one object")
    return fields


def _not_a_number(_name: str) -> NoReturn:
    raise LineError("bad count", "a number that JSON does not know")


def _parses(text: bytes) -> bool:
    try:
        _decode_fields(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def mended(line: bytes) -> bytes:
    """Replace halves of surrogate pairs by the replacement character, as a reader would show them.

    Clients that cut text in the middle of an emoji write them; the call was billed all the same.
    """
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _ESCAPE.sub(_whole, line)


_ESCAPE = re.compile(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})(?P<low>\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|u(?P<lone>[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""One escape of a JSON string: each is taken whole, so an escaped backslash opens none."""


def _whole(escape: re.Match[bytes]) -> bytes:
    half = escape["lone"] or (escape["high"] and not escape["low"])
    return b"\\ufffd" if half else escape[0]
