"""The golden calls as lines of a Kong logging plugin, counts under the names of two versions."""

from generator.exchanges import Json
from generator.formats.gateways import GPT, json_lines, milliseconds
from generator.golden import Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give the log; the last line is another maker's model."""
    rows = [_row(call) for call in golden_calls()]
    meta: Json = {
        "request_model": "command",
        "response_model": GPT["model"],
        "provider_name": "openai",
    }
    usage: Json = {"prompt_tokens": 28, "completion_tokens": 20, "total_tokens": 48}
    other = {**rows[-1], "request": {"id": "kong-gpt"}, "ai": _plugin("proxy", meta, usage)}
    return {"sources/kong/ai.jsonl": json_lines([*rows, other])}


def _row(call: Golden) -> Json:
    """Older lines call the plugin `proxy` and the counts `prompt_token`, newer ones do not."""
    old = call.number % 2 == 0
    end = "token" if old else "tokens"
    usage: Json = {
        f"prompt_{end}": call.prompt_total,
        f"completion_{end}": call.output,
        "total_tokens": call.prompt_total + call.output,
        "cost": 0.0123,
    }
    if call.stream:
        usage["time_to_first_token"] = milliseconds(call.start_us, call.first_us)
    meta: Json = {
        "request_model": call.model,
        "response_model": call.model,
        "provider_name": "anthropic",
        "plugin_id": "00000000-golden",
        "llm_latency": milliseconds(call.start_us, call.end_us),
    }
    return {
        "started_at": call.start_us // 1_000,
        "request": {"id": f"kong-{call.number}", "uri": "/anthropic", "method": "POST"},
        "response": {"status": call.failure.status if call.failure else 200},
        "latencies": {"request": milliseconds(call.start_us, call.end_us) + 3},
        "service": {"name": call.workload},
        "consumer": {"username": call.key, "custom_id": call.user},
        "ai": _plugin("proxy" if old else "ai-proxy", meta, {} if call.failure else usage),
    }


def _plugin(name: str, meta: Json, usage: Json) -> Json:
    return {name: {"meta": meta, "usage": usage, "payload": {"response": "[canary-zebra]"}}}
