"""The bodies of a Bedrock record, wherever they lie, and the usage that body and record tell."""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from connectors.answers import Answer, Block
from connectors.bedrock.converse import answered, converse, encoded
from connectors.bedrock.record import (
    BODY_DIFFERS,
    BODY_UNREAD,
    Record,
    converse_usage,
    number_in,
    object_at,
)
from connectors.bodies import answer_in, events_in, object_in, unwrapped
from connectors.faults import LINE_FAULTS
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields
from connectors.usage import Billed, billed_of

_Read = TypeVar("_Read")

SIDE_OBJECT = r"(?:^|/)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}_(?:input|output)[^/]*$"
"""Name of a body (or an image of one) that was written apart: `data/<requestId>_input.json.gz`."""
_METRICS = "amazon-bedrock-invocationMetrics"
_LARGEST_MEDIA = 64 * 2**20
"""Bytes; no request may hold an image or document this large."""
_NAME = re.compile(r"[^/\\]+$")


class Bodies(msgspec.Struct):
    """What the bodies of a record say; empty where the log holds none."""

    request: Fields = {}
    """In the Messages API's words."""
    whole: bool = True
    """False when an image or document of the prompt was not found."""
    answer: Answer = msgspec.field(default_factory=Answer)
    usage: dict[str, object] = {}
    flags: list[str] = []
    latency_ms: int | None = None
    first_ms: int | None = None
    routed_to: str | None = None
    """The `modelId` that a prompt router chose."""


def read_bodies(log: LogFile, record: Record) -> Bodies:
    """Read both bodies; one that cannot be read costs what it held, never the record's counts."""
    asked, told = record.input, record.output
    request = _body(log, asked.input_body_json, asked.body_path) if asked else b""
    answer = _body(log, told.output_body_json, told.body_path) if told else b""
    bodies = Bodies()
    translate = _converse if record.converse else _native
    if _readable(translate, (bodies, request, answer), lambda uri: _media(log, record, uri)):
        return bodies
    return Bodies(flags=[BODY_UNREAD])


def billed_by(record: Record, bodies: Bodies) -> tuple[Billed, tuple[str, ...]]:
    """Give what was billed: the body's usage where it speaks, else the record's counts.

    The output of a stream that was cut is the record's, which is written after its end. Bedrock
    runs no web search, so that none named is none made (claude.com/docs/cowork/3p/web-tools).
    """
    said, counted = dict(bodies.usage), record.usage
    if not bodies.answer.final and "output_tokens" in counted:
        said.pop("output_tokens", None)
    flags = list(bodies.flags)
    if any(said.get(key, count) != count for key, count in counted.items()):
        flags.append(BODY_DIFFERS)
    try:
        billed = billed_of(counted | said)
    except LINE_FAULTS:
        billed = billed_of(counted)
        flags = [BODY_UNREAD]
    return billed, (*flags, *billed.flags)


def _native(bodies: Bodies, request: bytes, answer: bytes, _media: object) -> None:
    """InvokeModel: the Messages API's own bodies; a streamed answer is a list of its events."""
    bodies.request = object_in(request) or {}
    bodies.answer = answer_in(answer) or Answer()
    bodies.usage = {k: v for k, v in (bodies.answer.usage or {}).items() if v is not None}
    for event in events_in(answer)[-1:]:
        metrics = object_in(event) or {}
        bodies.latency_ms = number_in(metrics, _METRICS, "invocationLatency")
        bodies.first_ms = number_in(metrics, _METRICS, "firstByteLatency")


def _converse(
    bodies: Bodies, request: bytes, answer: bytes, media: Callable[[str], Block | None]
) -> None:
    told = object_in(answer) or {}
    bodies.usage, bodies.flags = converse_usage(told)
    bodies.latency_ms = number_in(told, "metrics", "latencyMs")
    stop = unwrapped(told.get("stopReason")).decode()
    bodies.answer = Answer(stop_reason=stop or None, content=answered(told))
    router = object_at(object_at(told, "trace"), "promptRouter")
    bodies.routed_to = unwrapped(router.get("invokedModelId")).decode() or None
    bodies.request, bodies.whole = converse(object_in(request) or {}, media)


def _body(log: LogFile, inline: msgspec.Raw, path: str | None) -> bytes:
    text = unwrapped(inline)
    if text.startswith((b"{", b"[")) or not path:
        return text
    lines = _beside(log, path, _joined)
    if lines is None:
        log.missing += 1
    return lines or b""


def _joined(side: LogFile) -> bytes | None:
    """Give a side object as one JSON value; None when it is damaged."""
    lines = [line for _, line in side.lines() if line.strip()]
    if any(side.cut_short()) or not lines:
        return None
    return lines[0] if len(lines) == 1 else b"[" + b",".join(lines) + b"]"


def _beside(log: LogFile, path: str, read: Callable[[LogFile], _Read | None]) -> _Read | None:
    """Read a side object from the log's `data` folder, or from beside the log when it was copied.

    Only the name in the address is used: nothing outside the log's own folder is opened.
    """
    name = _NAME.search(path)
    for place in (f"data/{name[0]}", name[0]) if name else ():
        side = log.beside(place)
        found = read(side) if side is not None else None
        if found is not None:
            return found
    return None


def _media(log: LogFile, record: Record, uri: str) -> Block | None:
    """Give an image's source: its bytes where the log laid it aside, else the client's address."""
    if not record.request_id or record.request_id not in uri:
        return {"type": "s3", "uri": uri}
    content = _beside(log, uri, _content)
    if content is None:
        log.missing += 1
        return None
    return encoded(content)


def _content(side: LogFile) -> bytes | None:
    try:
        with side.path.open("rb") as file:
            content = file.read(_LARGEST_MEDIA + 1)
    except OSError:
        return None
    return content if len(content) <= _LARGEST_MEDIA else None


def _readable(
    translate: Callable[..., None],
    bodies: tuple[Bodies, bytes, bytes],
    media: Callable[[str], Block | None],
) -> bool:
    try:
        translate(*bodies, media)
    except LINE_FAULTS:
        return False
    return True
