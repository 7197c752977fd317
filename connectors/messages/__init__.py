"""Captures of the Messages API: recorder lines, cassettes, request/response pairs, bare usage."""

import hashlib
from collections.abc import Iterator
from typing import Any

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Outcome
from connectors.connector import LEVERS, Connector, each_run, first_objects, keys_of
from connectors.endpoints import bills_tokens, model_in, place_at, platform_of
from connectors.faults import LineError
from connectors.messages.capture import Exchange, Times, read_exchange, times_of
from connectors.messages.prompt import PromptReader
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields
from connectors.usage import billed_of

UNKNOWN_MODEL = "unknown"
"""Stands where neither side names a model; no price book holds it, so it is never billed at $0."""
_FIRST_ERROR = 400


def _detect(head: bytes) -> bool:
    """Tell a pair of request and response by its keys."""
    for fields in first_objects(head):
        if "request" in fields and "t_start_ns" in fields:
            return True
        asked = keys_of(fields.get("request"))
        if asked & {"messages", "body", "model"} and {"response", "sse"} & set(fields):
            return True
        if _is_usage_line(fields):
            return True
    return False


def _is_usage_line(fields: Fields) -> bool:
    """Tell a line of bare usage; a whole response body is another format's."""
    named = "model" in fields and "usage" in fields and "content" not in fields
    return named and bool(_COUNTS & keys_of(fields["usage"]))


_COUNTS = {"input_tokens", "output_tokens"}
"""At least one of these stands in every `usage` of the Messages API, and in no other maker's."""


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    prompts = PromptReader(hasher)

    def decode(number: int, raw: bytes) -> Outcome:
        exchange = read_exchange(raw)
        times = times_of(exchange)
        if not bills_tokens(exchange.url):
            return Aside(number, "other endpoint")
        if exchange.capture.lost is not None:
            raise LineError("lost by the recorder", f"{exchange.capture.lost} calls not written")
        if not exchange.request and exchange.answer is None and exchange.status is None:
            raise LineError("no exchange", "holds neither request nor response; is --source right?")
        if error := _failure(exchange):
            return _attempt(number, exchange, times, error)
        return _call(number, raw, exchange, times, prompts)

    from connectors.messages.usage_block import RunReader  # numpy: no other command needs it

    return each_run(log, decode, RunReader(decode))


def _failure(exchange: Exchange) -> str | None:
    """Say why nothing was billed; None when something was, or should have been."""
    answer = exchange.answer
    if answer is not None and answer.usage is not None:
        return None
    if answer is not None and answer.error:
        return answer.error
    if exchange.status is not None and exchange.status >= _FIRST_ERROR:
        return f"http_{exchange.status}"
    if answer is None and exchange.status is None:
        return "no_response"
    return "cut_before_usage" if answer is not None and not answer.final else None


def _attempt(number: int, exchange: Exchange, times: Times, error: str) -> Attempt:
    return Attempt(
        line=number,
        status=exchange.status,
        error=error,
        start_us=times.start_us,
        end_us=times.end_us,
        request_id=_request_id(exchange),
        model=exchange.asked.model or model_in(exchange.url),
        attempt=exchange.capture.attempt,
    )


def _call(number: int, raw: bytes, exchange: Exchange, times: Times, prompts: PromptReader) -> Call:
    answer, asked = exchange.answer, exchange.asked
    if answer is None or answer.usage is None:
        raise LineError("no usage", "response: holds no usage; the line tells of no tokens")
    usage = billed_of(answer.usage)
    named = asked.model or model_in(exchange.url)
    prompt, nodes = prompts.read(exchange.request, answer.content, answer.message_id, named)
    refused = answer.stop_reason == "refusal"
    return Call(
        line=number,
        line_time_us=times.end_us or times.start_us or 0,
        line_sha256=hashlib.sha256(raw).digest(),
        message_id=answer.message_id,
        platform=platform_of(exchange.url, answer.message_id),
        model=answer.model or named or UNKNOWN_MODEL,
        model_requested=named,
        start_us=times.start_us,
        first_us=times.first_us,
        end_us=times.end_us,
        time_precision=times.precision,
        time_meaning="start" if times.start_us is not None else "end",
        max_tokens=asked.max_tokens,
        effort=_text(asked.output_config, "effort"),
        tool_choice=_text(asked.tool_choice, "type"),
        tier=usage.tier,
        speed=usage.speed,
        geo=place_at(exchange.url) or usage.geo,
        tokens=usage.tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        usage_final=answer.final,
        flags=usage.flags,
        charged=not (refused and (not usage.tokens.output or not answer.content)),
        stop_reason=answer.stop_reason,
        cache_miss_reason=answer.missed.reason,
        cache_missed_tokens=answer.missed.tokens,
        prompt=prompt,
        nodes=nodes,
        **_asker(exchange, prompts.hasher),
    )


def _asker(exchange: Exchange, hasher: Hasher) -> dict[str, Any]:
    """Give who asked, and under which names, as fields of a call."""
    capture, asked, headers = exchange.capture, exchange.asked, exchange.headers
    tags = capture.tags or {}
    return {
        "request_id": _request_id(exchange),
        "batch_id": capture.batch_id or None,
        "custom_id": capture.custom_id or None,
        "stream": capture.stream if capture.stream is not None else asked.stream,
        "attempt": capture.attempt,
        "org": capture.org or headers.get("anthropic-organization-id"),
        "workspace": capture.workspace or headers.get("anthropic-workspace-id"),
        "key": _key_name(capture.api_key, hasher),
        "user": capture.user or _text(asked.metadata, "user_id"),
        "session": capture.session or None,
        "app": capture.app or None,
        "workload": capture.workload or None,
        "tags": {key: str(value) for key, value in tags.items() if value is not None},
    }


def _request_id(exchange: Exchange) -> str | None:
    headers = exchange.headers
    named = exchange.capture.request_id or headers.get("request-id")
    return named or headers.get("x-amzn-requestid") or None


def _text(fields: dict[str, object] | None, key: str) -> str | None:
    value = fields.get(key) if fields else None
    return value if isinstance(value, str) and value else None


def _key_name(name: str | None, hasher: Hasher) -> str | None:
    """Give the key's name; a secret that was logged in its place is kept as a hash alone."""
    if name and name.startswith("sk-"):
        return f"key-{hasher.digest(b'api key', name.encode()).hex()[:12]}"
    return name or None


CONNECTOR = Connector(
    name="messages",
    title="Anthropic Messages API captures",
    detect=_detect,
    parse=_parse,
    carries="whole prompts with cache marks, usage, times of start, first byte and end",
    levers=LEVERS,
)
