"""Minimums, windows, sales and successors by day."""

import json
from datetime import date, timedelta
from fractions import Fraction
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import PriceError
from analyzer.prices import Book, Minimum, TokenRatio

BOOK = Book.load()


@pytest.mark.parametrize(
    ("model", "day", "minimum"),
    [
        # two of the vendor's own pages disagree until the snapshot of 2026-08-21: the higher holds
        ("claude-opus-4-8", "2026-07-15", Minimum(4096, certain=False)),
        ("claude-opus-4-8", "2026-08-20", Minimum(4096, certain=False)),
        ("claude-opus-4-8", "2026-08-21", Minimum(1024, certain=True)),
        ("claude-opus-4-7", "2026-07-15", Minimum(4096, certain=False)),
        ("claude-opus-4-7", "2026-11-23", Minimum(2048, certain=True)),
        ("claude-sonnet-4-6", "2026-03-01", Minimum(2048, certain=True)),
        ("claude-sonnet-4-6", "2026-07-15", Minimum(2048, certain=False)),
        ("claude-sonnet-4-6", "2026-11-23", Minimum(1024, certain=True)),
        ("claude-fable-5", "2026-07-15", Minimum(2048, certain=False)),
        ("claude-fable-5", "2026-11-23", Minimum(512, certain=True)),
        ("claude-mythos-preview", "2026-11-23", Minimum(2048, certain=True)),
        ("claude-opus-4-6", "2026-07-15", Minimum(4096, certain=True)),
        ("claude-haiku-4-5", "2026-11-23", Minimum(4096, certain=True)),
        ("claude-haiku-5-5", "2026-11-23", Minimum(512, certain=True)),
        # no page gives it
        ("claude-fable-5-2", "2026-11-23", Minimum(512, certain=False)),
        ("claude-mythos-5-2", "2026-11-23", Minimum(512, certain=False)),
    ],
)
def test_the_minimum_to_cache_is_dated_and_says_when_it_is_not_certain(
    model: str, day: str, minimum: Minimum, book: Book
) -> None:
    assert book.minimum(model, date.fromisoformat(day)) == minimum


@settings(deadline=None)
@given(st.sampled_from(BOOK.models()), st.integers(0, 1_100))
def test_an_uncertain_minimum_is_never_below_the_one_that_follows(model: str, days: int) -> None:
    day = date(2024, 6, 1) + timedelta(days=days)
    now, later = BOOK.minimum(model, day), BOOK.minimum(model, date(2026, 11, 23))
    assert now.certain or now.tokens >= later.tokens


@pytest.mark.parametrize(
    ("model", "day", "window"),
    [
        ("claude-sonnet-4-0", "2025-08-11", 200_000),
        ("claude-sonnet-4-0", "2025-08-12", 1_000_000),
        ("claude-sonnet-4-5", "2026-04-29", 1_000_000),
        ("claude-sonnet-4-5", "2026-04-30", 200_000),
        ("claude-haiku-4-5", "2026-11-23", 200_000),
        ("claude-haiku-5-5", "2026-11-23", 1_000_000),
    ],
)
def test_the_context_window_is_that_of_the_day(
    model: str, day: str, window: int, book: Book
) -> None:
    assert book.facts(model).context_window(date.fromisoformat(day)) == window


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("claude-opus-5-5", "2026-09-22"),
        ("claude-sonnet-4-5", "2026-11-29"),
        ("claude-opus-4-5", "2026-12-31"),  # a promise until a date is not a retirement
        ("claude-fable-5", "2026-06-11"),
        ("claude-fable-5", "2026-07-01"),
    ],
)
def test_a_model_is_sold_from_its_release(model: str, day: str, book: Book) -> None:
    assert book.facts(model).sold(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("claude-opus-5-5", "2026-09-21"),
        ("claude-sonnet-4-5", "2026-11-30"),
        ("claude-fable-5", "2026-06-12"),  # access was suspended for some weeks
        ("claude-fable-5", "2026-06-30"),
        ("claude-3-opus", "2026-01-05"),
    ],
)
def test_a_model_is_not_sold_before_release_after_retirement_or_while_suspended(
    model: str, day: str, book: Book
) -> None:
    assert not book.facts(model).sold(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("model", "day", "newer"),
    [
        ("claude-opus-4-6", "2026-11-23", "claude-opus-5-5"),
        ("claude-opus-4-6", "2026-09-21", "claude-opus-5"),
        ("claude-opus-5-5", "2026-11-23", None),
        ("claude-haiku-4-5", "2026-10-06", None),
        ("claude-haiku-4-5", "2026-10-07", "claude-haiku-5-5"),
        ("claude-sonnet-4-0", "2026-11-23", "claude-sonnet-5-5"),  # itself retired
        ("claude-fable-5", "2026-10-01", "claude-fable-5-1"),
        ("claude-3-haiku", "2026-02-01", None),  # 4.5 costs four times as much
        ("claude-3-haiku", "2026-11-23", None),  # 5.5 costs twice as much above 100,000 tokens
    ],
)
def test_the_successor_is_the_newest_of_its_line_that_is_not_dearer(
    model: str, day: str, newer: str | None, book: Book
) -> None:
    assert book.successor(model, date.fromisoformat(day)) == newer


@pytest.mark.parametrize("rate", ["input", "output"])
def test_a_model_that_is_dearer_on_one_rate_alone_is_no_successor(rate: str, today: date) -> None:
    shipped = resources.files("analyzer.prices").joinpath("rules.json").read_bytes()
    rules = json.loads(shipped)
    rules["models"]["claude-opus-5-5"]["prices"][0]["standard"][rate] = "26"
    book = Book.from_json(json.dumps(rules).encode())
    assert book.successor("claude-opus-4-6", today) == "claude-opus-5"


@settings(deadline=None)
@given(st.sampled_from(BOOK.models()), st.integers(0, 1_100))
def test_a_successor_is_sold_that_day_and_not_dearer(model: str, days: int) -> None:
    day = date(2024, 6, 1) + timedelta(days=days)
    name = BOOK.successor(model, day)
    if name is None:
        return
    assert BOOK.facts(name).sold(day)
    assert BOOK.facts(name).line == BOOK.facts(model).line
    try:
        old, new = BOOK.quote(model, day).base, BOOK.quote(name, day).base
    except PriceError:
        return
    assert new.input <= old.input
    assert new.output <= old.output


def test_the_flags_say_what_a_target_would_refuse(book: Book) -> None:
    new, old = book.facts("claude-sonnet-5-5").flags, book.facts("claude-sonnet-4-5").flags
    assert (new.forced_tool_choice, new.prefill, new.budget_tokens) == (False, False, False)
    assert (old.forced_tool_choice, old.prefill, old.budget_tokens) == (True, True, True)
    assert book.facts("claude-mythos-preview").flags.forced_tool_choice is None


def test_a_text_makes_more_tokens_on_the_newer_family(book: Book) -> None:
    there = book.token_ratio("claude-opus-4-6", "claude-opus-5-5")
    assert there == TokenRatio(Fraction(13, 10), Fraction(1), Fraction(147, 100))
    back = book.token_ratio("claude-opus-5-5", "claude-opus-4-6")
    assert back == TokenRatio(Fraction(10, 13), Fraction(100, 147), Fraction(1))
    same = book.token_ratio("claude-opus-5", "claude-opus-5-5")
    assert same == TokenRatio(Fraction(1), Fraction(1), Fraction(1))


def test_facts_of_an_unknown_model_are_refused(book: Book) -> None:
    with pytest.raises(PriceError, match="model claude-opus-6"):
        book.facts("claude-opus-6")
