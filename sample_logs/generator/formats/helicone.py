"""The golden calls as Helicone's request rows (JSON lines) and as its table's rows (CSV)."""

from generator.exchanges import Json
from generator.formats.gateways import GPT, csv_table, error_body, iso, json_lines, milliseconds
from generator.golden import Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give rows with bodies, one of them in two versions, and rows of counts alone."""
    rows = [_row(call) for call in golden_calls()]
    first_version = {**rows[0], "completion_tokens": 1, "response_body": None}
    first_version["updated_at"] = rows[0]["request_created_at"]
    return {
        "sources/helicone/requests.jsonl": json_lines([first_version, *rows, _other(rows[0])]),
        "sources/helicone/table/request_response_rmt.csv": csv_table(
            [_table_row(call) for call in golden_calls()]
        ),
    }


def _row(call: Golden) -> Json:
    counts: Json = {
        "prompt_tokens": call.uncached,
        "prompt_cache_write_tokens": call.write_5m + call.write_1h,
        "prompt_cache_read_tokens": call.read,
        "completion_tokens": call.output,
        "total_tokens": call.uncached + call.output,
    }
    failure = call.failure
    return {
        "request_id": f"hel-{call.number}",
        "request_created_at": iso(call.start_us),
        "response_id": call.message_id,
        "response_created_at": iso(call.end_us),
        "response_status": failure.status if failure else 200,
        "request_path": "https://api.anthropic.com/v1/messages",
        "request_body": call.request,
        "response_body": error_body(call) if failure else call.response,
        "request_model": call.model,
        "response_model": call.model,
        "provider": "ANTHROPIC",
        "request_user_id": call.user,
        "request_properties": {"Helicone-Session-Id": call.session, "Workload": call.workload},
        "delay_ms": milliseconds(call.start_us, call.end_us),
        "time_to_first_token": milliseconds(call.start_us, call.first_us) if call.stream else None,
        **(dict.fromkeys(counts, None) if failure else counts),
        "costUSD": None if failure else 0.000123,
        "cache_enabled": False,
        "cache_reference_id": "00000000-0000-0000-0000-000000000000",
        "updated_at": iso(call.end_us),
    }


def _table_row(call: Golden) -> Json:
    """The table has no bodies: they lie in an object store."""
    row = _row(call)
    return {
        "request_id": row["request_id"],
        "request_created_at": iso(call.start_us, separator=" ", end=""),
        "response_created_at": iso(call.end_us, separator=" ", end=""),
        "latency": row["delay_ms"],
        "status": row["response_status"],
        "model": row["request_model"],
        "provider": row["provider"],
        "user_id": call.user,
        "organization_id": call.organisation,
        "prompt_tokens": row["prompt_tokens"],
        "prompt_cache_write_tokens": row["prompt_cache_write_tokens"],
        "prompt_cache_read_tokens": row["prompt_cache_read_tokens"],
        "completion_tokens": row["completion_tokens"],
        "time_to_first_token": row["time_to_first_token"],
        "properties": row["request_properties"],
        "cost": 123_000,
    }


def _other(row: Json) -> Json:
    body = {"model": GPT["model"], "messages": [{"role": "user", "content": GPT["text"]}]}
    return {
        **row,
        "request_id": "hel-gpt",
        "request_body": body,
        "response_body": None,
        "request_model": GPT["model"],
        "response_model": GPT["model"],
        "provider": "OPENAI",
        "prompt_tokens": GPT["prompt"],
    }
