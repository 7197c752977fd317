"""An exchange becomes one JSON line: the request as it was sent, the answer as it came.

The bodies are copied as bytes, not parsed and written anew, so the order of keys stays what the
cache saw. Headers that authenticate are never read, and tokens of MCP servers are taken out.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from connectors.recorder.eventstream import MEDIA_TYPE, as_events
from connectors.recorder.exchange import Exchange

if TYPE_CHECKING:
    import httpx2

Line = dict[str, object]
Redact = Callable[[Line], Line | None]
"""Gets a line's fields (`request`, and `response` or the text `sse`) and gives what is written."""

_SECRET = "authorization_token"  # noqa: S105 - the name of the field (`mcp_servers[]`), not one
_REMOVED = "removed by the recorder"
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Renderer:
    """Writes exchanges as lines."""

    def __init__(self, redact: Redact | None) -> None:
        self._redact = redact

    def line(self, exchange: Exchange) -> bytes | None:
        """Give the line, its end included; None when `redact` withholds it."""
        fields = {**_told(exchange), **_named(exchange), **_bodies(exchange)}
        line = msgspec.json.encode(fields)
        if self._redact is not None:
            kept = self._redact(msgspec.json.decode(line))
            if kept is None:
                return None
            line = msgspec.json.encode(kept)
        return line + b"\n"


def lost_line(counts: dict[str, int], start_ns: int, end_ns: int) -> bytes:
    """Give the line that stands for calls that were not written, by reason.

    `request` stands in it empty so that a file of such lines alone is still known for what it is.
    """
    told = {
        "recorder": 1,
        "lost": sum(counts.values()),
        "reasons": counts,
        "t_start_ns": start_ns,
        "t_end_ns": end_ns,
        "request": None,
    }
    return msgspec.json.encode(told) + b"\n"


def _told(seen: Exchange) -> Line:
    headers = seen.headers
    told = {
        "recorder": 1,
        "attempt": seen.attempt,
        "url": _address(seen.url),
        "status": seen.status,
        "request_id": headers.get("request-id") or headers.get("x-amzn-requestid"),
        "org": headers.get("anthropic-organization-id"),
        "workspace": headers.get("anthropic-workspace-id"),
        "betas": seen.betas,
        "stream": seen.stream,
        "t_start_ns": seen.start_ns,
        "t_headers_ns": seen.headers_ns,
        "t_first_byte_ns": seen.first_byte_ns,
        "t_end_ns": seen.end_ns,
        "ended": seen.ended,
        "exception": seen.exception,
    }
    return {key: value for key, value in told.items() if value is not None}


def _address(url: "str | httpx2.URL") -> str:
    """Give host and path; a query or a password may be a secret."""
    if isinstance(url, str):
        return url.partition("?")[0]
    return str(url.copy_with(query=None, fragment=None, userinfo=b""))


def _named(seen: Exchange) -> Line:
    """Give the labels; the name of the key stands under the name that readers know."""
    return {"api_key" if name == "key" else name: value for name, value in seen.labels.items()}


def _bodies(seen: Exchange) -> Line:
    return {"request": _request(seen.request), **_answer(seen)}


def _request(body: bytes) -> object:
    if _SECRET.encode() in body:
        return _without_secrets(msgspec.json.decode(body))
    return msgspec.Raw(_one_line(body) or b"null")


def _answer(seen: Exchange) -> Line:
    body = b"".join(_decoded(seen))
    kind = seen.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MEDIA_TYPE:
        return {"sse": as_events(body)}
    if kind == "text/event-stream":
        return {"sse": body.decode(errors="replace")}
    if not body:
        return {}
    try:
        _decode_fields(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {"body": body.decode(errors="replace")}  # a proxy's page, or JSON that was cut
    return {"response": msgspec.Raw(_one_line(body))}


def _decoded(seen: Exchange) -> Iterator[bytes]:
    """Unpack a body as the SDK did; one that was cut gives what can be unpacked."""
    packing = seen.headers.get("content-encoding")
    if not seen.encoded or not packing:
        yield from seen.body
        return
    import httpx2

    packed = httpx2.Response(200, headers={"content-encoding": packing}, content=iter(seen.body))
    with contextlib.suppress(httpx2.DecodingError):
        yield from packed.iter_bytes()


def _one_line(body: bytes) -> bytes:
    """Put pretty-printed JSON on one line; its strings cannot hold line ends."""
    return body.replace(b"\r", b" ").replace(b"\n", b" ")


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _REMOVED if key == _SECRET and inner else _without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value
