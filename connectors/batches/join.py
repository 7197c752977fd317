"""What a batch's results lack stands in files beside them: the requests, and the batch object.

A file belongs to the results when both names hold the batch's id or are alike but for words such as
`results` and `requests`; where no names agree, the only file that can be meant is taken, and of two
none, because custom ids repeat from batch to batch.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from connectors.bodies import object_in, unwrapped
from connectors.connector import first_objects
from connectors.faults import LINE_FAULTS
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields
from connectors.reading.places import Place

Kind = Literal["results", "requests", "batches"]

_ID = re.compile(r"msgbatch_[A-Za-z0-9]+")
_WORD = re.compile(r"[a-z0-9]+")
_ROLES = re.compile(
    r"(result|request|input|output|response|batche?|object|statuse?)s?|jsonl?|gz|zst"
)
_MOST_LOOKED_AT = 500
"""Files of one folder whose beginning is read for the files that belong together."""
_MOST_SEARCHED = 20
"""Request files that are searched for the results' custom ids where no name tells."""


class BatchObject(msgspec.Struct):
    """A message batch as the API tells of it."""

    id: str = ""
    created_at: str | None = None
    ended_at: str | None = None


class Joined(NamedTuple):
    """What was found for one file of results."""

    requests: Mapping[str, bytes]
    """Parameters by custom id."""
    batch: BatchObject | None
    batch_id: str | None


class _Request(msgspec.Struct):
    custom_id: str
    params: msgspec.Raw


class _Document(msgspec.Struct):
    requests: list[_Request]


class _Page(msgspec.Struct):
    data: list[BatchObject]


_decode_request = msgspec.json.Decoder(_Request).decode
_decode_document = msgspec.json.Decoder(_Document).decode
_decode_batch = msgspec.json.Decoder(BatchObject).decode
_decode_page = msgspec.json.Decoder(_Page).decode


def kind_of(fields: Fields) -> Kind | None:
    """Tell what a line of a batch's files is."""
    if "custom_id" in fields and "result" in fields:
        return "results"
    if "custom_id" in fields and "params" in fields:
        return "requests"
    if "processing_status" in fields and "request_counts" in fields:
        return "batches"
    if b'"custom_id"' in bytes(fields.get("requests", b"")):
        return "requests"
    page = b'"message_batch"' in bytes(fields.get("data", b""))
    return "batches" if page else None


def join(log: LogFile) -> Joined:
    """Find the requests and the batch object of a file of results."""
    beside = [(other, kind) for other in _nearest(log) if (kind := _kind(other))]
    batches = {batch.id: batch for batch in _batches(log, beside)}
    named = _ID.search(log.path.name)
    batch = batches.get(named[0]) if named else None
    if batch is None and len(batches) == 1 and not named:
        batch = next(iter(batches.values()))
    batch_id = named[0] if named else (batch.id if batch else None)
    return Joined(_requests(log, beside, batch_id), batch, batch_id or None)


def _batches(log: LogFile, beside: list[tuple[LogFile, Kind]]) -> Iterator[BatchObject]:
    """Give the batch objects that may be meant: of a file with a like name, else of every file.

    Objects of other files are meant only if these are the folder's only results, or have an id.
    """
    files = [other for other, kind in beside if kind == "batches"]
    alike = [other for other in files if _alike(log, other)]
    alone = all(kind != "results" for _, kind in beside)
    meant = alike or (files if alone or _ID.search(log.path.name) else [])
    for _, raw in (line for other in meant for line in other.lines()):
        yield from _told(raw)


def _told(raw: bytes) -> Iterator[BatchObject]:
    try:
        fields = object_in(raw) or {}
        if "data" in fields:
            yield from _decode_page(raw).data
        elif kind_of(fields) == "batches":
            yield _decode_batch(raw)
    except LINE_FAULTS:
        return


def _requests(
    log: LogFile, beside: list[tuple[LogFile, Kind]], batch_id: str | None
) -> Mapping[str, bytes]:
    files = [other for other, kind in beside if kind == "requests"]
    of_id = [other for other in files if batch_id and batch_id in other.path.name]
    alike = of_id or [other for other in files if _alike(log, other)]
    if alike:
        return {key: value for other in alike for key, value in _asked(other).items()}
    wanted = _first_ids(log)
    unnamed = [other for other in files if not _ID.search(other.path.name)][:_MOST_SEARCHED]
    fitting = [found for other in unnamed if wanted & (found := _asked(other)).keys()]
    return fitting[0] if len(fitting) == 1 else {}


def _asked(log: LogFile) -> dict[str, bytes]:
    """Give the parameters of a request file by custom id; lines at fault are told of elsewhere."""
    found: dict[str, bytes] = {}
    for _, raw in log.lines():
        try:
            document = kind_of(object_in(raw) or {}) == "requests" and b'"requests"' in raw
            asked = _document(raw) if document else [_decode_request(raw)]
        except LINE_FAULTS:
            continue
        found.update((request.custom_id, bytes(request.params)) for request in asked)
    return found


def _document(raw: bytes) -> list[_Request]:
    fields = object_in(raw) or {}
    return _decode_document(raw).requests if "requests" in fields else [_decode_request(raw)]


def _first_ids(log: LogFile) -> set[str]:
    ids = (
        unwrapped(fields.get("custom_id")) for fields in first_objects(LogFile(log.path).sniff())
    )
    return {name.decode() for name in ids}


def _nearest(log: LogFile) -> list[LogFile]:
    """Give the files of the log's folder, those with a like name first."""
    others = log.neighbours()
    return sorted(others, key=lambda other: not _alike(log, other))[:_MOST_LOOKED_AT]


def _alike(log: LogFile, other: LogFile) -> bool:
    mine, yours = _ID.search(log.path.name), _ID.search(other.path.name)
    if mine or yours:
        return bool(mine and yours and mine[0] == yours[0])
    words = _words(log)
    return bool(words) and words == _words(other)


def _words(log: LogFile) -> list[str]:
    return [word for word in _WORD.findall(log.path.name.lower()) if not _ROLES.fullmatch(word)]


def _kind(log: LogFile) -> Kind | None:
    return _kind_at(log.path, log.path.stat().st_size)


@lru_cache(maxsize=4096)
def _kind_at(place: Place, _size: int) -> Kind | None:
    """Tell what a file holds by its beginning; a size is part of the question, as files grow."""
    for fields in first_objects(LogFile(place).sniff()):
        return kind_of(fields)
    return None
