"""The golden calls as LiteLLM's callbacks got them, and as rows of its SpendLogs.

The plain calls came over the chat route, which hides the message id, the others over
`/v1/messages`, which hides the system prompt from callbacks.
"""

import csv
import hashlib
import io
from datetime import UTC, datetime

from generator.captures import dumps
from generator.exchanges import Json
from generator.golden import Golden, golden_calls

_PROXY = "https://api.anthropic.com/v1/messages"
_STOPS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}
_HIDDEN = ("messages", "model", "system")


def files() -> dict[str, bytes]:
    """Give a callback's batch file, and the same rows of SpendLogs as JSON lines and as CSV."""
    calls = golden_calls()
    rows = [_spend_row(call) for call in calls]
    return {
        "sources/litellm/batch-golden.ndjson": _lines([_payload(call) for call in calls]),
        "sources/litellm_spend/spend_logs.jsonl": _lines(rows),
        "sources/litellm_spend/spend_logs.csv": _table(rows),
    }


def _lines(rows: list[Json]) -> bytes:
    return "".join(f"{dumps(row)}\n" for row in rows).encode()


def _table(rows: list[Json]) -> bytes:
    """Write rows as PostgreSQL's `copy ... csv header` does: JSON as text, NULL as nothing."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(rows[0])
    for row in rows:
        table.writerow(_cell(value) for value in row.values())
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return dumps(value) if isinstance(value, dict | list) else value


def _payload(call: Golden) -> Json:
    parameters = {key: value for key, value in call.request.items() if key not in _HIDDEN}
    return {
        "id": _id(call),
        "litellm_call_id": f"call-golden{call.number:04}",
        "trace_id": f"trace-golden{call.number:04}",
        "session_id": call.session,
        "call_type": "acompletion" if _chat(call) else "anthropic_messages",
        "cache_hit": False if call.stream else None,
        "stream": True if call.stream else None,
        "status": "failure" if call.failure else "success",
        "status_fields": {"llm_api_status": "failure" if call.failure else "success"},
        "custom_llm_provider": "anthropic",
        "startTime": call.start_us / 1_000_000,
        "endTime": call.end_us / 1_000_000,
        "completionStartTime": (call.first_us if call.stream else call.end_us) / 1_000_000,
        "model": call.model,
        "metadata": {**_who(call), "usage_object": _usage(call)},
        "response_cost": 0.0 if call.failure else 0.001,
        **_counts(call),
        "request_tags": _tags(call),
        "end_user": call.user,
        "api_base": _PROXY,
        "model_group": "house-model",
        "messages": call.request["messages"],
        "response": _response(call),
        "model_parameters": parameters,
        "hidden_params": {"additional_headers": _headers(call)},
        "model_map_information": {"model_map_key": call.model},
        "error_str": call.failure.message if call.failure else None,
        "error_information": _error(call),
    }


def _spend_row(call: Golden) -> Json:
    return {
        "request_id": _id(call),
        "call_type": "acompletion" if _chat(call) else "anthropic_messages",
        "api_key": hashlib.sha256(call.key.encode()).hexdigest(),
        "spend": 0.0 if call.failure else 0.001,
        **_counts(call),
        "startTime": _time(call.start_us),
        "endTime": _time(call.end_us),
        "completionStartTime": _time(call.first_us if call.stream else call.end_us),
        "model": call.model,
        "model_group": "house-model",
        "custom_llm_provider": "anthropic",
        "api_base": _PROXY,
        "user": "",
        "metadata": {
            **_who(call),
            "status": "failure" if call.failure else None,
            "error_information": _error(call),
            "usage_object": _usage(call),
        },
        "cache_hit": "None",
        "request_tags": _tags(call),
        "team_id": "team-golden",
        "organization_id": "",
        "end_user": call.user,
        "messages": {},
        "response": _response(call),
        "session_id": call.session,
        "status": "failure" if call.failure else "success",
        "agent_id": None,
        "proxy_server_request": call.request,
        "litellm_call_id": f"call-golden{call.number:04}",
    }


def _chat(call: Golden) -> bool:
    return "system" not in call.request and "tools" not in call.request


def _id(call: Golden) -> str:
    if call.failure:
        return f"call-golden{call.number:04}"
    return f"chatcmpl-golden{call.number:04}" if _chat(call) else call.message_id


def _who(call: Golden) -> Json:
    return {
        "user_api_key_hash": hashlib.sha256(call.key.encode()).hexdigest(),
        "user_api_key_alias": call.key,
        "user_api_key_team_id": "team-golden",
        "user_api_key_end_user_id": call.user,
        "attempted_retries": call.attempt or None,
    }


def _tags(call: Golden) -> list[str]:
    return [f"workload:{call.workload}", "User-Agent: golden-app", "User-Agent: golden-app/1.0"]


def _headers(call: Golden) -> Json:
    if call.failure:
        return {"request-id": call.request_id}
    return {
        "llm_provider-request-id": call.request_id,
        "llm_provider-anthropic-organization-id": call.organisation,
    }


def _counts(call: Golden) -> Json:
    prompt, output = (0, 0) if call.failure else (call.prompt_total, call.output)
    return {
        "total_tokens": prompt + output,
        "prompt_tokens": prompt,
        "completion_tokens": output,
    }


def _usage(call: Golden) -> Json:
    """The usage object: cache tokens inside the prompt; a stream's lacks tier and speed."""
    if call.failure:
        return {}
    written = call.write_5m + call.write_1h
    split = {
        "ephemeral_5m_input_tokens": call.write_5m,
        "ephemeral_1h_input_tokens": call.write_1h,
    }
    return {
        **_counts(call),
        "prompt_tokens_details": {
            "audio_tokens": None,
            "cached_tokens": call.read,
            "text_tokens": call.uncached,
            "cache_creation_tokens": written,
            "cache_write_tokens": written,
            "cache_creation_token_details": split,
        },
        "completion_tokens_details": {
            "reasoning_tokens": call.thinking,
            "text_tokens": call.output - call.thinking,
        },
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": call.read,
        "server_tool_use": {"web_search_requests": call.web_searches},
        **({} if call.stream else {"service_tier": call.tier, "speed": "standard"}),
    }


def _response(call: Golden) -> Json:
    if call.failure:
        return {}
    texts = [block["text"] for block in call.answer if block["type"] == "text"]
    calls = [_tool_call(block) for block in call.answer if block["type"] == "tool_use"]
    message = {
        "role": "assistant",
        "content": "".join(map(str, texts)) or None,
        "tool_calls": calls or None,
    }
    return {
        "id": _id(call),
        "model": call.model,
        "object": "chat.completion",
        "choices": [
            {"index": 0, "finish_reason": _STOPS[call.stop_reason], "message": message},
        ],
        "usage": _usage(call),
    }


def _tool_call(block: Json) -> Json:
    arguments = dumps(block["input"])
    function = {"name": block["name"], "arguments": arguments}
    return {"id": block["id"], "type": "function", "function": function}


def _error(call: Golden) -> Json | None:
    if call.failure is None:
        return None
    return {
        "error_code": str(call.failure.status),
        "error_class": "RateLimitError",
        "error_message": call.failure.message,
        "error_provider_request_id": call.request_id,
    }


def _time(microseconds: int) -> str:
    moment = datetime.fromtimestamp(microseconds / 1_000_000, UTC)
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
