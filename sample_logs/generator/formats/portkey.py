"""The golden calls as Portkey's log export: half on its messages route, half on its chat route."""

from generator.exchanges import Json
from generator.formats.gateways import (
    GPT,
    error_body,
    iso,
    json_lines,
    milliseconds,
    openai_request,
    openai_response,
)
from generator.golden import Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give the export; the last rows are a cache hit and another maker's model."""
    rows = [_row(call) for call in golden_calls()]
    hit = {**rows[-1], "id": "pk-hit", "cache_status": "HIT", "cache_type": "simple", "cost": 0}
    other = {**rows[-1], "id": "pk-gpt", "ai_org": "openai", "ai_model": GPT["model"]}
    other |= {"request": {"body": {"model": GPT["model"]}}, "response": {"body": {}}}
    return {"sources/portkey/logs.jsonl": json_lines([*rows, hit, other])}


def _row(call: Golden) -> Json:
    chat = call.number % 2 == 0
    request = openai_request(call) if chat else call.request
    response = openai_response(call, _usage(call)) if chat else call.response
    if call.failure:
        response = error_body(call)
    return {
        "id": f"pk-{call.number}",
        "created_at": iso(call.start_us),
        "request": {"url": f"/v1/{'chat/completions' if chat else 'messages'}", "body": request},
        "response": {"body": response},
        "is_success": call.failure is None,
        "ai_org": "anthropic",
        "ai_model": call.model,
        "req_units": 0 if call.failure else call.uncached,
        "res_units": 0 if call.failure else call.output,
        "total_units": 0 if call.failure else call.prompt_total + call.output,
        "cost": 0.0123,
        "cost_currency": "USD",
        "response_status_code": call.failure.status if call.failure else 200,
        "response_time": milliseconds(call.start_us, call.end_us),
        "cache_status": "MISS",
        "cache_type": None,
        "stream_mode": call.stream,
        "trace_id": call.session,
        "virtual_key": call.key,
        "metadata": {"_user": call.user, "workload": call.workload},
    }


def _usage(call: Golden) -> Json:
    """Its chat route leaves cached tokens out of the prompt's count and in the total."""
    return {
        "prompt_tokens": call.uncached,
        "completion_tokens": call.output,
        "total_tokens": call.prompt_total + call.output,
        "prompt_tokens_details": {"cached_tokens": call.read},
        "cache_read_input_tokens": call.read,
        "cache_creation_input_tokens": call.write_5m + call.write_1h,
    }
