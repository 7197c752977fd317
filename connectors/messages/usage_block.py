"""Lines of bare usage, a run of them at a time.

One line of each shape is read like any other; it says what the values of all lines of its shape
mean. A value that would mean something else than the sample's (an empty name, a refusal, counts
that do not add up) leaves its line to the reader of single lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import msgspec
import numpy as np
import polars as pl

from analyzer.trace import Call, Calls
from connectors.connector import Decode
from connectors.faults import LINE_FAULTS
from connectors.messages.capture import UsageLine
from connectors.reading.block import Block, Ints, Rows, Span
from connectors.reading.runs import Run, clean
from connectors.reading.shapes import Path, Place, Shape

FEWEST = 50
"""Lines of one shape below which columns cost more than records."""
_MOST_KINDS = 16
_TRIES = 4
"""Lines of a run that are looked at for a shape not met before."""
_TEXTS: dict[Path, str] = {
    **{(name,): name for name in (
        "request_id", "message_id", "model", "stop_reason", "batch_id", "custom_id", "org",
        "workspace", "api_key", "session", "app", "workload",
    )},
    ("id",): "message_id",
    ("user",): "user_id",
    ("usage", "service_tier"): "tier",
    ("usage", "speed"): "speed",
    ("usage", "inference_geo"): "geo",
}  # fmt: skip
_WRITTEN = "cache_creation_input_tokens"
_SHORT = ("usage", "cache_creation", "ephemeral_5m_input_tokens")
_LONG = ("usage", "cache_creation", "ephemeral_1h_input_tokens")
_COUNTS: dict[Path, str] = {
    ("attempt",): "attempt",
    ("usage", "input_tokens"): "uncached",
    ("usage", "cache_read_input_tokens"): "read",
    ("usage", _WRITTEN): _WRITTEN,
    _SHORT: "write_5m",
    _LONG: "write_1h",
    ("usage", "output_tokens"): "output",
    ("usage", "output_tokens_details", "thinking_tokens"): "thinking",
    ("usage", "server_tool_use", "web_search_requests"): "web_searches",
}
_TIMES: dict[Path, str] = {
    ("timestamp",): "end_us",
    ("start",): "start_us",
    ("first_token",): "first_us",
    ("end",): "end_us",
}
_UNREAD = {("usage", "server_tool_use", "web_fetch_requests")}
_READ = {*UsageLine.__struct_fields__, "usage", "request", "response", "sse"}
"""Keys from which a single line is read; values of others may be what they like."""
_MOST_COUNTED = 10**9
"""A greater count may be one that `analyzer.intake` refuses."""
_MEANT_OTHERWISE = (
    ("message_id", "msg_bdrk_"),
    ("message_id", "msg_vrtx_"),
    ("api_key", "sk-"),
    ("stop_reason", "refusal"),
)
"""Beginnings of values that tell more than a name."""
_CLOUD_ID = "anthropic"
"""Stands in a model's id on Bedrock, which also tells the endpoint."""


class RunReader:
    """Reads runs of lines; knows the kinds of line that it met."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._kinds: list[_Kind] = []

    def __call__(self, run: Run) -> tuple[list[Calls], Iterable[tuple[int, bytes]]]:
        """Give the calls of all lines of some kind, and the other lines."""
        block = Block.of(run.text) if run.height >= FEWEST else None
        if block is None:
            return [], run.lines()
        told: list[Calls] = []
        left: Ints = np.arange(block.height)
        for kind in self._kinds:
            left = kind.take(run, block, left, told)
        for row in left[:: max(1, len(left) // _TRIES)].tolist():
            new = _Kind.of(block.line(row), self._decode) if row in left else None
            if new is not None:
                self._kinds = [new, *self._kinds[: _MOST_KINDS - 1]]
                left = new.take(run, block, left, told)
        return told, [(run.number + row, clean(block.line(row))) for row in left.tolist()]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Lines of one shape, and the call that one of them tells of."""

    shape: Shape
    like: Call

    @classmethod
    def of(cls, line: bytes, decode: Decode) -> Self | None:
        """Give the kind of a line; None where columns cannot tell its calls."""
        shape = Shape.of(line)
        if shape is None or not _is_plain(shape):
            return None
        try:
            like = decode(1, line)
        except LINE_FAULTS:
            return None
        if not isinstance(like, Call) or like.flags or _CLOUD_ID in like.model:
            return None
        return cls(shape, like)

    def take(self, run: Run, block: Block, left: Ints, told: list[Calls]) -> Ints:
        """Add the calls of the lines that are of this kind; give the lines that are not."""
        rows, spans = self.shape.find(block, left)
        if len(rows) < FEWEST:
            return left
        columns, sound = self._numbers(block, spans)
        wanted = [path for path in spans if path in _TEXTS or path[0] == "tags"]
        texts = dict(zip(wanted, block.texts([spans[path] for path in wanted]), strict=True))
        named = {name: texts[path] for path, name in _TEXTS.items() if path in texts}
        for name, beginning in _MEANT_OTHERWISE:
            if name in named:
                sound &= ~named[name].str.starts_with(beginning).to_numpy()
        if "model" in named:
            sound &= ~named["model"].str.contains(_CLOUD_ID, literal=True).to_numpy()
        values = pl.DataFrame({"line": run.number + rows, **columns, **named})
        if self.like.tags:
            values = values.with_columns(tags=self._tags(texts))
        if not sound.any():
            return left
        if not sound.all():
            rows, values = rows[sound], values.filter(sound)
        lines = run.text.split(b"\n")
        hashes = [sha256(lines[row]).digest() for row in rows.tolist()]
        values = values.with_columns(line_sha256=pl.Series(hashes, dtype=pl.Binary))
        told.append(Calls(like=self.like, values=values))
        return np.setdiff1d(left, rows, assume_unique=True)

    def _numbers(self, block: Block, spans: Mapping[Path, Span]) -> tuple[dict[str, Ints], Rows]:
        """Give counts and times as columns, and which lines mean by their values what they say."""
        times = _times(self.shape)
        columns: dict[str, Ints] = {}
        sound: Rows = np.ones((), np.bool_)
        for path, place in self.shape.places.items():
            if not place.is_text:
                number, fine = block.numbers(spans[path])
                columns[_COUNTS.get(path, "")] = number
                fine &= (number <= _MOST_COUNTED) | (path not in _COUNTS)
            elif path in times:
                columns[times[path]], fine = block.times(spans[path], place.value)
            else:
                fine = (spans[path].end > spans[path].start) | (path not in _TEXTS)
            sound = sound & fine
        columns.pop("", None)
        if line_time := {"end_us", "start_us"} & columns.keys():
            columns["line_time_us"] = columns[min(line_time)]
        return columns, sound & self._adds_up(columns)

    def _adds_up(self, columns: dict[str, Ints]) -> Rows:
        """Tell where cache writes and thinking are what `connectors.usage` takes as they stand."""
        sound: Rows = np.ones((), np.bool_)
        written = columns.pop(_WRITTEN, None)
        if written is not None and "write_5m" in columns:
            sound = sound & (columns["write_5m"] + columns["write_1h"] == written)
        elif written is not None:
            columns["write_unsplit"] = written
            sound = sound & ((written == 0) == (self.like.tokens.write_unsplit == 0))
        if {"thinking", "output"} <= columns.keys():
            sound = sound & (columns["thinking"] <= columns["output"])
        return sound

    def _tags(self, texts: Mapping[Path, pl.Series]) -> pl.Expr:
        """Give the tags as `call_columns` writes them."""
        parts: list[pl.Expr | pl.Series] = []
        for place, (key, value) in enumerate(sorted(self.like.tags.items())):
            before = "," if place else "{"
            name = msgspec.json.encode(key).decode()
            text = texts.get(("tags", key))
            if text is None:
                parts.append(pl.lit(f"{before}{name}:{msgspec.json.encode(value).decode()}"))
            else:
                parts += [pl.lit(f'{before}{name}:"'), text, pl.lit('"')]
        return pl.concat_str(*parts, pl.lit("}"))


def _is_plain(shape: Shape) -> bool:
    """Tell whether every value of a line has its own place in a call, or none."""
    paths = shape.places.keys()
    return (
        all(_is_known(place) for place in shape.places.values())
        and not {("id",), ("message_id",)} <= paths
        and len({_SHORT, _LONG} & paths) != 1
        and not any(
            shape.places[path].value.startswith(beginning.encode())
            for name, beginning in _MEANT_OTHERWISE
            for path in paths & {path for path, known in _TEXTS.items() if known == name}
        )
    )


def _is_known(place: Place) -> bool:
    path = place.path
    if path in _COUNTS:
        return not place.is_text
    if path in _TEXTS or path in _TIMES:
        return place.is_text and bool(place.value)
    is_tag = path[0] == "tags" and len(path) == 2  # noqa: PLR2004 - the tag's name is the second
    return is_tag or path in _UNREAD or path[0] not in _READ


def _times(shape: Shape) -> dict[Path, str]:
    """Give which of the line's times mean what; `timestamp` speaks where start and end do not."""
    paths = shape.places.keys()
    told = paths & {("start",), ("end",)} or paths & {("timestamp",)}
    return {path: _TIMES[path] for path in (*told, ("first_token",)) if told and path in paths}
