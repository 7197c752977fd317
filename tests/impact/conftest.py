"""What the impact's tests share: traffic as frames, a book, and one day's dollars a month."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from analyzer.impact.records import DAYS_A_MONTH
from analyzer.impact.volume import Volume, cuts, volume
from analyzer.prices import Book
from analyzer.traffic import Usage

_EPOCH = date(1970, 1, 1)
_COUNTS = ("uncached", "read", "write_5m", "write_1h", "output", "web_searches")
_CALLS: dict[str, Any] = {
    "request": pl.Int64, "day": pl.Int32, "model": pl.Utf8, "name": pl.Utf8, "tier": pl.Utf8,
    "speed": pl.Utf8, "geo": pl.Utf8, "platform": pl.Utf8, "tool_choice": pl.Utf8,
    "charged": pl.Boolean, **dict.fromkeys(_COUNTS, pl.Int64),
}  # fmt: skip
_EXTRAS: dict[str, Any] = {
    "request": pl.Int64, "day": pl.Int32, "tier": pl.Utf8, "speed": pl.Utf8, "geo": pl.Utf8,
    "name": pl.Utf8, "kind": pl.Utf8, **dict.fromkeys(_COUNTS[:-1], pl.Int64),
}  # fmt: skip


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load()


@pytest.fixture(scope="session")
def usage_of() -> Callable[..., Usage]:
    """Usage of calls told as mappings; what a call does not tell is plain and 0."""

    def made(calls: Iterable[dict[str, Any]], extras: Iterable[dict[str, Any]] = ()) -> Usage:
        rows = []
        for number, call in enumerate(calls):
            model = call.get("model", "claude-sonnet-5-5")
            row: dict[str, Any] = dict.fromkeys(_CALLS)
            row |= dict.fromkeys(_COUNTS, 0)
            row |= {"request": number, "name": model, "tier": "standard", "charged": True}
            row |= {"day": date(2026, 11, 8), **call, "model": model}
            row["day"] = None if row["day"] is None else (row["day"] - _EPOCH).days
            rows.append(row)
        hidden = [
            {**dict.fromkeys(_COUNTS[:-1], 0), "tier": "standard", "kind": "compaction", **one}
            | {"day": (one["day"] - _EPOCH).days}
            for one in extras
        ]
        return Usage(pl.DataFrame(rows, schema=_CALLS), pl.DataFrame(hidden, schema=_EXTRAS))

    return made


@pytest.fixture(scope="session")
def volume_of(book: Book, usage_of: Callable[..., Usage]) -> Callable[..., Volume]:
    """The volume of calls told as mappings."""

    def made(*calls: dict[str, Any]) -> Volume:
        return volume(usage_of(calls), cuts(book))

    return made


@pytest.fixture(scope="session")
def a_month() -> Callable[[str], Fraction]:
    """Dollars of one day's traffic as pico-dollars a month."""
    return lambda usd: Fraction(usd) * 10**12 * DAYS_A_MONTH


@pytest.fixture(scope="session")
def days() -> Callable[[date, int], date]:
    return lambda day, more: day + timedelta(days=more)
