"""Bedrock's binary event stream turned into the server-sent events that it carries.

A frame: total length and header length (4 bytes each, big-endian), their checksum (4), headers,
payload, checksum (4). The payload of a chunk is JSON whose `bytes` hold one event in base64; a
failure is a frame whose header `:exception-type` names it. (AWS, event stream encoding.)
"""

import base64
from collections.abc import Iterator

import msgspec

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE = 12
_CHECKSUM = 4
_FRAME_OVERHEAD = _PRELUDE + _CHECKSUM


class _Payload(msgspec.Struct):
    bytes: str | None = None


class _Event(msgspec.Struct):
    type: str = "completion"


_decode_payload = msgspec.json.Decoder(_Payload).decode
_decode_event = msgspec.json.Decoder(_Event).decode


def as_events(stream: bytes) -> str:
    """Give the events of the whole frames in a stream; a frame that was cut is left out."""
    return "".join(_told(headers, payload) for headers, payload in _frames(stream))


def _frames(stream: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _FRAME_OVERHEAD <= len(stream):
        total = int.from_bytes(stream[at : at + 4])
        headers_end = at + _PRELUDE + int.from_bytes(stream[at + 4 : at + 8])
        end = at + total
        if not at + _FRAME_OVERHEAD <= headers_end + _CHECKSUM <= end <= len(stream):
            return
        yield stream[at + _PRELUDE : headers_end], stream[headers_end : end - _CHECKSUM]
        at = end


def _told(headers: bytes, payload: bytes) -> str:
    if b":exception-type" in headers or b":error-code" in headers:
        return 'event: error\ndata: {"type":"error","error":{"type":"stream_exception"}}\n\n'
    try:
        event = base64.b64decode(_decode_payload(payload).bytes or "")
        return f"event: {_decode_event(event).type}\ndata: {event.decode()}\n\n" if event else ""
    except (msgspec.MsgspecError, ValueError):  # base64 and UTF-8 faults are value errors
        return ""
