"""What a connector is: one format's name, how it is told from others, and how it is read."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Call, Calls, Outcome, Rejected
from connectors.endpoints import placed
from connectors.faults import LINE_FAULTS, rejected
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields, mended
from connectors.reading.runs import Run

Decode = Callable[[int, bytes], Outcome]
Take = Callable[[Run], tuple[Iterable[Calls], Iterable[tuple[int, bytes]]]]
"""Reads what it can of a run at once; gives its calls, and the lines that are left."""

LEVERS = ("output", "routing", "batch", "caching")
_HEAD_LINES = 50
_decode_fields = msgspec.json.Decoder(Fields).decode


@dataclass(frozen=True, slots=True)
class Connector:
    """One log format."""

    name: str
    """What `--source` takes."""
    title: str
    detect: Callable[[bytes], bool]
    """Tells from the first lines of a file whether it is of this format."""
    parse: Callable[[LogFile, Hasher], Iterator[Outcome]]
    """Gives an outcome for each line that `LogFile.lines` gave."""
    carries: str
    levers: tuple[str, ...]
    """Levers that the format's content permits; a subset of `LEVERS`."""
    side_object: str = ""
    """Pattern (searched in the path with `/`) of files that are read with the log that names them,
    and are no logs themselves; empty when the format has none."""
    tells_place: bool = False
    """Whether its calls name the cloud's endpoint already; else the model's id is asked."""

    def read(self, log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
        """Give one outcome for each line of the log, the one that ended it early included."""
        for outcome in self.parse(log, hasher):
            if type(outcome) is Rejected:
                log.usage_like += tells_usage(log.line)
            place = type(outcome) is Call and not self.tells_place
            yield placed(outcome) if place else outcome  # type: ignore[arg-type] # it is a call
        yield from log.cut_short()


_USAGE = re.compile(rb'"(?:usage|[A-Za-z_]*[Tt]okens?(?:_?[Cc]ount)?)"\s*:')


def tells_usage(line: bytes) -> bool:
    """Tell whether a line holds keys such as token counts have."""
    return _USAGE.search(line) is not None


def each_line(log: LogFile, decode: Decode, *, mend: bool = True) -> Iterator[Outcome]:
    """Decode line by line, for formats in which one line tells of one call.

    Without `mend` a line is mended only after `decode` refused it: that is for a `decode` which
    begins with `object_of`, since msgspec refuses halves of surrogate pairs wherever they stand.
    """
    for number, raw in log.lines(mend=mend):
        yield _outcome(log, number, raw, decode, mend=mend)


def each_run(log: LogFile, decode: Decode, take: Take) -> Iterator[Outcome]:
    """Decode as `each_line` does without `mend`; what `take` reads of a run comes first."""
    for part in log.runs():
        if not isinstance(part, Run):
            yield _outcome(log, *part, decode, mend=False)
            continue
        calls, others = take(part)
        yield from calls
        for number, raw in others:
            log.line = raw
            yield _outcome(log, number, raw, decode, mend=False)


def _outcome(log: LogFile, number: int, raw: bytes, decode: Decode, *, mend: bool) -> Outcome:
    if number in log.bad_rows:
        return log.bad_rows.pop(number)
    if not raw.strip():
        return Aside(number, "blank")
    try:
        return decode(number, raw)
    except LINE_FAULTS as error:
        return rejected(number, error) if mend else _again(number, raw, decode, error)


def _again(number: int, raw: bytes, decode: Decode, fault: Exception) -> Outcome:
    whole = mended(raw)
    if whole == raw:
        return rejected(number, fault)
    try:
        return decode(number, whole)
    except LINE_FAULTS as error:
        return rejected(number, error)


def first_objects(head: bytes) -> Iterator[Fields]:
    """Give the fields of the first lines that are JSON objects; other lines are passed over."""
    return iter(_objects(head))


@functools.lru_cache(maxsize=1)
def first_keys(head: bytes) -> frozenset[str]:
    """Give the keys that stand in any of the first objects."""
    return frozenset().union(*_objects(head))


@functools.lru_cache(maxsize=1)  # every format looks at the same head
def _objects(head: bytes) -> tuple[Fields, ...]:
    return tuple(_read_objects(head))


def _read_objects(head: bytes) -> Iterator[Fields]:
    for line in head.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]:
        try:
            fields = _decode_fields(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        yield fields


def keys_of(value: msgspec.Raw | None) -> frozenset[str]:
    """Give the keys of a raw value; none when it is missing or no object."""
    try:
        return frozenset(_decode_fields(value) if value is not None else ())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return frozenset()
