"""FOCUS 1.2 and later, CSV or Parquet: what a cloud or a vendor billed, one line a charge.

`charged_pico` is BilledCost, which adds up to the invoice (lines covered by a commitment bill 0,
and its purchase bills the money); EffectiveCost spreads that money and is not taken, so nothing
counts twice. `list_pico` is ListCost. A line of another service is an aside; a line in which no
service, issuer or SKU is named at all is taken, as its owner's statement. Currencies keep their
name. Source: FOCUS_Spec v1.2; columns of v1.4 (ServiceProviderName) are read too.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from analyzer.prompts import Hasher
from analyzer.trace import Aside, CostKind, CostRow, Outcome, Reported
from connectors.connector import Connector, each_line, first_objects
from connectors.faults import LineError
from connectors.reading.files import LogFile
from connectors.reading.json_scan import object_of
from connectors.vendor.focus_sku import model_of, quantity_of, sku_of
from connectors.vendor.values import DOLLARS, Part, decimal, load, pico, utc

OTHER_SERVICE = "charge of another service"
NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency: the file names none."""
_SKU_COLUMNS = (
    "x_UsageType", "SkuMeter", "x_SkuMeter", "x_SkuMeterName", "x_SkuDescription",
    "SkuPriceDetails", "ChargeDescription", "SkuId", "SkuPriceId",
)  # fmt: skip
_SERVICE_COLUMNS = ("ServiceName", "x_ServiceCode", "x_SkuDescription")
_ISSUERS = (
    "ServiceProviderName", "PublisherName", "ProviderName", "HostProviderName", "InvoiceIssuerName",
)  # fmt: skip
_NAMING = (*_SERVICE_COLUMNS, *_ISSUERS, *_SKU_COLUMNS)
_CATEGORIES: dict[str, CostKind] = {
    "purchase": "purchase",
    "credit": "credit",
    "adjustment": "adjustment",
    "tax": "tax",
}
"""ChargeCategory; a Usage line is what its SKU says."""
_CLAUDE = ("claude", "anthropic")
_CLAUDE_BYTES = tuple(name.encode() for name in _CLAUDE)
_SAYS = re.compile(rb'"(?!\s*"|null")')
"""A raw value that is a text, and neither blank nor the word null."""
_NULL = "null"
"""Some writers put this word where CSV has an empty cell."""
_SPREADSHEET = re.compile(r"\s*(-?)[$€£]?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_CENTURY = 100


def _detect(head: bytes) -> bool:
    row = set(next(first_objects(head), {}))
    return "BilledCost" in row and bool({"ChargeCategory", "ChargePeriodStart"} & row)


def _parse(log: LogFile, _hasher: Hasher) -> Iterator[Outcome]:
    return each_line(log, _decode)


def _decode(number: int, raw: bytes) -> Outcome:
    if _plainly_other(raw):
        return Aside(number, OTHER_SERVICE)
    row = Part({key: None if value == _NULL else value for key, value in load(raw).items()})
    if "BilledCost" not in row.fields:
        raise LineError("missing column", "BilledCost: not there; is --source right?")
    if not bills_claude(row):
        return Aside(number, OTHER_SERVICE)
    return Reported(line=number, report="focus charge", cost=(cost_row(row),))


def _plainly_other(raw: bytes) -> bool:
    """Tell at a glance that a line is not Claude's: a cloud's file is full of other services."""
    lowered = raw.lower()
    if any(name in lowered for name in _CLAUDE_BYTES):
        return False
    fields = object_of(raw)
    told = (bytes(fields[name]) for name in _NAMING if name in fields)
    return "BilledCost" in fields and any(_SAYS.match(value) for value in told)


def bills_claude(row: Part) -> bool:
    """Tell whether service, issuer or SKU names Claude; True where none of them is told.

    Names that customers give (resources, tags) say nothing of who is paid.
    """
    named = _texts(row, _NAMING)
    return not named or any(name in text for text in map(_lower, named) for name in _CLAUDE)


def cost_row(row: Part) -> CostRow:
    """Give a charge as a row."""
    start, end = _time(row, "ChargePeriodStart"), _time(row, "ChargePeriodEnd")
    if start >= end:
        raise LineError("bad time", "ChargePeriodEnd: not after ChargePeriodStart")
    sku = sku_of(_texts(row, _SKU_COLUMNS))
    category = _CATEGORIES.get((row.words("ChargeCategory") or "").lower())
    usage = category is None
    amount, unit = _consumed(row)
    listed = row.fields.get("ListCost")
    return CostRow(
        start_us=start,
        end_us=end,
        kind=category or sku.kind,
        token_type=sku.token_type,
        model=model_of(_texts(row, (*_SERVICE_COLUMNS, *_SKU_COLUMNS))),
        tier=sku.tier,
        speed=sku.speed,
        geo=sku.geo or row.words("RegionId"),
        context_window=sku.context_window,
        workspace=row.words("SubAccountId"),
        charged_pico=billed_pico(row),
        list_pico=None if listed is None else _pico(listed, "ListCost"),
        quantity=quantity_of(amount, unit, sku) if usage else None,
        currency=row.words("BillingCurrency") or NO_CURRENCY,
        invoice=row.words("InvoiceId"),
        correction=_lower(row.words("ChargeClass") or "") == "correction",
    )


def billed_pico(row: Part) -> int:
    """Give BilledCost, which every line must have."""
    value = row.fields.get("BilledCost")
    if value is None:
        raise LineError("no amount", "BilledCost: missing; the row tells of no money")
    return _pico(value, "BilledCost")


def _pico(value: object, where: str) -> int:
    """Read an amount; one that a spreadsheet dressed ("$10,000.00 ") is undressed first."""
    dressed = _SPREADSHEET.fullmatch(value) if isinstance(value, str) else None
    if dressed:
        value = dressed.group(1) + dressed.group(2).replace(",", "")
    return pico(value, where, DOLLARS)


def _consumed(row: Part) -> tuple[Decimal | None, str | None]:
    for quantity, unit in (
        ("ConsumedQuantity", "ConsumedUnit"),
        ("PricingQuantity", "PricingUnit"),
    ):
        value = row.fields.get(quantity)
        if value is not None:
            return decimal(value, quantity), row.words(unit)
    return None, None


def _time(row: Part, key: str) -> int:
    text = row.words(key) or ""
    dressed = _US_DATE.fullmatch(text)
    if not dressed:
        return utc(text, key)
    month, day, year = (int(part) for part in dressed.groups())
    if not _month_first(row):
        raise LineError("bad time", f"{key}: day and month cannot be told apart; write ISO 8601")
    year += 0 if year >= _CENTURY else 2000
    return utc(f"{year:04}-{month:02}-{day:02}", key)


def _month_first(row: Part) -> bool:
    """Tell whether dates are month/day/year: a billing period begins on the first of a month."""
    begin, end = (row.words(f"BillingPeriod{edge}") or "" for edge in ("Start", "End"))
    edges = [_US_DATE.fullmatch(text) for text in (begin, end)]
    days = [(int(edge[1]), int(edge[2])) for edge in edges if edge]
    return bool(days) and all(day == 1 for _, day in days) and any(m != 1 for m, _ in days)


def _texts(row: Part, columns: tuple[str, ...]) -> list[str]:
    """Give what the columns say; price details may be an object, whose values then speak."""
    found = []
    for name in columns:
        value = row.fields.get(name)
        if isinstance(value, dict):
            value = " ".join(str(part) for part in value.values() if isinstance(part, str))
        if isinstance(value, str) and value.strip():
            found.append(value)
    return found


def _lower(text: str) -> str:
    return text.lower()


CONNECTOR = Connector(
    name="focus",
    title="FOCUS cost and usage exports (CSV, Parquet)",
    detect=_detect,
    parse=_parse,
    carries="what clouds and vendors billed for Claude, with list cost, credits and tax, no calls",
    levers=(),
)
