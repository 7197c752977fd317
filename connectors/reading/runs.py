"""Runs of whole lines: for readers that take many lines at once and single ones where they must."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.faults import LineError
from connectors.reading.json_scan import is_document

RUN_BYTES = 2**22
"""Bytes that are read together: some thousand lines, so that what a run costs weighs little."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HEAD_LINES = 16
"""Lines among which two filled ones tell whether an object fills a line or many."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whole lines as they lie in the file, byte order mark and carriage returns included."""

    number: int
    """Of the first line."""
    text: bytes
    """Each line, the last one too, ends with a line feed."""
    height: int
    """Lines."""

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Give number and text of each line, cleaned."""
        return enumerate(map(clean, self.text.split(b"\n")[:-1]), start=self.number)


def in_runs(chunks: Iterator[bytes]) -> Iterator[Run | Iterator[bytes]]:
    """Give the text as runs; what cannot be one comes last, as the chunks that are left.

    That is a file in which an object stands on several lines, and what follows a line longer than a
    run. Lines before a damage of the file are given before its fault is raised.
    """
    number, rest = 1, b""
    gathered = _gathered(chunks)
    for parts in gathered:
        text = b"".join((rest, *parts))
        end = text.rfind(b"\n") + 1
        if not end or (number == 1 and not _tells_lines(text)):
            yield itertools.chain((text,), itertools.chain.from_iterable(gathered))
            return
        run = Run(number, text[:end], text.count(b"\n"))
        yield run
        number += run.height
        rest = text[end:]
    if rest:
        yield Run(number, rest + b"\n", 1)


def clean(line: bytes) -> bytes:
    """Give a line without carriage return at its end and byte order mark at its start."""
    return line.removesuffix(b"\r").removeprefix(_BYTE_ORDER_MARK)


def _gathered(chunks: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Give the chunks of a run's size together; all that came before a fault is given first."""
    parts: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= RUN_BYTES:
                yield parts
                parts, size = [], 0
    except LineError:
        if parts:
            yield parts
        raise
    if parts:
        yield parts


def _tells_lines(text: bytes) -> bool:
    lines = map(clean, text.split(b"\n", _HEAD_LINES)[:_HEAD_LINES])
    filled = [line for line in lines if line.strip()][:2]
    return len(filled) > 1 and not is_document(filled)
