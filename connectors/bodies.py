"""Request and response bodies inside a log's record: objects, text that holds one, or events."""

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Node, Prompt
from connectors.answers import Answer, Block, from_body, from_events
from connectors.faults import LINE_FAULTS
from connectors.messages.prompt import PromptReader
from connectors.reading.json_scan import Fields, object_of

_encode = msgspec.json.Encoder().encode
_decode_text = msgspec.json.Decoder(str).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_NOTHING = (b"", b"null")


def unwrapped(raw: bytes | msgspec.Raw | None) -> bytes:
    """Give the JSON of a value, also where a table's column holds it as text; empty for null."""
    text = bytes(raw) if raw is not None else b""
    if text.startswith(b'"'):
        text = _decode_text(text).encode()
    text = text.strip()
    return b"" if text in _NOTHING else text


def object_in(raw: bytes | msgspec.Raw | None) -> Fields | None:
    """Give the fields of a body; None where it is no object (missing, or cut to a string)."""
    text = unwrapped(raw)
    return object_of(text) if text.startswith(b"{") else None


def events_in(raw: bytes | msgspec.Raw | None) -> list[bytes]:
    """Give the objects of a list of events, each on one line; a `chunk` around one is taken off."""
    text = unwrapped(raw)
    if not text.startswith(b"["):
        return []
    return [_bare(item) for item in _decode_list(text) if unwrapped(item).startswith(b"{")]


def answer_in(raw: bytes | msgspec.Raw | None) -> Answer | None:
    """Read an answer: a whole message, a list of events, or server-sent events as text.

    None where there is nothing of the kind, as when the log cut the body to a string.
    """
    text = unwrapped(raw)
    if text.startswith(b"{"):
        return from_body(text)
    if events := events_in(raw):
        if len(events) == 1 and b'"content"' in events[0] and b'"usage"' in events[0]:
            return from_body(events[0])
        return from_events("\n".join(f"data: {event.decode()}" for event in events))
    return from_events(text.decode()) if b"data:" in text else None


def _bare(item: msgspec.Raw) -> bytes:
    text = unwrapped(item)
    chunk = unwrapped(object_of(text).get("chunk"))
    # JSON strings hold no line ends, so those that stand between are spaces
    return (chunk if chunk.startswith(b"{") else text).replace(b"\n", b" ")


class Settings(msgspec.Struct):
    """The scalars of a Messages request that a call keeps."""

    max_tokens: int | None = None
    stream: bool | None = None
    tool_choice: dict[str, object] | None = None
    output_config: dict[str, object] | None = None
    metadata: dict[str, object] | None = None

    @property
    def choice(self) -> str | None:
        """Which tools the model may or must use."""
        return _word(self.tool_choice, "type")

    @property
    def effort(self) -> str | None:
        """How much work was asked for."""
        return _word(self.output_config, "effort")

    @property
    def user(self) -> str | None:
        """The caller's own name for its user."""
        return _word(self.metadata, "user_id")


def settings_in(request: Fields) -> Settings:
    """Give a request's settings; none of them where one cannot be read."""
    known = {key: request[key] for key in Settings.__struct_fields__ if key in request}
    try:
        return _decode_settings(_encode(known))
    except msgspec.MsgspecError:
        return Settings()


_decode_settings = msgspec.json.Decoder(Settings).decode


def _word(fields: dict[str, object] | None, key: str) -> str | None:
    value = (fields or {}).get(key)
    return value if isinstance(value, str) and value else None


class Prompts:
    """Prompts of one log whose records count tokens apart: a damaged body never costs a count."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._reader = PromptReader(hasher)

    def read(
        self,
        request: Fields,
        content: list[Block],
        message_id: str | None,
        model: str | None = None,
    ) -> tuple[Prompt, tuple[Node, ...]]:
        """Give a request's prompt and its new nodes; nothing where the request cannot be read."""
        if not bytes(request.get("messages", b"")).startswith(b"["):
            return Prompt(visibility="none"), ()
        try:
            return self._reader.read(request, content, message_id, model)
        except (*LINE_FAULTS, TypeError):  # a block's type may be anything, also no word
            # what it had begun to give is lost with the line: later prompts give it anew
            self._reader = PromptReader(self._hasher)
            return Prompt(visibility="none"), ()
