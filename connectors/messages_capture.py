"""The three shapes of a Messages capture, read into one: an exchange over the wire."""

from typing import NamedTuple

import msgspec

from connectors.answers import Answer, from_body, from_events
from connectors.json_scan import Fields, object_of
from connectors.times import Precision, from_http_date, from_iso, precision_of


class Capture(msgspec.Struct):
    """The scalars of one line; request and response are read apart."""

    url: str | None = None
    status: int | None = None
    attempt: int = 0
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


_decode_capture = msgspec.json.Decoder(Capture).decode
_decode_asked = msgspec.json.Decoder(Asked).decode
_decode_cassette_request = msgspec.json.Decoder(_CassetteRequest).decode
_decode_cassette_response = msgspec.json.Decoder(_CassetteResponse).decode


def read_exchange(raw: bytes) -> Exchange:
    """Read a line of any of the shapes; the cassette's request holds a body or an address."""
    fields = object_of(raw)
    capture = _decode_capture(raw)
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
        _asked(fields.get("request")),
        _answer(capture.sse, fields.get("response")),
    )


def _cassette(capture: Capture, fields: Fields, request: Fields, response: Fields) -> Exchange:
    wire = _decode_cassette_response(fields["response"]) if response else _CassetteResponse()
    headers = {
        key.lower(): value if isinstance(value, str) else ", ".join(value)
        for key, value in wire.headers.items()
    }
    return Exchange(
        capture,
        _decode_cassette_request(fields["request"]).uri or capture.url,
        wire.status.code or capture.status,
        headers,
        _object_or_none(request.get("body")),
        _asked(request.get("body")),
        _answer(wire.sse or capture.sse, response.get("body")),
    )


def _object_or_none(raw: msgspec.Raw | None) -> Fields:
    return object_of(raw) if raw is not None and bytes(raw) != b"null" else {}


def _asked(raw: msgspec.Raw | None) -> Asked:
    return _decode_asked(raw) if raw is not None and bytes(raw) != b"null" else Asked()


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
