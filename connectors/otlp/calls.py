"""One span or event of a model call: the call it tells of, or the try that failed."""

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from analyzer.trace import Attempt, Call, Node, Prompt
from connectors.answers import Answer, error_code, from_body
from connectors.bodies import Prompts, object_in
from connectors.endpoints import place_at, platform_of
from connectors.faults import LINE_FAULTS
from connectors.messages.capture import Asked
from connectors.otlp.names import first_token_us, flag, number, told, word
from connectors.otlp.records import Attributes, Record
from connectors.otlp.usage import Counted, counted
from connectors.reading.json_scan import Fields, mended
from connectors.usage import billed_of

UNKNOWN_MODEL = "unknown"
"""Stands where a span names no model; no price book holds it, so it is never billed at $0."""
_STOPS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_call": "tool_use",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
"""The conventions' finish reasons; `stop` may also have been a stop sequence."""
_PLATFORMS = (
    ("aws", "bedrock"), ("gcp", "vertex"), ("google", "vertex"), ("vertex", "vertex"),
    ("azure", "foundry"),
)  # fmt: skip
_PROCESS = ("telemetry.", "service.", "process.", "host.", "os.", "k8s.", "container.", "cloud.")
_LONGEST_TAG = 200
_THRESHOLD = re.compile(r"(?:^|[;:])th:([0-9a-f]{1,14})(?:;|$)")
_decode_asked = msgspec.json.Decoder(Asked).decode


class Bodies(NamedTuple):
    """Request and answer as OpenInference logs them: JSON text, whole."""

    request: Fields | None = None
    asked: Asked = Asked()
    answer: Answer | None = None


def bodies_of(record: Record) -> Bodies:
    """Give the bodies that OpenInference's instrumentation of the Anthropic SDK keeps.

    Other instrumentations put other shapes under the same names; those tell counts alone.
    """
    if "openinference" not in record.scope or "anthropic" not in record.scope:
        return Bodies()
    request = _request(record.attributes.get("input.value"))
    settings = record.attributes.get("llm.invocation_parameters")
    return Bodies(
        request, _asked(request, settings), _answer(record.attributes.get("output.value"))
    )


def call_of(record: Record, bodies: Bodies, prompts: Prompts) -> Call:
    """Give the call as one record tells of it.

    Raises:
        LineError: counts that are none, or missing.
    """
    attributes, answer = record.attributes, bodies.answer
    counts = _counts(attributes, answer)
    usage, tokens = counts.usage, counts.usage.tokens
    message_id = _message_id(attributes, answer)
    stop = (answer.stop_reason if answer else None) or stop_of(attributes)
    content = answer.content if answer else []
    prompt, nodes = _prompt(bodies, content, message_id, prompts)
    wait_us, start_us = first_token_us(attributes), record.start_us
    first_us = _first_token(record)
    if first_us is None and wait_us is not None and start_us is not None:
        first_us = start_us + wait_us
    call = Call(
        line=record.number,
        line_time_us=record.end_us or 0,
        line_sha256=hashlib.sha256(record.raw).digest(),
        message_id=message_id,
        request_id=_request_id(attributes),
        gateway_id=_gateway_id(attributes),
        platform=_platform(attributes, message_id),
        model=(answer.model if answer else None) or word(attributes, "model") or UNKNOWN_MODEL,
        start_us=start_us,
        first_us=first_us,
        end_us=record.end_us,
        time_meaning="start" if start_us is not None else "end",
        tier=usage.tier,
        speed=usage.speed,
        geo=place_at(_url(attributes)) or usage.geo,
        tokens=tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        usage_basis=counts.basis,
        usage_final=_is_final(record, answer, stop),
        flags=usage.flags,
        charged=not (stop == "refusal" and tokens.output == 0),
        stop_reason=stop,
        cache_miss_reason=answer.missed.reason if answer else None,
        cache_missed_tokens=answer.missed.tokens if answer else None,
        prompt=prompt,
        nodes=nodes,
        sampling=_sampling(record.trace_state),
    )
    return _asked_by(call, record, bodies)


def attempt_of(record: Record) -> Attempt:
    """Give the failed try; class names count as codes, sentences are not kept."""
    status = number(record.attributes, "status")
    named = word(record.attributes, "error") or ""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", named).lower()
    return Attempt(
        line=record.number,
        status=status,
        error=error_code(snake, f"http_{status}" if status else "error"),
        start_us=record.start_us,
        end_us=record.end_us,
        request_id=_request_id(record.attributes),
        model=word(record.attributes, "model"),
        attempt=number(record.attributes, "resends") or 0,
    )


def stop_of(attributes: Attributes) -> str | None:
    """Give why the answer ended, in the API's words."""
    stop = word(attributes, "stop")
    return _STOPS.get(stop, stop) if stop else None


def tags_of(record: Record) -> dict[str, str]:
    """Give what the process was started with to be told apart: team, cost centre, environment."""
    return {
        key: str(value)
        for key, value in record.resource.items()
        if isinstance(value, (str, int, bool))
        and not key.startswith(_PROCESS)
        and len(str(value)) <= _LONGEST_TAG
    }


def _is_final(record: Record, answer: Answer | None, stop: str | None) -> bool:
    """Tell whether the counts are the last ones; not every emitter names why an answer ended."""
    if record.failed or stop is not None:
        return not record.failed
    # OpenLLMetry ends a stream that broke off as a good one, without a finish reason
    may_be_cut = "opentelemetry.instrumentation" in record.scope
    return answer is None and not (may_be_cut and flag(record.attributes, "stream"))


def _asked_by(call: Call, record: Record, bodies: Bodies) -> Call:
    """Add who asked, under which names, and with which settings."""
    attributes, asked = record.attributes, bodies.asked
    service = record.resource.get("service.name")
    known = isinstance(service, str) and not service.startswith("unknown_service")
    max_tokens = number(attributes, "max_tokens")
    stream = flag(attributes, "stream")
    return msgspec.structs.replace(
        call,
        model_requested=asked.model or word(attributes, "model_requested"),
        stream=stream if stream is not None else asked.stream,
        max_tokens=max_tokens if max_tokens is not None else asked.max_tokens,
        effort=_text(asked.output_config, "effort") or word(attributes, "effort"),
        tool_choice=_text(asked.tool_choice, "type"),
        attempt=number(attributes, "resends") or 0,
        org=word(attributes, "org"),
        workspace=word(attributes, "workspace"),
        user=_text(asked.metadata, "user_id") or word(attributes, "user"),
        session=word(attributes, "session"),
        workload=word(attributes, "workload"),
        app=str(service) if known else None,
        tags=tags_of(record),
    )


def _counts(attributes: Attributes, answer: Answer | None) -> Counted:
    if answer is not None and answer.usage is not None:
        return Counted(billed_of(answer.usage), "exclusive")
    return counted(attributes)


def _prompt(
    bodies: Bodies, content: list[dict[str, object]], message_id: str | None, prompts: Prompts
) -> tuple[Prompt, tuple[Node, ...]]:
    if bodies.request is None:
        return Prompt(visibility="none"), ()
    return prompts.read(bodies.request, content, message_id)


def _request(value: object) -> Fields | None:
    try:
        fields = object_in(mended(value.encode())) if isinstance(value, str) else None
        extra = object_in(fields.get("extra_body")) if fields else None
    except LINE_FAULTS:
        return None
    return {**fields, **(extra or {})} if fields and "messages" in fields else None


def _asked(request: Fields | None, settings: object) -> Asked:
    text = msgspec.json.encode(request) if request else settings
    try:
        return _decode_asked(text) if isinstance(text, (str, bytes)) else Asked()
    except LINE_FAULTS:
        return Asked()


def _answer(value: object) -> Answer | None:
    """Read the answer's body; one that was cut or masked tells nothing."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        answer = from_body(mended(value.encode()))
    except LINE_FAULTS:
        return None
    return answer if answer.usage is not None else None


def _message_id(attributes: Attributes, answer: Answer | None) -> str | None:
    named = (answer.message_id if answer else None) or word(attributes, "response")
    return named if named and named.startswith("msg_") else None


def _request_id(attributes: Attributes) -> str | None:
    named = attributes.get("anthropic.request.id")
    for found in (named, told(attributes, "request"), told(attributes, "response")):
        if isinstance(found, str) and (found is named or found.startswith("req_")):
            return found or None
    return None


def _gateway_id(attributes: Attributes) -> str | None:
    named = word(attributes, "response")
    return named if named and not named.startswith(("msg_", "req_")) else None


def _platform(attributes: Attributes, message_id: str | None) -> str | None:
    """Tell the platform from the provider's name, the address, or the message id."""
    provider = (word(attributes, "provider") or "").lower()
    for sign, platform in _PLATFORMS:
        if provider.startswith(sign):
            return platform
    try:
        return platform_of(_url(attributes), message_id)
    except ValueError:  # no address that can be taken apart
        return platform_of(None, message_id)


def _url(attributes: Attributes) -> str | None:
    host = word(attributes, "host")
    return word(attributes, "url") or (f"https://{host}" if host else None)


def _first_token(record: Record) -> int | None:
    """Give the time of OpenInference's event, which it adds when the first token comes."""
    return next((at for name, at in record.events if name.startswith("First Token")), None)


def _sampling(trace_state: str) -> float | None:
    """Give the share of traces kept, from the rejection threshold of W3C consistent sampling.

    `ot=th:` holds the threshold in hexadecimal, its end filled with zeros to 56 bits (the
    OpenTelemetry specification, "TraceState: Probability Sampling").
    """
    members = [part.strip() for part in trace_state.split(",")]
    ours = next((part for part in members if part.startswith("ot=")), "")[3:]
    found = _THRESHOLD.search(ours)
    if not found:
        return None
    return 1.0 - int(found.group(1).ljust(14, "0"), 16) / 2**56


def _text(fields: dict[str, object] | None, key: str) -> str | None:
    value = (fields or {}).get(key)
    return value if isinstance(value, str) and value else None
