"""The Admin API's usage and cost reports, by time bucket.

Usage: `GET /v1/organizations/usage_report/messages`, in buckets of 1m, 1h or 1d. Cost:
`GET /v1/organizations/cost_report`, by day, without the Priority Tier; its `amount` is a decimal
string in CENTS ("123.78912" is $1.2378912; taken for dollars by several tools, claude-code#51198)
after discount, and it tells no list price. A dimension that was not grouped by is null, and so is
the default workspace. Source: the vendor's API reference.
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import CostKind, CostRow, Outcome, Reported, Tokens, UsageRow
from connectors.connector import Connector
from connectors.faults import LineError
from connectors.reading.files import LogFile
from connectors.vendor.pages import Reader, first_item, is_empty_page, read_pages
from connectors.vendor.values import CENTS, TOKEN_TYPES, Part, bucket, only_usd, tokens_of

KINDS: dict[str | None, CostKind] = {
    "tokens": "tokens",
    "web_search": "web_search",
    "code_execution": "code_execution",
    "session_usage": "session_usage",
}
"""`cost_type` of both APIs (SDK `BetaAnalyticsGroupedCostType`); any other is `other`, and so is
an amount over all of them together."""
_ZERO = Tokens(0, 0, 0, 0, 0, 0)


def _detect(head: bytes) -> bool:
    """Tell a time bucket of the Admin API; the legacy Analytics reports name product or list."""
    item = set(first_item(head))
    if not item:
        return is_empty_page(head)
    return "results" in item and not item & {"product", "list_amount", "group"}


def _parse(log: LogFile, _hasher: Hasher) -> Iterator[Outcome]:
    return read_pages(log, _reader)


def _reader(items: list[Part]) -> Reader:
    first = next((row.fields for item in items for row in item.parts("results")), {})
    if "list_amount" in first or "product" in first:
        raise LineError("another report", "an Analytics page; keep it in a file of its own")
    return _costs if "amount" in first else _usages


def _usages(number: int, items: list[Part]) -> Reported:
    rows = tuple(row for item in items for row in _usage_rows(item))
    return Reported(line=number, report="admin usage report", usage=rows)


def _usage_rows(item: Part) -> Iterator[UsageRow]:
    start, end = bucket(item)
    results = item.parts("results")
    if not results:  # the vendor says that nothing was used
        yield UsageRow(start_us=start, end_us=end, tokens=_ZERO)
    for row in results:
        yield UsageRow(
            start_us=start,
            end_us=end,
            model=row.words("model"),
            tier=row.words("service_tier"),
            speed=row.words("speed"),
            geo=row.words("inference_geo"),
            context_window=row.words("context_window"),
            workspace=row.words("workspace_id"),
            key=row.words("api_key_id"),
            actor=row.words("service_account_id") or row.words("account_id"),
            tokens=tokens_of(row),
            web_searches=row.part("server_tool_use").count("web_search_requests"),
        )


def _costs(number: int, items: list[Part]) -> Reported:
    rows = tuple(row for item in items for row in _cost_rows(item))
    return Reported(line=number, report="admin cost report", cost=rows)


def _cost_rows(item: Part) -> Iterator[CostRow]:
    start, end = bucket(item)
    results = item.parts("results")
    if not results:  # the vendor says that nothing was charged
        yield CostRow(start_us=start, end_us=end, kind="other", charged_pico=0)
    for row in results:
        yield CostRow(
            start_us=start,
            end_us=end,
            kind=kind_of(row),
            token_type=TOKEN_TYPES.get(row.words("token_type") or ""),
            model=row.words("model"),
            tier=row.words("service_tier"),
            speed=row.words("speed"),
            geo=row.words("inference_geo"),
            context_window=row.words("context_window"),
            workspace=row.words("workspace_id"),
            charged_pico=row.amount("amount", CENTS),
            currency=only_usd(row),
        )


def kind_of(row: Part) -> CostKind:
    """Give what an amount is for; `other` where it is for everything together."""
    if row.words("cost_type") is None and row.words("token_type") is not None:
        return "tokens"
    return KINDS.get(row.words("cost_type"), "other")


CONNECTOR = Connector(
    name="admin_reports",
    title="Admin API usage and cost reports",
    detect=_detect,
    parse=_parse,
    carries="the vendor's tokens and charges by bucket and billing dimension, no calls",
    levers=(),
)
