"""The golden calls as log entries of Cloudflare's AI Gateway."""

from generator.captures import dumps
from generator.exchanges import Json
from generator.formats.gateways import GPT, iso, json_lines, milliseconds
from generator.golden import Golden, golden_calls

_HEAD_BYTES = 200


def files() -> dict[str, bytes]:
    """Give the entries; bodies are cut; the last ones are a cache hit and another model."""
    rows = [_row(call) for call in golden_calls()]
    hit = {**rows[-1], "id": "cf-hit", "cached": True}
    other = {**rows[-1], "id": "cf-gpt", "provider": "openai", "model": GPT["model"]}
    return {"sources/cloudflare/logs.jsonl": json_lines([*rows, hit, other])}


def _row(call: Golden) -> Json:
    return {
        "id": f"cf-{call.number}",
        "created_at": iso(call.start_us),
        "duration": milliseconds(call.start_us, call.end_us),
        "model": call.model,
        "provider": "anthropic",
        "path": "v1/messages",
        "success": call.failure is None,
        "status_code": call.failure.status if call.failure else 200,
        "cached": False,
        "tokens_in": 0 if call.failure else call.uncached,
        "tokens_out": 0 if call.failure else call.output,
        "cost": 0.000123,
        "custom_cost": False,
        "metadata": dumps({"workload": call.workload}),
        "step": 0,
        "request_head": dumps(call.request)[:_HEAD_BYTES],
        "request_head_complete": len(dumps(call.request)) <= _HEAD_BYTES,
        "response_head": dumps(call.response)[:_HEAD_BYTES],
        "response_head_complete": False,
    }
