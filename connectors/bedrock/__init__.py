"""AWS Bedrock model invocation logs: InvokeModel and Converse, streamed or not, with side objects.

The log does not say whether `timestamp` (whole seconds) is a call's start or its end; it is taken
as the start, and the answer's own latency gives the end. Bodies over about 100 kB lie in side
objects, which may land a minute after the record.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Node, Outcome, Prompt
from connectors.bedrock.bodies import SIDE_OBJECT, Bodies, billed_by, read_bodies
from connectors.bedrock.record import Record, read_record
from connectors.bedrock_model import Named, named, place, served
from connectors.bodies import Prompts, settings_in
from connectors.connector import LEVERS, Connector, each_line
from connectors.faults import LINE_FAULTS
from connectors.messages import UNKNOWN_MODEL
from connectors.reading.files import LogFile
from connectors.times import from_iso

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,59}")
_HEAD_LINES = 50
_US_PER_MS = 1000


def _detect(head: bytes) -> bool:
    """Tell a record by its type, also inside CloudWatch's wrapping."""
    for line in head.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]:
        if b"schemaType" in line:
            try:
                read_record(line)
            except LINE_FAULTS:
                continue
            return True
    return False


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    prompts = Prompts(hasher)

    def decode(number: int, raw: bytes) -> Outcome:
        record = read_record(raw)
        model = named(record.model_id)
        if model.other_vendor:
            return Aside(number, "other model")
        if record.error_code and not record.usage.get("output_tokens"):
            return _attempt(number, record, model)
        bodies = read_bodies(log, record)
        name = _model(record, model, bodies)
        if name is None:
            return Aside(number, "other model")
        call = _call(number, record, bodies, name)
        # last of all: nodes of a line that is then rejected would be lost to later prompts
        prompt, nodes = _prompt(record, bodies, prompts)
        digest = hashlib.sha256(raw).digest()
        return msgspec.structs.replace(call, line_sha256=digest, prompt=prompt, nodes=nodes)

    return each_line(log, decode)


def _model(record: Record, model: Named, bodies: Bodies) -> str | None:
    """Give the model's name; None when the bodies show that it is another vendor's.

    A profile whose model nothing tells keeps its own name: no price book holds that, so that the
    call is listed and never billed at $0.
    """
    if bodies.routed_to:
        routed = named(bodies.routed_to)
        return None if routed.other_vendor else routed.name
    answered = bodies.answer.model
    if model.hidden and answered:
        return served(answered)
    foreign = bodies.request and "anthropic_version" not in bodies.request
    if "/" in model.name and foreign and not record.converse and not answered:
        return None
    return model.name or (served(answered) if answered else UNKNOWN_MODEL)


def _attempt(number: int, record: Record, model: Named) -> Attempt:
    code = record.error_code or ""
    start_us = from_iso(record.timestamp, "timestamp") if record.timestamp else None
    return Attempt(
        line=number,
        status=int(f"{record.status}") if f"{record.status}".isdecimal() else None,
        error=code if _CODE.fullmatch(code) else "error",
        start_us=start_us,
        end_us=start_us,
        request_id=record.request_id,
        model=model.name or None,
    )


def _call(number: int, record: Record, bodies: Bodies, name: str) -> Call:
    usage, flags = billed_by(record, bodies)
    start_us = from_iso(record.timestamp, "timestamp") if record.timestamp else None
    asked = settings_in(bodies.request)
    speed = record.performance_config.latency if record.performance_config else None
    return Call(
        line=number,
        line_time_us=start_us or 0,
        line_sha256=b"",
        message_id=bodies.answer.message_id,
        request_id=record.request_id or None,
        platform="bedrock",
        model=name,
        model_requested=record.model_id or None,
        start_us=start_us,
        first_us=_later(start_us, bodies.first_ms),
        end_us=_later(start_us, bodies.latency_ms),
        time_precision="s",
        stream="Stream" in record.operation,
        max_tokens=asked.max_tokens,
        effort=asked.effort,
        tool_choice=asked.choice,
        tier=usage.tier,
        speed=speed or usage.speed,
        geo=place(bodies.routed_to or record.model_id, record.region) or usage.geo,
        tokens=usage.tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        usage_final=bodies.answer.final or "output_tokens" in record.usage,
        flags=flags,
        stop_reason=bodies.answer.stop_reason,
        cache_miss_reason=bodies.answer.missed.reason,
        cache_missed_tokens=bodies.answer.missed.tokens,
        org=record.account_id,
        user=record.identity.arn if record.identity else None,
        tags=_tags(record),
    )


def _prompt(record: Record, bodies: Bodies, prompts: Prompts) -> tuple[Prompt, tuple[Node, ...]]:
    """Give the prompt; an answer without a message id is known by its request's id."""
    answer = bodies.answer
    identity = answer.message_id or record.request_id or None
    prompt, nodes = prompts.read(
        bodies.request, answer.content, identity, answer.model or record.model_id
    )
    if prompt.visibility == "full" and not bodies.whole:
        prompt = msgspec.structs.replace(prompt, visibility="truncated")
    return prompt, nodes


def _later(start_us: int | None, milliseconds: int | None) -> int | None:
    if start_us is None or milliseconds is None:
        return None
    return start_us + milliseconds * _US_PER_MS


def _tags(record: Record) -> dict[str, str]:
    """Give the caller's own tags, and where the call was asked and answered."""
    given = (record.request_metadata or {}).items()
    regions = {"aws_region": record.region, "aws_inference_region": record.inference_region}
    return {
        **{key: value for key, value in regions.items() if value},
        **{key: str(value) for key, value in given if isinstance(value, str | int | float)},
    }


CONNECTOR = Connector(
    name="bedrock",
    title="AWS Bedrock model invocation logs",
    detect=_detect,
    parse=_parse,
    carries="whole prompts with cache points, exact usage, times to the second, request metadata",
    levers=LEVERS,
    side_object=SIDE_OBJECT,
    tells_place=True,
)
