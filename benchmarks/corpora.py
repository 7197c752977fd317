"""Generated logs whose lines have the sizes of real ones; the same bytes at every run.

Transcripts follow six real sessions (2,894 lines, 3.6 kB a line on average): share of lines and
mean bytes by type are 24 % user at 10.0 kB, of which seven tenths are `toolUseResult`; 47 %
assistant at 1.9 kB, 2.1 lines a call; 20 % progress at 1.2 kB; 5 % system at 0.7 kB; 3 % snapshots
at 0.9 kB.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - seeded with numbers that stand here
from typing import Any

Json = dict[str, Any]

START = datetime(2026, 9, 1, tzinfo=UTC)
SESSION_TURNS = 260
_WORDS = (
    "the",
    "file",
    "reads",
    "value",
    "returns",
    "error",
    "in",
    "line",
    "test",
    "build",
    "path",
)
_SIZES = (300, 900, 1_800, 3_500, 9_000, 16_000)
_SIZE_WEIGHTS = (10, 30, 15, 15, 15, 15)
_ASIDES = (("progress", 0.85, 650), ("system", 0.2, 250), ("file-history-snapshot", 0.13, 450))
"""Lines that tell of no call: type, how often one follows an answer, bytes of text."""


def transcripts(folder: Path, size: int, sessions_a_file: int = 1) -> int:
    """Write about `size` bytes of Claude Code sessions, each file some sessions; give the bytes."""
    folder.mkdir(parents=True)
    written = number = 0
    while written < size:
        path = folder / f"session-{number:05d}.jsonl"
        with path.open("wb") as file:
            for _ in range(sessions_a_file):
                file.writelines(_lines(_session(number)))
                number += 1
                if written + file.tell() >= size:
                    break
            written += file.tell()
    return written


def small_transcripts(folder: Path, size: int, lines: int = 28) -> int:
    """Write the same lines as `transcripts`, some hundred kB a file."""
    folder.mkdir(parents=True)
    written = number = 0
    while written < size:
        session = list(_lines(_session(number)))
        for part in range(0, len(session), lines):
            text = b"".join(session[part : part + lines])
            (folder / f"session-{number:05d}-{part:05d}.jsonl").write_bytes(text)
            written += len(text)
        number += 1
    return written


def usage_lines(path: Path, size: int) -> int:
    """Write about `size` bytes of calls told by their usage alone, 580 bytes a line."""
    draw = Random(7)  # noqa: S311 - sizes, not secrets
    written = number = 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(_line(_usage_line(draw, number)))
            number += 1
    return written


def _lines(said: Iterator[Json]) -> Iterator[bytes]:
    return map(_line, said)


def _line(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _session(number: int) -> Iterator[Json]:
    """Give a session: a question, then answers of two lines, each with a tool's result."""
    draw = Random(number)  # noqa: S311 - sizes, not secrets
    script = _Script(number)
    yield script.line("user", message={"role": "user", "content": _text(draw, 200)})
    for turn in range(SESSION_TURNS):
        call = f"{number:06d}{turn:06d}"
        usage = _usage(draw)
        blocks: list[Json] = [
            {"type": "thinking", "thinking": _text(draw, 300), "signature": "c" * 900},
            {"type": "tool_use", "id": f"toolu_{call}", "name": "Bash",
             "input": {"command": _text(draw, 700), "description": _text(draw, 40)}},
        ]  # fmt: skip
        for block in blocks:
            yield script.answer(call, block, usage)
        for kind, share, size in _ASIDES:
            if draw.random() < share:
                yield script.aside(kind, _text(draw, size))
        text = _text(draw, draw.choices(_SIZES, _SIZE_WEIGHTS)[0])
        told = {"tool_use_id": f"toolu_{call}", "type": "tool_result", "content": text[::3]}
        result = {
            "stdout": text,
            "stderr": "",
            "interrupted": False,
            "file": {"content": text[::2]},
        }
        message = {"role": "user", "content": [told]}
        yield script.line("user", message=message, toolUseResult=result)


class _Script:
    """Hands out lines with their chain of `uuid` and `parentUuid`."""

    def __init__(self, number: int) -> None:
        self._name = f"5e55{number:08d}"
        self._at = START + timedelta(minutes=number)
        self._count = 0
        self._parent: str | None = None

    def line(self, kind: str, **rest: object) -> Json:
        """Give one line, in the order of keys in which the client writes them."""
        self._count += 1
        self._at += timedelta(milliseconds=1_337)
        uuid = f"{self._name}-0000-4000-8000-{self._count:012d}"
        parent, self._parent = self._parent, uuid
        return {
            "parentUuid": parent, "isSidechain": False, "userType": "external",
            "cwd": "/home/person/projects/shop", "sessionId": f"{self._name}-session-000000000000",
            "version": "2.1.240", "gitBranch": "main", "slug": "quiet-green-hill", "type": kind,
            **rest, "uuid": uuid,
            "timestamp": self._at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }  # fmt: skip

    def answer(self, call: str, block: Json, usage: Json) -> Json:
        """Give one line of an answer."""
        message = {
            "model": "claude-opus-4-6", "id": f"msg_{self._name}{call}", "type": "message",
            "role": "assistant", "content": [block], "stop_reason": "tool_use",
            "stop_sequence": None, "usage": usage,
        }  # fmt: skip
        return self.line("assistant", message=message, requestId=f"req_{self._name}{call}")

    def aside(self, kind: str, text: str) -> Json:
        """Give a line that tells of no call."""
        return self.line(kind, data={"type": "hook_progress", "output": text}, toolUseID="toolu_0")


def _usage(draw: Random) -> Json:
    written = draw.randrange(4_000)
    return {
        "input_tokens": draw.randrange(20), "cache_creation_input_tokens": written,
        "cache_read_input_tokens": draw.randrange(150_000),
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": draw.randrange(1, 2_000), "service_tier": "standard",
        "inference_geo": "not_available",
    }  # fmt: skip


def _usage_line(draw: Random, number: int) -> Json:
    at = START + timedelta(milliseconds=137 * number)
    return {
        "timestamp": at.isoformat(timespec="milliseconds"), "request_id": f"req_{number:024d}",
        "id": f"msg_{number:024d}", "model": draw.choice(("claude-opus-5", "claude-haiku-5")),
        "stop_reason": "end_turn", "org": "example", "workspace": f"workspace-{number % 9}",
        "session": f"session-{number % 5_000:06d}", "app": "assistant",
        "user": f"user-{number % 800}",
        "tags": {"team": f"team-{number % 11}", "env": "production"}, "usage": _usage(draw),
    }  # fmt: skip


def _text(draw: Random, size: int) -> str:
    words = draw.choices(_WORDS, k=64)
    once = " ".join(words) + ' "quoted"\n\tindented\n'
    return f"{draw.random()} " + (once * (size // len(once) + 1))[:size]
