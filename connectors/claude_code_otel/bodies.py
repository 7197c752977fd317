"""Raw bodies that Claude Code logs: inside an event, or in a file that the event names.

`OTEL_LOG_RAW_API_BODIES=1` puts them inside, cut at 60 KB; `=file:DIR` writes them whole as
`DIR/UUID.request.json` and `DIR/REQUEST_ID.response.json` (the vendor's monitoring page). Thinking
is replaced by `<REDACTED>` in both, in the same way in every body.
"""

import re
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import NamedTuple

import msgspec

from analyzer.errors import InputError
from analyzer.prompts import Hasher
from analyzer.trace import Node, Prompt
from connectors.answers import Answer, from_body
from connectors.billing_block import billing_text
from connectors.bodies import Prompts
from connectors.faults import LINE_FAULTS
from connectors.messages.capture import Asked
from connectors.otlp.records import Attributes
from connectors.reading.files import LogFile
from connectors.reading.json_scan import mended, object_of

REQUEST_FILE = r"(^|/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.request\.json(\.gz|\.zst)?$"
_BODY_FILE = re.compile(r"[\w.-]+\.(request|response)\.json")
_PREVIOUS = re.compile(r"\bcc_prev_req=(req_\w+)")
_MESSAGE_ID = re.compile(r'^\{[^{}\[\]]*?"id"\s*:\s*"(msg_\w+)"')
_decode_asked = msgspec.json.Decoder(Asked).decode


class Request(NamedTuple):
    """A request as it was sent, hashed."""

    prompt: Prompt
    nodes: tuple[Node, ...] = ()
    asked: Asked = Asked()
    session: str | None = None
    after: str | None = None
    """Request id of the call before it in the same conversation."""
    subagent: bool = False


class Response(NamedTuple):
    """What of an answer's body can be read."""

    answer: Answer | None = None
    message_id: str | None = None


def body_of(attributes: Attributes, log: LogFile) -> bytes | None:
    """Give an event's body; a file that is not there, or not readable, counts as missing."""
    body, place = attributes.get("body"), attributes.get("body_ref")
    if isinstance(body, str):
        return mended(body.encode())
    if not isinstance(place, str):
        return None
    path = PureWindowsPath(place)  # splits at both kinds of slash
    if _BODY_FILE.fullmatch(path.name):
        for folder in ("", f"{path.parent.name}/" if path.parent.name.strip(".") else ""):
            for packed in ("", ".gz", ".zst"):
                found = log.beside(f"{folder}{path.name}{packed}")
                if found is not None and (text := content_of(found)) is not None:
                    return text
    log.missing += 1
    return None


def content_of(log: LogFile) -> bytes | None:
    """Give the whole of a file that holds one JSON object; None when it cannot be read."""
    try:
        return b" ".join(raw for _, raw in log.lines())
    except InputError:
        return None


def request_of(text: bytes, prompts: Prompts) -> Request:
    """Read a request; one that was cut shows nothing of its prompt (visibility `truncated`)."""
    try:
        fields = object_of(text)
        asked = _decode_asked(text)
    except LINE_FAULTS:
        return Request(Prompt(visibility="truncated"))
    header = billing_text(fields.get("system", msgspec.Raw(b"null")))
    prompt, nodes = prompts.read(fields, [], None)
    after = _PREVIOUS.search(header)
    return Request(
        prompt,
        nodes,
        asked,
        _session(asked),
        after.group(1) if after else None,
        "cc_is_subagent=true" in header,
    )


def response_of(text: bytes) -> Response:
    """Read a response; of one that was cut the message id alone."""
    try:
        answer = from_body(text)
    except LINE_FAULTS:
        found = _MESSAGE_ID.match(text[:400].decode(errors="replace"))
        return Response(None, found.group(1) if found else None)
    return Response(answer if answer.usage is not None else None, answer.message_id)


class Reader:
    """Reads the bodies of one file or folder; knows the trie that they made."""

    def __init__(self, hasher: Hasher) -> None:
        self.hasher = hasher
        self._prompts = Prompts(hasher)
        self._trie: dict[bytes, Node] = {}

    def request(self, text: bytes) -> Request:
        """Read a request and remember its nodes."""
        request = request_of(text, self._prompts)
        self.remember(request.nodes)
        return request

    def remember(self, nodes: tuple[Node, ...]) -> None:
        """Take nodes into the trie."""
        self._trie.update({node.node: node for node in nodes})

    def position(self, leaf: bytes) -> int:
        """Give the position of a node; 0 for one that is not known."""
        return self._trie[leaf].position if leaf in self._trie else 0

    def is_above(self, above: bytes, leaf: bytes) -> bool:
        """Tell whether one prompt is a true beginning of another."""
        return any(node.parent == above for node in self.above(leaf))

    def above(self, leaf: bytes | None) -> Iterator[Node]:
        """Give a prompt's nodes from its last block to its first."""
        while leaf is not None and (node := self._trie.get(leaf)) is not None:
            yield node
            leaf = node.parent


def _session(asked: Asked) -> str | None:
    """Give the session, which the client writes into `metadata.user_id` as JSON."""
    user = (asked.metadata or {}).get("user_id")
    try:
        named = msgspec.json.decode(user).get("session_id") if isinstance(user, str) else None
    except (msgspec.MsgspecError, AttributeError):
        return None
    return named if isinstance(named, str) else None
