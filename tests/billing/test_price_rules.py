"""Each rule of a bill, worked by hand."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from analyzer.billing import total
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.savings import Prices, Question, analyse
from analyzer.trace import Call, Iteration, Tokens
from tests.replay.log_builder import Block, Log, store_of, study_of

USD = 10**12
MILLION = 1_000_000


def billed(**fields: Any) -> int:
    log = Log()
    log.call(0, **fields)
    # nothing but a call on the same day, so that there is a prompt to hang a trie on
    log.call(1, [Block("q", 2)], Tokens(uncached=0))
    return int(study_of(log.calls).billed.total)


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) * MILLION


def test_each_bucket_has_its_own_rate() -> None:
    # Haiku 4.5: $1 plain, $0.10 read, $1.25 for 5 minutes, $2 for an hour, $5 answered
    told = Tokens(
        uncached=MILLION, read=MILLION, write_5m=MILLION, write_1h=MILLION, output=MILLION
    )
    assert billed(tokens=told) == 935 * USD // 100


def test_a_write_of_unknown_life_is_a_five_minute_one() -> None:
    assert billed(tokens=Tokens(write_unsplit=MILLION)) == 125 * USD // 100


def test_thinking_is_part_of_the_answer_not_added_to_it() -> None:
    assert billed(tokens=Tokens(output=MILLION, thinking=400_000)) == 5 * USD


@pytest.mark.parametrize(
    ("fields", "cents"),
    [
        ({}, 500),  # Opus 5: $5
        ({"tier": "batch", "custom_id": "1"}, 250),
        ({"geo": "us"}, 550),
        ({"speed": "fast"}, 1_000),
        ({"tier": "batch", "custom_id": "1", "geo": "us"}, 275),
        ({"speed": "fast", "geo": "us"}, 1_100),
    ],
)
def test_tier_place_and_speed_multiply(fields: dict[str, Any], cents: int) -> None:
    told = {"tokens": Tokens(uncached=MILLION), "model": "claude-opus-5", **fields}
    assert billed(**told) == cents * USD // 100


def test_a_long_prompt_pays_the_dear_rate_for_every_token_of_it() -> None:
    # Haiku 5.5: $0.10 up to 100,000 tokens, $0.50 and $2.50 answered beyond
    haiku = {"model": "claude-haiku-5-5"}
    assert billed(tokens=Tokens(uncached=60_000, read=40_000), **haiku) == 6_400 * MILLION
    # 60,001 x $0.5 + 40,000 x $0.05 + 10 x $2.5, a million each
    told = Tokens(uncached=60_001, read=40_000, output=10)
    assert billed(tokens=told, **haiku) == 60_001 * 500_000 + 40_000 * 50_000 + 10 * 2_500_000


def test_web_searches_cost_a_cent_each_whatever_the_tier() -> None:
    told = {"tokens": Tokens(uncached=0), "web_searches": 3}
    assert billed(**told) == billed(**told, tier="batch", custom_id="1") == 3 * USD // 100


def test_a_refused_call_costs_nothing_and_is_counted() -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)])
    log.call(1, [Block("r", 1_000)], charged=False)
    account = study_of(log.calls).billed
    assert account.total == 1_000 * MILLION
    assert account.uncharged_requests == 1


def iterated(*parts: Iteration, top: Tokens) -> int:
    return billed(tokens=top, iterations=parts)


def test_iterations_and_nothing_else_are_billed_each_at_its_own_model() -> None:
    own = Iteration("message", None, Tokens(uncached=1_000, output=10))
    summary = Iteration("compaction", "claude-opus-5", Tokens(uncached=2_000, output=20))
    # Haiku 1,000 x $1 + 10 x $5, Opus 2,000 x $5 + 20 x $25: $0.00105 + $0.0105
    assert iterated(own, summary, top=own.tokens) == 11_550 * MILLION
    # two messages: the top level, whatever it says, is not billed beside them
    assert iterated(own, own, top=Tokens(uncached=5)) == 2_100 * MILLION


def test_iterations_without_a_message_leave_nothing_else_to_bill() -> None:
    hop = Iteration("fallback_message", "claude-opus-5", Tokens(uncached=1_000))
    assert iterated(hop, top=Tokens(uncached=1_000)) == 5_000 * MILLION


def two_days(model: str, day: date, tokens: Tokens) -> list[Call]:
    """A call of that day, and a free one on 20 October 2026 that ends the log."""
    log = Log()
    log.call(0, [Block("q", 2)], Tokens(uncached=0))
    log.call(0, tokens=tokens, model=model, start_us=noon(day), end_us=noon(day))
    return log.calls


def test_a_price_day_re_prices_the_past_and_names_the_change(book: Book) -> None:
    # Sonnet 5.5 reads: $0.20 a million until 6 October, $0.10 from the 7th
    calls = two_days("claude-sonnet-5-5", date(2026, 10, 1), Tokens(read=MILLION))
    days: tuple[Prices, ...] = ("period-end", date(2026, 10, 2), "logged")
    totals = [study_of(calls, prices=prices).billed.total for prices in days]
    assert totals == [USD // 10, USD // 5, USD // 5]
    with store_of(calls) as store:
        assert analyse(store, book, Question()).vendor_change == -USD // 10
        assert analyse(store, book, Question(prices="logged")).vendor_change is None


def test_a_model_gone_by_the_price_day_keeps_its_own_days_price() -> None:
    # Opus 4.1, $15, retired on 5 August 2026
    calls = two_days("claude-opus-4-1", date(2026, 7, 1), Tokens(uncached=MILLION))
    assert study_of(calls, prices="period-end").billed.total == 15 * USD


def test_a_model_used_after_its_retirement_has_no_price() -> None:
    calls = two_days("claude-opus-4-1", date(2026, 8, 6), Tokens(uncached=MILLION))
    log = Log()
    log.calls = calls
    log.call(5, [Block("paid", 10)])
    [lost] = study_of(log.calls, prices="logged").billed.unpriced()
    assert (lost.what, lost.requests, lost.tokens) == (
        "claude-opus-4-1 after its retirement 2026-08-05", 1, MILLION,
    )  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [{"geo": "regional"}, {"geo": "global"}, {"platform": "bedrock"}, {"platform": "vertex"}],
)
def test_a_model_that_a_cloud_still_serves_keeps_its_last_price(
    told: dict[str, Any], book: Book
) -> None:
    log = Log()
    told = {"model": "claude-opus-4-1", **told}
    log.call(0, tokens=Tokens(uncached=MILLION), **told)  # October, 11 weeks after its retirement
    assert study_of(log.calls, prices="logged").billed.total == 15 * USD
    with store_of(log.calls) as store:
        found = analyse(store, book, Question(policy=Policy.observed()))
    (said,) = [text for text in found.warnings if "had retired" in text]
    assert said.startswith("1 call to models")


@pytest.mark.parametrize("told", [{}, {"platform": "claude_api"}, {"geo": "us"}])
def test_the_vendors_own_platforms_serve_no_retired_model(told: dict[str, Any]) -> None:
    log = Log()
    log.call(0, tokens=Tokens(uncached=MILLION), **{"model": "claude-opus-4-1", **told})
    log.call(5, [Block("paid", 10)])
    [lost] = study_of(log.calls, prices="logged").billed.unpriced()
    assert lost.what == "claude-opus-4-1 after its retirement 2026-08-05"


def test_a_call_without_any_time_has_no_price_and_is_named() -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)])
    log.call(None, [Block("q", 1_000)])
    [lost] = study_of(log.calls).billed.unpriced()
    assert (lost.what, lost.tokens) == ("no time in the log", 1_000)


def test_sums_are_exact_beyond_64_bits() -> None:
    assert total(pl.DataFrame({"pico": [2**62, 2**62, 2**62, 2**62, None]})) == 2**64


def test_an_empty_bill_is_zero() -> None:
    assert total(pl.DataFrame({"pico": []}, schema={"pico": pl.Int64})) == 0
