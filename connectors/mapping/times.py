"""When a row's call began, answered first and ended, as finely as the row says."""

from typing import Literal, NamedTuple

from connectors.mapping.cells import Cells
from connectors.mapping.paths import Row
from connectors.mapping.values import Moment, duration_of, moment_of
from connectors.times import Precision

ENDS_EARLY = "the call ends before it starts"
FIRST_OUTSIDE = "the first token lies outside start and end"


class Times(NamedTuple):
    """Times in microseconds since 1970 UTC."""

    start_us: int | None
    first_us: int | None
    end_us: int | None
    precision: Precision
    meaning: Literal["start", "end"]
    flags: tuple[str, ...] = ()


def times_in(row: Row, cells: Cells) -> Times:
    """Give the times of a row; a length fills in the start or the end that is not given.

    Raises:
        LineError: what stands there is no time.
    """
    start, end = _moment(row, cells, "times.start"), _moment(row, cells, "times.end")
    first = _moment(row, cells, "times.first")
    length = _length(row, cells, "times.duration")
    precision = start.precision if start else end.precision if end else "s"
    start_us, end_us = start.us if start else None, end.us if end else None
    if start_us is None and end_us is not None and length is not None:
        start_us = end_us - length
    if end_us is None and start_us is not None and length is not None:
        end_us = start_us + length
    first_us = first.us if first else _after(start_us, _length(row, cells, "times.first_after"))
    meaning: Literal["start", "end"] = "start" if start_us is not None else "end"
    return _in_order(Times(start_us, first_us, end_us, precision, meaning))


def _in_order(times: Times) -> Times:
    """Drop an end or a first token that cannot be, and say so."""
    start, first, end = times.start_us, times.first_us, times.end_us
    if start is not None and end is not None and end < start:
        times = times._replace(end_us=None, flags=(ENDS_EARLY,))
        end = None
    early = first is not None and start is not None and first < start
    late = first is not None and end is not None and first > end
    if early or late:
        times = times._replace(first_us=None, flags=(*times.flags, FIRST_OUTSIDE))
    return times


def _after(start_us: int | None, length: int | None) -> int | None:
    return start_us + length if start_us is not None and length is not None else None


def _moment(row: Row, cells: Cells, key: str) -> Moment | None:
    raw = cells.raw(row, key)
    return moment_of(raw, cells.unit(key), cells.where(key)) if raw is not None else None


def _length(row: Row, cells: Cells, key: str) -> int | None:
    raw = cells.raw(row, key)
    return duration_of(raw, cells.unit(key), cells.where(key)) if raw is not None else None
