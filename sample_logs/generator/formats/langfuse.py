"""The golden calls as Langfuse observations: enriched export (CSV and JSON lines)."""

from generator.exchanges import Json
from generator.formats.gateways import GPT, csv_table, iso, json_lines
from generator.golden import CANARY, Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give an export as CSV with traces around the calls, and one as JSON lines of OTel spans."""
    rows = [row for call in golden_calls() for row in (_trace(call), _generation(call))]
    return {
        "sources/langfuse/observations.csv": csv_table([*rows, _other()]),
        "sources/langfuse/spans/observations.jsonl": json_lines(
            row for call in golden_calls() if call.failure is None for row in _nested(call)
        ),
    }


def _trace(call: Golden) -> Json:
    """A span around each call: no call itself."""
    return {**_frame(call), "id": f"span-{call.number}", "type": "SPAN", "name": "handler"}


def _generation(call: Golden) -> Json:
    """A call whose integration keeps cached tokens out of `input` and splits the writes."""
    row = {
        **_frame(call),
        "id": f"obs-{call.number}",
        "parent_observation_id": f"span-{call.number}",
    }
    if call.failure:
        return {**row, "level": "ERROR", "status_message": call.failure.message}
    usage: Json = {
        "input": call.uncached,
        "input_cached_tokens": call.read,
        "input_cache_creation_5m": call.write_5m,
        "input_cache_creation_1h": call.write_1h,
        "output": call.output,
        "output_reasoning_tokens": call.thinking,
        "total": call.prompt_total + call.output,
    }
    return {
        **row,
        "usage_details": usage,
        "total_cost": "0.000123",
        "output": call.answer,
        "metadata": {"message_id": call.message_id, "stop_reason": call.stop_reason},
    }


def _nested(call: Golden) -> list[Json]:
    """A framework's generation around the SDK's own: the same call twice, counted gross in one.

    The outer row holds cached tokens inside its input, as its total shows; the inner row's span
    tells the whole prompt by the semantic conventions.
    """
    written = call.write_5m + call.write_1h
    cached: Json = {"cache_read_input_tokens": call.read, "cache_creation_input_tokens": written}
    gross: Json = {
        "input": call.prompt_total,
        **cached,
        "output": call.output,
        "total": call.prompt_total + call.output,
    }
    net: Json = {
        "input": call.uncached,
        **cached,
        "output": call.output,
        "total": call.prompt_total + call.output,
    }
    attributes: Json = {
        "gen_ai.response.id": call.message_id,
        "gen_ai.usage.input_tokens": call.prompt_total,
        "anthropic.request.id": call.request_id,
        "anthropic.message.stop_reason": call.stop_reason,
    }
    outer = {**_frame(call), "id": f"outer-{call.number}", "usage_details": gross}
    chain = {
        **_frame(call),
        "id": f"chain-{call.number}",
        "type": "CHAIN",
        "parent_observation_id": f"outer-{call.number}",
    }
    inner = {
        **_frame(call),
        "id": f"inner-{call.number}",
        "parent_observation_id": f"chain-{call.number}",
        "usage_details": net,
        "metadata": {"attributes": attributes},
    }
    return [outer, chain, inner]


def _frame(call: Golden) -> Json:
    first = iso(call.first_us, separator=" ", end="000") if call.stream else None
    return {
        "id": "",
        "trace_id": f"trace-{call.number}",
        "project_id": "proj-golden",
        "environment": "production",
        "type": "GENERATION",
        "parent_observation_id": None,
        "start_time": iso(call.start_us, separator=" ", end="000"),
        "end_time": iso(call.end_us, separator=" ", end="000"),
        "completion_start_time": first,
        "name": "answer",
        "level": "DEFAULT",
        "status_message": None,
        "input": call.request["messages"],
        "output": None,
        "provided_model_name": call.model,
        "model_parameters": {"max_tokens": call.request["max_tokens"], "stream": call.stream},
        "usage_details": {},
        "total_cost": None,
        "latency": (call.end_us - call.start_us) / 1e6,
        "time_to_first_token": None,
        "user_id": call.user,
        "session_id": call.session,
        "trace_name": call.workload,
        "tags": [call.workload],
        "metadata": {},
    }


def _other() -> Json:
    call = golden_calls()[-1]
    usage: Json = {"input": GPT["prompt"], "output": GPT["output"], "total": 49}
    return {
        **_frame(call),
        "id": "obs-gpt",
        "provided_model_name": GPT["model"],
        "usage_details": usage,
        "input": CANARY,
    }
