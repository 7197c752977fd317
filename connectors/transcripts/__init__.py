"""Claude Code transcripts: one file a session (or a subagent), several lines a call.

A call's lines share their message id, and only its last line is sure to hold final counts; the
group keeps one line whole and counts the others as repeats. Neither file names, uuids nor session
ids enter a hash, so the history that a resumed or forked session copies gives the same chain.
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Call, Outcome
from connectors.connector import LEVERS, Connector, first_objects, keys_of
from connectors.faults import LINE_FAULTS, LineError, rejected
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields
from connectors.transcripts.calls import Group, agent_of, answer_of, start_of
from connectors.transcripts.chain import Block, Conversation, Turn
from connectors.transcripts.lines import (
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
    for number, raw in log.lines(mend=False):  # `read_line` mends the few that need it
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
        self._open: Group | None = None
        """The group of the latest answer: more of its lines are likely."""
        self._session: str | None = None
        self._compacted = False
        self._resumed = False
        self._chained = False

    def take(self, number: int, raw: bytes) -> Outcome | None:
        """Give the outcome of a line; None when it joins a call that `calls` gives."""
        line = read_line(raw)
        if not self._chained or line.type == "summary":
            self._look_back(line)
        if unbilled(line):
            self._conversation.passed(line.uuid, line.parent_uuid, line.time_us)
            return attempt_of(number, line)
        if is_answer(line):
            self._answer(number, raw, line)
            return None
        if line.type is None:
            raise LineError("not a transcript line", "holds no `type`; is --source right?")
        return Aside(number, aside_kind(line, self._said(line)))

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
        message = (line.message and line.message.id) or line.request_id or f"line {number}"
        turn = self._conversation.answer(
            message, line.uuid, line.parent_uuid, line.time_us, line.blocks()
        )
        answer = answer_of(number, raw, line)
        group = self._groups.get(message)
        if group is None:
            group = self._opened(line, turn)
            self._groups[message] = group
        if group is not self._open:
            if self._open is not None:
                self._open.rest()
            self._open = group
        group.add(answer)

    def _opened(self, line: Line, turn: Turn) -> Group:
        group = Group(self._agent, start_of(turn.start_us, line), turn)
        group.nodes = self._conversation.take_nodes()
        if not (line.agent_id or self._agent or line.is_sidechain):
            session = line.session_id or None
            changed = self._session not in (None, session)
            group.resume, group.compaction = self._resumed or changed, self._compacted
            self._session, self._resumed, self._compacted = session, False, False
        return group

    def _said(self, line: Line) -> list[Block]:
        """Take a line that tells of no call into the conversation; give its blocks."""
        root = line.type == "system" and line.subtype == "compact_boundary"
        self._compacted |= root or line.is_compact_summary is True
        if line.type != "user":
            self._conversation.passed(line.uuid, None if root else line.parent_uuid, line.time_us)
            return []
        blocks = line.blocks()
        fresh = line.is_compact_summary is True
        self._conversation.said(line.uuid, line.parent_uuid, line.time_us, blocks, root=fresh)
        return blocks


CONNECTOR = Connector(
    name="transcripts",
    title="Claude Code transcripts",
    detect=_detect,
    parse=_parse,
    carries="messages without system prompt and tools, exact usage, times of lines",
    levers=LEVERS,
)
