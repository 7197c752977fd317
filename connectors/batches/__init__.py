"""Message Batches: results, joined with the requests and the batch object that lie beside them.

Results tell neither request nor time (the API's own types): the prompt comes from the request of
that custom id, the times are the batch's own (`created_at`, `ended_at`), so that a call's place in
between is not known. The tier is batch whether the usage says so or not.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Outcome
from connectors.answers import Answer, error_code, from_body
from connectors.batches.join import BatchObject, Joined, join, kind_of
from connectors.bodies import Prompts, object_in, settings_in, unwrapped
from connectors.connector import LEVERS, Connector, each_line, first_objects
from connectors.endpoints import platform_of
from connectors.faults import LineError
from connectors.messages import UNKNOWN_MODEL
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields, object_of
from connectors.times import Precision, from_iso, precision_of
from connectors.usage import billed_of

_ASIDES = {"requests": "batch request", "batches": "batch object"}
_NO_REQUESTS = "no request file lies beside these results: the calls are kept without their prompts"
_NO_BATCH = (
    "no batch object lies beside these results: the calls have no time, and so no price; save it "
    "as BATCH_ID.json in their folder and run again"
)
_UNBILLED = ("errored", "canceled", "expired")


class _Result(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    custom_id: str
    result: _Result


_decode = msgspec.json.Decoder(_Line).decode


def _detect(head: bytes) -> bool:
    """Tell results, requests and batch objects by their keys."""
    return any(kind_of(fields) for fields in first_objects(head))


class _Batch:
    """One file of results while it is read; what lies beside it is looked up once."""

    def __init__(self, log: LogFile, hasher: Hasher) -> None:
        self._log = log
        self._joined: Joined | None = None
        self._prompts = Prompts(hasher)

    def outcome(self, number: int, raw: bytes) -> Outcome:
        kind = kind_of(object_of(raw))
        if kind in _ASIDES:
            return Aside(number, _ASIDES[kind])
        if kind is None:
            raise LineError("no result", "holds no custom_id with a result; is --source right?")
        line = _decode(raw)
        result = line.result
        request = self._request(line.custom_id)
        if result.type in _UNBILLED:
            return self._attempt(number, result, request)
        if result.type != "succeeded":
            raise LineError("bad field", f"result.type: not succeeded, {', '.join(_UNBILLED)}")
        object_of(raw)
        return self._call(number, raw, line, request)

    def _request(self, custom_id: str) -> Fields:
        params = self._found().requests.get(custom_id)
        try:
            return object_in(params) or {}
        except (LineError, msgspec.MsgspecError):
            return {}

    def _found(self) -> Joined:
        if self._joined is None:
            self._joined = join(self._log)
            lacking = [
                note
                for note, found in (
                    (_NO_REQUESTS, self._joined.requests),
                    (_NO_BATCH, self._joined.batch),
                )
                if not found
            ]
            self._log.missing += len(lacking)
            self._log.notes += lacking
        return self._joined

    def _attempt(self, number: int, result: _Result, request: Fields) -> Attempt:
        start_us, end_us, _ = _times(self._found().batch)
        return Attempt(
            line=number,
            status=None,
            error=_error(result) if result.type == "errored" else result.type,
            start_us=start_us,
            end_us=end_us,
            model=_model(request),
        )

    def _call(self, number: int, raw: bytes, line: _Line, request: Fields) -> Call:
        answer = from_body(line.result.message) if unwrapped(line.result.message) else Answer()
        if answer.usage is None:
            raise LineError("no usage", "result.message: holds no usage; it tells of no tokens")
        usage, asked, found = billed_of(answer.usage), settings_in(request), self._found()
        start_us, end_us, precision = _times(found.batch)
        prompt, nodes = self._prompts.read(request, answer.content, answer.message_id)
        refused = answer.stop_reason == "refusal"
        return Call(
            line=number,
            line_time_us=end_us or start_us or 0,
            line_sha256=hashlib.sha256(raw).digest(),
            message_id=answer.message_id,
            # without its id a batch is known by its file, so that two never share a custom id
            batch_id=found.batch_id or self._log.path.name,
            custom_id=line.custom_id,
            platform=platform_of(None, answer.message_id) or "claude_api",
            model=answer.model or _model(request) or UNKNOWN_MODEL,
            model_requested=_model(request),
            start_us=start_us,
            end_us=end_us,
            time_precision=precision,
            stream=False,
            max_tokens=asked.max_tokens,
            effort=asked.effort,
            tool_choice=asked.choice,
            tier="batch",
            speed=usage.speed,
            geo=usage.geo,
            tokens=usage.tokens,
            iterations=usage.iterations,
            web_searches=usage.web_searches,
            flags=usage.flags,
            charged=not (refused and (not usage.tokens.output or not answer.content)),
            stop_reason=answer.stop_reason,
            cache_miss_reason=answer.missed.reason,
            cache_missed_tokens=answer.missed.tokens,
            user=asked.user,
            prompt=prompt,
            nodes=nodes,
        )


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    return each_line(log, _Batch(log, hasher).outcome)


def _error(result: _Result) -> str:
    """Give the error's type; batches wrap it twice."""
    outer = object_in(result.error) or {}
    inner = object_in(outer.get("error")) or outer
    return error_code(inner.get("type"), "error")


def _model(request: Fields) -> str | None:
    text = bytes(request.get("model", b"")).decode()
    return text.strip('"') or None if text.startswith('"') else None


def _times(batch: BatchObject | None) -> tuple[int | None, int | None, Precision]:
    if batch is None or batch.created_at is None:
        return None, None, "us"
    end_us = from_iso(batch.ended_at, "ended_at") if batch.ended_at else None
    return from_iso(batch.created_at, "created_at"), end_us, precision_of(batch.created_at)


CONNECTOR = Connector(
    name="batches",
    title="Message Batches: result, request and batch files",
    detect=_detect,
    parse=_parse,
    carries="exact usage; prompts where the request file lies beside, times where the batch object",
    levers=LEVERS,
)
