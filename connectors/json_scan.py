"""Reads the outline of JSON, not its content: keys of one level, bounds of documents."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

import msgspec

from connectors.faults import LineError

Fields = dict[str, msgspec.Raw]

_TOKEN = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")(\s*:)?|[{}\[\]]', re.DOTALL)
"""A string, with the colon that makes it a key, or a bracket."""
_decode_fields = msgspec.json.Decoder(Fields).decode
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
    if not _same_size(text, fields):
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


def documents(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Give each JSON document of a pretty-printed file, or each element of an array, as one line.

    Its number is that of the line on which it starts; line ends inside it become spaces, since JSON
    strings cannot hold any.
    """
    numbered = list(lines)
    text = b"\n".join(line for _, line in numbered)
    first = numbered[0][0] if numbered else 1
    depth = int(text.lstrip().startswith(b"["))
    line, counted = first, 0
    for start, end in _spans(text, depth):
        line += text.count(b"\n", counted, start)
        counted = start
        yield line, text[start:end].replace(b"\n", b" ")


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


def _spans(text: bytes, level: int) -> Iterator[tuple[int, int]]:
    """Give start and end of each value that opens at `level`; a cut one runs to the end."""
    depth, start = 0, -1
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in (b"{", b"["):
            if depth == level:
                start = token.start()
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth == level and start >= 0:
                yield start, token.end()
                start = -1
    if start >= 0:
        yield start, len(text)


def _same_size(text: bytes, fields: Fields) -> bool:
    """Tell whether the fields alone fill the text: then no key was hidden by a later one.

    Holds for the two ways programs write JSON (no spaces, and Python's `", "` and `": "`); any
    other writing only costs the slow look.
    """
    size = 1 + sum(
        len(key) + _KEY_FRAMING + len(memoryview(value)) for key, value in fields.items()
    )
    colon = len(next(iter(fields), "")) + _KEY_FRAMING
    spaced = text[colon : colon + 1] == b" "
    return len(text) == size + (2 * len(fields) - 1 if spaced else 0)


def _refuse_twice(text: bytes) -> None:
    seen: set[bytes] = set()
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token.group(2):
            if token.group(1) in seen:
                raise LineError("duplicate key", "a key stands twice in one object")
            seen.add(token.group(1))


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
