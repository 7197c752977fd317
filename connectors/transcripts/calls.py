"""The lines of one answer become one call: the winning line whole, the others counted."""

import functools
import hashlib
from pathlib import PureWindowsPath
from typing import NamedTuple

import msgspec

from analyzer.trace import Call, Node, Prompt, Speaker
from connectors.diagnostics import NOTHING, Missed, missed_in
from connectors.endpoints import platform_of
from connectors.reading.places import Place
from connectors.transcripts.chain import Turn
from connectors.transcripts.lines import NULL, Line, Message
from connectors.usage import Billed, billed

UNKNOWN_MODEL = "unknown"
"""Stands where a line names no model; no price book holds it, so it is never billed at $0."""
TIMES_CROSS = "answer is older than the line before it"
APP = "claude-code"

Rank = tuple[bool, bool, int, int]


class Answer(NamedTuple):
    """One line of an answer, read as far as it can be at fault."""

    number: int
    raw: bytes
    line: Line
    message: Message
    usage: Billed
    effort: str | None
    cost_usd: str | None
    missed: Missed


class Group:
    """One call while its lines come in."""

    def __init__(self, agent: str | None, start_us: int | None, asked: Turn) -> None:
        self.resume = False
        self.compaction = False
        self.nodes: tuple[Node, ...] = ()
        self._agent = agent
        self._start_us = start_us
        self._asked = asked.asked, asked.turn
        self._lines = 0
        self._times: dict[bool, list[int]] = {False: [], True: []}
        """Times of lines on the main chain, and of copies in a side chain."""
        self._rank: Rank = (False, False, 0, 0)
        self._best: Answer | None = None
        self._sha256 = b""
        """Of the best line, once it was asked for."""

    def add(self, answer: Answer) -> None:
        """Take one line of the answer; the greatest one is kept."""
        self._lines += 1
        if answer.line.time_us is not None:
            self._times[bool(answer.line.is_sidechain)].append(answer.line.time_us)
        rank = _rank(answer)
        if self._best is None or rank > self._rank or (rank == self._rank and self._after(answer)):
            self._rank, self._best, self._sha256 = rank, answer, b""

    def _after(self, answer: Answer) -> bool:
        """Tell whether a line of equal rank wins: hashing is dear, so ties alone are hashed."""
        return hashlib.sha256(answer.raw).digest() > self.sha256

    @property
    def sha256(self) -> bytes:
        """Hash of the best line."""
        if not self._sha256 and self._best is not None:
            self._sha256 = hashlib.sha256(self._best.raw).digest()
        return self._sha256

    def rest(self) -> None:
        """Let go of the line's text; called when lines of another answer begin."""
        if self._best is not None and self._best.raw:
            self._sha256 = self.sha256
            self._best = self._best._replace(raw=b"")

    def call(self, last_nodes: tuple[Node, ...]) -> Call:
        """Give the call; `last_nodes` follow its own when it is the last of the file."""
        if self._best is None:
            raise ValueError("a group is opened by its first line")
        number, _, line, message, usage, effort, cost_usd, missed = self._best
        times = self._times[False] or self._times[True]
        first_us = min(times, default=None)
        crossed = first_us is not None and self._start_us is not None and first_us < self._start_us
        return Call(
            line=number,
            lines=self._lines,
            line_time_us=line.time_us or 0,
            line_sha256=self.sha256,
            message_id=message.id or None,
            request_id=line.request_id or None,
            platform=platform_of(None, message.id),
            model=message.model or UNKNOWN_MODEL,
            start_us=self._start_us,
            first_us=first_us,
            end_us=max(times, default=None),
            time_precision="ms",
            time_meaning="line",
            effort=effort,
            tier=usage.tier,
            speed=usage.speed,
            geo=usage.geo,
            tokens=usage.tokens,
            iterations=usage.iterations,
            web_searches=usage.web_searches,
            usage_final=message.stop_reason is not None,
            flags=usage.flags + (TIMES_CROSS,) * crossed,
            charged=not (message.stop_reason == "refusal" and usage.tokens.output == 0),
            stop_reason=message.stop_reason,
            cache_miss_reason=missed.reason,
            cache_missed_tokens=missed.tokens,
            session=line.session_id or None,
            agent=line.agent_id or self._agent or ("sidechain" if line.is_sidechain else None),
            app=APP,
            tags=dict(_tags(line.cwd, line.version)),
            compaction=self.compaction,
            resume=self.resume,
            prompt=_prompt(*self._asked),
            nodes=self.nodes + last_nodes,
            cost_logged_usd=cost_usd,
        )


def answer_of(number: int, raw: bytes, line: Line) -> Answer:
    """Give the answer as one line tells of it.

    Raises:
        LineError: the line holds no usage, or counts that are none.
    """
    message = line.message or Message()
    usage = billed(message.usage)
    effort, cost_usd = _word(line.effort), _number(line.cost)
    missed = NOTHING if message.diagnostics is NULL else missed_in(message.diagnostics)
    # fields still raw keep the whole text alive
    message.content = message.usage = message.diagnostics = line.effort = line.error = line.cost = (
        line.data
    ) = NULL
    return Answer(number, raw, line, message, usage, effort, cost_usd, missed)


def agent_of(path: Place) -> str | None:
    """Give the subagent that a file belongs to, by its folder; None for a main session."""
    inside = "subagents" in path.parts[:-1]
    return path.name.partition(".")[0].removeprefix("agent-") if inside else None


def start_of(before_us: int | None, line: Line) -> int | None:
    """Give when the call began at the latest known: the time of the line before the answer."""
    return before_us if line.time_us is not None else None


def _rank(answer: Answer) -> Rank:
    """Order lines of a call: a final one, one of the main chain, the latest, the longest answer."""
    return (
        answer.message.stop_reason is not None,
        not answer.line.is_sidechain,
        answer.line.time_us or 0,
        answer.usage.tokens.output or 0,
    )


def _prompt(leaf: bytes | None, turn: Speaker | None) -> Prompt:
    return Prompt(
        visibility="none" if leaf is None else "messages_only",
        leaf=leaf,
        turn=None if leaf is None else turn,
    )


@functools.lru_cache(maxsize=1024)
def _tags(folder: str | None, version: str | None) -> tuple[tuple[str, str], ...]:
    # the Windows rules split at both kinds of slash
    project = PureWindowsPath(folder).name if folder else ""
    pairs = (("project", project), ("version", version))
    return tuple((key, value) for key, value in pairs if value)


def _word(raw: msgspec.Raw) -> str | None:
    value = msgspec.json.decode(raw) if raw is not NULL else None
    return value if isinstance(value, str) and value else None


def _number(raw: msgspec.Raw) -> str | None:
    """Give a JSON number as it was written."""
    text = bytes(raw).decode() if raw is not NULL else ""
    return text if text[:1].isdigit() else None
