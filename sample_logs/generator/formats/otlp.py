"""The golden calls as spans of three emitters that ran in one process, in a file exporter's lines.

Shapes follow what anthropic 2.12.0, opentelemetry-instrumentation-anthropic 0.62.4 and
openinference-instrumentation-anthropic 3.1.0 wrote against a mock through
opentelemetry-exporter-otlp-json-file 0.66b1.
"""

from collections.abc import Mapping

from generator.captures import dumps
from generator.exchanges import Json
from generator.golden import Golden, golden_calls

ALL_THREE = range(1, 5)
"""Calls that all three emitters told of; the SDK alone told of the others."""
_NS = 1_000
_FINISH = {"end_turn": "stop", "tool_use": "tool_call", "max_tokens": "length"}


def files() -> dict[str, bytes]:
    """Give one file of traces."""
    lines = [line for call in golden_calls() for line in _lines(call)]
    return {"sources/otlp/traces.jsonl": "".join(f"{dumps(line)}\n" for line in lines).encode()}


def _lines(call: Golden) -> list[Json]:
    if call.number not in ALL_THREE:
        return [otlp_line("com.anthropic.sdk.python", [sdk_span(call)])]
    return [
        otlp_line("com.anthropic.sdk.python", [sdk_span(call, parent=span_id(call, 3))]),
        otlp_line(
            "opentelemetry.instrumentation.anthropic", [openllmetry_span(call, span_id(call, 3))]
        ),
        otlp_line("openinference.instrumentation.anthropic", [openinference_span(call)]),
    ]


def otlp_line(scope: str, spans: list[Json]) -> Json:
    """Give one line of the exporter."""
    resource = {"service.name": "golden-app", "deployment.environment.name": "synthetic"}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeSpans": [{"scope": {"name": scope}, "spans": spans}],
            }
        ]
    }


def sdk_span(call: Golden, parent: str | None = None) -> Json:
    """Give the span that the Anthropic SDK itself writes; without content, its default."""
    told: Json = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": call.model,
        "gen_ai.request.max_tokens": call.request["max_tokens"],
        "gen_ai.request.stream": call.stream or None,
        "http.request.method": "POST",
        "http.route": "/v1/messages",
        "url.full": "https://api.anthropic.com/v1/messages",
        "gen_ai.conversation.id": call.session,
        "anthropic.request.id": call.request_id,
        "anthropic.organization.id": call.organisation,
        "anthropic.workspace.id": call.workspace,
    }
    if call.failure:
        failed = {
            "http.response.status_code": call.failure.status,
            "error.type": call.failure.kind,
        }
        return span(call, 1, "anthropic.messages.create", told | failed, parent)
    waited = (call.first_us - call.start_us) / 1_000_000
    told |= {
        "http.response.status_code": 200,
        "http.request.resend_count": call.attempt or None,
        "gen_ai.response.time_to_first_chunk": waited if call.stream else None,
        "gen_ai.response.id": call.message_id,
        "gen_ai.response.model": call.model,
        "gen_ai.usage.input_tokens": call.prompt_total,
        "gen_ai.usage.cache_write.input_tokens": call.write_5m + call.write_1h,
        "gen_ai.usage.cache_read.input_tokens": call.read,
        "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": call.write_5m,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": call.write_1h,
        "gen_ai.usage.output_tokens": call.output,
        "gen_ai.usage.reasoning.output_tokens": call.thinking,
        "anthropic.response.service_tier": call.tier,
        "anthropic.message.stop_reason": call.stop_reason,
    }
    return span(call, 1, "anthropic.messages.create", told, parent)


def openllmetry_span(call: Golden, parent: str | None = None) -> Json:
    """Give OpenLLMetry's span: no split of writes, no thinking, the conventions' finish reasons."""
    told: Json = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": call.model,
        "gen_ai.request.max_tokens": call.request["max_tokens"],
        "gen_ai.is_streaming": call.stream or None,
        "gen_ai.input.messages": dumps(_parts(call)),
        "gen_ai.response.id": call.message_id,
        "gen_ai.response.model": call.model,
        "gen_ai.response.finish_reasons": [_FINISH[call.stop_reason]],
        "gen_ai.usage.input_tokens": call.prompt_total,
        "gen_ai.usage.output_tokens": call.output,
        "gen_ai.usage.total_tokens": call.prompt_total + call.output,
        "gen_ai.usage.cache_read.input_tokens": call.read,
        "gen_ai.usage.cache_creation.input_tokens": call.write_5m + call.write_1h,
    }
    return span(call, 2, "anthropic.chat", told, parent)


def openinference_span(call: Golden, parent: str | None = None) -> Json:
    """Give OpenInference's span: cache and thinking counts of 0 are left out; bodies are whole."""
    written = call.write_5m + call.write_1h
    told: Json = {
        "openinference.span.kind": "LLM",
        "llm.provider": "anthropic",
        "llm.system": "anthropic",
        "llm.request.model_name": call.model,
        "llm.model_name": call.model,
        "llm.finish_reason": call.stop_reason,
        "llm.token_count.prompt": call.prompt_total,
        "llm.token_count.completion": call.output,
        "llm.token_count.total": call.prompt_total + call.output,
        "llm.token_count.prompt_details.cache_read": call.read or None,
        "llm.token_count.prompt_details.cache_write": written or None,
        "llm.token_count.completion_details.reasoning": call.thinking or None,
        "input.value": dumps(call.request),
        "input.mime_type": "application/json",
        "output.value": dumps(call.response),
        "output.mime_type": "application/json",
    }
    return span(call, 3, "messages.create", told, parent)


def span(call: Golden, emitter: int, name: str, told: Json, parent: str | None = None) -> Json:
    """Give a span of the call; numbers of 64 bits are text, as OTLP JSON writes them."""
    return {
        "traceId": f"{call.number:032x}",
        "spanId": span_id(call, emitter),
        **({"parentSpanId": parent} if parent else {}),
        "name": name,
        "kind": 3,
        "startTimeUnixNano": str(call.start_us * _NS),
        "endTimeUnixNano": str(call.end_us * _NS),
        "attributes": attributes(told),
        "status": {"code": 2 if call.failure else 1},
    }


def span_id(call: Golden, emitter: int) -> str:
    """Give the id of an emitter's span."""
    return f"{emitter:08x}{call.number:08x}"


def attributes(told: Mapping[str, object]) -> list[Json]:
    """Give typed values; those that are None are left out."""
    return [
        {"key": key, "value": _typed(value)} for key, value in told.items() if value is not None
    ]


def _typed(value: object) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_typed(item) for item in value]}}
    return {"stringValue": str(value)}


def _parts(call: Golden) -> list[Json]:
    """Give the last turn as the conventions write one: cache marks are gone."""
    turn = call.request["messages"][-1]  # type: ignore[index] # a list of turns
    parts = [{"type": block["type"], "content": dumps(block)} for block in turn["content"]]
    return [{"role": turn["role"], "parts": parts}]
