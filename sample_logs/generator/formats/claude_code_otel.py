"""The golden calls as Claude Code's telemetry: events, and raw bodies in files beside them.

Names and attributes follow the vendor's monitoring page and a public capture of version 2.1.224.
Calls 9 and 11 have no bodies, as when the setting was off: counts are all that is left.
"""

import uuid

from generator.captures import dumps
from generator.exchanges import Json
from generator.formats.otlp import attributes
from generator.golden import Golden, golden_calls

BARE = (9, 11)
FOLDER = "sources/claude_code_otel"
_SAMPLE = uuid.UUID(int=0xC0DE)


def files() -> dict[str, bytes]:
    """Give the events' file and a folder of bodies."""
    found: dict[str, bytes] = {}
    records: list[Json] = []
    before: dict[str, str] = {}
    for call in golden_calls():
        if call.failure:
            records.append(_error(call))
            continue
        if call.number not in BARE:
            request, response = request_name(call), f"{call.request_id}.response.json"
            found[f"{FOLDER}/bodies/{request}"] = body(call, before.get(call.session))
            found[f"{FOLDER}/bodies/{response}"] = dumps(call.response).encode()
            records += [_body(call, "request", request), _body(call, "response", response)]
        records.append(_event(call, "api_request", call.end_us, _usage(call)))
        before[call.session] = call.request_id
    for number, record in enumerate(records, start=1):
        record["attributes"] += attributes({"event.sequence": number})  # type: ignore[operator] # a list
    lines = [dumps(_line(records[at : at + 4])) for at in range(0, len(records), 4)]
    return {f"{FOLDER}/events.jsonl": "".join(f"{line}\n" for line in lines).encode(), **found}


def request_name(call: Golden) -> str:
    """Give the file of the call's request."""
    return f"{uuid.uuid5(_SAMPLE, call.request_id)}.request.json"


def body(call: Golden, before: str | None) -> bytes:
    """Give the request as the client writes it, its billing block in front of the system prompt."""
    previous = f" cc_prev_req={before};" if before else ""
    header = f"x-anthropic-billing-header: cc_version=2.1.260.0; cc_entrypoint=cli;{previous}"
    system = call.request.get("system") or []
    user = dumps({"device_id": "synthetic", "session_id": call.session})
    told = {
        **call.request,
        "system": [{"type": "text", "text": header}, *system],  # type: ignore[misc] # a list
        "metadata": {"user_id": user},
    }
    return dumps(told).encode()


def _usage(call: Golden) -> Json:
    return {
        "input_tokens": str(call.uncached),
        "output_tokens": call.output,
        "cache_read_tokens": str(call.read),
        "cache_creation_tokens": call.write_5m + call.write_1h,
        "cost_usd": 0.01,
        "duration_ms": (call.end_us - call.start_us) // 1_000,
        "request_id": call.request_id,
        "speed": "normal",
    }


def _error(call: Golden) -> Json:
    assert call.failure is not None  # noqa: S101 - the caller looked
    told: Json = {
        "status_code": call.failure.status,
        "error": call.failure.message,
        "attempt": 1,
        "duration_ms": (call.end_us - call.start_us) // 1_000,
        "request_id": call.request_id,
    }
    return _event(call, "api_error", call.end_us, told)


def _body(call: Golden, kind: str, name: str) -> Json:
    at_us = call.start_us if kind == "request" else call.end_us
    told: Json = {"body_ref": f"/home/synthetic/bodies/{name}", "body_length": 1_000}
    if kind == "response":
        told["request_id"] = call.request_id
    return _event(call, f"api_{kind}_body", at_us, told)


def _event(call: Golden, name: str, at_us: int, told: Json) -> Json:
    shared: Json = {
        "event.name": name,
        "session.id": call.session,
        "organization.id": call.organisation,
        "user.account_id": call.user,
        "model": call.model,
        "query_source": "repl_main_thread",
    }
    return {
        "timeUnixNano": str(at_us * 1_000),
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": attributes(shared | told),
    }


def _line(records: list[Json]) -> Json:
    resource = {"service.name": "claude-code", "service.version": "2.1.260", "team.id": "golden"}
    scope = {"name": "com.anthropic.claude_code.events", "version": "2.1.260"}
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeLogs": [{"scope": scope, "logRecords": records}],
            }
        ]
    }
