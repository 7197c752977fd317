"""Rows of Vertex AI's request-response logging table, exported as JSON lines, CSV or Parquet.

Only regional endpoints are logged, which cost more than the list price from the 4.5 models on; a
resource name that says `locations/global` is believed all the same. Of the calls only the share set
as sampling rate is logged, which no column tells: a `sampling_rate` column of the exporter is read.
`logging_time` is taken as a call's end. No streamed row of Claude was seen in public: a list of
events, server-sent events as text and a whole message are all read.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Outcome
from connectors.answers import Answer, error_code
from connectors.bodies import Prompts, answer_in, object_in, settings_in, unwrapped
from connectors.connector import LEVERS, Connector, each_line, first_objects
from connectors.faults import LineError
from connectors.messages import UNKNOWN_MODEL
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields, object_of
from connectors.times import Precision, from_iso, precision_of
from connectors.usage import billed_of

_NULL = msgspec.Raw(b"null")
_UNSAMPLED = (
    "{:,} rows do not tell the sampling rate they were logged at; if it was below 1, the traffic "
    "is larger than these rows: add a column `sampling_rate` to the export"
)
_GLOBAL = "locations/global/"
_US_PER_MS = 1000
_WEEK_MS = 7 * 86_400_000


class _Row(msgspec.Struct):
    logging_time: str | None = None
    request_id: str | int | float | None = None
    model: str | None = None
    endpoint: msgspec.Raw = _NULL
    api_method: str | None = None
    full_request: msgspec.Raw = _NULL
    full_response: msgspec.Raw = _NULL
    request_payload: msgspec.Raw = _NULL
    response_payload: msgspec.Raw = _NULL
    metadata: msgspec.Raw = _NULL
    sampling_rate: str | int | float | None = None


class _GoogleError(msgspec.Struct):
    code: int | None = None
    status: str = ""


class _Metadata(msgspec.Struct):
    request_latency: str | int | float | None = None
    sampling_rate: str | int | float | None = None


_decode = msgspec.json.Decoder(_Row).decode
_decode_error = msgspec.json.Decoder(_GoogleError).decode
_decode_metadata = msgspec.json.Decoder(_Metadata).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _detect(head: bytes) -> bool:
    """Tell a row by its columns."""
    return any({"full_request", "full_response"} <= {*fields} for fields in first_objects(head))


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    prompts = Prompts(hasher)
    unsampled = 0

    def decode(number: int, raw: bytes) -> Outcome:
        nonlocal unsampled
        object_of(raw)
        row = _decode(raw)
        request = object_in(row.full_request) or object_in(_payload(row.request_payload)) or {}
        if row.model and "claude" not in row.model and "anthropic_version" not in request:
            return Aside(number, "other model")
        told = unwrapped(row.full_response) or unwrapped(row.response_payload)
        if not told and not unwrapped(row.full_request) and not unwrapped(row.request_payload):
            raise LineError("no exchange", "holds neither full_request nor full_response")
        answer = answer_in(told)
        if answer is None or answer.usage is None:
            return _attempt(number, row, answer, told)
        call = _call(number, raw, row, (request, answer), prompts)
        unsampled += call.sampling is None
        return call

    yield from each_line(log, decode)
    if unsampled:
        log.notes.append(_UNSAMPLED.format(unsampled))


def _payload(raw: msgspec.Raw) -> bytes:
    """Give the text that a list of pieces makes together."""
    text = unwrapped(raw)
    if not text.startswith(b"["):
        return text
    return b"".join(unwrapped(piece) for piece in _decode_list(text))


def _attempt(number: int, row: _Row, answer: Answer | None, told: bytes) -> Attempt:
    """Give a call without an answer; an answer that tells no usage at all is a fault.

    Raises:
        LineError: the row holds an answer, and no usage in it.
    """
    if told and (answer is None or (answer.final and not answer.error)):
        raise LineError("no usage", "full_response: holds no usage; the row tells of no tokens")
    error = _google_error(told) if answer is not None and answer.error == "error" else None
    start_us, end_us, _ = _times(row)
    word = (error.status.lower() if error else "") or (answer.error if answer else "no_response")
    return Attempt(
        line=number,
        status=error.code if error else None,
        error=error_code(word, "error") if word else "cut_before_usage",
        start_us=start_us,
        end_us=end_us,
        request_id=_request_id(row),
        model=_model(row),
    )


def _google_error(told: bytes) -> _GoogleError | None:
    fields = object_in(told) or {}
    text = unwrapped(fields.get("error"))
    return _decode_error(text) if text.startswith(b"{") else None


def _call(
    number: int, raw: bytes, row: _Row, bodies: tuple[Fields, Answer], prompts: Prompts
) -> Call:
    request, answer = bodies
    usage = billed_of(answer.usage or {})
    asked = settings_in(request)
    start_us, end_us, precision = _times(row)
    sampling = _sampling(row)
    prompt, nodes = prompts.read(request, answer.content, answer.message_id, answer.model)
    refused = answer.stop_reason == "refusal"
    return Call(
        line=number,
        line_time_us=end_us or 0,
        line_sha256=hashlib.sha256(raw).digest(),
        message_id=answer.message_id,
        request_id=_request_id(row),
        platform="vertex",
        model=answer.model or _model(row) or UNKNOWN_MODEL,
        model_requested=_model(row),
        start_us=start_us,
        end_us=end_us,
        time_precision=precision,
        time_meaning="start" if start_us is not None else "end",
        stream=asked.stream or "stream" in (row.api_method or "").lower(),
        max_tokens=asked.max_tokens,
        effort=asked.effort,
        tool_choice=asked.choice,
        tier=usage.tier,
        speed=usage.speed,
        geo=_place(row),
        tokens=usage.tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        usage_final=answer.final,
        flags=usage.flags,
        charged=not (refused and (not usage.tokens.output or not answer.content)),
        stop_reason=answer.stop_reason,
        cache_miss_reason=answer.missed.reason,
        cache_missed_tokens=answer.missed.tokens,
        user=asked.user,
        prompt=prompt,
        nodes=nodes,
        sampling=sampling,
    )


def _times(row: _Row) -> tuple[int | None, int | None, Precision]:
    """Give start and end; BigQuery writes the zone as a word."""
    text = (row.logging_time or "").removesuffix(" UTC")
    if not text:
        return None, None, "us"
    end_us = from_iso(text, "logging_time")
    took = _number(_metadata(row).request_latency)
    if took is None or not 0 <= took <= _WEEK_MS:
        return None, end_us, precision_of(text)
    return end_us - round(took * _US_PER_MS), end_us, precision_of(text)


def _sampling(row: _Row) -> float | None:
    """Give the share of calls that are logged.

    Raises:
        LineError: not a share.
    """
    told = row.sampling_rate if row.sampling_rate is not None else _metadata(row).sampling_rate
    if told is None:
        return None
    rate = _number(told)
    if rate is None or not 0 < rate <= 1:
        raise LineError("bad field", "sampling_rate: not a share above 0 and up to 1")
    return rate


def _metadata(row: _Row) -> _Metadata:
    text = unwrapped(row.metadata)
    try:
        return _decode_metadata(text) if text.startswith(b"{") else _Metadata()
    except msgspec.MsgspecError:
        return _Metadata()


def _number(value: str | float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except (ValueError, OverflowError):
        return None


def _request_id(row: _Row) -> str | None:
    return str(row.request_id) if row.request_id not in (None, "") else None


def _place(row: _Row) -> str:
    """Give the kind of endpoint, whatever the body says: it alone decides the price on Google."""
    named = _GLOBAL in (row.model or "") or _GLOBAL.encode() in bytes(row.endpoint)
    return "global" if named else "regional"


def _model(row: _Row) -> str | None:
    return (row.model or "").rpartition("/")[2] or None


CONNECTOR = Connector(
    name="vertex",
    title="Vertex AI request-response logging rows",
    detect=_detect,
    parse=_parse,
    carries="whole prompts with cache marks, exact usage, end times and latency; a sample of calls",
    levers=LEVERS,
    tells_place=True,
)
