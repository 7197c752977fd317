"""The lines of one answer become one call: the winning line whole, the others counted."""

import functools
import hashlib
from pathlib import PureWindowsPath

import msgspec

from analyzer.trace import Call, Node, Prompt
from connectors.endpoints import platform_of
from connectors.places import Place
from connectors.transcript_lines import Line
from connectors.usage import billed

UNKNOWN_MODEL = "unknown"
"""Stands where a line names no model; no price book holds it, so it is never billed at $0."""
TIMES_CROSS = "answer is older than the line before it"
APP = "claude-code"

Rank = tuple[bool, bool, int, int, bytes]


class Group:
    """One call while its lines come in."""

    def __init__(self, start_us: int | None, prompt: Prompt, nodes: tuple[Node, ...]) -> None:
        self.resume = False
        self.compaction = False
        self._start_us = start_us
        self._prompt = prompt
        self._nodes = nodes
        self._lines = 0
        self._times: dict[bool, list[int]] = {False: [], True: []}
        """Times of lines on the main chain, and of copies in a side chain."""
        self._best: tuple[Rank, Call] | None = None

    def add(self, call: Call, line: Line) -> None:
        """Take one line of the answer as the call it tells of."""
        self._lines += 1
        if line.time_us is not None:
            self._times[bool(line.is_sidechain)].append(line.time_us)
        rank = _rank(call, line)
        if self._best is None or rank > self._best[0]:
            self._best = rank, call

    def call(self, last_nodes: tuple[Node, ...]) -> Call:
        """Give the call; `last_nodes` follow its own when it is the last of the file."""
        if self._best is None:
            raise ValueError("a group is opened by its first line")
        winner = self._best[1]
        times = self._times[False] or self._times[True]
        first_us = min(times, default=None)
        crossed = first_us is not None and self._start_us is not None and first_us < self._start_us
        return msgspec.structs.replace(
            winner,
            lines=self._lines,
            start_us=self._start_us,
            first_us=first_us,
            end_us=max(times, default=None),
            usage_final=winner.stop_reason is not None,
            flags=winner.flags + (TIMES_CROSS,) * crossed,
            compaction=self.compaction,
            resume=self.resume,
            prompt=self._prompt,
            nodes=self._nodes + last_nodes,
        )


def call_of(number: int, raw: bytes, line: Line, file_agent: str | None) -> Call:
    """Give the call as one line tells of it.

    Raises:
        LineError: the line holds no usage, or counts that are none.
    """
    message = line.message
    usage = billed(message.usage)
    side = "sidechain" if line.is_sidechain else None
    return Call(
        line=number,
        line_time_us=line.time_us or 0,
        line_sha256=hashlib.sha256(raw).digest(),
        message_id=message.id or None,
        request_id=line.request_id or None,
        platform=platform_of(None, message.id),
        model=message.model or UNKNOWN_MODEL,
        time_precision="ms",
        time_meaning="line",
        effort=_word(line.effort),
        tier=usage.tier,
        speed=usage.speed,
        geo=usage.geo,
        tokens=usage.tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        flags=usage.flags,
        charged=not (message.stop_reason == "refusal" and usage.tokens.output == 0),
        stop_reason=message.stop_reason,
        session=line.session_id or None,
        agent=line.agent_id or file_agent or side,
        app=APP,
        tags=dict(_tags(line.cwd, line.version)),
        cost_logged_usd=_number(line.cost),
    )


def agent_of(path: Place) -> str | None:
    """Give the subagent that a file belongs to, by its folder; None for a main session."""
    inside = "subagents" in path.parts[:-1]
    return path.name.partition(".")[0].removeprefix("agent-") if inside else None


def start_of(before_us: int | None, line: Line) -> int | None:
    """Give when the call began at the latest known: the time of the line before the answer."""
    return before_us if line.time_us is not None else None


def _rank(call: Call, line: Line) -> Rank:
    """Order lines of a call: a final one, one of the main chain, the latest, the longest answer."""
    return (
        call.stop_reason is not None,
        not line.is_sidechain,
        call.line_time_us,
        call.tokens.output or 0,
        call.line_sha256,
    )


@functools.lru_cache(maxsize=1024)
def _tags(folder: str | None, version: str | None) -> tuple[tuple[str, str], ...]:
    # the Windows rules split at both kinds of slash
    project = PureWindowsPath(folder).name if folder else ""
    pairs = (("project", project), ("version", version))
    return tuple((key, value) for key, value in pairs if value)


def _word(raw: msgspec.Raw) -> str | None:
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) and value else None


def _number(raw: msgspec.Raw) -> str | None:
    """Give a JSON number as it was written."""
    text = bytes(raw).decode()
    return text if text[:1].isdigit() else None
