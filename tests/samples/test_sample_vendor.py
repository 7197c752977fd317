import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]

KINDS = ("uncached", "read", "write_5m", "write_1h", "output", "searches")


@pytest.fixture(scope="module")
def reported(folder: Path) -> list[Row]:
    report = json.loads((folder / "vendor/usage_report.json").read_bytes())
    return [
        {
            **row,
            "day": bucket["starting_at"][:10],
            "uncached": row["uncached_input_tokens"],
            "read": row["cache_read_input_tokens"],
            "write_5m": row["cache_creation"]["ephemeral_5m_input_tokens"],
            "write_1h": row["cache_creation"]["ephemeral_1h_input_tokens"],
            "output": row["output_tokens"],
            "searches": row["server_tool_use"]["web_search_requests"],
        }
        for bucket in report["data"]
        for row in bucket["results"]
    ]


@pytest.fixture(scope="module")
def costs(folder: Path) -> list[Row]:
    report = json.loads((folder / "vendor/cost_report.json").read_bytes())
    return [
        {**row, "day": bucket["starting_at"][:10], "cents": Fraction(row["amount"])}
        for bucket in report["data"]
        for row in bucket["results"]
    ]


@pytest.fixture(scope="module")
def unlogged(folder: Path) -> list[Row]:
    lines = (folder / "vendor/not_in_logs.jsonl").read_text().splitlines()
    names = {
        "uncached_input_tokens": "uncached",
        "cache_read_input_tokens": "read",
        "cache_creation.ephemeral_5m_input_tokens": "write_5m",
        "cache_creation.ephemeral_1h_input_tokens": "write_1h",
        "output_tokens": "output",
        "web_search_requests": "searches",
    }
    return [{names.get(k, k): v for k, v in json.loads(line).items()} for line in lines]


@pytest.fixture(scope="module")
def logged(captures: dict[str, list[Row]], sessions: dict[str, list[Row]]) -> list[Row]:
    """Billed calls of all logs, each once: no errors, no refusal before the first token."""
    answered = [r for rows in captures.values() for r in rows if r["status"] == 200]
    captured = [row for row in answered if row["stop"] != "refusal"]
    agent = {call["id"]: call for chain in sessions.values() for call in chain}
    return [*captured, *agent.values()]


def _totals(rows: list[Row]) -> Counter[tuple[str, str]]:
    totals: Counter[tuple[str, str]] = Counter()
    for row in rows:
        totals.update({(row["model"], kind): row[kind] for kind in KINDS})
    return +totals


def test_the_usage_report_is_the_logs_and_what_they_miss(
    reported: list[Row], logged: list[Row], unlogged: list[Row], captures: dict[str, list[Row]]
) -> None:
    difference = _totals(reported)
    difference.subtract(_totals([*logged, *unlogged]))
    left = {key: count for key, count in difference.items() if count}
    # The one cut stream: its log stops at 1 output token, the vendor bills the whole answer.
    (cut,) = [
        r for rows in captures.values() for r in rows if r["status"] == 200 and not r["final"]
    ]
    assert list(left) == [(cut["model"], "output")]
    assert left.popitem()[1] > 0


def test_about_one_and_a_half_percent_of_the_calls_are_in_no_log(
    logged: list[Row], unlogged: list[Row]
) -> None:
    share = len(unlogged) / (len(logged) + len(unlogged))
    assert share == pytest.approx(0.015, abs=0.003)


def test_costs_are_in_cents_at_the_days_list_price(reported: list[Row], costs: list[Row]) -> None:
    day, model = "2026-10-06", "claude-sonnet-5-5"
    read = sum(row["read"] for row in reported if (row["day"], row["model"]) == (day, model))
    assert read > 0
    # $0.20 for a million cache reads until 2026-10-06, $0.10 from 2026-10-07 on.
    assert _cents(costs, day, model, "cache_read_input_tokens") == Fraction(read * 20, 10**6)
    day = next(r["day"] for r in reported if r["day"] > day and r["model"] == model and r["read"])
    read = sum(row["read"] for row in reported if (row["day"], row["model"]) == (day, model))
    assert _cents(costs, day, model, "cache_read_input_tokens") == Fraction(read * 10, 10**6)


@pytest.mark.parametrize(
    ("model", "dimension", "usd_for_a_million"),
    [
        # Opus 5.5 costs $20 a million output tokens; fast mode doubles it.
        ("claude-opus-5-5", ("speed", "fast"), Fraction(40)),
        # Opus 5 costs $25; inference in the US adds a tenth.
        ("claude-opus-5", ("inference_geo", "us"), Fraction("27.5")),
        # Sonnet 5 costs $10; a batch halves it.
        ("claude-sonnet-5", ("service_tier", "batch"), Fraction(5)),
    ],
)
def test_speed_place_and_batch_change_the_price(
    reported: list[Row],
    costs: list[Row],
    model: str,
    dimension: tuple[str, str],
    usd_for_a_million: Fraction,
) -> None:
    key, value = dimension
    output = sum(r["output"] for r in reported if r["model"] == model and r[key] == value)
    cents = [
        row["cents"]
        for row in costs
        if (row["model"], row[key], row["token_type"]) == (model, value, "output_tokens")
    ]
    assert sum(cents) == output * usd_for_a_million * 100 / 10**6 > 0


def test_a_web_search_costs_one_cent(reported: list[Row], costs: list[Row]) -> None:
    cents = sum(row["cents"] for row in costs if row["cost_type"] == "web_search")
    assert cents == sum(row["searches"] for row in reported) > 0


def test_the_preview_model_is_reported_and_not_charged(
    reported: list[Row], costs: list[Row]
) -> None:
    model = "claude-experimental-9"
    assert sum(row["uncached"] for row in reported if row["model"] == model) > 0
    assert not [row for row in costs if row["model"] == model]


@pytest.mark.parametrize("month", ["2026-09", "2026-10"])
def test_an_invoice_is_the_sum_of_its_months_costs(
    folder: Path, costs: list[Row], month: str
) -> None:
    invoice = json.loads((folder / f"vendor/invoice_{month}.json").read_bytes())
    lines = sum(Fraction(line["list_usd"]) for line in invoice["lines"])
    cents = sum(row["cents"] for row in costs if row["day"].startswith(month))
    assert lines == Fraction(invoice["total_usd"]) == cents / 100 > 10
    assert invoice["discount_usd"] == "0"


def _cents(costs: list[Row], day: str, model: str, token_type: str) -> Fraction:
    rows = (r for r in costs if (r["day"], r["model"], r["token_type"]) == (day, model, token_type))
    return sum((row["cents"] for row in rows), Fraction(0))
