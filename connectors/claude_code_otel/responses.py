"""Raw response bodies of Claude Code without its telemetry: `REQUEST_ID.response.json` in a folder.

A body tells exact counts and ids, and no time: transcripts or events of the same session give that,
and the store joins them by message and request id. Its request is proven by a later one in the
same folder, which names the answer's request id and begins with the prompt that was answered; the
last call of each conversation has no such witness and shows no prompt.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Call, Node, Outcome
from connectors.claude_code_otel.bodies import (
    REQUEST_FILE,
    Reader,
    Request,
    content_of,
    response_of,
)
from connectors.claude_code_otel.events import asked_with, call_in
from connectors.connector import LEVERS, Connector, each_line, first_objects
from connectors.faults import LineError
from connectors.reading.files import LogFile

_MESSAGE = {"id", "type", "role", "content", "usage"}
_NAME = re.compile(r"(req_\w+)\.response\.json")
_IS_REQUEST = re.compile(REQUEST_FILE)


class _Folder:
    """The requests of one folder, by the request id of the answer each one got."""

    def __init__(self, logs: list[LogFile], hasher: Hasher) -> None:
        self.reader = Reader(hasher)
        texts = (content_of(log) for log in logs)
        requests = [self.reader.request(text) for text in texts if text is not None]
        by_leaf = {request.prompt.leaf: request for request in requests}
        by_leaf.pop(None, None)
        self._asked: dict[str, Request | None] = {}
        for request in requests:
            before = self._before(request, by_leaf)
            if request.after and before is not None:
                known = self._asked.setdefault(request.after, before)
                if known is not None and known.prompt.leaf != before.prompt.leaf:
                    self._asked[request.after] = None

    def asked(self, request_id: str | None) -> Request | None:
        """Give the request that got this answer; None when nothing proves which."""
        return self._asked.get(request_id or "")

    def _before(self, request: Request, by_leaf: dict[bytes | None, Request]) -> Request | None:
        nodes = self.reader.above(request.prompt.leaf)
        return next((by_leaf[node.parent] for node in nodes if node.parent in by_leaf), None)


def _detect(head: bytes) -> bool:
    """Tell a whole answer of the Messages API that stands alone."""
    return any(
        set(fields) >= _MESSAGE and bytes(fields["type"]) == b'"message"'
        for fields in first_objects(head)
    )


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    folder = _folder_of(log, hasher)
    named = _NAME.match(log.path.name)

    def decode(number: int, raw: bytes) -> Outcome:
        return _call(number, raw, named.group(1) if named else None, folder)

    return each_line(log, decode)


def _call(number: int, raw: bytes, request_id: str | None, folder: _Folder) -> Call:
    response = response_of(raw)
    call = call_in(number, raw, response)
    if call is None:
        raise LineError("no usage", "holds no usage; the body is cut, or no answer")
    call = msgspec.structs.replace(call, request_id=request_id)
    request = folder.asked(request_id)
    if request is None:
        return call
    call = asked_with(call, request, response, folder.reader)
    chain: list[Node] = [*folder.reader.above(request.prompt.leaf)][::-1]
    agent = "subagent" if request.subagent else None
    return msgspec.structs.replace(call, nodes=(*chain, *call.nodes), agent=agent)


def _folder_of(log: LogFile, hasher: Hasher) -> _Folder:
    if not isinstance(log.path, Path):
        return _Folder([], hasher)
    parent = log.path.parent
    return _read_folder(parent, parent.stat().st_mtime_ns, hasher)


@lru_cache(maxsize=1)
def _read_folder(parent: Path, _changed_ns: int, hasher: Hasher) -> _Folder:
    """Read a folder's requests once for all its responses; adding a file changes its time."""
    logs = [LogFile(path) for path in sorted(parent.iterdir()) if _IS_REQUEST.search(path.name)]
    return _Folder(logs, hasher)


CONNECTOR = Connector(
    name="claude_code_bodies",
    title="Claude Code raw response bodies",
    detect=_detect,
    parse=_parse,
    carries="exact usage with the life of cache writes, ids, most whole prompts; no times",
    levers=LEVERS,
    side_object=REQUEST_FILE,
)
