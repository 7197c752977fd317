"""What the formats of gateways share: bodies in OpenAI's dialect, and tables as text."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from generator.captures import dumps
from generator.exchanges import Json
from generator.golden import Golden

_STOPS = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
GPT: Json = {
    "model": "gpt-5.5-mini",
    "prompt": 40,
    "output": 9,
    "text": "Another maker's model, synthetic (canary-zebra).",
}
"""One call of another maker's model, which every gateway carries beside Claude's."""


def iso(us: int, *, separator: str = "T", end: str = "Z") -> str:
    """Give a time as ISO 8601 text with milliseconds."""
    moment = datetime.fromtimestamp(us / 1e6, UTC).replace(tzinfo=None)
    return f"{moment.isoformat(separator, 'milliseconds')}{end}"


def milliseconds(begin_us: int, end_us: int) -> int:
    """Give a length of time in milliseconds."""
    return (end_us - begin_us) // 1_000


def json_lines(rows: Iterable[Json]) -> bytes:
    """Give rows as JSON lines."""
    return "".join(f"{dumps(row)}\n" for row in rows).encode()


def csv_table(rows: list[Json]) -> bytes:
    """Give rows as CSV; objects and lists stand in their cells as JSON text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue().encode()


def openai_request(call: Golden) -> Json:
    """Give the request in OpenAI's dialect: the system prompt is a turn, tools are functions."""
    system = call.request.get("system")
    turns: list[Json] = [{"role": "system", "content": system}] if system else []
    turns += [_openai_turn(turn) for turn in call.request["messages"]]  # type: ignore[attr-defined]
    tools = [
        {"type": "function", "function": {"name": tool["name"]}}
        for tool in call.request.get("tools", [])  # type: ignore[attr-defined]
    ]
    limits = {"model": call.model, "max_tokens": call.request["max_tokens"]}
    return {**limits, "messages": turns, **({"tools": tools} if tools else {})}


def openai_response(call: Golden, usage: Json) -> Json:
    """Give the answer in OpenAI's dialect."""
    text = "".join(str(block.get("text", "")) for block in call.answer)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": _STOPS[call.stop_reason],
    }
    return {
        "id": call.message_id,
        "object": "chat.completion",
        "model": call.model,
        "choices": [choice],
        "usage": usage,
    }


def error_body(call: Golden) -> Json:
    """Give the body of a failed try."""
    failure = call.failure
    assert failure is not None  # noqa: S101 - only failed calls are asked for
    return {"type": "error", "error": {"type": failure.kind, "message": failure.message}}


def _openai_turn(turn: Json) -> Json:
    blocks = turn["content"]
    assert isinstance(blocks, list)  # noqa: S101 - as golden.py makes them
    kind = blocks[0]["type"]
    if kind == "tool_result":
        return {"role": "tool", "tool_call_id": "toolu_g1", "content": blocks[0]["content"]}
    if kind == "tool_use":
        name = {"name": blocks[0]["name"], "arguments": dumps(blocks[0]["input"])}
        return {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": name}]}
    return {"role": turn["role"], "content": blocks[0]["text"]}


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        return dumps(value)
    return str(value).lower() if isinstance(value, bool) else value
