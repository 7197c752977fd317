"""The golden calls as two message batches: requests, results out of order, and the batch objects.

The batch tier bills half, which changes no count; the try that was refused becomes an error.
"""

from generator.captures import dumps
from generator.exchanges import Json
from generator.golden import Golden, golden_calls

_FOLDER = "sources/batches"
_BATCHES = {"msgbatch_golden01": range(1, 6), "msgbatch_golden02": range(6, 12)}


def files() -> dict[str, bytes]:
    """Give three files a batch; the second batch's requests are one document."""
    written: dict[str, bytes] = {}
    for number, (batch, numbers) in enumerate(_BATCHES.items()):
        calls = [call for call in golden_calls() if call.number in numbers]
        asked = [{"custom_id": _custom_id(call), "params": _params(call)} for call in calls]
        document = dumps({"requests": asked}) if number else "\n".join(map(dumps, asked))
        results = "\n".join(dumps(_result(call)) for call in reversed(calls))
        written |= {
            f"{_FOLDER}/{batch}_requests.{'json' if number else 'jsonl'}": f"{document}\n".encode(),
            f"{_FOLDER}/{batch}_results.jsonl": f"{results}\n".encode(),
            f"{_FOLDER}/{batch}.json": f"{dumps(_batch(batch, calls))}\n".encode(),
        }
    return written


def _custom_id(call: Golden) -> str:
    """The same ids in both batches: they are one call's own only together with the batch."""
    return f"row-{call.number % 5}" if call.number != _LAST else "row-last"


_LAST = 11


def _params(call: Golden) -> Json:
    return {key: value for key, value in call.request.items() if key != "stream"}


def _result(call: Golden) -> Json:
    if call.failure:
        error = {"type": "invalid_request_error", "message": call.failure.message}
        result: Json = {"type": "errored", "error": {"type": "error", "error": error}}
    else:
        usage = {**call.usage, "service_tier": "batch"}
        result = {"type": "succeeded", "message": {**call.response, "usage": usage}}
    return {"custom_id": _custom_id(call), "result": result}


def _batch(batch: str, calls: list[Golden]) -> Json:
    errored = sum(call.failure is not None for call in calls)
    counts = {"succeeded": len(calls) - errored, "errored": errored}
    return {
        "id": batch,
        "type": "message_batch",
        "processing_status": "ended",
        "request_counts": {"processing": 0, "canceled": 0, "expired": 0, **counts},
        "created_at": "2026-09-30T12:00:00.123456Z",
        "ended_at": "2026-09-30T12:31:00.5Z",
        "expires_at": "2026-10-01T12:00:00.123456Z",
        "results_url": f"https://api.anthropic.com/v1/messages/batches/{batch}/results",
        "synthetic": True,
    }
