"""The golden calls as OpenRouter's activity export (CSV) and as rows of its generation API."""

import re

from generator.exchanges import Json
from generator.formats.gateways import GPT, csv_table, iso, json_lines, milliseconds
from generator.golden import Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give both; the failed try is in neither, since nothing was generated."""
    calls = [call for call in golden_calls() if call.failure is None]
    other = {**_activity(calls[0]), "generation_id": "gen-gpt", "provider_name": "OpenAI"}
    other["model_permaslug"] = f"openai/{GPT['model']}"
    return {
        "sources/openrouter/activity.csv": csv_table([*map(_activity, calls), other]),
        "sources/openrouter/api/generations.jsonl": json_lines(map(_generation, calls)),
    }


def _activity(call: Golden) -> Json:
    return {
        "generation_id": f"gen-{call.number}",
        "created_at": iso(call.start_us, separator=" ", end=""),
        "cost_total": 0.000123,
        "cost_web_search": 0,
        "cost_cache": 0,
        "cost_file_processing": 0,
        "byok_usage_inference": 0,
        "tokens_prompt": call.prompt_total,
        "tokens_completion": call.output,
        "tokens_reasoning": call.thinking,
        "tokens_cached": call.read,
        "model_permaslug": _permanent(call.model),
        "provider_name": "Anthropic",
        "variant": "standard",
        "cancelled": False,
        "streamed": call.stream,
        "user": call.user,
        "finish_reason_raw": call.stop_reason,
        "finish_reason_normalized": "stop",
        "generation_time_ms": milliseconds(call.start_us, call.end_us),
        "time_to_first_token_ms": milliseconds(call.start_us, call.first_us),
        "api_key_disabled": False,
        "api_key_name": call.key,
        "app_name": call.workload,
    }


def _generation(call: Golden) -> Json:
    data: Json = {
        "id": f"gen-{call.number}",
        "created_at": iso(call.start_us),
        "model": _permanent(call.model),
        "provider_name": "Anthropic",
        "streamed": call.stream,
        "generation_time": milliseconds(call.start_us, call.end_us),
        "latency": milliseconds(call.start_us, call.first_us),
        "tokens_prompt": call.prompt_total + 7,
        "tokens_completion": call.output + 1,
        "native_tokens_prompt": call.prompt_total,
        "native_tokens_completion": call.output,
        "native_tokens_reasoning": call.thinking,
        "native_tokens_cached": call.read,
        "native_finish_reason": call.stop_reason,
        "finish_reason": "stop",
        "total_cost": 0.000123,
        "service_tier": None,
        "session_id": call.session,
        "upstream_id": call.message_id,
    }
    return {"data": data}


def _permanent(model: str) -> str:
    """Permanent names put the version before the family and dots into it."""
    turned = re.fullmatch(r"claude-([a-z]+)-(\d+)-(\d+)(-\d{8})?", model)
    assert turned is not None  # noqa: S101 - golden.py names such models alone
    family, major, minor, day = turned.groups()
    return f"anthropic/claude-{major}.{minor}-{family}{day or ''}"
