"""The outside opinion: agreement wherever it can be had, and each known trap with both figures."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import RebillError
from analyzer.prices import Book, Disagreement, crosscheck

BOOK = Book.load()
OPUS = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}  # 4 + 20 = 24 USD on Opus 5.5


def theirs(
    model: str, day: str, usage: dict[str, int], context: dict[str, str] | None = None
) -> Decimal:
    import genai_prices

    price = genai_prices.calc_price(
        genai_prices.Usage(**usage),
        model,
        provider_id="anthropic",
        genai_request_timestamp=datetime.combine(date.fromisoformat(day), time(12), UTC),
        price_context=context,
    )
    return price.total_price


def test_today_the_two_differ_only_on_a_premium_that_has_ended(today: date) -> None:
    found = crosscheck(BOOK, today)
    assert {(item.model, item.rate.split()[0]) for item in found} == {("claude-sonnet-4-5", "over")}
    assert all(item.reason for item in found)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1_100))
def test_on_any_day_every_disagreement_has_a_known_reason(days: int) -> None:
    found = crosscheck(BOOK, date(2024, 1, 1) + timedelta(days=days))
    assert [item for item in found if item.reason is None] == []


def test_most_figures_are_shared(today: date) -> None:
    def refuse_all(rules: dict[str, Any]) -> None:
        for model in rules["models"].values():
            for period in model["prices"]:
                period["standard"]["output"] = "999"

    found = crosscheck(_changed(refuse_all), today)
    # Fable 5, 5.1, 5.2; Mythos 5.2; Opus 4.5 to 4.8, 5, 5.5; Sonnet 4.5, 4.6, 5, 5.5;
    # Haiku 4.5, 5.5: 3 + 1 + 6 + 4 + 2
    assert len({item.model for item in found if item.reason is None}) == 16


def test_a_wrong_figure_of_ours_is_found(today: date) -> None:
    def plant(rules: dict[str, Any]) -> None:
        rules["models"]["claude-opus-5-5"]["prices"][0]["standard"]["cache_read"] = "0.4"

    found = [item for item in crosscheck(_changed(plant), today) if item.reason is None]
    # 0.4 and 0.2 USD per Mtok; half in batch, double when fast
    assert [(item.kind, item.rate, item.ours, item.theirs) for item in found] == [
        ("standard", "read", 400_000, 200_000),
        ("batch", "read", 200_000, 100_000),
        ("fast", "read", 800_000, 400_000),
    ]


def test_a_trap_excuses_nothing_outside_its_days(today: date) -> None:
    def plant(rules: dict[str, Any]) -> None:
        rules["models"]["claude-sonnet-5-5"]["prices"][1]["standard"]["cache_read"] = "0.4"

    found = [item for item in crosscheck(_changed(plant), today) if item.reason is None]
    assert {(item.model, item.kind, item.rate) for item in found} == {
        ("claude-sonnet-5-5", "standard", "read"),
        ("claude-sonnet-5-5", "batch", "read"),
    }


def test_a_wrong_batch_discount_is_found_where_no_trap_can_hide_it(today: date) -> None:
    def plant(rules: dict[str, Any]) -> None:
        rules["models"]["claude-haiku-5-5"]["batch"] = "0.6"

    found = crosscheck(_changed(plant), today)
    assert {item.kind for item in found if item.model == "claude-haiku-5-5"} == {"batch"}


def test_trap_1_their_batch_price_begins_in_october_2026() -> None:
    batch = {"processing": "batch"}
    assert theirs("claude-opus-5-5", "2026-10-13", OPUS, batch) == 24
    assert theirs("claude-opus-5-5", "2026-10-14", OPUS, batch) == 12
    # (4 + 20) / 2 USD per Mtok on both days
    for day in (date(2026, 10, 13), date(2026, 10, 14)):
        half = BOOK.quote("claude-opus-5-5", day, tier="batch").base
        assert half.input + half.output == 12_000_000
    found = _one(date(2026, 10, 13), "claude-opus-5-5", "batch", "output")
    assert (found.ours, found.theirs, found.trap) == (10_000_000, 20_000_000, 1)


def test_trap_1_they_hold_no_batch_price_for_retired_models() -> None:
    assert theirs("claude-opus-4-1", "2026-08-01", OPUS, {"processing": "batch"}) == 90
    found = _one(date(2026, 8, 1), "claude-opus-4-1", "batch", "input")
    assert (found.ours, found.theirs, found.trap) == (7_500_000, 15_000_000, 1)


@pytest.mark.parametrize(
    "context", [{"service_tier": "batch"}, {"inference_geo": "us"}, {"processing": "batches"}]
)
def test_trap_2_a_context_they_do_not_know_is_ignored_in_silence(context: dict[str, str]) -> None:
    assert theirs("claude-opus-5-5", "2026-11-23", OPUS, context) == 24


def test_trap_2_their_fast_history_is_missing() -> None:
    assert theirs("claude-opus-4-7", "2026-06-01", OPUS, {"speed": "fast"}) == 30
    found = _one(date(2026, 6, 1), "claude-opus-4-7", "fast", "output")
    # 6 x 25 USD per Mtok
    assert (found.ours, found.theirs, found.trap) == (150_000_000, 25_000_000, 2)


def test_trap_3_their_sonnet_reads_are_cheap_too_early() -> None:
    reads = {"input_tokens": 1_000_000, "cache_read_tokens": 1_000_000}
    assert theirs("claude-sonnet-5-5", "2026-10-06", reads) == Decimal("0.10")
    found = _one(date(2026, 10, 6), "claude-sonnet-5-5", "standard", "read")
    assert (found.ours, found.theirs, found.trap) == (200_000, 100_000, 3)


def test_trap_4_they_do_not_price_the_place_of_inference(today: date) -> None:
    # 24 x 1.1 = 26.4 USD
    ours = BOOK.quote("claude-opus-5-5", today, geo="us").base
    assert ours.input + ours.output == 26_400_000
    assert theirs("claude-opus-5-5", str(today), OPUS, {"inference_geo": "us"}) == 24


def test_trap_5_their_input_count_must_contain_what_was_cached() -> None:
    # 1 Mtok read of 1 Mtok input: 0.20 USD; with the uncached 0 as input they refuse the sum
    total = {"input_tokens": 1_000_000, "cache_read_tokens": 1_000_000}
    assert theirs("claude-opus-5-5", "2026-11-23", total) == Decimal("0.20")
    with pytest.raises(ValueError, match="input_tokens"):
        theirs("claude-opus-5-5", "2026-11-23", {"input_tokens": 0, "cache_read_tokens": 1_000_000})


@pytest.mark.parametrize(
    "written",
    ["claude-haiku-5-5[1m]", "anthropic/claude-opus-5.5", "claude-opus-5-5@20260922"],
)
def test_trap_6_they_do_not_know_decorated_names(written: str) -> None:
    with pytest.raises(LookupError):
        theirs(written, "2026-11-23", {"input_tokens": 1})
    assert BOOK.canonical(written) is not None


@pytest.mark.parametrize(
    ("model", "usd"),
    [("claude-mythos-5", 10), ("claude-mythos-5-1", 10), ("claude-mythos-preview", 25)],
)
def test_models_they_lack_are_priced_by_us_alone(model: str, usd: int, today: date) -> None:
    with pytest.raises(LookupError):
        theirs(model, str(today), {"input_tokens": 1})
    assert BOOK.quote(model, today).base.input == usd * 1_000_000


def test_the_premium_that_ended_is_kept_by_them_and_not_by_us(today: date) -> None:
    found = _one(today, "claude-sonnet-4-5", "standard", "over input")
    assert (found.ours, found.theirs) == (None, 6_000_000)


def test_the_premium_of_the_first_long_beta_is_held_by_us_alone() -> None:
    found = _one(date(2026, 1, 15), "claude-sonnet-4-0", "standard", "over output")
    # 22.50 USD per Mtok
    assert (found.ours, found.theirs) == (22_500_000, None)


def test_fast_mode_that_was_removed_is_still_priced_by_them() -> None:
    found = _one(date(2026, 11, 30), "claude-opus-4-8", "fast", "input")
    assert (found.ours, found.theirs) == (None, 10_000_000)


def test_both_draw_the_line_at_strictly_more_than_100_000_tokens(today: date) -> None:
    # 100,000 x 0.10 and 100,001 x 0.50 USD per Mtok
    assert theirs("claude-haiku-5-5", str(today), {"input_tokens": 100_000}) == Decimal("0.01")
    assert theirs("claude-haiku-5-5", str(today), {"input_tokens": 100_001}) == Decimal("0.0500005")
    assert BOOK.quote("claude-haiku-5-5", today).threshold == 100_000


def test_without_the_other_library_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, today: date
) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    with pytest.raises(RebillError, match="pip install genai-prices"):
        crosscheck(BOOK, today)


def _one(day: date, model: str, kind: str, rate: str) -> Disagreement:
    (found,) = [
        item
        for item in crosscheck(BOOK, day)
        if (item.model, item.kind, item.rate) == (model, kind, rate)
    ]
    return found


def _changed(edit: Callable[[dict[str, Any]], None]) -> Book:
    rules = json.loads(resources.files("analyzer.prices").joinpath("rules.json").read_bytes())
    edit(rules)
    return Book.from_json(json.dumps(rules).encode())
