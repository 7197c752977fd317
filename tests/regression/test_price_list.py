"""Prices that hang on the prompt's length, the model's name or the day."""

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.regression.lines import capture, log, usage, written

HAIKU = "claude-haiku-5-5"
"""A million tokens: $0.10 in, $0.50 out, $0.01 read; five times that past 100,000 of prompt."""


def test_a_tier_begins_one_token_past_its_threshold_and_counts_the_cache(
    tmp_path: Path, bill: Any
) -> None:
    # Helicone#5766: cache tokens did not count towards the long tier, half the cost was missed
    cases = {
        "at": usage(100_000, 1_000),
        "past": usage(100_001, 1_000),
        "at, with cache": usage(20_000, 1_000, **written(20_000, 20_000, read=40_000)),
        "past by reads": usage(60_000, 1_000, **written(0, 0, read=60_000)),
        "past by 5m": usage(99_999, 0, **written(2, 0)),
        "past by 1h": usage(99_999, 0, **written(0, 2)),
        "past by all": usage(1, 0, **written(50_000, 40_000, read=10_000)),
    }
    found = bill(log(tmp_path / "a.jsonl", [capture(n, c, HAIKU) for n, c in cases.items()]))
    assert found.each() == {
        "msg_at": Decimal("0.0105"),  # 100,000 x $0.10 + 1,000 x $0.50 a million
        "msg_past": Decimal("0.0525005"),  # 100,001 x $0.50 + 1,000 x $2.50
        # 20,000 x $0.10 + 20,000 x $0.125 + 20,000 x $0.20 + 40,000 x $0.01 + 1,000 x $0.50
        "msg_at, with cache": Decimal("0.0094"),
        "msg_past by reads": Decimal("0.0355"),  # 60,000 x $0.50 + x $0.05, + 1,000 x $2.50
        "msg_past by 5m": Decimal("0.05000075"),  # 99,999 x $0.50 + 2 x $0.625
        "msg_past by 1h": Decimal("0.0500015"),  # 99,999 x $0.50 + 2 x $1
        # 1 x $0.50 + 50,000 x $0.625 + 40,000 x $1 + 10,000 x $0.05
        "msg_past by all": Decimal("0.0717505"),
    }


def test_a_long_prompt_of_last_winter_pays_the_tier_on_every_token(
    tmp_path: Path, bill: Any
) -> None:
    # peers.md 3, measured: LiteLLM deleted the tier from its list, and so from the past ($0.765);
    # ccusage took only what is above 200,000 at the higher rate ($0.915)
    long = usage(250_000, 1_000)
    days = {"winter": "2026-02-10", "last day": "2026-04-29", "gone": "2026-04-30"}
    told = [
        capture(name, long, "claude-sonnet-4-5", f"{day}T12:00:00Z") for name, day in days.items()
    ]
    assert bill(log(tmp_path / "a.jsonl", told)).each() == {
        "msg_winter": Decimal("1.5225"),  # 250,000 x $6 + 1,000 x $22.50 a million
        "msg_last day": Decimal("1.5225"),
        "msg_gone": Decimal("0.765"),  # 250,000 x $3 + 1,000 x $15
    }


NEW = ("claude-opus-6", "claude-haiku-6", "claude-mythos-6-1", "claude-zzz-9", "unknown")


def test_a_model_that_is_not_known_is_never_free_and_never_guessed(
    tmp_path: Path, bill: Any, rebill: Any
) -> None:
    # peers.md 3, measured: LiteLLM bills claude-opus-6 and every other claude-*-N at $0 without a
    # word; frugon left 49,772 of 100,000 rows out of a headline that did not say so
    told = [capture(model, usage(198_000, 0), model) for model in NEW]
    path = log(tmp_path / "a.jsonl", [capture("a", usage(10_000, 1_000)), *told])
    found = bill(path)
    assert found.each() == {"msg_a": Decimal("0.06")}  # no amount at all for the others
    named = {(one.what, one.requests, one.tokens) for one in found.unpriced}
    assert named == {(f"model {model}", 1, 198_000) for model in NEW}
    rebill("ingest", path, "--store", tmp_path / "s.duckdb")
    checked = rebill("check", "--store", tmp_path / "s.duckdb")
    assert checked.status == 1
    # 5 x 198,000 of 1,001,000 tokens
    assert "11,000 priced + 990,000 unpriced + 0 uncharged" in checked.out
    failed = next(row for row in checked.out.splitlines() if row.startswith("FAIL  99 %"))
    assert all(f"model {model}" in failed for model in NEW)


def test_a_day_is_the_vendors_day_wherever_the_log_or_the_reader_is(
    tmp_path: Path, bill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ccusage#349, #413: days cut at local midnight. The vendor bills by UTC days, and on
    # 2026-10-07 reads of Sonnet 5.5 fell from $0.20 to $0.10 a million
    read = usage(0, 0, **written(0, 0, read=1_000_000))
    starts = {
        "before": "2026-10-06T23:59:59.999Z",
        "after": "2026-10-07T00:00:00.000Z",
        "New York, the evening before": "2026-10-06T20:00:00.000-04:00",
        "Tokyo, the morning of": "2026-10-07T08:59:59.999+09:00",
    }
    told = [capture(name, read, "claude-sonnet-5-5", start) for name, start in starts.items()]
    path = log(tmp_path / "a.jsonl", told)
    try:
        monkeypatch.setenv("TZ", "America/New_York")
        time.tzset()
        assert bill(path).each() == {
            "msg_before": Decimal("0.20"),
            "msg_after": Decimal("0.10"),
            "msg_New York, the evening before": Decimal("0.10"),
            "msg_Tokyo, the morning of": Decimal("0.20"),
        }
    finally:
        monkeypatch.undo()
        time.tzset()


def test_no_hour_and_no_weekday_is_cheaper(tmp_path: Path, bill: Any) -> None:
    # litellm#31606: other vendors sell nights and weekends cheaper, and readers of such lists
    # mistook hour, weekday or zone. No Claude price hangs on either: the book has days alone
    starts = {
        "Tuesday noon": "2026-11-03T12:00:00Z",
        "Tuesday night": "2026-11-03T02:00:00Z",
        "Friday, Saturday in Asia": "2026-11-06T16:30:00Z",
        "Saturday": "2026-11-07T12:00:00Z",
        "Sunday night": "2026-11-08T23:59:59Z",
    }
    told = [capture(name, usage(10_000, 1_000), start=start) for name, start in starts.items()]
    found = bill(log(tmp_path / "a.jsonl", told))
    # 10,000 x $4 + 1,000 x $20 a million, always
    assert found.each() == {f"msg_{name}": Decimal("0.06") for name in starts}
