"""Invoices as JSON: an id, a month, lines at list price, a discount and the total to pay.

The shape is this project's own (see `sample_logs/vendor/`); invoices of other makers come in
through FOCUS. A discount is told for the whole invoice, so it becomes a row of its own (kind
`other`, list price 0): lines and discount together charge the total. An invoice that does not add
up is refused.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from analyzer.prompts import Hasher
from analyzer.trace import CostKind, CostRow, Outcome, Reported
from connectors.connector import Connector, each_line, first_objects
from connectors.faults import LineError
from connectors.reading.files import LogFile
from connectors.vendor.values import DOLLARS, TOKEN_TYPES, Part, load, only_usd, utc

_SEARCHES = "web_search_requests"
_MONTHS = 12


def _detect(head: bytes) -> bool:
    return {"invoice_id", "month", "lines"} <= set(next(first_objects(head), {}))


def _parse(log: LogFile, _hasher: Hasher) -> Iterator[Outcome]:
    return each_line(log, _decode)


def _decode(number: int, raw: bytes) -> Outcome:
    invoice = Part(load(raw))
    lines = invoice.parts("lines")
    name = invoice.words("invoice_id")
    if name is None:
        raise LineError("no invoice", "invoice_id: missing; is --source right?")
    only_usd(invoice)
    start, end = _month(invoice)
    rows = [_line(line, start, end, name) for line in lines]
    extras = [
        CostRow(
            start_us=start,
            end_us=end,
            kind=kind,
            charged_pico=sign * pico,
            list_pico=0,
            invoice=name,
        )
        for key, kind, sign in _EXTRAS
        if (pico := invoice.money(key, DOLLARS))
    ]
    _must_add_up(invoice, rows, extras)
    return Reported(line=number, report="invoice", cost=(*rows, *extras))


_EXTRAS: tuple[tuple[str, CostKind, int], ...] = (
    ("discount_usd", "other", -1),
    ("credit_usd", "credit", -1),
    ("tax_usd", "tax", 1),
)
"""Amounts of a whole invoice, each told from 0 up."""


def _line(line: Part, start: int, end: int, name: str) -> CostRow:
    token_type = line.words("token_type")
    known = TOKEN_TYPES.get(token_type or "")
    listed = line.amount("list_usd", DOLLARS)
    return CostRow(
        start_us=start,
        end_us=end,
        kind="tokens" if known else "web_search" if token_type == _SEARCHES else "other",
        token_type=known,
        model=line.words("model"),
        charged_pico=listed,
        list_pico=listed,
        quantity=line.count("quantity"),
        invoice=name,
    )


def _must_add_up(invoice: Part, rows: list[CostRow], extras: list[CostRow]) -> None:
    listed = sum(row.charged_pico for row in rows)
    if listed != invoice.amount("list_usd", DOLLARS):
        raise LineError("does not add up", "list_usd: not the sum of the lines")
    if listed + sum(row.charged_pico for row in extras) != invoice.amount("total_usd", DOLLARS):
        raise LineError("does not add up", "total_usd: not lines - discount - credit + tax")


def _month(invoice: Part) -> tuple[int, int]:
    text = invoice.words("month") or ""
    start = utc(f"{text}-01T00:00:00Z", "month")
    first = datetime.fromtimestamp(start // 10**6, UTC)
    year, month = divmod(first.year * _MONTHS + first.month, _MONTHS)
    return start, utc(f"{year:04}-{month + 1:02}-01T00:00:00Z", "month")


CONNECTOR = Connector(
    name="invoice",
    title="Invoices (JSON)",
    detect=_detect,
    parse=_parse,
    carries="what the vendor asks for a month, by model and token type, no calls",
    levers=(),
)
