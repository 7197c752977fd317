"""Pages of Anthropic's reports: one saved answer a line, in one file or pretty-printed alone.

A page is rejected whole when one of its cells is bad: totals with a hole in them are no totals. A
page that stands twice in one file counts once. A file whose last page says that more follow is
read, and the ledger says so.
"""

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from analyzer.trace import Aside, Outcome, Reported
from connectors.connector import each_line, first_objects
from connectors.faults import LINE_FAULTS, LineError
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields, object_of
from connectors.vendor.values import Json, Part, load

Reader = Callable[[int, list[Part]], Reported]
"""Reads the items of a page into rows."""
FETCHED = "rebill_fetch"
"""Key of the line that `rebill fetch` writes before the pages: what was asked for."""
INCOMPLETE = "more pages follow elsewhere"
NO_ROWS = "report page without rows"

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_fields = msgspec.json.Decoder(Fields).decode
_ITEM_KEYS = frozenset({"results", "group", "model_breakdown"})


def first_item(head: bytes) -> Fields:
    """Give the raw fields of the first row of the first page that holds any, for telling formats.

    A row of a bucket is told with the keys of the bucket itself.
    """
    for fields in first_objects(head):
        for item in _raw_items(fields):
            found = _fields(item)
            rows = _list(found.get("results"))
            if rows or "results" not in found:
                return found | (_fields(rows[0]) if rows else {})
    return {}


def is_empty_page(head: bytes) -> bool:
    """Tell a page of a report that holds no row at all."""
    fields = next(first_objects(head), {})
    return {"data", "has_more", "next_page"} <= set(fields) and not first_item(head)


def read_pages(log: LogFile, reader_of: Callable[[list[Part]], Reader]) -> Iterator[Outcome]:
    """Give one outcome a page; `reader_of` picks the reader by the page's items."""
    seen: set[bytes] = set()
    open_end = False

    def decode(number: int, raw: bytes) -> Outcome:
        nonlocal open_end
        page = load(raw)
        if FETCHED in page:
            return Aside(number, "report request")
        items = _items(page)
        open_end = bool(page.get("has_more"))
        if not any(item.fields.get("results") or "results" not in item.fields for item in items):
            return Aside(number, NO_ROWS)
        mark = hashlib.sha256(bytes(object_of(raw).get("data", raw))).digest()
        if mark in seen:
            return Aside(number, "repeated report page")
        reported = reader_of(items)(number, items)
        seen.add(mark)
        return reported

    held: list[Outcome] = []
    for outcome in each_line(log, decode):
        if isinstance(outcome, Reported):
            yield from held
            held = []
        held.append(outcome)
    yield from _ended(held, open_end=open_end)


def _ended(last: list[Outcome], *, open_end: bool) -> Iterator[Outcome]:
    for outcome in last:
        if open_end and isinstance(outcome, Reported):
            yield msgspec.structs.replace(outcome, report=f"{outcome.report}, {INCOMPLETE}")
        else:
            yield outcome


def _items(page: Json) -> list[Part]:
    if "data" in page:
        return Part(page).parts("data")
    if _ITEM_KEYS & set(page):
        return [Part(page)]
    raise LineError("no report", "neither a page with data[] nor a row of one; is --source right?")


def _raw_items(fields: Fields) -> list[msgspec.Raw | bytes]:
    if "data" in fields:
        return list(_list(fields["data"]))
    return [msgspec.json.encode(fields)] if _ITEM_KEYS & set(fields) else []


def _list(raw: msgspec.Raw | None) -> list[msgspec.Raw]:
    try:
        return _decode_list(raw) if raw is not None else []
    except LINE_FAULTS:
        return []


def _fields(raw: msgspec.Raw | bytes) -> Fields:
    try:
        return _decode_fields(raw)
    except LINE_FAULTS:
        return {}
