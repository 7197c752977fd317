"""The vendor's amounts in their own unit, and a discount in every view alike."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.regression.lines import OPUS, capture, log, usage

DAY = {"starting_at": "2026-11-03T00:00:00Z", "ending_at": "2026-11-04T00:00:00Z"}
CELL = {
    "model": OPUS,
    "service_tier": "standard",
    "context_window": "0-200k",
    "inference_geo": "global",
    "speed": "standard",
    "workspace_id": None,
}


def _logged(folder: Path) -> Path:
    """Ten calls of 100,000 tokens: 1,000,000 x $4 a million = $4.00 at list."""
    return log(folder / "a.jsonl", [capture(str(n), usage(100_000, 0)) for n in range(10)])


def _report(path: Path, **row: object) -> Path:
    page = {"data": [{**DAY, "results": [{**CELL, **row}]}], "has_more": False, "next_page": None}
    path.write_text(json.dumps(page))
    return path


def _usage_report(folder: Path) -> Path:
    return _report(
        folder / "usage.json",
        uncached_input_tokens=1_000_000,
        cache_read_input_tokens=0,
        cache_creation={"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        output_tokens=0,
        server_tool_use={"web_search_requests": 0},
    )


def _cost_report(folder: Path, amount: str) -> Path:
    return _report(
        folder / "cost.json",
        amount=amount,
        currency="USD",
        cost_type="tokens",
        token_type="uncached_input_tokens",  # noqa: S106 - a kind of token
    )


def test_an_amount_of_the_cost_report_is_in_cents(tmp_path: Path, rebill: Any) -> None:
    # claude-code#51198: "400" was taken for dollars, 100 times the bill
    store = tmp_path / "s.duckdb"
    logs = [_logged(tmp_path), _usage_report(tmp_path), _cost_report(tmp_path, "400")]
    rebill("ingest", *logs, "--store", store)
    checked = rebill("check", "--store", store, "--json")
    found = json.loads(checked.out)
    (level,) = (m for m in found["reconciliation"]["matches"] if m["level"] == "L1")
    assert (level["low"], level["theirs"]) == (str(4 * 10**12), str(4 * 10**12))  # $4.00
    assert level["verdict"] == "pass"
    assert checked.status == 0


def test_a_discount_holds_in_every_view_and_in_each_to_the_same_dollar(
    tmp_path: Path, rebill: Any
) -> None:
    # ccusage#1785: a price override applied by `monthly` and not by `daily`
    contract, policy = tmp_path / "contract.toml", tmp_path / "policy.toml"
    contract.write_text('source = "Order form"\n[discount]\ndefault = "0.25"\n')
    policy.write_text(
        f'version = 1\n[[routing]]\nworkload = "*"\nfrom = "{OPUS}"\n'
        'to = "claude-sonnet-5-5"\nevidence = "assumed"\nbasis = "a test"\n'
    )
    bare, matched = tmp_path / "bare.duckdb", tmp_path / "matched.duckdb"
    logs = [_logged(tmp_path), _usage_report(tmp_path), _cost_report(tmp_path, "300")]
    rebill("ingest", logs[0], "--store", bare)
    rebill("ingest", *logs, "--store", matched)
    told = ("--policy", policy, "--prices", "logged")
    by_contract = ("--store", bare, *told, "--contract", contract)
    by_report = ("--store", matched, *told)
    # $4.00 less 25 % = $3.00; the same tokens on Sonnet 5.5 ($2) are worth $2.00, less 25 % $1.50
    text = rebill("replay", *by_contract).out
    assert "billed                $4.00" in text
    assert "as paid               billed $3.00, saving $0.00, potential $1.50 " in text
    page = tmp_path / "savings.html"
    rebill("report", "savings", *by_contract, "-o", page)
    for exact, shown in (("3", "$3.00"), ("1.5", "$1.50")):
        assert f'data-usd="{exact}">{shown}<' in page.read_text()
    _paid(page.with_suffix(".json").read_text())
    _paid(rebill("replay", *by_report, "--json").out)
    for by, source in ((("--contract", contract), "Order form"), ((), "cost report")):
        checked = json.loads(rebill("check", "--store", matched, *by, "--json").out)
        (one,) = checked["reconciliation"]["discounts"]
        assert one["share"] == "1/4"
        assert one["source"].startswith(source)


def _paid(text: str) -> None:
    paid = json.loads(text)["effective"]
    assert Decimal(paid["billed"]) == Decimal("3.00")
    assert Decimal(paid["potential"]) == Decimal("1.50")
