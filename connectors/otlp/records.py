"""OTLP JSON as records: one line of a file exporter holds many spans or log records.

A line of the ledger is one span or one log record; a line of the file that holds none, or that
cannot be read, counts once. Rejects name the file's line, and which of its records is meant. The
encoding is the OTLP specification's JSON: ids in hex, 64-bit integers as strings, attributes as a
list of typed values.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from analyzer.trace import Aside, Outcome, Rejected
from connectors.connector import first_objects
from connectors.faults import LINE_FAULTS, LineError, rejected
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields, object_of

Attributes = dict[str, object]
KINDS = frozenset({"resourceSpans", "resourceLogs", "resourceMetrics"})


class Record(NamedTuple):
    """One span or one log record, with what its resource and scope say of it."""

    number: int
    """Line of the file."""
    raw: bytes
    is_span: bool
    name: str
    """Name of the span or of the event."""
    attributes: Attributes
    resource: Attributes
    scope: str
    trace_id: str
    span_id: str
    parent_id: str
    trace_state: str
    start_us: int | None
    end_us: int | None
    failed: bool
    events: tuple[tuple[str, int | None], ...]
    """Name and time of the events inside a span."""


Take = Callable[[Record], Iterator[Outcome]]


class _Value(msgspec.Struct, rename="camel"):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: "_Array | None" = None
    kvlist_value: "_Pairs | None" = None


class _Array(msgspec.Struct):
    values: list[_Value | None] | None = None


class _Attribute(msgspec.Struct):
    key: str
    value: _Value | None = None


class _Pairs(msgspec.Struct):
    values: list[_Attribute] | None = None


class _Resource(msgspec.Struct):
    attributes: list[_Attribute] | None = None


class _Scope(msgspec.Struct):
    name: str | None = None


class _Scoped(msgspec.Struct, rename="camel"):
    scope: _Scope | None = None
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None


class _Group(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_Scoped] | None = None
    scope_logs: list[_Scoped] | None = None


class _Line(msgspec.Struct, rename="camel"):
    resource_spans: list[_Group] | None = None
    resource_logs: list[_Group] | None = None
    resource_metrics: msgspec.Raw = msgspec.Raw(b"null")


class _Status(msgspec.Struct):
    code: int | str | None = None


class _Event(msgspec.Struct, rename="camel"):
    name: str | None = None
    time_unix_nano: int | str | None = None


class _Record(msgspec.Struct, rename="camel"):
    name: str | None = None
    event_name: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    attributes: list[_Attribute] | None = None
    events: list[_Event] | None = None
    body: _Value | None = None
    status: _Status | None = None


class _Place(NamedTuple):
    """A record that is not read yet."""

    raw: msgspec.Raw
    is_span: bool
    resource: Attributes
    scope: str


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_record = msgspec.json.Decoder(_Record).decode
_FAILED = (2, "2", "STATUS_CODE_ERROR")


def is_otlp(head: bytes) -> bool:
    """Tell OTLP JSON by the keys of its lines."""
    return any(KINDS & set(fields) for fields in first_objects(head))


def each_record(log: LogFile, take: Take) -> Iterator[Outcome]:
    """Give what `take` gives for each record; `log.lines_read` then counts records."""
    for number, raw in log.lines():
        if not raw.strip():
            yield Aside(number, "blank")
            continue
        try:
            places, other = _places(object_of(raw), raw)
        except LINE_FAULTS as error:
            yield rejected(number, error)
            continue
        if not places:
            yield Aside(number, other)
            continue
        log.lines_read += len(places) - 1
        for index, place in enumerate(places, start=1):
            try:
                yield from take(_record(number, place))
            except LINE_FAULTS as error:
                yield _named(rejected(number, error), place, index, len(places))


def whole(value: object, key: str) -> int | None:
    """Read a number that an emitter wrote as integer, as text or as a fraction without a rest.

    Raises:
        LineError: anything else; the fault names `key`.
    """
    if value is None or value == "":
        return None
    number: object = value
    if isinstance(value, str):
        number = _parsed(value)
    if type(number) is float and number.is_integer():
        number = int(number)
    if type(number) is not int or number < 0:
        raise LineError("bad count", f"{key}: expected a whole number from 0")
    return number


def _parsed(text: str) -> object:
    try:
        return int(text) if text.strip().lstrip("-").isdecimal() else float(text)
    except ValueError:
        return None


def _named(fault: Rejected, place: _Place, index: int, count: int) -> Rejected:
    kind = "span" if place.is_span else "log record"
    where = f"{kind} {index} of {count}: " if count > 1 else ""
    return Rejected(fault.line, fault.reason, where + fault.detail)


def _places(fields: Fields, raw: bytes) -> tuple[list[_Place], str]:
    """Give the records of a line, and what the line is when it holds none."""
    if not KINDS & set(fields):
        raise LineError("not OTLP", "holds no spans and no log records; is --source right?")
    line = _decode_line(raw)
    places = [
        _Place(record, is_span, resource, scope)
        for groups, is_span in ((line.resource_spans, True), (line.resource_logs, False))
        for group in groups or ()
        for resource in (_plain_all(group.resource.attributes if group.resource else None),)
        for scoped in (group.scope_spans if is_span else group.scope_logs) or ()
        for scope in ((scoped.scope.name if scoped.scope else None) or "",)
        for record in (scoped.spans if is_span else scoped.log_records) or ()
    ]
    return places, "metrics" if bytes(line.resource_metrics) != b"null" else "no records"


def _record(number: int, place: _Place) -> Record:
    object_of(place.raw)
    told = _decode_record(place.raw)
    attributes = _plain_all(told.attributes)
    at_us = _microseconds(told.time_unix_nano) or _microseconds(told.observed_time_unix_nano)
    body = told.body.string_value if told.body else None
    names = (told.event_name, attributes.get("event.name"), body)
    return Record(
        number,
        bytes(place.raw),
        place.is_span,
        (told.name or "") if place.is_span else _event_name(names),
        attributes,
        place.resource,
        place.scope,
        (told.trace_id or "").lower(),
        (told.span_id or "").lower(),
        (told.parent_span_id or "").lower(),
        told.trace_state or "",
        _microseconds(told.start_time_unix_nano),
        _microseconds(told.end_time_unix_nano) if place.is_span else at_us,
        told.status is not None and told.status.code in _FAILED,
        tuple((e.name or "", _microseconds(e.time_unix_nano)) for e in told.events or ()),
    )


def _event_name(names: tuple[object, ...]) -> str:
    """Give the first name; one with its namespace goes first."""
    texts = [name for name in names if isinstance(name, str) and name]
    spaced = [name for name in texts if name.startswith("claude_code.")]
    return next(iter(spaced + texts), "")


def _microseconds(nanoseconds: int | str | None) -> int | None:
    """Give a time; 0 means in OTLP that there is none."""
    count = whole(nanoseconds, "a time in nanoseconds")
    return count // 1000 if count else None


def _plain_all(pairs: list[_Attribute] | None) -> Attributes:
    plain: Attributes = {}
    for pair in pairs or ():
        value = _plain(pair.value, pair.key)
        if pair.key in plain and plain[pair.key] != value:
            raise LineError("duplicate key", "an attribute stands twice with two values")
        plain[pair.key] = value
    return plain


def _plain(value: _Value | None, key: str) -> object:
    if value is None:
        return None
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.array_value is not None:
        return [_plain(item, key) for item in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return _plain_all(value.kvlist_value.values)
    for scalar in (value.string_value, value.bool_value, value.double_value):
        if scalar is not None:
            return scalar
    return None


def _integer(value: int | str) -> object:
    if isinstance(value, int):
        return value
    try:
        return int(value)
    except ValueError as error:
        raise LineError("bad field", "an intValue that is no integer") from error
