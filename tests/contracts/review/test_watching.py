"""Odd days and events: each day is told only what earlier days tell."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from analyzer.contracts.review.months import Span, span_of
from analyzer.contracts.review.spending import Spending, number_of
from analyzer.contracts.review.watching import watch
from analyzer.prices import Book
from analyzer.results.review import Watch

BOOK = Book.load()
USD = 10**12
FIRST = date(2026, 8, 1)
DAYS = [FIRST + timedelta(step) for step in range(92)]
"""August, September and October."""


def row(day: date, usd: int, **facts: Any) -> dict[str, Any]:
    plain = {
        "request": 0, "day": number_of(day), "model": "claude-opus-5", "workload": "chat",
        "uncached": 10, "read": 90, "write_5m": 0, "write_1h": 0, "pico": usd * USD, "attempt": 0,
        "extra": False,
    }  # fmt: skip
    return {**plain, **facts}


def watched(rows: Iterable[dict[str, Any]], span: Span | None = None) -> Watch:
    frame = pl.DataFrame(list(rows)).with_row_index("nth")
    spent = Spending(frame, {}, retries_told=True)
    names = sorted(frame["workload"].unique())
    return watch(spent, span or span_of("2026-10", DAYS), BOOK, names)


def usual(day: date) -> int:
    """Dollars of an ordinary day: they differ a little, by week."""
    return 1_000 + 10 * (day.toordinal() // 7 % 3)


def test_a_day_far_from_its_weekday_stands_out_once_for_each_series() -> None:
    odd = date(2026, 10, 14)
    found = watched(row(day, usual(day) + (700 if day == odd else 0)) for day in DAYS)
    assert [(one.day, one.what) for one in found.odd_days] == [
        ("2026-10-14", "all workloads"),
        ("2026-10-14", "chat"),
    ]
    first = found.odd_days[0]
    assert first.impact == first.billed - first.usual
    assert Fraction(690 * USD) <= first.impact <= 710 * USD
    assert (found.judged, found.unjudged) == (31, 0)


def test_a_small_day_out_of_line_is_not_worth_a_flag() -> None:
    odd = date(2026, 10, 14)
    assert not watched(
        row(day, 40 if day == odd else 1 + day.toordinal() % 2) for day in DAYS
    ).odd_days


def test_later_days_change_no_earlier_verdict() -> None:
    odd = date(2026, 10, 14)
    rows = [row(day, usual(day) + (700 if day == odd else 0)) for day in DAYS]
    later = date(2026, 10, 20)
    whole = watched(rows)
    so_far = watched(
        [one for one in rows if one["day"] <= number_of(later)], span_of("2026-10", DAYS, later)
    )
    assert so_far.odd_days == tuple(one for one in whole.odd_days if one.day <= "2026-10-20")


def test_days_without_a_history_are_counted_and_not_judged() -> None:
    days = [day for day in DAYS if day >= date(2026, 10, 1)]
    found = watched((row(day, 1_000) for day in days), span_of("2026-10", days))
    # a fifth Thursday, Friday and Saturday alone have four before them
    assert (found.judged, found.unjudged) == (3, 28)


def test_a_cache_share_that_falls_is_an_event_of_its_workload() -> None:
    lost = date(2026, 10, 14)
    rows = [
        row(day, 100, workload=name, read=60 if (day, name) == (lost, "chat") else 90)
        | {"uncached": 40 if (day, name) == (lost, "chat") else 10}
        for day in DAYS
        for name in ("chat", "digest")
    ]
    events = watched(rows).events
    assert [(one.day, one.where) for one in events] == [("2026-10-14", "chat")]
    assert "fell by 30 points" in events[0].what


def test_a_workload_of_little_cost_makes_no_event() -> None:
    lost = date(2026, 10, 14)
    tiny = {"workload": "tiny", "uncached": 100, "read": 0}
    rows = [row(day, 100) for day in DAYS] + [row(day, 4, workload="tiny") for day in DAYS]
    rows.append(row(lost, 0, **tiny))
    assert not watched(rows).events


def test_five_retried_calls_at_twice_their_share_are_an_event_and_four_are_not() -> None:
    def traffic(retried: int) -> list[dict[str, Any]]:
        storm = date(2026, 10, 14)
        return [
            row(day, 10, attempt=int(call < (retried if day == storm else 1)))
            for day in DAYS
            for call in range(20)
        ]

    assert [one.what for one in watched(traffic(5)).events] == [
        "retries rose to 5.0 times their share"
    ]
    assert not watched(traffic(4)).events


def test_a_model_is_new_on_its_first_day_alone() -> None:
    new = "claude-sonnet-5"
    rows = [row(day, 100) for day in DAYS]
    rows += [row(date(2026, 10, day), 100, model=new) for day in (5, 9)]
    found = [one for one in watched(rows).events if "new model" in one.what]
    assert [(one.day, one.what) for one in found] == [("2026-10-05", f"new model {new}")]


def test_a_price_move_of_a_model_in_use_is_an_event() -> None:
    move = next(
        one
        for one in BOOK.changes()
        if one.kind == "price" and one.day.year == 2026 and one.day.month == 10
    )
    used = watched(row(day, 100, model=move.model) for day in DAYS).events
    assert any(one.day == move.day.isoformat() and "price change" in one.what for one in used)
    assert not [
        one for one in watched(row(day, 100) for day in DAYS).events if move.model in one.what
    ]
