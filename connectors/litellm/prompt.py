"""What LiteLLM's record shows of a prompt, and how much of it that is.

The `/v1/messages` route hands callbacks no system prompt; SpendLogs keep the client's own body,
with every string past 2,048 characters cut, and only where `store_prompts_in_spend_logs` is set.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from analyzer.trace import Node, Prompt, Visibility
from connectors.litellm.chat import Block, answer_blocks, translated
from connectors.litellm.rows import Logged
from connectors.messages.prompt import PromptReader
from connectors.reading.json_scan import Fields

MESSAGES_ROUTES = ("anthropic_messages", "aanthropic_messages")
CHAT_ROUTES = ("completion", "acompletion")
_REDACTED = b"redacted-by-litellm"
_CUT = (b"litellm_truncated", b"[base64_data truncated", b"REDACTED_BY_LITELM")
_STOPS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""LiteLLM's own map read backwards; it writes `stop` for a stop sequence too."""

_Json = dict[str, object]
_decode_object = msgspec.json.Decoder(_Json).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What a record keeps of the answer."""

    stop_reason: str | None
    blocks: list[Block]


class Shown(NamedTuple):
    """The request that a record shows, in the shape of the Messages API."""

    request: _Json
    visibility: Visibility


def shown(logged: Logged) -> Shown:
    """Give the request as far as the record holds it."""
    if not (logged.body or logged.messages or logged.parameters):
        return Shown({}, "none")
    if logged.body:
        found = _of_body(logged)
    elif logged.parameters is not None or logged.row.call_type in MESSAGES_ROUTES:
        found = _of_callback(logged)
    else:
        found = _of_messages(logged)
    texts = (logged.body or b"", logged.messages or b"", logged.parameters or b"")
    if any(_REDACTED in text for text in texts) or not found.request.get("messages"):
        return Shown(found.request, "none")
    cut = any(mark in text for mark in _CUT for text in texts)
    return found._replace(visibility="truncated") if cut else found


def read_prompt(
    prompts: PromptReader, told: Shown, answer: Answer, message_id: str | None
) -> tuple[Prompt, tuple[Node, ...]]:
    """Give the prompt's structure; an answer without an id of its own names no producer."""
    if told.visibility == "none":
        return Prompt(visibility="none"), ()
    fields: Fields = {key: msgspec.Raw(_encode(value)) for key, value in told.request.items()}
    prompt, nodes = prompts.read(fields, answer.blocks if message_id else [], message_id)
    if prompt.visibility != "full":
        return prompt, nodes
    return msgspec.structs.replace(prompt, visibility=told.visibility), nodes


def answer_of(logged: Logged) -> Answer:
    """Read the answer, which LiteLLM tells in the chat shape on every route."""
    told = _decode(logged.response) if logged.response else None
    if not isinstance(told, dict):
        return Answer(None, [])
    if isinstance(told.get("content"), list):
        stop = told.get("stop_reason")
        blocks = [block for block in told["content"] if isinstance(block, dict)]
        return Answer(stop if isinstance(stop, str) else None, blocks)
    choices = told.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict):
        return Answer(None, [])
    message, stop = first.get("message"), first.get("finish_reason")
    blocks = answer_blocks(message) if isinstance(message, dict) else []
    return Answer(_STOPS.get(stop, stop) if isinstance(stop, str) else None, blocks)


def _of_body(logged: Logged) -> Shown:
    body = _decode(logged.body or b"{}")
    if not isinstance(body, dict):
        return Shown({}, "none")
    return _in_shape(body, logged.row.call_type, "full")


def _of_callback(logged: Logged) -> Shown:
    messages = _decode(logged.messages) if logged.messages else None
    parameters = _decode_object(logged.parameters) if logged.parameters else {}
    request: _Json = {**parameters, "messages": messages if isinstance(messages, list) else []}
    if logged.row.call_type not in MESSAGES_ROUTES:
        return _in_shape(request, logged.row.call_type, "full")
    system, turns = _lifted(request["messages"])
    if system is None:
        return Shown(request, "no_system")
    return Shown({**request, "messages": turns, "system": system}, "full")


def _of_messages(logged: Logged) -> Shown:
    """Rows of old versions hold the chat messages and nothing of the tools."""
    messages = _decode(logged.messages) if logged.messages else None
    request: _Json = {"messages": messages} if isinstance(messages, list) else {}
    return _in_shape(request, logged.row.call_type, "messages_only")


def _in_shape(request: _Json, call_type: str | None, visibility: Visibility) -> Shown:
    if call_type in MESSAGES_ROUTES:
        return Shown(request, visibility)
    if call_type not in CHAT_ROUTES:
        return Shown({**request, "messages": []}, "none")
    made = translated(request)
    return Shown({**request, **_cleared(made.request)}, visibility if made.exact else "truncated")


def _cleared(made: Mapping[str, object]) -> _Json:
    """Let nothing of the chat shape stand where the Messages shape has nothing."""
    names = ("tools", "system", "messages", "tool_choice", "thinking", "output_config")
    return {name: made.get(name) for name in names}


def _lifted(messages: object) -> tuple[object, list[object]]:
    """Take a leading system message out: a plain-text system prompt is logged as one."""
    turns = messages if isinstance(messages, list) else []
    first = turns[0] if turns else None
    if isinstance(first, dict) and first.get("role") == "system":
        return first.get("content"), turns[1:]
    return None, turns
