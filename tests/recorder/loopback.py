"""A server on this machine that speaks enough of the Messages API for the real SDK."""

import gzip
import json
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Play = Callable[["Reply"], None]
"""Answers one request."""

USAGE = {
    "input_tokens": 10, "cache_read_input_tokens": 2000, "cache_creation_input_tokens": 300,
    "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 42, "service_tier": "standard",
}  # fmt: skip


class Reply:
    """One request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes, number: int) -> None:
        self._handler = handler
        self._write = handler.wfile.write
        self.path = handler.path
        self.headers = dict(handler.headers)
        self.body = body
        self.asked: dict[str, Any] = json.loads(body) if body else {}
        self.number = number

    @property
    def words(self) -> str:
        """What the last turn says."""
        content = self.asked["messages"][-1]["content"]
        return str(content if isinstance(content, str) else content[-1]["text"])

    def message(self) -> dict[str, Any]:
        """The whole answer: it says back what it was asked."""
        return {
            "id": f"msg_{self.number:04}", "type": "message", "role": "assistant",
            "model": self.asked.get("model", "claude-sonnet-5"),
            "content": [{"type": "text", "text": f"You said: {self.words}"}],
            "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE,
        }  # fmt: skip

    def events(self) -> list[bytes]:
        """The same answer as events, a word each."""
        whole = self.message()
        start = {
            **whole,
            "content": [],
            "stop_reason": None,
            "usage": {**USAGE, "output_tokens": 1},
        }
        block = {"type": "content_block_start", "index": 0}
        words = f"You said: {self.words}".split(" ")
        pieces = [words[0], *(f" {word}" for word in words[1:])]
        told: list[dict[str, Any]] = [
            {"type": "message_start", "message": start},
            {**block, "content_block": {"type": "text", "text": ""}},
            *(
                {
                    "type": "content_block_delta", "index": 0,
                    "delta": {"type": "text_delta", "text": piece},
                }
                for piece in pieces
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta", "delta": {"stop_reason": "end_turn"},
                "usage": {"output_tokens": 42},
            },
            {"type": "message_stop"},
        ]  # fmt: skip
        return [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in told]

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        """Answer with a body of known length."""
        self.begin(status, kind, content_length=str(len(body)), **headers)
        self._write(body)

    def begin(self, status: int, kind: str, **headers: str) -> None:
        """Send status and headers."""
        handler = self._handler
        handler.send_response(status)
        named = {
            "content-type": kind, "request-id": f"req_{self.number:04}",
            "anthropic-organization-id": "org-1", "anthropic-workspace-id": "wrkspc_1", **headers,
        }  # fmt: skip
        for name, value in named.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    def chunks(self, pieces: Iterable[bytes]) -> None:
        """Send pieces of a body whose end is not sent."""
        for piece in pieces:
            self._write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self._handler.wfile.flush()

    def finish(self) -> None:
        """Send the end of a body in pieces."""
        self._write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        """Close the connection."""
        self._handler.close_connection = True

    def stream(self, pieces: Iterable[bytes], **headers: str) -> None:
        """Answer with events."""
        self.begin(200, "text/event-stream; charset=utf-8", transfer_encoding="chunked", **headers)
        self.chunks(pieces)
        self.finish()


def usual(reply: Reply) -> None:
    """Answer as the API would."""
    if reply.asked.get("stream"):
        reply.stream(reply.events())
    else:
        reply.send(200, json.dumps(reply.message()).encode(), "application/json")


def busy(reply: Reply) -> None:
    """Refuse for now."""
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    reply.send(429, json.dumps(error).encode(), "application/json", retry_after_ms="1")


def cut(reply: Reply) -> None:
    """Break off in the middle of an answer, before its final counts."""
    reply.begin(200, "text/event-stream", transfer_encoding="chunked")
    reply.chunks(reply.events()[:4])
    reply.hang_up()


def packed(reply: Reply) -> None:
    """Answer as the API would, in gzip; events are flushed each."""
    if not reply.asked.get("stream"):
        body = gzip.compress(json.dumps(reply.message()).encode())
        reply.send(200, body, "application/json", content_encoding="gzip")
        return
    reply.stream(_zipped(reply.events()), content_encoding="gzip")


def _zipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


class Loopback(ThreadingHTTPServer):
    """Plays what is in `plays` first, then answers as usual; keeps what was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plays: deque[Play] = deque()
        self.replies: list[Reply] = []
        self.numbering = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for the client's acknowledgement
    server: Loopback

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.server.numbering:
            reply = Reply(self, body, len(self.server.replies))
            self.server.replies.append(reply)
            play = self.server.plays.popleft() if self.server.plays else usual
        try:
            play(reply)
        except OSError:  # the client let go
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""
