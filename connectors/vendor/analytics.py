"""The Analytics API's usage and cost (beta `analytics-usage-cost-2026-08-24`), and its older form.

`amount` is after discount and before credits, `list_amount` before discount; both are decimal
strings of fractional cents (SDK `BetaAnalyticsCostMetrics`). Rows grouped by `rbac_group_id`
overlap (a user counts in each of his groups), so a page with them is refused. Rows that differ only
in a dimension that `UsageRow` lacks (product, session, agent) stay apart and add up. The older
`analytics/usage_report` and `cost_report` give the top 100 groups of a bucket and no remainder: the
ledger calls them legacy, and grouped they are no whole.
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import CostRow, Outcome, Reported, Tokens, UsageRow
from connectors.connector import Connector
from connectors.faults import LineError
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields
from connectors.vendor.admin import kind_of
from connectors.vendor.pages import Reader, first_item, read_pages
from connectors.vendor.values import CENTS, TOKEN_TYPES, Part, bucket, only_usd, tokens_of

DIFFERS = "total_tokens is not the sum of its parts"
_ACTOR_NAMES = ("user_id", "service_account_id", "api_key_id", "subject")
_OVERLAP = (
    "users in several groups count in each, so these rows exceed the bill; "
    "download again without group_by rbac_group_id"
)


def _detect(head: bytes) -> bool:
    item: Fields = first_item(head)
    if "results" in item:
        return bool({"product", "list_amount"} & set(item))
    return "group" in item and bool({"usage", "cost"} & set(item))


def _parse(log: LogFile, _hasher: Hasher) -> Iterator[Outcome]:
    return read_pages(log, _reader)


def _reader(items: list[Part]) -> Reader:
    first = items[0].fields
    if "results" in first:
        row = next((row.fields for item in items for row in item.parts("results")), {})
        if "product" in row or "list_amount" in row:
            return _legacy_costs if "amount" in row else _legacy_usages
        raise LineError("another report", "an Admin page; keep it in a file of its own")
    if "group" not in first:
        raise LineError("another report", "rows without a group; keep it in a file of its own")
    return _costs if "cost" in first else _usages


def _usages(number: int, items: list[Part]) -> Reported:
    rows = [_usage_row(item, item.part("group"), item.part("usage")) for item in items]
    totals = [item.part("usage").count("total_tokens") for item in items]
    differs = any(
        total is not None and total != _sum(row.tokens)
        for total, row in zip(totals, rows, strict=True)
    )
    report = "analytics usage report" + (f", {DIFFERS}" if differs else "")
    return Reported(line=number, report=report, usage=tuple(rows))


def _costs(number: int, items: list[Part]) -> Reported:
    rows = tuple(_cost_row(item, item.part("group"), item.part("cost")) for item in items)
    return Reported(line=number, report="analytics cost report", cost=rows)


def _legacy_usages(number: int, items: list[Part]) -> Reported:
    rows = tuple(_usage_row(item, row, row) for item in items for row in item.parts("results"))
    return Reported(line=number, report="legacy analytics usage report (top 100)", usage=rows)


def _legacy_costs(number: int, items: list[Part]) -> Reported:
    rows = tuple(_cost_row(item, row, row) for item in items for row in item.parts("results"))
    return Reported(line=number, report="legacy analytics cost report (top 100)", cost=rows)


def _usage_row(item: Part, group: Part, usage: Part) -> UsageRow:
    _no_overlap(group)
    start, end = bucket(item)
    return UsageRow(
        start_us=start,
        end_us=end,
        model=group.words("model"),
        tier=group.words("service_tier"),
        speed=group.words("speed"),
        geo=group.words("inference_geo"),
        context_window=group.words("context_window"),
        workspace=group.words("workspace_id"),
        key=group.words("api_key_id"),
        actor=_actor(group),
        requests=usage.count("requests"),
        tokens=tokens_of(usage),
        web_searches=usage.part("server_tool_use").count("web_search_requests"),
    )


def _cost_row(item: Part, group: Part, cost: Part) -> CostRow:
    _no_overlap(group)
    start, end = bucket(item)
    return CostRow(
        start_us=start,
        end_us=end,
        kind=kind_of(group),
        token_type=TOKEN_TYPES.get(group.words("token_type") or ""),
        model=group.words("model"),
        tier=group.words("service_tier"),
        speed=group.words("speed"),
        geo=group.words("inference_geo"),
        context_window=group.words("context_window"),
        workspace=group.words("workspace_id"),
        key=group.words("api_key_id"),
        charged_pico=cost.amount("amount", CENTS),
        list_pico=cost.money("list_amount", CENTS),
        currency=only_usd(cost),
    )


def _no_overlap(group: Part) -> None:
    if group.fields.get("rbac_group_id") is not None:
        raise LineError("overlapping rows", f"{group.at('rbac_group_id')}: {_OVERLAP}")


def _actor(group: Part) -> str | None:
    """Give the id of who is named; None too for an identity that the server cannot render."""
    actor = group.part("actor")
    return next((name for key in _ACTOR_NAMES if (name := actor.words(key))), None)


def _sum(tokens: Tokens) -> int:
    parts = (tokens.uncached, tokens.read, tokens.write_5m, tokens.write_1h, tokens.output)
    return sum(count or 0 for count in parts)


CONNECTOR = Connector(
    name="analytics_reports",
    title="Analytics API usage and cost",
    detect=_detect,
    parse=_parse,
    carries="the vendor's tokens, requests, list and discounted charges by dimension, no calls",
    levers=(),
)
