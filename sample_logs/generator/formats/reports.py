"""The golden calls as the vendor's own totals: API reports, Console exports, FOCUS, an invoice.

List amounts are the price book's for each call's day. Where a report tells a discount it is 15 %,
invented. The FOCUS file tells the same tokens as AWS Marketplace would, with a tax line, a credit,
a correction of an earlier month and a charge of another service beside them.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from analyzer.prices import Book
from generator.captures import dumps
from generator.exchanges import ORGANISATION, Json
from generator.formats.charges import SKUS, focus_rows
from generator.golden import Golden, golden_calls
from generator.vendor_reports import SEARCHES, TOKEN_TYPES, usd

DISCOUNT = Decimal("0.15")
_PICO_PER_CENT = 10**10
_DAY, _NEXT, _MONTH = "2026-09-30", "2026-10-01", "2026-09"
_SPAN = {"starting_at": f"{_DAY}T00:00:00Z", "ending_at": f"{_NEXT}T00:00:00Z"}
_CLOSED: Json = {"has_more": False, "next_page": None}
_DISPLAY = {
    "claude-sonnet-5-5": "Claude Sonnet 5.5",
    "claude-opus-5-5": "Claude Opus 5.5",
    "claude-haiku-4-5-20251001": "Claude Haiku 4.5",
}
_CONSOLE_TYPES = (
    "input_no_cache", "input_cache_read", "input_cache_write_5m", "input_cache_write_1h", "output",
)  # fmt: skip


def files() -> dict[str, bytes]:
    """Give every report, by path."""
    counts, costs = _totals(call for call in golden_calls() if call.failure is None)
    analytics = "sources/analytics_reports"
    reports: dict[str, str] = {
        "admin_reports/usage_report.json": dumps(_admin_usage(counts)),
        "admin_reports/cost_report.json": dumps(_admin_cost(costs)),
        "console_csv/claude_api_tokens_2026_09.csv": _console_tokens(counts),
        "console_csv/claude_api_cost_2026_09.csv": _console_cost(costs),
        "claude_code_analytics/2026-09-30.json": dumps(_claude_code(counts)),
        "focus/claude_2026-09.csv": _csv(focus_rows(_by_sku(counts), _by_sku(costs), _DISPLAY)),
        "invoice/invoice_2026-09.json": dumps(_invoice(counts, costs)),
    }
    written = {f"sources/{path}": f"{text.rstrip()}\n".encode() for path, text in reports.items()}
    usage = _pages("usage", [_usage_item(model, counts[model]) for model in sorted(counts)])
    cost = _pages("cost", [_cost_item(*cell, pico) for cell, pico in sorted(costs.items())])
    return {**written, f"{analytics}/usage.jsonl": usage, f"{analytics}/cost.jsonl": cost}


Counts = dict[str, Counter[str]]
Costs = Counter[tuple[str, str]]


def _totals(calls: Iterable[Golden]) -> tuple[Counts, Costs]:
    """Give tokens by model and token type, and pico-dollars at list by both."""
    book = Book.load()
    counts: Counts = {}
    costs: Costs = Counter()
    for call in calls:
        own = counts.setdefault(call.model, Counter())
        own["requests"] += 1
        day = datetime.fromtimestamp(call.start_us / 10**6, UTC).date()
        quote = book.quote(call.model, day, call.tier)
        rates = quote.base
        amounts = (call.uncached, call.read, call.write_5m, call.write_1h, call.output)
        prices = (rates.input, rates.read, rates.write_5m, rates.write_1h, rates.output)
        for name, amount, price in zip(TOKEN_TYPES, amounts, prices, strict=True):
            own[name] += amount
            costs[call.model, name] += amount * price
        own[SEARCHES] += call.web_searches
        costs[call.model, SEARCHES] += call.web_searches * quote.web_search
    return counts, Counter({cell: pico for cell, pico in costs.items() if pico})


def _by_sku(cells: Counts | Costs) -> dict[tuple[str, str], int]:
    if isinstance(cells, Counter):
        told = dict(cells.items())
    else:
        told = {(model, name): own[name] for model, own in cells.items() for name in own}
    return {(model, name): value for (model, name), value in told.items() if name in SKUS and value}


def _group(model: str) -> Json:
    return {
        "model": model,
        "service_tier": "standard",
        "context_window": "0-200k",
        "inference_geo": "global",
        "speed": "standard",
    }


def _admin_usage(counts: Counts) -> Json:
    results = [
        {
            **dict.fromkeys(("account_id", "api_key_id", "service_account_id")),
            **_group(model),
            "workspace_id": "wrkspc_golden",
            **_usage(own),
        }
        for model, own in sorted(counts.items())
    ]
    empty = {"starting_at": "2026-09-29T00:00:00Z", "ending_at": _SPAN["starting_at"]}
    data = [{**empty, "results": []}, {**_SPAN, "results": results}]
    return {"synthetic": True, "data": data, **_CLOSED}


def _usage(own: Counter[str]) -> Json:
    return {
        "uncached_input_tokens": own[TOKEN_TYPES[0]],
        "cache_read_input_tokens": own[TOKEN_TYPES[1]],
        "cache_creation": {
            "ephemeral_5m_input_tokens": own[TOKEN_TYPES[2]],
            "ephemeral_1h_input_tokens": own[TOKEN_TYPES[3]],
        },
        "output_tokens": own[TOKEN_TYPES[4]],
        "server_tool_use": {SEARCHES: own[SEARCHES]},
    }


def _admin_cost(costs: Costs) -> Json:
    results = [
        {
            **(dict.fromkeys(_group(model)) if name == SEARCHES else _group(model)),
            "workspace_id": "wrkspc_golden",
            "amount": _cents(pico),
            "currency": "USD",
            "cost_type": "web_search" if name == SEARCHES else "tokens",
            "token_type": None if name == SEARCHES else name,
            "description": f"{_DISPLAY[model]} Usage - {name}",
        }
        for (model, name), pico in sorted(costs.items())
    ]
    return {"synthetic": True, "data": [{**_SPAN, "results": results}], **_CLOSED}


def _usage_item(model: str, own: Counter[str]) -> Json:
    total = sum(own[name] for name in TOKEN_TYPES)
    usage = {**_usage(own), "requests": own["requests"], "total_tokens": total}
    return {**_SPAN, "group": _group(model), "usage": usage}


def _cost_item(model: str, name: str, pico: int) -> Json:
    search = name == SEARCHES
    types = {"cost_type": "web_search" if search else "tokens", "token_type": None}
    group = {**_group(model), **types, **({} if search else {"token_type": name})}
    paid = Decimal(pico) * (1 - DISCOUNT)
    amounts = {"amount": _cents(int(paid)), "list_amount": _cents(pico)}
    return {**_SPAN, "group": group, "cost": {**amounts, "currency": "USD", "requests": None}}


def _pages(report: str, items: list[Json]) -> bytes:
    """Give two pages under the line that `rebill fetch` writes first."""
    asked = {
        "rebill_fetch": 1,
        "source": "analytics",
        "report": report,
        "from": _SPAN["starting_at"],
        "to": _SPAN["ending_at"],
        "bucket": "1d",
        "group_by": [*_group(""), *(("cost_type", "token_type") if report == "cost" else ())],
        "synthetic": True,
    }
    refreshed = {"data_refreshed_at": "2026-10-02T06:00:00Z"}
    half = len(items) // 2
    first = {"data": items[:half], "has_more": True, "next_page": "page_golden_2", **refreshed}
    last = {"data": items[half:], **_CLOSED, **refreshed}
    return "".join(f"{dumps(line)}\n" for line in (asked, first, last)).encode()


def _claude_code(counts: Counts) -> Json:
    """Give one person's day; the estimate is a round number that is nobody's charge."""
    models = [
        {
            "model": model,
            "tokens": {
                "input": own[TOKEN_TYPES[0]],
                "output": own[TOKEN_TYPES[4]],
                "cache_read": own[TOKEN_TYPES[1]],
                "cache_creation": own[TOKEN_TYPES[2]] + own[TOKEN_TYPES[3]],
            },
            "estimated_cost": {"currency": "USD", "amount": 99},
        }
        for model, own in sorted(counts.items())
    ]
    person = {
        "date": _SPAN["starting_at"],
        "actor": {"type": "user_actor", "email_address": "golden@example.com"},
        "organization_id": ORGANISATION,
        "customer_type": "api",
        "terminal_type": "synthetic",
        "core_metrics": {"num_sessions": 2},
        "model_breakdown": models,
    }
    return {"synthetic": True, "data": [person], **_CLOSED}


def _console_tokens(counts: Counts) -> str:
    names = ("no_cache", "cache_write_5m", "cache_write_1h", "cache_read")
    columns = [TOKEN_TYPES[0], TOKEN_TYPES[2], TOKEN_TYPES[3], TOKEN_TYPES[1]]
    rows = [
        {
            "usage_date_utc": _DAY,
            "model_version": model,
            "api_key": "golden-key",
            "workspace": "Golden",
            "usage_type": "standard",
            "context_window": "≤ 200k",
            **{f"usage_input_tokens_{n}": own[c] for n, c in zip(names, columns, strict=True)},
            "usage_output_tokens": own[TOKEN_TYPES[4]],
            "web_search_count": own[SEARCHES],
            "inference_geo": "global",
            "speed": "",
        }
        for model, own in sorted(counts.items())
    ]
    return _csv(rows)


def _console_cost(costs: Costs) -> str:
    types = dict(zip(TOKEN_TYPES, _CONSOLE_TYPES, strict=True))
    rows = [
        {
            "usage_date_utc": _DAY,
            "model": _DISPLAY[model],
            "workspace": "Golden",
            "api_key": "golden-key",
            "usage_type": "message",
            "context_window": "≤ 200k",
            "token_type": types.get(name, ""),
            "cost_usd": usd(int(Decimal(pico) * (1 - DISCOUNT))),
            "list_price_usd": usd(pico),
            "cost_type": "token" if name in types else "web_search",
            "inference_geo": "global",
            "speed": "",
            "api_key_id": "apikey_golden",
            "api_key_status": "active",
        }
        for (model, name), pico in sorted(costs.items())
    ]
    return _csv(rows)


def _invoice(counts: Counts, costs: Costs) -> Json:
    lines = [
        {"model": model, "token_type": name, "quantity": counts[model][name], "list_usd": usd(pico)}
        for (model, name), pico in sorted(costs.items())
    ]
    total = costs.total()
    discount = int(Decimal(total) * DISCOUNT)
    return {
        "synthetic": True,
        "organization": ORGANISATION,
        "invoice_id": f"synthetic-golden-{_MONTH}",
        "month": _MONTH,
        "currency": "USD",
        "lines": lines,
        "list_usd": usd(total),
        "discount_usd": usd(discount),
        "total_usd": usd(total - discount),
    }


def _cents(pico: int) -> str:
    return f"{(Decimal(pico) / _PICO_PER_CENT).normalize():f}" if pico else "0"


def _csv(rows: Sequence[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
