"""What the API answered: a message, an error, or a stream of events merged into a message.

In a stream usage comes twice: `message_start` holds the input buckets and a placeholder output,
`message_delta` the final counts; where both speak the later one holds (the API's streaming guide).
"""

import json
import re
from collections.abc import Iterator

import msgspec

from connectors.diagnostics import NOTHING, Missed, missed_in
from connectors.faults import LineError
from connectors.reading.json_scan import Fields, object_by_shape, object_of, strict_object
from connectors.usage import Usage

Block = dict[str, object]

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Answer(msgspec.Struct, gc=False):
    """One answer, whichever way it was carried."""

    message_id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    final: bool = True
    """False when a stream ended before its final counts."""
    content: list[Block] = []
    error: str | None = None
    """The error's type, when the answer is one or a stream broke off with one."""
    missed: Missed = NOTHING
    """Why the cache missed, where the answer says so."""


class _Message(msgspec.Struct):
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    content: list[Block] | None = None


_decode_message = msgspec.json.Decoder(_Message).decode
_decode_block = msgspec.json.Decoder(Block).decode


def error_code(raw: bytes | msgspec.Raw | str | None, default: str) -> str:
    """Give an error's type if it reads like one; a sentence may hold anything and is not kept."""
    text = raw if isinstance(raw, str) else bytes(raw or b"").decode(errors="replace").strip('"')
    return text if _CODE.fullmatch(text) else default


def from_body(raw: bytes | msgspec.Raw) -> Answer:
    """Read a whole response body."""
    fields = object_of(raw)
    message = _decode_message(bytes(raw))
    usage = fields.get("usage")
    answer = Answer(
        message_id=message.id or None,
        model=message.model or None,
        stop_reason=message.stop_reason,
        usage=object_by_shape(bytes(usage))
        if usage is not None and bytes(usage) != b"null"
        else None,
        content=message.content or [],
        missed=missed_in(fields.get("diagnostics")),
    )
    if "error" in fields and bytes(fields["error"]) != b"null":
        answer.error = error_code(_type_of(fields["error"]), "error")
    return answer


def _type_of(error: msgspec.Raw) -> msgspec.Raw | None:
    try:
        return object_of(error).get("type")
    except msgspec.ValidationError:  # an error told as a bare string
        return error


def from_events(text: str) -> Answer:
    """Merge a stream of server-sent events; one that was cut gives what had come."""
    merged = _Merged()
    for event in _events(text):
        merged.take(event)
    return merged.answer()


class _Merged:
    """An answer while its events come in."""

    def __init__(self) -> None:
        self._answer = Answer(final=False)
        self._usage: dict[str, object] = {}
        self._blocks: dict[bytes, Block] = {}
        self._inputs: dict[bytes, list[str]] = {}

    def take(self, event: Fields) -> None:
        kind = bytes(event.get("type", b""))
        if kind == b'"message_start"':
            self._start(event)
        elif kind == b'"content_block_start"' and "content_block" in event:
            self._blocks[_index(event)] = _decode_block(event["content_block"])
        elif kind == b'"content_block_delta"' and "delta" in event:
            self._grow(_index(event), _decode_block(event["delta"]))
        elif kind == b'"message_delta"':
            self._finish(event)
        elif kind == b'"error"':
            self._answer.error = from_body(msgspec.json.encode(event)).error or "error"

    def answer(self) -> Answer:
        for index, pieces in self._inputs.items():
            self._blocks[index]["input"] = _parsed_input("".join(pieces))
        self._answer.usage = self._usage or None
        self._answer.content = list(self._blocks.values())
        return self._answer

    def _start(self, event: Fields) -> None:
        start = from_body(event.get("message", msgspec.Raw(b"{}")))
        self._answer.message_id, self._answer.model = start.message_id, start.model
        self._answer.missed = start.missed
        self._usage.update(start.usage or {})

    def _finish(self, event: Fields) -> None:
        delta = strict_object(event.get("usage", msgspec.Raw(b"{}")))
        self._usage.update({key: value for key, value in delta.items() if value is not None})
        end = from_body(event.get("delta", msgspec.Raw(b"{}")))
        self._answer.stop_reason = end.stop_reason
        if end.missed.reason:
            self._answer.missed = end.missed
        self._answer.final = bool(delta)

    def _grow(self, index: bytes, delta: Block) -> None:
        block = self._blocks.setdefault(index, {})
        for key, value in delta.items():
            if key == "partial_json":
                self._inputs.setdefault(index, []).append(str(value))
            elif key == "citation":
                citations = block.get("citations")
                block["citations"] = [*(citations if isinstance(citations, list) else []), value]
            elif key != "type" and isinstance(value, str):
                block[key] = str(block.get(key) or "") + value


def _events(text: str) -> Iterator[Fields]:
    """Give the data of each event; one that the end of the stream cut in two is left out."""
    payloads = [
        line[5:].strip()
        for line in text.split("\n")  # not splitlines: JSON may hold other line separators
        if line.startswith("data:") and line[5:].strip()
    ]
    for number, payload in enumerate(payloads, start=1):
        try:
            yield object_of(payload.encode())
        except msgspec.MsgspecError as error:
            if number < len(payloads):
                raise LineError("bad event", f"sse: event {number} is not JSON") from error


def _index(event: Fields) -> bytes:
    return bytes(event.get("index", b"0"))


def _parsed_input(text: str) -> object:
    """Parse a tool call's input; one that was cut stays text."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text
