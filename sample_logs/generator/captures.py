"""Recorder lines: one for each HTTP attempt, as the SDK middleware writes them."""

import json

from generator.exchanges import ORGANISATION, Exchange, Json
from generator.vendor_cache import Buckets

_NS_PER_MS = 1_000_000
_PIECES = 3
"""Text deltas of a streamed answer; real ones are many more and say no more."""


def line(call: Exchange, billed: Buckets) -> Json:
    """Give one attempt as the recorder writes it."""
    caller = call.caller
    times = {
        "t_headers_ns": (call.first_ms if not call.stream else call.first_ms - 40) * _NS_PER_MS,
        "t_first_byte_ns": call.first_ms * _NS_PER_MS,
        "t_end_ns": call.end_ms * _NS_PER_MS,
    }
    return {
        "attempt": call.attempt,
        "url": "/v1/messages",
        "t_start_ns": call.start_ms * _NS_PER_MS,
        "request": call.request,
        "status": call.failure.status if call.failure else 200,
        "request_id": _request_id(call),
        **times,
        **_answer(call, billed),
        "org": ORGANISATION,
        "workspace": caller.workspace,
        "api_key": caller.key,
        "app": caller.app,
        **({"workload": caller.workload} if caller.workload else {}),
        **({"tags": caller.tags} if caller.tags else {}),
        **({"batch_id": call.batch, "custom_id": call.name} if call.batch else {}),
    }


def _answer(call: Exchange, billed: Buckets) -> Json:
    if call.failure:
        error = {"type": call.failure.kind, "message": call.failure.message}
        body: Json = {"type": "error", "error": error, "request_id": _request_id(call)}
        return {"stream": False, "response": body}
    if call.stream:
        return {"stream": True, "sse": _events(call, billed)}
    message = _message(call, _usage(call, billed, call.output_tokens))
    content = [{"type": "text", "text": call.answer}]
    return {
        "stream": False,
        "response": {**message, "content": content, "stop_reason": call.stop_reason},
    }


def _events(call: Exchange, billed: Buckets) -> str:
    first = _usage(call, billed, 1 if call.output_tokens else 0)
    events: list[Json] = [{"type": "message_start", "message": _message(call, first)}]
    if call.answer:
        events += _text_events(call)
    if not call.cut:
        ending = {"stop_reason": call.stop_reason, "stop_sequence": None}
        usage = _final_usage(call, billed)
        events.append({"type": "message_delta", "delta": ending, "usage": usage})
        events.append({"type": "message_stop"})
    return "".join(f"event: {event['type']}\ndata: {dumps(event)}\n\n" for event in events)


def _text_events(call: Exchange) -> list[Json]:
    step = -(-len(call.answer) // _PIECES)
    pieces = [call.answer[i : i + step] for i in range(0, len(call.answer), step)]
    opened: Json = {"type": "content_block_start", "index": 0, "content_block": _text("")}
    deltas: list[Json] = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        for piece in pieces
    ]
    closed: list[Json] = [{"type": "content_block_stop", "index": 0}]
    return [opened, *deltas[:1]] if call.cut else [opened, *deltas, *closed]


def _message(call: Exchange, usage: Json) -> Json:
    return {
        "id": f"msg_syn_{call.name}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _usage(call: Exchange, billed: Buckets, output_tokens: int) -> Json:
    usage = _final_usage(call, billed) | {"output_tokens": output_tokens}
    usage["cache_creation"] = {
        "ephemeral_5m_input_tokens": billed.write_5m,
        "ephemeral_1h_input_tokens": billed.write_1h,
    }
    usage["service_tier"] = "batch" if call.batch else "standard"
    usage["inference_geo"] = call.caller.geo
    usage["speed"] = call.speed
    return usage


def _final_usage(call: Exchange, billed: Buckets) -> Json:
    searches = {"server_tool_use": {"web_search_requests": call.searches}} if call.searches else {}
    return {
        "input_tokens": billed.uncached,
        "cache_creation_input_tokens": billed.write_5m + billed.write_1h,
        "cache_read_input_tokens": billed.read,
        "output_tokens": call.output_tokens,
        **searches,
    }


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _request_id(call: Exchange) -> str:
    return f"req_syn_{call.name}"


def dumps(value: object) -> str:
    """Give compact JSON whose bytes depend on the value only."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
