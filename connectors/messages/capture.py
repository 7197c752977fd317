"""The shapes of a Messages capture, read into one: an exchange over the wire."""

from typing import NamedTuple

import msgspec

from connectors.answers import Answer, from_body, from_events
from connectors.reading.json_scan import Fields, object_by_shape, object_of
from connectors.times import Precision, from_http_date, from_iso, precision_of


class Capture(msgspec.Struct):
    """The scalars of one line; request and response are read apart."""

    url: str | None = None
    status: int | None = None
    attempt: int = 0
    lost: int | None = None
    """Calls that a recorder could not write, told in a line of their own."""
    request_id: str | None = None
    stream: bool | None = None
    sse: str | None = None
    t_start_ns: int | None = None
    t_headers_ns: int | None = None
    t_first_byte_ns: int | None = None
    t_end_ns: int | None = None
    start: str | None = None
    first_token: str | None = None
    end: str | None = None
    batch_id: str | None = None
    custom_id: str | None = None
    org: str | None = None
    workspace: str | None = None
    api_key: str | None = None
    user: str | None = None
    session: str | None = None
    app: str | None = None
    workload: str | None = None
    tags: dict[str, str | int | float | bool | None] | None = None


class UsageLine(Capture):
    """A line that tells of a call by its usage alone: a response, or what a program kept of it."""

    id: str | None = None
    message_id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    timestamp: str | None = None
    """When the line was written; the call's end where nothing else tells it."""


class Asked(msgspec.Struct):
    """The scalars of a request."""

    model: str | None = None
    max_tokens: int | None = None
    stream: bool | None = None
    tool_choice: dict[str, object] | None = None
    output_config: dict[str, object] | None = None
    metadata: dict[str, object] | None = None


class _CassetteStatus(msgspec.Struct, frozen=True):
    code: int | None = None


class _CassetteRequest(msgspec.Struct):
    uri: str | None = None


class _CassetteResponse(msgspec.Struct):
    status: _CassetteStatus = _CassetteStatus()
    headers: dict[str, str | list[str]] = {}
    sse: str | None = None


class Exchange(NamedTuple):
    """One call over the wire, whichever shape told of it."""

    capture: Capture
    url: str | None
    status: int | None
    headers: dict[str, str]
    request: Fields
    asked: Asked
    answer: Answer | None


class Times(NamedTuple):
    """When a call began, answered first, and ended, as finely as the line says."""

    start_us: int | None
    first_us: int | None
    end_us: int | None
    precision: Precision


_encode = msgspec.json.Encoder().encode
_decode_capture = msgspec.json.Decoder(Capture).decode
_decode_usage_line = msgspec.json.Decoder(UsageLine).decode
_decode_asked = msgspec.json.Decoder(Asked).decode
_decode_cassette_request = msgspec.json.Decoder(_CassetteRequest).decode
_decode_cassette_response = msgspec.json.Decoder(_CassetteResponse).decode


def read_exchange(raw: bytes) -> Exchange:
    """Read a line of any of the shapes; the cassette's request holds a body or an address."""
    fields = object_of(raw)
    if "usage" in fields and _EXCHANGED.isdisjoint(fields):
        return _usage_alone(_decode_usage_line(raw), fields["usage"])
    capture = _decode_capture(scalars(fields, Capture))
    request = _object_or_none(fields.get("request"))
    response = _object_or_none(fields.get("response"))
    if "body" in request or "uri" in request:
        return _cassette(capture, fields, request, response)
    return Exchange(
        capture,
        capture.url,
        capture.status,
        {},
        request,
        _decode_asked(scalars(request, Asked)),
        _answer(capture.sse, fields.get("response")),
    )


_EXCHANGED = frozenset({"request", "response", "sse"})


def _usage_alone(line: UsageLine, usage: msgspec.Raw) -> Exchange:
    """Give a call without its prompt; `timestamp` is its end unless start or end are told."""
    if not line.start and not line.end:
        line.end = line.timestamp
    answer = Answer(
        message_id=line.message_id or line.id or None,
        model=line.model or None,
        stop_reason=line.stop_reason,
        usage=object_by_shape(bytes(usage)) if bytes(usage) != b"null" else None,
    )
    return Exchange(line, line.url, line.status, {}, {}, Asked(), answer)


def _cassette(capture: Capture, fields: Fields, request: Fields, response: Fields) -> Exchange:
    wire = _decode_cassette_response(fields["response"]) if response else _CassetteResponse()
    headers = {
        key.lower(): value if isinstance(value, str) else ", ".join(value)
        for key, value in wire.headers.items()
    }
    url = _decode_cassette_request(fields["request"]).uri or capture.url
    body = _object_or_none(request.get("body"))
    return Exchange(
        capture,
        url,
        wire.status.code or capture.status,
        headers,
        body,
        _decode_asked(scalars(body, Asked)),
        _answer(wire.sse or capture.sse, response.get("body")),
    )


def _object_or_none(raw: msgspec.Raw | None) -> Fields:
    return object_of(raw) if raw is not None and bytes(raw) != b"null" else {}


def scalars(fields: Fields, kind: type[msgspec.Struct]) -> bytes:
    """Give the object again with the fields of `kind` alone: the prompt is not walked once more."""
    return _encode({name: raw for name, raw in fields.items() if name in kind.__struct_fields__})


def _answer(sse: str | None, raw: msgspec.Raw | None) -> Answer | None:
    if sse is not None:
        return from_events(sse)
    return from_body(raw) if raw is not None and bytes(raw) != b"null" else None


def times_of(exchange: Exchange) -> Times:
    """Give the finest times there are: a recorder's clock, written times, or a `date` header."""
    capture = exchange.capture
    if capture.t_start_ns is not None or capture.t_end_ns is not None:
        first_ns = capture.t_first_byte_ns or capture.t_headers_ns
        return Times(
            _from_ns(capture.t_start_ns), _from_ns(first_ns), _from_ns(capture.t_end_ns), "us"
        )
    if capture.start or capture.end:
        written = [text for text in (capture.start, capture.end) if text]
        return Times(
            from_iso(capture.start, "start") if capture.start else None,
            from_iso(capture.first_token, "first_token") if capture.first_token else None,
            from_iso(capture.end, "end") if capture.end else None,
            precision_of(written[0]),
        )
    return Times(None, None, from_http_date(exchange.headers.get("date")), "s")


def _from_ns(nanoseconds: int | None) -> int | None:
    return nanoseconds // 1000 if nanoseconds is not None else None
