"""The golden calls as rows of Vertex AI's request-response table, exported as JSON lines.

No streamed row of Claude was seen in public: the three shapes that a reader must expect take turns.
"""

from generator.calendar import iso
from generator.captures import dumps
from generator.exchanges import Json
from generator.formats.bedrock import streamed
from generator.golden import Golden, golden_calls

_MODELS = {
    "claude-sonnet-5-5": "publishers/anthropic/models/claude-sonnet-5-5",
    "claude-opus-5-5": "claude-opus-5-5",
    "claude-haiku-4-5-20251001": "claude-haiku-4-5@20251001",
}
_SAMPLING = 0.5


def files() -> dict[str, bytes]:
    """Give one table of rows; every other row holds its bodies as text."""
    rows = "".join(f"{dumps(_row(call))}\n" for call in golden_calls())
    return {"sources/vertex/request_response_logging.jsonl.gz": rows.encode()}


def _row(call: Golden) -> Json:
    kept = {key: value for key, value in call.request.items() if key != "model"}
    asked = {"anthropic_version": "vertex-2023-10-16", **kept}
    answered = _answered(call)
    as_text = call.number % 2 == 0
    return {
        "endpoint": "projects/golden/locations/us-east5/publishers/anthropic/models/claude",
        "deployed_model_id": None,
        "logging_time": f"{iso(call.end_us // 1_000)[:-1].replace('T', ' ')}000 UTC",
        "request_id": call.number,
        "model": _MODELS[call.model],
        "api_method": "streamRawPredict" if call.stream else "rawPredict",
        "full_request": dumps(asked) if as_text else asked,
        "full_response": dumps(answered) if as_text and not isinstance(answered, str) else answered,
        "metadata": dumps({"request_latency": (call.end_us - call.start_us) // 1_000}),
        "sampling_rate": _SAMPLING,
        "synthetic": True,
    }


def _answered(call: Golden) -> Json | list[Json] | str:
    if call.failure:
        error = {"type": call.failure.kind, "message": call.failure.message}
        return {"type": "error", "error": error}
    if not call.stream or call.number % 3 == 0:
        return call.response
    events: list[Json] = [*streamed(call, call.response), {"type": "message_stop"}]
    if call.number % 3 == 1:
        return events
    return "".join(f"event: {event['type']}\ndata: {dumps(event)}\n\n" for event in events)
