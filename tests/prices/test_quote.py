"""Exact costs, each worked by hand, and the laws of every price."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import PriceError
from analyzer.prices import Book, Quote, Rates

Cost = Callable[..., Fraction]
BOOK = Book.load()
OPUS = "claude-opus-5-5"  # USD per Mtok: 4 in, 5 and 8 writes, 0.20 read, 20 out
HAIKU = "claude-haiku-5-5"  # 0.10 / 0.125 / 0.20 / 0.01 / 0.50; five times that over 100,000

CASES = {
    # 10k x 4 + 1k x 20 = 0.04 + 0.02
    "plain": (OPUS, {}, {"input": 10_000, "output": 1_000}, "0.06"),
    # 100 x 4 + 50k x 5 + 1k x 20 = 0.0004 + 0.25 + 0.02
    "5m write": (OPUS, {}, {"input": 100, "write_5m": 50_000, "output": 1_000}, "0.2704"),
    # 100 x 4 + 50k x 8 + 1k x 20 = 0.0004 + 0.40 + 0.02
    "1h write": (OPUS, {}, {"input": 100, "write_1h": 50_000, "output": 1_000}, "0.4204"),
    # 0.0004 + 20k x 5 + 30k x 8 + 100k x 0.2 + 0.02 = 0.0004 + 0.10 + 0.24 + 0.02 + 0.02
    "both writes and a read": (
        OPUS,
        {},
        {"input": 100, "write_5m": 20_000, "write_1h": 30_000, "read": 100_000, "output": 1_000},
        "0.3804",
    ),
    # 0.06 / 2
    "batch": (OPUS, {"tier": "batch"}, {"input": 10_000, "output": 1_000}, "0.03"),
    # (0.4204 + 100k x 0.2 = 0.02) / 2
    "batch, 1h write, read": (
        OPUS,
        {"tier": "batch"},
        {"input": 100, "write_1h": 50_000, "read": 100_000, "output": 1_000},
        "0.2202",
    ),
    # 0.06 x 2
    "fast": (OPUS, {"speed": "fast"}, {"input": 10_000, "output": 1_000}, "0.12"),
    # 0.4404 x 2
    "fast, 1h write, read": (
        OPUS,
        {"speed": "fast"},
        {"input": 100, "write_1h": 50_000, "read": 100_000, "output": 1_000},
        "0.8808",
    ),
    # 0.06 x 1.1
    "US inference": (OPUS, {"geo": "us"}, {"input": 10_000, "output": 1_000}, "0.066"),
    # 0.06 x 1.1 / 2
    "US inference in batch": (
        OPUS,
        {"geo": "us", "tier": "batch"},
        {"input": 10_000, "output": 1_000},
        "0.033",
    ),
    # 0.06 x 2 x 1.1
    "US inference, fast": (
        OPUS,
        {"geo": "us", "speed": "fast"},
        {"input": 10_000, "output": 1_000},
        "0.132",
    ),
    # 0.06 + 3 x 10 / 1000
    "searches": (OPUS, {}, {"input": 10_000, "output": 1_000, "searches": 3}, "0.09"),
    # 0.06 x 1.1 / 2 + 3 x 0.01: no modifier scales a search
    "searches in a US batch": (
        OPUS,
        {"geo": "us", "tier": "batch"},
        {"input": 10_000, "output": 1_000, "searches": 3},
        "0.063",
    ),
    # 100k x 0.1 + 1k x 0.5 = 0.01 + 0.0005
    "haiku at 100,000": (HAIKU, {}, {"input": 100_000, "output": 1_000}, "0.0105"),
    # 100,001 x 0.5 + 1k x 2.5 = 0.0500005 + 0.0025
    "haiku at 100,001": (HAIKU, {}, {"input": 100_001, "output": 1_000}, "0.0525005"),
    # 120k x 0.5 + 1k x 2.5 = 0.06 + 0.0025
    "haiku at 120,000": (HAIKU, {}, {"input": 120_000, "output": 1_000}, "0.0625"),
    # the read counts into the length: 60k x 0.5 + 60k x 0.05 + 0.0025
    "haiku, half of it read": (
        HAIKU,
        {},
        {"input": 60_000, "read": 60_000, "output": 1_000},
        "0.0355",
    ),
    # (20k x 0.5 + 90k x 1.0 + 1k x 2.5) / 2 = (0.01 + 0.09 + 0.0025) / 2
    "haiku, 1h write in batch": (
        HAIKU,
        {"tier": "batch"},
        {"input": 20_000, "write_1h": 90_000, "output": 1_000},
        "0.05125",
    ),
    # a long answer does not lengthen the prompt: 100k x 0.1 + 5k x 0.5
    "haiku with a long answer": (HAIKU, {}, {"input": 100_000, "output": 5_000}, "0.0125"),
    # 10k x 8 + 1k x 40
    "fable": ("claude-fable-5-2", {}, {"input": 10_000, "output": 1_000}, "0.12"),
    # 1k x 4 + 2k x 5 + 1k x 8 + 1k x 0.2 + 8 x 20 = 0.004 + 0.01 + 0.008 + 0.0002 + 0.00016
    "small mixed": (
        OPUS,
        {},
        {"input": 1_000, "write_5m": 2_000, "write_1h": 1_000, "read": 1_000, "output": 8},
        "0.02236",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_request_costs_what_the_price_sheet_says(
    case: str, book: Book, dollars: Cost, today: date
) -> None:
    model, how, tokens, usd = CASES[case]
    assert dollars(book.quote(model, today, **how), **tokens) == Fraction(usd)


LONG = {"input": 150_000, "read": 100_000, "output": 1_000}
HISTORY = {
    # 150k x 10 + 100k x 1 + 1k x 37.5 = 1.5 + 0.1 + 0.0375; then 0.75 + 0.05 + 0.025
    "opus 4.6 with the premium": ("claude-opus-4-6", "2026-03-12", {}, LONG, "1.6375"),
    "opus 4.6 without": ("claude-opus-4-6", "2026-03-13", {}, LONG, "0.825"),
    # 150k x 6 + 100k x 0.6 + 1k x 22.5 = 0.9 + 0.06 + 0.0225; then 0.45 + 0.03 + 0.015
    "sonnet 4.6 with the premium": ("claude-sonnet-4-6", "2026-03-12", {}, LONG, "0.9825"),
    "sonnet 4.6 without": ("claude-sonnet-4-6", "2026-03-13", {}, LONG, "0.495"),
    "sonnet 4.5 with the premium": ("claude-sonnet-4-5", "2026-04-29", {}, LONG, "0.9825"),
    "sonnet 4.5 without": ("claude-sonnet-4-5", "2026-04-30", {}, LONG, "0.495"),
    "sonnet 4 before the beta": ("claude-sonnet-4-0", "2025-08-11", {}, LONG, "0.495"),
    "sonnet 4 in the beta": ("claude-sonnet-4-0", "2025-08-12", {}, LONG, "0.9825"),
    # 250k x 6 + 1k x 22.5 = 1.5 + 0.0225
    "sonnet 4.5, 250k": (
        "claude-sonnet-4-5",
        "2026-01-15",
        {},
        {"input": 250_000, "output": 1_000},
        "1.5225",
    ),
    # at 200,000 exactly the standard price holds: 200k x 3 + 1k x 15
    "sonnet 4.5, 200k": (
        "claude-sonnet-4-5",
        "2026-01-15",
        {},
        {"input": 200_000, "output": 1_000},
        "0.615",
    ),
    # reads at 0.20, then at 0.10
    "sonnet 5.5 reads before": ("claude-sonnet-5-5", "2026-10-06", {}, {"read": 10**6}, "0.20"),
    "sonnet 5.5 reads after": ("claude-sonnet-5-5", "2026-10-07", {}, {"read": 10**6}, "0.10"),
    # 6 x (5 + 25), then standard and silent
    "opus 4.6 fast": (
        "claude-opus-4-6",
        "2026-06-28",
        {"speed": "fast"},
        {"input": 10**6, "output": 10**6},
        "180",
    ),
    "opus 4.6 fast, no longer": (
        "claude-opus-4-6",
        "2026-06-29",
        {"speed": "fast"},
        {"input": 10**6, "output": 10**6},
        "30",
    ),
    # one fast price over the whole window: 6 x (150k x 5 + 100k x 0.5 + 1k x 25) = 6 x 0.825
    "opus 4.6 fast and long": (
        "claude-opus-4-6",
        "2026-03-01",
        {"speed": "fast"},
        LONG,
        "4.95",
    ),
    # 6 x 5 + 6 x 25
    "opus 4.7 fast": (
        "claude-opus-4-7",
        "2026-07-23",
        {"speed": "fast"},
        {"input": 10**6, "output": 10**6},
        "180",
    ),
    # writes of the oldest small model are not 1.25x: 0.30 + 0.50 + 0.03
    "haiku 3 writes": (
        "claude-3-haiku",
        "2026-04-01",
        {},
        {"write_5m": 10**6, "write_1h": 10**6, "read": 10**6},
        "0.83",
    ),
    # half of 15 + 75
    "opus 4.1 in batch": (
        "claude-opus-4-1",
        "2026-08-05",
        {"tier": "batch"},
        {"input": 10**6, "output": 10**6},
        "45",
    ),
}


@pytest.mark.parametrize("case", HISTORY)
def test_a_past_request_costs_what_was_true_that_day(case: str, book: Book, dollars: Cost) -> None:
    model, day, how, tokens, usd = HISTORY[case]
    assert dollars(book.quote(model, date.fromisoformat(day), **how), **tokens) == Fraction(usd)


REFUSED = {
    "model claude-opus-6": ("claude-opus-6", "2026-11-23", {}),
    "model gpt-5.6-sol": ("gpt-5.6-sol", "2026-11-23", {}),
    "tier flex": (OPUS, "2026-11-23", {"tier": "flex"}),
    "tier priority": (OPUS, "2026-11-23", {"tier": "priority"}),
    "tier default": (OPUS, "2026-11-23", {"tier": "default"}),
    "tier batches": (OPUS, "2026-11-23", {"tier": "batches"}),
    "tier batch on claude-3-sonnet": ("claude-3-sonnet", "2025-07-01", {"tier": "batch"}),
    "speed turbo": (OPUS, "2026-11-23", {"speed": "turbo"}),
    "speed fast in batch": (OPUS, "2026-11-23", {"speed": "fast", "tier": "batch"}),
    "speed fast on claude-sonnet-5-5 at 2026-11": (
        "claude-sonnet-5-5",
        "2026-11-23",
        {"speed": "fast"},
    ),
    "speed fast on claude-opus-4-7 at 2026-07": (
        "claude-opus-4-7",
        "2026-07-24",
        {"speed": "fast"},
    ),
    "speed fast on claude-opus-4-7 at 2026-05": (
        "claude-opus-4-7",
        "2026-05-11",
        {"speed": "fast"},
    ),
    "speed fast on claude-opus-4-6 at 2026-02": (
        "claude-opus-4-6",
        "2026-02-06",
        {"speed": "fast"},
    ),
    "speed fast on claude-opus-4-8 at 2026-11": (
        "claude-opus-4-8",
        "2026-11-30",
        {"speed": "fast"},
    ),
    "geo eu": (OPUS, "2026-11-23", {"geo": "eu"}),
    "geo us on claude-haiku-4-5": ("claude-haiku-4-5", "2026-11-23", {"geo": "us"}),
    "claude-opus-5-5 before its release 2026-09-22": (OPUS, "2026-09-21", {}),
    "claude-opus-4-1 after its retirement 2026-08-05": ("claude-opus-4-1", "2026-08-06", {}),
    "claude-sonnet-4-5 after its retirement 2026-11-30": ("claude-sonnet-4-5", "2026-12-01", {}),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_the_book_does_not_hold_is_refused_in_words_that_can_be_counted(
    reason: str, book: Book
) -> None:
    model, day, how = REFUSED[reason]
    with pytest.raises(PriceError) as caught:
        book.quote(model, date.fromisoformat(day), **how)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "how",
    [
        {"tier": "standard"},
        {"tier": ""},
        {"speed": "standard"},
        {"speed": "normal"},
        {"speed": ""},
        {"geo": "global"},
        {"geo": "not_available"},
        {"geo": ""},
    ],
)
def test_what_a_source_writes_for_nothing_special_is_the_standard_price(
    how: dict[str, str], book: Book, today: date
) -> None:
    assert book.quote(OPUS, today, **how) == book.quote(OPUS, today)


def test_a_rate_that_is_not_whole_is_refused_and_never_rounded() -> None:
    with pytest.raises(ArithmeticError, match="not a whole number"):
        Rates(3, 1, 1, 1, 1).times(Fraction(1, 2))


@settings(deadline=None)
@given(
    model=st.sampled_from(BOOK.models()),
    days=st.integers(0, 1_100),
    tier=st.sampled_from([None, "standard", "batch"]),
    speed=st.sampled_from([None, "standard", "fast"]),
    geo=st.sampled_from([None, "global", "us", "not_available", "regional"]),
)
def test_every_stack_of_modifiers_gives_whole_positive_rates_or_a_refusal(
    model: str, days: int, tier: str | None, speed: str | None, geo: str | None
) -> None:
    day = date(2024, 6, 1) + timedelta(days=days)
    try:
        quote = BOOK.quote(model, day, tier, speed, geo)
    except PriceError:
        return
    for rates in _lists(quote):
        assert all(type(rate) is int and rate > 0 for rate in astuple(rates))
        assert rates.read < rates.input < rates.write_5m < rates.write_1h < rates.output
    assert (quote.over is None) == (quote.threshold is None)


@settings(deadline=None)
@given(
    model=st.sampled_from(BOOK.models()),
    days=st.integers(0, 1_100),
    geo=st.sampled_from([None, "us", "regional"]),
)
def test_a_batch_costs_half_of_the_same_request_sent_live(
    model: str, days: int, geo: str | None
) -> None:
    day = date(2024, 6, 1) + timedelta(days=days)
    try:
        live, batch = BOOK.quote(model, day, geo=geo), BOOK.quote(model, day, "batch", geo=geo)
    except PriceError:
        return
    for whole, half in zip(_lists(live), _lists(batch), strict=True):
        assert tuple(2 * rate for rate in astuple(half)) == astuple(whole)
    assert live.web_search == batch.web_search


def _lists(quote: Quote) -> list[Rates]:
    return [quote.base] if quote.over is None else [quote.base, quote.over]
