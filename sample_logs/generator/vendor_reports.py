"""The vendor's side, made from the answer key: usage report, cost report and monthly invoices."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from generator.calendar import DAYS, FIRST_DAY
from generator.exchanges import ORGANISATION, Json
from generator.truth import Billed

Price = Callable[[Billed], Mapping[str, int] | None]
"""Pico-dollars of one call by token type; None for a model the vendor does not charge for."""

Group = tuple[str, ...]

TOKEN_TYPES = (
    "uncached_input_tokens",
    "cache_read_input_tokens",
    "cache_creation.ephemeral_5m_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens",
    "output_tokens",
)
SEARCHES = "web_search_requests"
_LONG_CONTEXT = 200_000
_PICO_PER_CENT = 10**10
_PICO_PER_USD = 10**12


def quantities(call: Billed) -> dict[str, int]:
    """Give a call's billed quantities by the report's names."""
    buckets = call.buckets
    counts = (buckets.uncached, buckets.read, buckets.write_5m, buckets.write_1h, call.output)
    return {**dict(zip(TOKEN_TYPES, counts, strict=True)), SEARCHES: call.searches}


EVERY_DAY = tuple(FIRST_DAY + timedelta(days=offset) for offset in range(DAYS))


def usage_report(calls: Iterable[Billed], days: Sequence[date] = EVERY_DAY) -> Json:
    """Give the Admin usage report: one bucket a day, grouped by the billing dimensions."""
    groups: dict[str, dict[Group, Counter[str]]] = {}
    for call in calls:
        groups.setdefault(call.day, {}).setdefault(_group(call), Counter()).update(quantities(call))
    return _report(
        lambda day: [
            _usage_row(group, counts) for group, counts in sorted(groups.get(day, {}).items())
        ],
        days,
    )


def cost_report(calls: Iterable[Billed], price: Price, days: Sequence[date] = EVERY_DAY) -> Json:
    """Give the cost report: amounts are decimal strings of cents."""
    costs: dict[str, Counter[tuple[Group, str]]] = {}
    for call in calls:
        for token_type, pico in (price(call) or {}).items():
            if pico:
                costs.setdefault(call.day, Counter())[(_group(call), token_type)] += pico
    return _report(
        lambda day: [
            _cost_row(group, token_type, pico)
            for (group, token_type), pico in sorted(costs.get(day, Counter()).items())
        ],
        days,
    )


def invoice(month: str, calls: Iterable[Billed], price: Price) -> Json:
    """Give a month's invoice at list price, one line for each model and token type."""
    quantity: Counter[tuple[str, str]] = Counter()
    charge: Counter[tuple[str, str]] = Counter()
    for call in calls:
        prices = price(call)
        if call.day.startswith(month) and prices is not None:
            for token_type, pico in prices.items():
                quantity[call.model, token_type] += quantities(call)[token_type]
                charge[call.model, token_type] += pico
    lines = [
        {
            "model": model,
            "token_type": token_type,
            "quantity": quantity[model, token_type],
            "list_usd": usd(pico),
        }
        for (model, token_type), pico in sorted(charge.items())
        if quantity[model, token_type]
    ]
    total = usd(charge.total())
    return {
        "synthetic": True,
        "organization": ORGANISATION,
        "invoice_id": f"synthetic-{month}",
        "month": month,
        "currency": "USD",
        "lines": lines,
        "list_usd": total,
        "discount_usd": "0",
        "total_usd": total,
    }


def unlogged(calls: Iterable[Billed]) -> list[Json]:
    """Give the answer key of what the logs miss, one call a row."""
    return [
        {
            "synthetic": True,
            "call": call.name,
            "day": call.day,
            "model": call.model,
            "workspace_id": call.workspace,
            "service_tier": call.tier,
            "speed": call.speed,
            **quantities(call),
        }
        for call in calls
        if not call.logged
    ]


def usd(pico: int) -> str:
    """Give exact dollars."""
    return _plain(Decimal(pico) / _PICO_PER_USD)


def _report(rows_of: Callable[[str], Sequence[Json]], days: Sequence[date]) -> Json:
    data = [
        {
            "starting_at": _midnight(day),
            "ending_at": _midnight(day + timedelta(days=1)),
            "results": rows_of(day.isoformat()),
        }
        for day in days
    ]
    return {
        "synthetic": True,
        "organization": ORGANISATION,
        "data": data,
        "has_more": False,
        "next_page": None,
    }


def _group(call: Billed) -> Group:
    window = "200k-1M" if call.buckets.total > _LONG_CONTEXT else "0-200k"
    return (call.model, call.tier, call.workspace, window, call.geo, call.speed)


def _dimensions(group: Group) -> Json:
    names = ("model", "service_tier", "workspace_id", "context_window", "inference_geo", "speed")
    return dict(zip(names, group, strict=True))


def _usage_row(group: Group, counts: Mapping[str, int]) -> Json:
    return {
        "account_id": None,
        "api_key_id": None,
        "service_account_id": None,
        **_dimensions(group),
        "uncached_input_tokens": counts[TOKEN_TYPES[0]],
        "cache_read_input_tokens": counts[TOKEN_TYPES[1]],
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts[TOKEN_TYPES[2]],
            "ephemeral_1h_input_tokens": counts[TOKEN_TYPES[3]],
        },
        "output_tokens": counts[TOKEN_TYPES[4]],
        "server_tool_use": {SEARCHES: counts[SEARCHES]},
    }


def _cost_row(group: Group, token_type: str, pico: int) -> Json:
    search = token_type == SEARCHES
    named = _dimensions(group)
    dimensions = {key: value for key, value in named.items() if key == "workspace_id" or not search}
    return {
        **dict.fromkeys(named),
        **dimensions,
        "amount": _plain(Decimal(pico) / _PICO_PER_CENT),
        "currency": "USD",
        "cost_type": "web_search" if search else "tokens",
        "token_type": None if search else token_type,
        "description": "Web Search Usage" if search else f"{group[0]} Usage - {token_type}",
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
