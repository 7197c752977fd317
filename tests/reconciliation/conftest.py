"""Small reports made by hand: one model at round prices, whole days of September 2026."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from analyzer.intake import COST_ROWS, USAGE_ROWS
from analyzer.prices import Book
from analyzer.reconciliation import Reports

DAY_US = 86_400_000_000
MODEL = "claude-opus-4-8"
"""5 dollars a million input tokens, 25 output, 0.50 read, 6.25 and 10 written."""

Frame = Callable[..., pl.DataFrame]


def _start(day: int, month: int = 9) -> int:
    return int(datetime(2026, month, day, tzinfo=UTC).timestamp()) * 1_000_000


def logged(*rows: dict[str, Any]) -> pl.DataFrame:
    """Billed rows as `Account.rows` has them."""
    base: dict[str, Any] = {
        "request": 0, "day": None, "model": MODEL, "tier": "standard", "speed": None, "geo": None,
        "uncached": 0, "read": 0, "write_5m": 0, "write_1h": 0, "output": 0, "unpriced": None,
        "pico": 0, "charged": True, "extra": False,
    }  # fmt: skip
    given = [{**base, **row, "day": _start(row.get("day", 1)) // DAY_US} for row in rows]
    texts = dict.fromkeys(("speed", "geo", "unpriced"), pl.Utf8)
    return pl.DataFrame(given or [base], schema_overrides={**texts, "day": pl.Int32}).head(
        len(given)
    )


def usage(*rows: dict[str, Any]) -> pl.DataFrame:
    """A usage report's cells, a day each."""
    return _report(USAGE_ROWS, {"model": MODEL, "tier": "standard"}, rows)


def cost(*rows: dict[str, Any]) -> pl.DataFrame:
    """A cost report's cells, a day each; money in dollars under `usd` and `list_usd`."""
    base = {
        "model": MODEL, "tier": "standard", "kind": "tokens", "token_type": "uncached",
        "currency": "USD", "correction": False,
    }  # fmt: skip
    priced = [
        {
            **row,
            "charged_pico": _pico(row["usd"]),
            "list_pico": _pico(row["list_usd"]) if "list_usd" in row else None,
        }
        for row in rows
    ]
    return _report(COST_ROWS, base, priced)


def reports(**frames: pl.DataFrame) -> Reports:
    """Reports with the roles that are left out empty."""
    return Reports(
        usage=frames.get("usage", usage()),
        cost=frames.get("cost", cost()),
        invoice=frames.get("invoice", cost()),
    )


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load()


def _pico(usd: float) -> int:
    return round(usd * 10**6) * 10**6


def _report(schema: dict[str, Any], base: dict[str, Any], rows: Any) -> pl.DataFrame:
    full = []
    for row in rows:
        day, days = row.get("day", 1), row.get("days", 1)
        told = {key: value for key, value in row.items() if key in schema}
        start_us = _start(day, row.get("month", 9))
        bounds = {"start_us": start_us, "end_us": start_us + days * DAY_US}
        full.append({**dict.fromkeys(schema), **base, **bounds, **told, "source_id": "s"})
    return pl.DataFrame(full, schema=schema, orient="row").with_columns(
        source=pl.lit("report"), connector=pl.lit("analytics_reports")
    )
