"""The golden calls as recorder lines, and their truth."""

from generator.captures import dumps
from generator.exchanges import Json
from generator.golden import Golden, golden_calls


def files() -> dict[str, bytes]:
    """Give a recorder's file, and `TRUTH.json`: what was billed, by message id."""
    rows = "".join(f"{dumps(_line(call))}\n" for call in golden_calls())
    truth = [_truth(call) for call in golden_calls() if call.failure is None]
    return {
        "sources/messages/recorder.jsonl": rows.encode(),
        "sources/TRUTH.json": f"{dumps(truth)}\n".replace("},{", "},\n{").encode(),
    }


def _line(call: Golden) -> Json:
    answer: Json = {"response": call.response, "status": 200}
    if call.failure:
        error = {"type": call.failure.kind, "message": call.failure.message}
        answer = {"response": {"type": "error", "error": error}, "status": call.failure.status}
    return {
        "synthetic": True,
        "attempt": call.attempt,
        "url": "https://api.anthropic.com/v1/messages",
        "t_start_ns": call.start_us * 1_000,
        "request": call.request,
        **answer,
        "request_id": call.request_id,
        "t_headers_ns": call.first_us * 1_000,
        "stream": call.stream,
        "t_end_ns": call.end_us * 1_000,
        "org": call.organisation,
        "workspace": call.workspace,
        "api_key": call.key,
        "user": call.user,
        "session": call.session,
        "workload": call.workload,
    }


def _truth(call: Golden) -> Json:
    return {
        "message_id": call.message_id,
        "request_id": call.request_id,
        "model": call.model,
        "start_us": call.start_us,
        "uncached": call.uncached,
        "read": call.read,
        "write_5m": call.write_5m,
        "write_1h": call.write_1h,
        "output": call.output,
        "thinking": call.thinking,
        "web_searches": call.web_searches,
        "stop_reason": call.stop_reason,
    }
