"""One record of Claude Code's telemetry: the call it tells of, or the try that failed.

Counts are the API's own (exclusive). Events and spans tell neither the life of cache writes nor
thinking; the raw response bodies tell both.
"""

import hashlib

import msgspec

from analyzer.prompts import ChainBuilder
from analyzer.trace import Attempt, Call, Node
from connectors.answers import error_code
from connectors.claude_code_otel.bodies import Reader, Request, Response
from connectors.endpoints import platform_of
from connectors.otlp.calls import UNKNOWN_MODEL, stop_of, tags_of
from connectors.otlp.names import first_token_us, flag, number, word
from connectors.otlp.records import Record
from connectors.otlp.usage import counted
from connectors.usage import billed_of

APP = "claude-code"
_PREFIX = "claude_code."
_MAIN = ("repl_main_thread", "sdk", "main", "print")
"""Beginnings of the `query_source` of the main conversation; other subsystems ask beside it."""
_TAGS = {"app.version": "version", "query_source": "query_source", "terminal.type": "terminal"}


def is_claude_code(record: Record) -> bool:
    """Tell Claude Code's records by name, scope or service."""
    service = record.resource.get("service.name")
    return (
        record.name.startswith(_PREFIX)
        or "claude_code" in record.scope
        or (service == APP and not record.is_span)
    )


def name_of(record: Record) -> str:
    """Give the record's name without its namespace."""
    return record.name.removeprefix(_PREFIX)


def has_failed(record: Record) -> bool:
    """Tell whether a span tells of a request that failed."""
    success = record.attributes.get("success")
    return record.failed or success is False or success == "false"


def call_of(record: Record) -> Call:
    """Give the call as an `api_request` event or an `llm_request` span tells of it.

    Raises:
        LineError: counts that are none, or missing.
    """
    usage = counted(record.attributes, exclusive=True).usage
    start_us = _start(record)
    wait_us = first_token_us(record.attributes)
    stop = stop_of(record.attributes)
    call = Call(
        line=record.number,
        line_sha256=hashlib.sha256(record.raw).digest(),
        model=word(record.attributes, "model") or UNKNOWN_MODEL,
        tokens=usage.tokens,
        iterations=usage.iterations,
        flags=usage.flags,
        speed=usage.speed,
        start_us=start_us,
        first_us=start_us + wait_us if start_us is not None and wait_us is not None else None,
        end_us=record.end_us,
        usage_final=not has_failed(record),
        charged=not (stop == "refusal" and usage.tokens.output == 0),
        stop_reason=stop,
    )
    return _asked_by(call, record)


def call_with_body(record: Record, response: Response) -> Call | None:
    """Give the call as a response's body tells of it; None where the body shows no counts."""
    call = call_in(record.number, record.raw, response)
    if call is None:
        return None
    named = call.model if call.model != UNKNOWN_MODEL else word(record.attributes, "model")
    call = msgspec.structs.replace(call, model=named or UNKNOWN_MODEL, end_us=record.end_us)
    return _asked_by(call, record)


def call_in(line: int, raw: bytes, response: Response) -> Call | None:
    """Give the call that a response's body holds; None where the body shows no counts.

    Raises:
        LineError: counts that are none.
    """
    answer = response.answer
    if answer is None or answer.usage is None:
        return None
    usage = billed_of(answer.usage)
    refused = answer.stop_reason == "refusal"
    return Call(
        line=line,
        line_sha256=hashlib.sha256(raw).digest(),
        message_id=answer.message_id,
        platform=platform_of(None, answer.message_id),
        model=answer.model or UNKNOWN_MODEL,
        tokens=usage.tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        usage_final=answer.stop_reason is not None,
        flags=usage.flags,
        tier=usage.tier,
        speed=usage.speed,
        geo=usage.geo,
        charged=not (refused and (not usage.tokens.output or not answer.content)),
        stop_reason=answer.stop_reason,
        cache_miss_reason=answer.missed.reason,
        cache_missed_tokens=answer.missed.tokens,
        app=APP,
    )


def attempt_of(record: Record) -> Attempt:
    """Give the failed request; the error's sentence is not kept."""
    status = number(record.attributes, "status")
    return Attempt(
        line=record.number,
        status=status,
        error=error_code(word(record.attributes, "error"), f"http_{status}" if status else "error"),
        start_us=_start(record),
        end_us=record.end_us,
        request_id=_request_id(record),
        model=word(record.attributes, "model"),
        attempt=_tries_before(record),
    )


def asked_with(call: Call, request: Request, response: Response, reader: Reader) -> Call:
    """Add the request's body: prompt, settings, and the answer's blocks below the prompt."""
    prompt, asked = request.prompt, request.asked
    nodes: list[Node] = []
    if prompt.leaf is not None and response.answer is not None:
        chain = ChainBuilder(reader.hasher, prompt.leaf, reader.position(prompt.leaf))
        chain.add_all("messages", "assistant", response.answer.content, response.message_id)
        nodes = chain.nodes
        reader.remember(tuple(nodes))
    effort = (asked.output_config or {}).get("effort")
    choice = (asked.tool_choice or {}).get("type")
    return msgspec.structs.replace(
        call,
        model_requested=asked.model or call.model_requested,
        max_tokens=asked.max_tokens,
        stream=asked.stream if asked.stream is not None else call.stream,
        effort=effort if isinstance(effort, str) else call.effort,
        tool_choice=choice if isinstance(choice, str) else None,
        session=call.session or request.session,
        prompt=prompt,
        nodes=tuple(nodes),
    )


def _asked_by(call: Call, record: Record) -> Call:
    attributes = record.attributes
    cost = attributes.get("cost_usd")
    named = {label: attributes.get(key) for key, label in _TAGS.items()}
    version = named["version"] or record.resource.get("service.version")
    tags = {**named, "version": version}
    return msgspec.structs.replace(
        call,
        line_time_us=record.end_us or 0,
        request_id=_request_id(record),
        platform=call.platform or platform_of(None, call.message_id),
        time_precision="us" if record.is_span else "ms",
        time_meaning="start" if call.start_us is not None else "end",
        effort=word(attributes, "effort"),
        stream=flag(attributes, "stream"),
        attempt=_tries_before(record),
        org=word(attributes, "org"),
        user=word(attributes, "user"),
        session=word(attributes, "session"),
        agent=_agent(record),
        app=APP,
        tags=tags_of(record) | {k: v for k, v in tags.items() if isinstance(v, str) and v},
        cost_logged_usd=str(cost) if isinstance(cost, (str, int, float)) else None,
    )


def _request_id(record: Record) -> str | None:
    """Give the request id, which spans write as the response's id too."""
    return word(record.attributes, "request") or word(record.attributes, "response")


def _agent(record: Record) -> str | None:
    agent = record.attributes.get("agent_id")
    if isinstance(agent, str) and agent:
        return agent
    source = record.attributes.get("query_source")
    beside = isinstance(source, str) and source and not source.startswith(_MAIN)
    return str(source) if beside else None


def _start(record: Record) -> int | None:
    """Give the start: a span's last try, or an event's time less the duration it names."""
    if record.is_span:
        tries = [at for name, at in record.events if name == "gen_ai.request.attempt" and at]
        return max(tries) if len(tries) > 1 else record.start_us
    duration_ms = _tolerant(record, "duration_ms")
    if duration_ms is None or record.end_us is None:
        return None
    return max(record.end_us - duration_ms * 1_000, 0)


def _tries_before(record: Record) -> int:
    """Give the tries before the last one; the client counts from 1."""
    return max((_tolerant(record, "attempt") or 1) - 1, 0)


def _tolerant(record: Record, key: str) -> int | None:
    """Give a number that bills nothing, rounded; None where none stands."""
    value = record.attributes.get(key)
    try:
        return round(float(value)) if isinstance(value, (int, float, str)) else None
    except (ValueError, OverflowError):
        return None
