"""Lines that one program wrote: the same pieces of text around other values, told by one of them.

A line is of a shape when the shape's pieces stand in it, in order, and no quote besides theirs.
What is true of the keys of one such line (which there are, that none stands twice) is true of every
other, so that one line says how all of them are to be read.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from connectors.faults import LINE_FAULTS, LineError
from connectors.reading.block import Block, Ints, Span
from connectors.reading.json_scan import strict_object

Path = tuple[str, ...]
_LONGEST_SAMPLE = 2**13
_VALUE = re.compile(rb'": ?(?:"([^"]*)"|(0|[1-9][0-9]*)(?=[,}]))')


class Place(NamedTuple):
    """One value of the line that the shape was taken from."""

    path: Path
    value: bytes
    piece: bytes
    """What stands before it, from the value before."""
    closing: int
    """The line's first quote after it; one past the last one means the line's end."""
    tail: int
    """Bytes between it and that quote."""

    @property
    def is_text(self) -> bool:
        """Whether it is a string; else it is a whole number."""
        return self.piece.endswith(b'"')


@dataclass(frozen=True, slots=True)
class Shape:
    """How one line is written, its values aside."""

    places: dict[Path, Place]
    opening: int
    """Where the first quote stands."""
    last: bytes
    """What stands after the last value."""
    quotes: int

    @classmethod
    def of(cls, line: bytes) -> Self | None:
        """Give the shape of a line; None where it holds more than texts, counts and objects."""
        if len(line) > _LONGEST_SAMPLE:
            return None
        try:
            leaves = list(_leaves(strict_object(line)))
        except LINE_FAULTS:
            return None
        found = list(_VALUE.finditer(line))
        if not found or [value for _, value in leaves] != [_told(match) for match in found]:
            return None
        spans = [match.span(match.lastindex or 0) for match in found]
        pieces = itertools.pairwise([(0, 0), *spans])
        places = {
            path: _place(path, line, before[1], span)
            for (path, _), (before, span) in zip(leaves, pieces, strict=True)
        }
        return cls(places, line.index(b'"'), line[spans[-1][1] :], line.count(b'"'))

    def find(self, block: Block, rows: Ints) -> tuple[Ints, dict[Path, Span]]:
        """Give those of the rows that are of this shape, and where their values stand."""
        rows = rows[block.first[rows + 1] - block.first[rows] == self.quotes]
        first, at, end = block.first[rows], block.start[rows], block.start[rows + 1] - 1
        fits = block.quotes[first] == at + self.opening
        spans = {}
        for place in self.places.values():
            fits &= block.stands(place.piece, at)
            start = at + len(place.piece)
            closing = end if place.closing == self.quotes else block.quotes[first + place.closing]
            at = closing - place.tail
            fits &= start <= at
            spans[place.path] = Span(start, at)
        fits &= block.stands(self.last, at) & (at + len(self.last) == end)
        return rows[fits], {path: span.of(fits) for path, span in spans.items()}


def _leaves(fields: Mapping[str, object], path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Give the values that may differ from line to line, in the order in which they stand."""
    for key, value in fields.items():
        if key.startswith(":"):
            raise LineError("no shape", "a key that looks like a value")
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        elif isinstance(value, str) or type(value) is int:
            yield (*path, key), value
        elif not (value is None or isinstance(value, bool) or value in ({}, [])):
            raise LineError("no shape", "a fraction, or a list that is not empty")


def _told(match: re.Match[bytes]) -> str | int:
    text, number = match.groups()
    return text.decode() if text is not None else int(number)


def _place(path: Path, line: bytes, before: int, span: tuple[int, int]) -> Place:
    start, end = span
    closing = line.find(b'"', end)
    tail = (closing if closing >= 0 else len(line)) - end
    return Place(path, line[start:end], line[before:start], line.count(b'"', 0, end), tail)
