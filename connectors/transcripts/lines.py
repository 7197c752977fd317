"""One line of a transcript: which fields are read, and what the line tells of."""

import re
from typing import Any

import msgspec

from analyzer.trace import Attempt
from connectors.answers import Block, error_code
from connectors.faults import LINE_FAULTS
from connectors.reading.json_scan import mended, object_of
from connectors.times import from_iso

SYNTHETIC = "<synthetic>"
"""Model name of lines that the client itself wrote in the assistant's place."""

_KIND = re.compile(r"[a-z][a-z_-]{0,39}")
NULL = msgspec.Raw(b"null")
"""Stands where a field is missing, and is known by identity."""


class Message(msgspec.Struct, gc=False):
    """The `message` of a line."""

    id: str | None = None
    role: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    content: msgspec.Raw = NULL
    usage: msgspec.Raw = NULL
    diagnostics: msgspec.Raw = NULL


class _Scalars(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    subtype: str | None = None
    uuid: str | None = None
    parent_uuid: str | None = None
    leaf_uuid: str | None = None
    session_id: str | None = None
    request_id: str | None = None
    agent_id: str | None = None
    timestamp: str | None = None
    is_sidechain: bool | None = None
    is_compact_summary: bool | None = None
    is_api_error_message: bool | None = None
    api_error_status: int | None = None
    retry_attempt: int | None = None
    version: str | None = None
    cwd: str | None = None
    effort: msgspec.Raw = NULL
    error: msgspec.Raw = NULL
    cost: msgspec.Raw = msgspec.field(name="costUSD", default=NULL)
    data: msgspec.Raw = NULL
    time_us: int | None = msgspec.field(name="_time_us", default=None)


class Line(_Scalars, gc=False):
    """The fields of a line that this program reads."""

    message: Message | None = None

    def blocks(self) -> list[Block]:
        """Give the content blocks of the message."""
        raw = self.message.content if self.message else NULL
        try:
            content = _decode_content(raw)
        except LINE_FAULTS:
            content = _decode_content(mended(bytes(raw)))
        if isinstance(content, str):
            return [{"type": "text", "text": content}] if content else []
        return content or []


class _Apart(_Scalars, gc=False):
    """A line whose message is read on its own, to say what is wrong with which of the two."""

    message: msgspec.Raw = NULL


_decode_line = msgspec.json.Decoder(Line).decode
_decode_apart = msgspec.json.Decoder(_Apart).decode
_decode_message = msgspec.json.Decoder(Message | None).decode
_decode_content = msgspec.json.Decoder(str | list[Block] | None).decode
_decode_any = msgspec.json.Decoder().decode


class _Progress(msgspec.Struct, rename="camel"):
    type: str | None = None
    agent_id: str | None = None
    message: msgspec.Raw = NULL


_decode_progress = msgspec.json.Decoder(_Progress | None).decode


def read_line(raw: bytes) -> Line:
    """Read a line; one that carries a subagent's answer inside gives that answer.

    Raises:
        LineError: a key stands twice where counts are read, or the time is none.
    """
    try:
        return _read_whole(raw)  # in one walk over the text: most lines are sound
    except LINE_FAULTS:
        return _read_apart(mended(raw))


def _read_whole(raw: bytes) -> Line:
    line = _decode_line(raw)
    if line.type in _COUNTED:
        fields = object_of(raw)
        if line.message is not None:
            object_of(fields["message"])
    elif line.type == "progress" and (inner := _carried(line)):
        return _with_message(inner, raw)
    return _timed(line)


_COUNTED = ("assistant", None)
"""Types of lines that may tell of a call: no key may stand twice in them."""


def _read_apart(raw: bytes) -> Line:
    line = _decode_apart(raw)
    inner = _carried(line) if line.type == "progress" else None
    return _with_message(inner or line, raw)


def _with_message(apart: _Apart, raw: bytes) -> Line:
    message = None
    if apart.type in _COUNTED:
        object_of(raw)
        if bytes(apart.message) != b"null":
            object_of(apart.message)
    if apart.type in _COUNTED or apart.type == "user":
        message = _decode_message(apart.message)
    scalars = {name: getattr(apart, name) for name in _Scalars.__struct_fields__}
    return _timed(Line(**scalars, message=message))


def _timed(line: Line) -> Line:
    if line.timestamp:
        line.time_us = from_iso(line.timestamp, "timestamp")
    return line


def is_answer(line: Line) -> bool:
    """Tell whether the line is part of a billed answer, or should be."""
    if line.type is None:  # shape of early clients
        return line.message is not None and bytes(line.message.usage) != b"null"
    return line.type == "assistant"


def unbilled(line: Line) -> bool:
    """Tell whether the line stands for a try that billed nothing."""
    if line.type == "user":
        return False
    if line.type == "system":
        return line.subtype == "api_error"
    synthetic = line.message is not None and line.message.model == SYNTHETIC
    return (line.is_api_error_message is True or synthetic) and is_answer(line)


def attempt_of(number: int, line: Line) -> Attempt:
    """Give the failed try that a line tells of; the error's sentence is not kept."""
    error = _decode_any(line.error)
    status = line.api_error_status
    if isinstance(error, dict):
        status = status if status is not None else _status(error)
    failed = line.type == "system" or line.is_api_error_message is True
    return Attempt(
        line=number,
        status=status,
        error=error_code(_innermost_type(error), "api_error" if failed else "synthetic"),
        end_us=line.time_us,
        request_id=line.request_id or None,
        attempt=line.retry_attempt or 0,
    )


def aside_kind(line: Line, blocks: list[Block]) -> str:
    """Name a line that tells of no call."""
    if line.type == "user" and any(block.get("type") == "tool_result" for block in blocks):
        return "tool_result"
    return line.type if line.type and _KIND.fullmatch(line.type) else "other"


def _carried(line: _Scalars) -> _Apart | None:
    """Give the subagent's answer inside a progress line; None when it holds none.

    Clients of early 2026 write subagents' answers so; where the subagent's own file is there too,
    both tell of one message id.
    """
    progress = _decode_progress(line.data)
    if progress is None or progress.type != "agent_progress":
        return None
    try:
        inner = _decode_apart(progress.message)
    except msgspec.ValidationError:
        return None
    if inner.type != "assistant":
        return None
    inner.agent_id = progress.agent_id or "subagent"
    inner.session_id, inner.cwd, inner.version = line.session_id, line.cwd, line.version
    inner.timestamp = inner.timestamp or line.timestamp
    inner.uuid = inner.parent_uuid = None
    return inner


def _status(error: dict[str, Any]) -> int | None:
    status = error.get("status")
    return status if type(status) is int else None


def _innermost_type(error: object) -> str | None:
    """Give the type of an error that may be wrapped several times."""
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return None
    inner = _innermost_type(error.get("error"))
    kind = error.get("type")
    return inner or (kind if isinstance(kind, str) else None)
