"""A run of lines as one array of bytes: values are found and read in all lines at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.times import from_iso

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.bool_]
MOST_DIGITS = 18
"""A longer number is left to the reader of single lines."""
_LATEST_US = 32_503_680_000_000_000
"""1 January 3000; a later time is left to the reader of single lines."""
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?)(Z|[+-]\d\d:\d\d|)")
_QUOTE, _LINE_FEED, _SPACE, _ZERO, _NINE = b'"\n 09'


class Span(NamedTuple):
    """Where a value stands in each line."""

    start: Ints
    end: Ints

    def of(self, rows: Rows) -> "Span":
        """Give the places of some lines."""
        return Span(self.start[rows], self.end[rows])


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, and where their quotes are."""

    text: bytes
    codes: npt.NDArray[np.uint8]
    quotes: Ints
    start: Ints
    """Of each line, one after the last one's end besides."""
    first: Ints
    """Each line's first quote, as a place in `quotes`, and one past the last."""

    @classmethod
    def of(cls, text: bytes) -> Self | None:
        """Look a run of lines through; None where an escape, a control or a code is in the way."""
        codes = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(codes == _LINE_FEED)
        if b"\\" in text or np.count_nonzero(codes < _SPACE) != len(ends) or not _is_utf8(text):
            return None
        quotes = np.flatnonzero(codes == _QUOTE)
        start = np.concatenate(([0], ends + 1))
        return cls(text, codes, quotes, start, np.searchsorted(quotes, start))

    def line(self, number: int) -> bytes:
        """Give a line by its place, from 0."""
        return self.text[self.start[number] : self.start[number + 1] - 1]

    @property
    def height(self) -> int:
        """Give the number of lines."""
        return len(self.start) - 1

    def texts(self, spans: Sequence[Span]) -> list[pl.Series]:
        """Give values as columns of text; nothing is copied."""
        if not spans:
            return []
        whole = pl.Series("text", [self.text], pl.Binary).new_from_index(0, len(spans[0].start))
        columns = [whole]
        for place, (start, end) in enumerate(spans):
            columns += pl.Series(f"from {place}", start), pl.Series(f"for {place}", end - start)
        part = pl.DataFrame(columns).select(
            pl.col("text")
            .bin.slice(f"from {place}", f"for {place}")
            .cast(pl.String)
            .alias(f"{place}")
            for place in range(len(spans))
        )
        return part.get_columns()

    def numbers(self, span: Span) -> tuple[Ints, Rows]:
        """Give values as whole numbers, and which of them are some as JSON writes them."""
        length = span.end - span.start
        sound = (length > 0) & (length <= MOST_DIGITS)
        value = np.zeros(len(length), np.int64)
        for place in range(min(MOST_DIGITS, int(length.max(initial=0)))):
            digit = self.codes[span.end - 1 - place].astype(np.int64) - _ZERO
            inside = place < length
            sound &= ~inside | ((digit >= 0) & (digit <= _NINE - _ZERO))
            value += np.where(inside, digit, 0) * 10**place
        first = self.codes[np.minimum(span.start, len(self.codes) - 1)]
        return value, sound & ((length == 1) | (first != _ZERO))

    def times(self, span: Span, like: bytes) -> tuple[Ints, Rows]:
        """Give times written as `like` is, in microseconds since 1970, and which are so written."""
        written = _TIME.fullmatch(like)
        if written is None:
            return np.zeros(len(span.start), np.int64), np.zeros(len(span.start), np.bool_)
        sound = (span.end - span.start == len(like)) & self._written_as(
            like, len(written[1]), span.start
        )
        length = len(written[1])
        windows = np.ndarray((len(self.text) - length + 1,), f"S{length}", self.text, 0, (1,))
        moments = np.where(sound, windows[np.where(sound, span.start, 0)], written[1])
        try:
            value = moments.astype("M8[us]").astype(np.int64)
        except ValueError:  # a day or an hour that no calendar has
            return np.zeros(len(moments), np.int64), np.zeros(len(moments), np.bool_)
        read_us = int(np.datetime64(written[1].decode(), "us").astype(np.int64))
        value += from_iso(like.decode(), "time") - read_us  # what the zone makes of it
        return value, sound & (value > 0) & (value < _LATEST_US)

    def _written_as(self, like: bytes, digits_end: int, at: Ints) -> Rows:
        """Tell where digits stand for digits up to a place, and else the same text."""
        model = np.frombuffer(like, np.uint8)
        places = np.arange(len(like))
        free = (model >= _ZERO) & (model <= _NINE) & (places < digits_end)
        found = self.codes[np.clip(at, 0, len(self.codes) - len(like))[:, None] + places]
        fits = np.where(free, (found >= _ZERO) & (found <= _NINE), found == model)
        sound: Rows = fits.all(axis=1)
        return sound

    def stands(self, piece: bytes, at: Ints) -> Rows:
        """Tell where a piece of text stands."""
        most = len(self.text) - len(piece)
        if most < 0:
            return np.zeros(len(at), np.bool_)
        windows = np.ndarray((most + 1,), f"S{len(piece)}", self.text, 0, (1,))
        found: Rows = windows[np.clip(at, 0, most)] == piece
        return found & (at >= 0) & (at <= most)


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False
