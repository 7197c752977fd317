"""Log lines of the shapes that peers stumbled over; every count and price day is given."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]

OPUS = "claude-opus-5-5"
"""A million tokens: $4 in, $20 out, $5 written for 5 minutes, $8 for an hour, $0.20 read."""
NOON = "2026-11-03T12:00:00Z"
"""A Tuesday on which every price below holds."""


def usage(uncached: int = 0, output: int = 0, **more: object) -> Row:
    """A `usage` object of the Messages API."""
    return {"input_tokens": uncached, "output_tokens": output, **more}


def written(short: int, long: int, read: int = 0) -> Row:
    """The cache's part of a `usage` object, both lives told."""
    return {
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + long,
        "cache_creation": {
            "ephemeral_5m_input_tokens": short,
            "ephemeral_1h_input_tokens": long,
        },
    }


def capture(name: str, counts: Row, model: str = OPUS, start: str = NOON, **more: object) -> Row:
    """A line of the `messages` format: one request and its answer, told by message id."""
    return {
        "start": start,
        "request_id": f"req_{name}",
        "request": {
            "model": model,
            "max_tokens": 64,
            "messages": [{"role": "user", "content": f"question {name}"}],
        },
        "response": {
            "id": f"msg_{name}",
            "model": model,
            "content": [{"type": "text", "text": "answer"}],
            "stop_reason": "end_turn",
            "usage": counts,
        },
        **more,
    }


def person(uuid: str, second: int, session: str = "s1") -> Row:
    """A person's turn in a Claude Code transcript."""
    return {
        "type": "user",
        "uuid": uuid,
        "parentUuid": None,
        "sessionId": session,
        "timestamp": _at(second),
        "message": {"role": "user", "content": "question"},
    }


def answer(  # noqa: PLR0913 - a transcript's line has these parts
    uuid: str,
    parent: str,
    second: int,
    message_id: str,
    counts: Row,
    *,
    text: str = "answer",
    stop: str | None = "end_turn",
    session: str = "s1",
    **more: object,
) -> Row:
    """One line of an answer in a Claude Code transcript."""
    return {
        "type": "assistant",
        "uuid": uuid,
        "parentUuid": parent,
        "sessionId": session,
        "requestId": f"req_{message_id}",
        "timestamp": _at(second),
        "message": {
            "id": message_id,
            "role": "assistant",
            "model": OPUS,
            "content": [{"type": "text", "text": text}],
            "stop_reason": stop,
            "usage": counts,
        },
        **more,
    }


def _at(second: int) -> str:
    return f"2026-11-03T12:{second // 60:02d}:{second % 60:02d}.000Z"


def log(path: Path, rows: Iterable[Row]) -> Path:
    """Write a log of JSON lines, compact as most clients write it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
    return path
