"""Claude Code transcripts: one file a session (or a subagent), several lines a call.

A call's lines share their message id, and only its last line is sure to hold final counts; the
group keeps one line whole and counts the others as repeats. Neither file names, uuids nor session
ids enter a hash, so the history that a resumed or forked session copies gives the same chain.
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Call, Outcome, Prompt
from connectors.connector import LEVERS, Connector, first_objects, keys_of
from connectors.faults import LINE_FAULTS, LineError, rejected
from connectors.files import LogFile
from connectors.json_scan import Fields
from connectors.transcript_calls import Group, agent_of, call_of, start_of
from connectors.transcript_chain import Conversation
from connectors.transcript_lines import (
    Line,
    aside_kind,
    attempt_of,
    is_answer,
    read_line,
    unbilled,
)

_SIGNS = (
    {"sessionId", "message"},
    {"sessionId", "type"},
    {"uuid", "parentUuid"},
    {"summary", "leafUuid"},
    {"snapshot", "messageId"},
)


def _detect(head: bytes) -> bool:
    """Tell a transcript by the keys of its lines; a bare answer line needs its usage too."""
    return any(
        any(sign <= set(fields) for sign in _SIGNS) or _is_bare_answer(fields)
        for fields in first_objects(head)
    )


def _is_bare_answer(fields: Fields) -> bool:
    kind = bytes(fields.get("type", b""))
    return kind in (b'"assistant"', b'"user"') and bool(
        keys_of(fields.get("message")) & {"usage", "role"}
    )


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    session = _Session(log, hasher)
    for number, raw in log.lines():
        if not raw.strip():
            yield Aside(number, "blank")
            continue
        try:
            outcome = session.take(number, raw)
        except LINE_FAULTS as error:
            yield rejected(number, error)
        else:
            if outcome is not None:
                yield outcome
    yield from session.calls()


class _Session:
    """What is known of one file while its lines come in."""

    def __init__(self, log: LogFile, hasher: Hasher) -> None:
        self._agent = agent_of(log.path)
        self._conversation = Conversation(hasher)
        self._groups: dict[str, Group] = {}
        self._session: str | None = None
        self._compacted = False
        self._resumed = False
        self._chained = False

    def take(self, number: int, raw: bytes) -> Outcome | None:
        """Give the outcome of a line; None when it joins a call that `calls` gives."""
        line = read_line(raw)
        self._look_back(line)
        if unbilled(line):
            self._conversation.passed(line.uuid, line.parent_uuid, line.time_us)
            return attempt_of(number, line)
        if is_answer(line):
            self._answer(number, raw, line)
            return None
        if line.type is None:
            raise LineError("not a transcript line", "holds no `type`; is --source right?")
        self._said(line)
        return Aside(number, aside_kind(line))

    def calls(self) -> Iterator[Call]:
        """Give the calls of the file, oldest line first."""
        self._conversation.settle_all()
        last = self._conversation.take_nodes()
        groups = list(self._groups.values())
        for group in groups:
            yield group.call(last if group is groups[-1] else ())

    def _look_back(self, line: Line) -> None:
        """Note what shows that the session carries on another's history."""
        if line.type == "summary" and not self._groups and line.leaf_uuid:
            self._resumed |= not self._conversation.knows(line.leaf_uuid)
        if line.uuid and not self._chained and not line.is_sidechain and not self._agent:
            self._chained = True
            self._resumed |= line.parent_uuid is not None

    def _answer(self, number: int, raw: bytes, line: Line) -> None:
        message = line.message.id or line.request_id or f"line {number}"
        turn = self._conversation.answer(
            message, line.uuid, line.parent_uuid, line.time_us, line.blocks()
        )
        call = call_of(number, raw, line, self._agent)
        if message not in self._groups:
            self._groups[message] = self._opened(call, turn.asked, start_of(turn.start_us, line))
        self._groups[message].add(call, line)

    def _opened(self, call: Call, leaf: bytes | None, start_us: int | None) -> Group:
        group = Group(
            start_us,
            Prompt(visibility="none" if leaf is None else "messages_only", leaf=leaf),
            self._conversation.take_nodes(),
        )
        if call.agent is None:
            changed = self._session not in (None, call.session)
            group.resume, group.compaction = self._resumed or changed, self._compacted
            self._session, self._resumed, self._compacted = call.session, False, False
        return group

    def _said(self, line: Line) -> None:
        root = line.type == "system" and line.subtype == "compact_boundary"
        self._compacted |= root or line.is_compact_summary is True
        if line.type == "user":
            fresh = line.is_compact_summary is True
            self._conversation.said(
                line.uuid, line.parent_uuid, line.time_us, line.blocks(), root=fresh
            )
        else:
            self._conversation.passed(line.uuid, None if root else line.parent_uuid, line.time_us)


CONNECTOR = Connector(
    name="transcripts",
    title="Claude Code transcripts",
    detect=_detect,
    parse=_parse,
    carries="messages without system prompt and tools, exact usage, times of lines",
    levers=LEVERS,
)
