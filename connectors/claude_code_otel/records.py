"""Claude Code's events, spans and raw bodies of one file, joined into calls.

An `api_request` event, an `llm_request` span and the bodies of one request share its request id.
Without one (other platforms give none) they join by session and equal counts, each kind once.
"""

import itertools
from collections.abc import Iterator
from typing import Literal

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Call, Node, Outcome, Rejected
from connectors.claude_code_otel.bodies import Reader, Request, Response, body_of, response_of
from connectors.claude_code_otel.events import (
    asked_with,
    attempt_of,
    call_of,
    call_with_body,
    has_failed,
    is_claude_code,
    name_of,
)
from connectors.claude_code_otel.pairs import BodyEvent, paired
from connectors.otlp.merge import filled
from connectors.otlp.names import word
from connectors.otlp.records import Record, whole
from connectors.otlp.usage import has_counts, prompt_total
from connectors.reading.files import LogFile

__all__ = ["ClaudeCode", "is_claude_code"]

WINDOW = 20_000
"""Calls held until their other records have come; twice as many at most."""
COUNTS_DIFFER = "response body and event differ in counts"
_EVENT = "event of Claude Code"
_GONE = "response body that is not there"
_CUT = "the response's body is cut; log api_request events too, or whole bodies with file:DIR"

Kind = Literal["body", "event", "span"]
_COUNTS_FROM: tuple[Kind, ...] = ("body", "event", "span")
_TIMES_FROM: tuple[Kind, ...] = ("span", "event", "body")


class _Told(msgspec.Struct, eq=False):
    """What the records of one call told so far."""

    last: int = 0
    lines: list[tuple[int, str]] = []
    """Line of each record, and what it is when no call comes of it."""
    calls: dict[Kind, Call] = {}
    response: Response = Response()
    response_order: int = 0
    refused: bool = False


class ClaudeCode:
    """Claude Code's records of one file while they come in."""

    def __init__(self, log: LogFile, hasher: Hasher) -> None:
        self._log = log
        self._reader = Reader(hasher)
        self._order = 0
        self._told: dict[str, _Told] = {}
        self._bodies: list[BodyEvent] = []
        self._body_lines: dict[int, int] = {}
        self._nodes: list[Node] = []
        self._failed: set[str] = set()

    def take(self, record: Record) -> Iterator[Outcome]:
        """Take a record; give its outcome, unless it joins a call that is given later."""
        self._order += 1
        outcome = self._span(record) if record.is_span else self._event(record)
        if outcome is not None:
            yield outcome
        if max(len(self._told), len(self._bodies) // 2) >= 2 * WINDOW:
            yield from self._settle(self._order - WINDOW)

    def rest(self) -> Iterator[Outcome]:
        """Give all that is left; the end of the file."""
        yield from self._settle(self._order + 1)

    def _span(self, record: Record) -> Outcome | None:
        if name_of(record) != "llm_request":
            return Aside(record.number, "step of Claude Code")
        if not has_counts(record.attributes) and has_failed(record):
            return self._failure(record)
        self._join(record, "span", call_of(record))
        return None

    def _event(self, record: Record) -> Outcome | None:
        match name_of(record):
            case "api_request":
                self._join(record, "event", call_of(record))
                return None
            case "api_error":
                self._bodies.append(self._body_event(record, "error"))
                return self._failure(record)
            case "api_request_body":
                return self._request(record)
            case "api_response_body":
                return self._response(record)
            case "api_refusal" if request_id := word(record.attributes, "request"):
                self._note(request_id, record, _EVENT).refused = True
                return None
        return Aside(record.number, _EVENT)

    def _failure(self, record: Record) -> Outcome:
        attempt = attempt_of(record)
        if attempt.request_id in self._failed:
            return Aside(record.number, "copy of a failed call")
        if attempt.request_id:
            self._failed.add(attempt.request_id)
        return attempt

    def _request(self, record: Record) -> Outcome | None:
        text = body_of(record.attributes, self._log)
        if text is None:
            return Aside(record.number, "request body that is not there")
        request = self._reader.request(text)
        self._nodes.extend(request.nodes)
        self._bodies.append(self._body_event(record, "request", request))
        return None

    def _response(self, record: Record) -> Outcome | None:
        text = body_of(record.attributes, self._log)
        response = response_of(text) if text is not None else Response()
        call = call_with_body(record, response)
        request_id = word(record.attributes, "request")
        if call is None and request_id is None:
            return Aside(record.number, "response body that cannot be used")
        event = self._body_event(record, "response")  # a fault in it leaves the call untold
        told = (
            self._join(record, "body", call)
            if call is not None
            else self._note(str(request_id), record, _GONE if text is None else _CUT)
        )
        told.response, told.response_order = response, self._order
        self._bodies.append(event)
        return None

    def _body_event(
        self,
        record: Record,
        kind: Literal["request", "response", "error"],
        request: Request | None = None,
    ) -> BodyEvent:
        source = record.attributes.get("query_source")
        sequence = record.attributes.get("event.sequence")
        session = word(record.attributes, "session") or (request.session if request else None)
        place = whole(sequence, "event.sequence") or 0
        self._body_lines[self._order] = record.number
        return BodyEvent(
            kind,
            session or "",
            str(source or ""),
            place,
            self._order,
            word(record.attributes, "request"),
            request,
        )

    def _join(self, record: Record, kind: Kind, call: Call) -> _Told:
        """Add a record to its call, or open one."""
        key = call.request_id or self._by_counts(kind, call)
        told = self._note(key, record, "call")
        told.calls.setdefault(kind, call)
        return told

    def _by_counts(self, kind: Kind, call: Call) -> str:
        """Give the first open call of equal counts that has no record of this kind yet."""
        counts = (call.session, call.tokens.read, *_counts(call))
        for turn in itertools.count():
            key = f"counts:{counts}:{turn}"
            if key not in self._told or kind not in self._told[key].calls:
                return key
        raise AssertionError("counting never ends")

    def _note(self, key: str, record: Record, what: str) -> _Told:
        told = self._told.setdefault(key, _Told())
        told.last = self._order
        told.lines.append((record.number, what))
        return told

    def _settle(self, before: int) -> Iterator[Outcome]:
        pairs = paired(self._bodies, self._reader)
        kept: set[int] = set()
        done: set[int] = set()
        for key, told in sorted(self._told.items(), key=lambda item: item[1].last):
            tries = pairs.get(told.response_order, [])
            if told.last >= before:
                kept.update(event.order for event in tries)
                continue
            del self._told[key]
            yield from self._outcomes(told, tries)
            done.update(event.order for event in tries if told.calls)
        yield from self._leave(before, kept, done)

    def _leave(self, before: int, kept: set[int], done: set[int]) -> Iterator[Outcome]:
        """Give the request bodies that no answer came for, and forget what is settled."""
        later = []
        for event in self._bodies:
            if event.order not in done and (event.order >= before or event.order in kept):
                later.append(event)
                continue
            line = self._body_lines.pop(event.order)
            if event.kind == "request" and event.order not in done:
                yield Aside(line, "request body without its answer")
        self._bodies = later

    def _outcomes(self, told: _Told, tries: list[BodyEvent]) -> Iterator[Outcome]:
        calls = [told.calls[kind] for kind in _COUNTS_FROM if kind in told.calls]
        if not calls:
            for line, what in told.lines:
                yield Rejected(line, "no usage", what) if what == _CUT else Aside(line, what)
            return
        for event in tries[:-1]:
            yield Aside(self._body_lines[event.order], "request body of a failed try")
        call = _merged(told, calls)
        if tries and (request := tries[-1].request) is not None:
            call = asked_with(call, request, told.response, self._reader)
            self._nodes.extend(call.nodes)
        nodes, self._nodes = tuple(self._nodes), []
        yield msgspec.structs.replace(call, nodes=nodes, lines=len(told.lines) + bool(tries))


def _merged(told: _Told, calls: list[Call]) -> Call:
    """Give the call with the most exact counts, filled up from the others."""
    timed = [told.calls[kind] for kind in _TIMES_FROM if kind in told.calls]
    times = next((call for call in timed if call.start_us is not None), calls[0])
    differ = any(_counts(call) != _counts(calls[0]) for call in calls[1:])
    call = msgspec.structs.replace(
        calls[0],
        **filled(calls) | {"first_us": times.first_us},
        start_us=times.start_us,
        end_us=times.end_us,
        time_precision=times.time_precision,
        time_meaning=times.time_meaning,
        attempt=max(call.attempt for call in calls),
        flags=calls[0].flags + (COUNTS_DIFFER,) * differ,
    )
    refused = told.refused and not call.tokens.output
    return msgspec.structs.replace(
        call,
        message_id=call.message_id or told.response.message_id,
        stop_reason="refusal" if refused else call.stop_reason,
        charged=call.charged and not refused,
    )


def _counts(call: Call) -> tuple[int | None, ...]:
    return call.tokens.uncached, prompt_total(call.tokens), call.tokens.output
