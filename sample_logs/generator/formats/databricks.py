"""The golden calls as a Databricks payload table: bodies in OpenAI's dialect, as JSON text."""

from generator.captures import dumps
from generator.exchanges import Json
from generator.formats.gateways import (
    GPT,
    csv_table,
    error_body,
    iso,
    milliseconds,
    openai_request,
    openai_response,
)
from generator.golden import Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give the table as CSV; half of the calls were logged; the last row is another model."""
    rows = [_row(call) for call in golden_calls()]
    other = {**rows[-1], "databricks_request_id": "dbx-llama", "served_entity_id": "llama"}
    usage = {"prompt_tokens": GPT["prompt"], "completion_tokens": 9, "total_tokens": 49}
    other["request"] = dumps({"messages": [{"role": "user", "content": GPT["text"]}]})
    other["response"] = dumps({"id": "x", "model": "llama-4", "choices": [], "usage": usage})
    return {"sources/databricks/payload.csv": csv_table([*rows, other])}


def _row(call: Golden) -> Json:
    usage: Json = {
        "prompt_tokens": call.prompt_total,
        "completion_tokens": call.output,
        "total_tokens": call.prompt_total + call.output,
        "prompt_tokens_details": {"cached_tokens": call.read},
    }
    answer = openai_response(call, usage) | {"model": f"databricks-{call.model}"}
    return {
        "databricks_request_id": f"dbx-{call.number}",
        "client_request_id": call.request_id,
        "request_date": iso(call.start_us)[:10],
        "request_time": iso(call.start_us),
        "status_code": call.failure.status if call.failure else 200,
        "sampling_fraction": "0.5",
        "execution_duration_ms": milliseconds(call.start_us, call.end_us),
        "request": dumps(openai_request(call)),
        "response": dumps(error_body(call) if call.failure else answer),
        "served_entity_id": f"databricks-{call.model}",
        "requester": call.user,
        "logging_error_codes": None,
    }
