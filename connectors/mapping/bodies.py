"""Whole request and response bodies in a table's columns, Anthropic-shaped or OpenAI-shaped.

A body is often cut or missing; one that cannot be read leaves the row to its other columns. Counts
in a body that can be read are as strict as everywhere.
"""

from typing import NamedTuple

import msgspec

from connectors.answers import Answer, error_code, from_body, from_events
from connectors.diagnostics import NOTHING, Missed
from connectors.faults import LINE_FAULTS
from connectors.mapping.paths import Path, Row, opened
from connectors.mapping.usage import Counted, Counts, counted
from connectors.mapping.values import Raw, code_of, count_of, flag_of, text_of
from connectors.reading.json_scan import Fields
from connectors.usage import billed_of

_STOPS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""OpenAI's words for Anthropic's (its chat completion reference)."""
_FOREIGN_ROLES = frozenset({"system", "developer", "tool", "function"})

_decode_text = msgspec.json.Decoder(str).decode


class Asked(NamedTuple):
    """What a request body says of itself."""

    fields: Fields | None = None
    """The request, when it has Anthropic's shape."""
    model: str | None = None
    stream: bool | None = None
    max_tokens: int | None = None
    effort: str | None = None
    tool_choice: str | None = None
    user: str | None = None


class Answered(NamedTuple):
    """What a response body says."""

    message_id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    counted: Counted | None = None
    content: tuple[dict[str, object], ...] = ()
    error: str | None = None
    final: bool = True
    missed: Missed = NOTHING
    native: bool = False
    """Whether it has Anthropic's shape."""


def _paths(*texts: str) -> tuple[Path, ...]:
    return tuple(map(Path, texts))


_ID, _MODEL, _TYPE, _STREAM = _paths("id"), _paths("model"), _paths("type"), _paths("stream")
_MESSAGES, _USAGE, _ERROR = _paths("messages"), _paths("usage"), _paths("error")
_LIMIT = _paths("max_tokens", "max_completion_tokens")
_EFFORT = _paths("output_config.effort", "reasoning_effort")
_TOOL_CHOICE = _paths("tool_choice.type", "tool_choice")
_USER = _paths("metadata.user_id", "user")
_ERROR_KIND = _paths("error.type", "error.code")
_NATIVE_INPUT = _paths("usage.input_tokens")
_FINISH = _paths("choices.0.finish_reason")
_FUNCTIONS, _ROLES = _paths("tools.*.function"), _paths("*.role")
_TOOL_CALLS, _IMAGES = _paths("*.tool_calls"), _paths("*.content.*.image_url")


_NOT_ASKED, _NOT_ANSWERED = Asked(), Answered()


def asked_in(raw: Raw | None) -> Asked:
    """Read a request body, which may be an object or its text."""
    row = opened(raw) if raw is not None else None
    if row is None:
        return _NOT_ASKED
    limit = row.find(_LIMIT)
    return Asked(
        fields=row.fields if _is_native(row) else None,
        model=text_of(row.find(_MODEL)),
        stream=flag_of(row.find(_STREAM)),
        max_tokens=_lenient_count(limit),
        effort=code_of(row.find(_EFFORT)),
        tool_choice=code_of(row.find(_TOOL_CHOICE)),
        user=text_of(row.find(_USER)),
    )


def answered_in(raw: Raw | None) -> Answered:
    """Read a response body: an object, its text, or a stream of events as text.

    Raises:
        LineError: a count in it that is none.
    """
    if raw is None:
        return _NOT_ANSWERED
    row = opened(raw)
    if row is None:
        return _streamed(raw)
    if row.find(_NATIVE_INPUT) is not None or text_of(row.find(_TYPE)) in (
        "message",
        "error",
    ):
        return _native(row)
    return _openai(row)


def stop_word(reason: str | None) -> str | None:
    """Give Anthropic's word for why an answer ended."""
    return _STOPS.get(reason, reason) if reason else None


def _native(row: Row) -> Answered:
    try:
        answer = from_body(msgspec.json.encode(row.fields))
    except msgspec.MsgspecError:  # content in another shape; the counts are read all the same
        usage = row.find(_USAGE)
        answer = from_body(msgspec.json.encode({"usage": usage}))
    return _told(answer)


def _told(answer: Answer) -> Answered:
    usage = billed_of(answer.usage) if answer.usage else None
    return Answered(
        message_id=answer.message_id,
        model=answer.model,
        stop_reason=answer.stop_reason,
        counted=Counted(usage, "exclusive") if usage else None,
        content=tuple(answer.content),
        error=answer.error,
        final=answer.final,
        missed=answer.missed,
        native=True,
    )


_OPENAI_COUNTS = {
    "input": ("usage.prompt_tokens",),
    "read": ("usage.cache_read_input_tokens", "usage.prompt_tokens_details.cached_tokens"),
    "write": (
        "usage.cache_creation_input_tokens",
        "usage.prompt_tokens_details.cache_creation_tokens",
        "usage.prompt_tokens_details.cache_write_tokens",
    ),
    "write_5m": (
        "usage.prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens",
    ),
    "write_1h": (
        "usage.prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
    ),
    "output": ("usage.completion_tokens",),
    "thinking": ("usage.completion_tokens_details.reasoning_tokens",),
    "total": ("usage.total_tokens",),
    "accepted_prediction": ("usage.completion_tokens_details.accepted_prediction_tokens",),
    "rejected_prediction": ("usage.completion_tokens_details.rejected_prediction_tokens",),
}
"""Where gateways that speak OpenAI's dialect put Claude's counts (Portkey, LiteLLM, OpenRouter)."""
_OPENAI_PATHS = {key: _paths(*texts) for key, texts in _OPENAI_COUNTS.items()}


def _openai(row: Row) -> Answered:
    found = {
        key: count_of(row.find(paths), f"response: {paths[0].text}")
        for key, paths in _OPENAI_PATHS.items()
    }
    counts = Counts(**found)
    error = row.find(_ERROR)
    kind = row.find(_ERROR_KIND)
    return Answered(
        message_id=text_of(row.find(_ID)),
        model=text_of(row.find(_MODEL)),
        stop_reason=stop_word(code_of(row.find(_FINISH))),
        counted=counted(counts, "auto") if counts.any else None,
        error=error_code(text_of(kind), "error") if error is not None else None,
    )


def _streamed(raw: Raw) -> Answered:
    text = bytes(raw).strip()
    if not text.startswith(b'"'):
        return _NOT_ANSWERED
    events = _decode_text(text)
    if "message_start" in events:
        return _told(from_events(events))
    chunks = [line[5:].strip() for line in events.split("\n") if line.startswith("data:")]
    rows = [row for chunk in chunks if (row := opened(chunk.encode())) is not None]
    counting = [row for row in rows if row.find(_OPENAI_PATHS["input"]) is not None]
    ends = [row for row in rows if row.find(_FINISH) is not None]
    if not rows:
        return _NOT_ANSWERED
    answered = _openai((counting or rows)[-1])
    return answered._replace(stop_reason=_openai(ends[-1]).stop_reason if ends else None)


def _is_native(row: Row) -> bool:
    """Tell Anthropic's request from OpenAI's, whose turns hold system and tool results."""
    turns = row.find(_MESSAGES)
    listed = opened(turns) if turns is not None else None
    if turns is None or listed is None or row.find(_FUNCTIONS) is not None:
        return False
    roles = {text_of(role) for role in listed.find_all(_ROLES)}
    if roles & _FOREIGN_ROLES or listed.find(_TOOL_CALLS) is not None:
        return False
    # a whole look into every block only where the word stands at all
    return b"image_url" not in bytes(turns) or listed.find(_IMAGES) is None


def _lenient_count(raw: Raw | None) -> int | None:
    try:
        return count_of(raw, "request: max_tokens")
    except LINE_FAULTS:
        return None
