"""The sample report's exact figures: a change of any of them is seen in the diff of one file.

To accept a change on purpose: `rebill demo` and copy `out/savings.json`, `out/review.json` or
`out/negotiation.json` over the golden file.
"""

import json
import os
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import sync_playwright

from analyzer.cli import cli

CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")
GOLDEN = Path(__file__).with_name("savings.json")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(cli, ["demo", "--out", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0
    return folder, result.output


@pytest.fixture(scope="module")
def written(ran: tuple[Path, str]) -> Path:
    return ran[0]


@pytest.fixture(scope="module")
def said(ran: tuple[Path, str]) -> str:
    return ran[1]


def test_the_sample_report_has_exactly_these_figures(written: Path) -> None:
    assert (written / "savings.json").read_text() == GOLDEN.read_text()


def test_the_sample_review_has_exactly_these_figures(written: Path) -> None:
    golden = GOLDEN.with_name("review.json").read_text()
    assert (written / "review.json").read_text() == golden
    told = json.loads(golden)
    crossing = told["crossing"]
    change = _usd(crossing["after"]) - _usd(crossing["before"])
    for name in ("in_order", "fair_share"):
        assert sum(_usd(step[name]) for step in crossing["steps"]) == change
    assert sum(_usd(mover["change"]) for mover in told["movers"]) == change
    assert _usd(told["units"]["cost"]) == _usd(crossing["after"])


def test_the_sample_negotiation_has_exactly_these_figures(written: Path) -> None:
    golden = GOLDEN.with_name("negotiation.json").read_text()
    assert (written / "negotiation.json").read_text() == golden
    told = json.loads(golden)
    billed = sum(_usd(week["usd"]) for week in told["weeks"])
    assert sum(_usd(one["usd"]) for one in told["workloads"]) == billed
    for offer in told["offers"]:
        sizing = offer["sizing"]
        chosen = next(one for one in sizing["curve"] if one["commit_usd"] == offer["commit_usd"])
        assert chosen == sizing["chosen"]
        for lever in sizing["levers"]:
            assert sum(lever["monthly_cents"]) == lever["total"]["cents"]
    growth = next(one for one in told["sensitivity"] if one["what"] == "Growth a month")
    stated = {one["statement"]: one["sensitivity"] for one in told["assumptions"]}
    worth = _usd(stated["Growth of traffic a month"])
    assert worth * 100 in (growth["low_cents"], growth["high_cents"])


def test_the_sample_gainshare_is_signed_verified_and_invoiced(written: Path) -> None:
    told = json.loads((written / "gainshare.json").read_text())
    assert told["title"].startswith("Tidewell Freight (synthetic; not the company")
    assert told["frozen"]["both_signed"]
    assert [gate["standing"] for gate in told["frozen"]["gates"]] == ["pass"] * 6
    for period in told["periods"]:
        steps = sum((_usd(step["amount"]) for step in period["steps"]), Fraction(0))
        assert _usd(period["baseline_bill"]) + steps == _usd(period["adjusted"])
        assert sum(_usd(one["avoided"]) for one in period["saved"]) == _usd(period["avoided"])
        assert period["reconciliation"] == "pass"
    assert [period["actual"] for period in told["periods"]] == ["211.7472774", "180.2091318"]
    standings = [one["standing"] for one in told["periods"][-1]["entries"]]
    assert sorted(standings) == ["accepted", "disputed"]
    assert told["no_fee"] == ""
    assert [(one["document"], one["due"]) for one in told["statements"]] == [
        ("invoice", "12.85"), ("invoice", "18.57"),
    ]  # fmt: skip


def test_the_demo_says_why_the_other_company_pays_no_fee(said: str) -> None:
    assert "would be indicative, so that no fee may rest on it: sessions of each" in said
    assert "baseline.json: made anew, the same bytes; 2 signatures, 2 hold" in said
    assert "unsigned, both months' fee would be refused: the baseline is not signed" in said


@pytest.mark.parametrize(
    "name", ["savings.html", "review.html", "negotiation.html", "gainshare.html"]
)
def test_the_page_beside_it_holds_no_path_of_this_machine(written: Path, name: str) -> None:
    page = (written / name).read_text()
    assert str(written) not in page
    assert str(Path(__file__).resolve().parents[2]) not in page


def test_sixteen_joint_replays_and_their_fair_shares_agree() -> None:
    golden = json.loads(GOLDEN.read_text())
    subsets = {tuple(item["levers"]): item for item in golden["subsets"]}
    assert len(subsets) == 16
    joint = _usd(subsets["output", "routing", "batch", "caching"]["saving"])
    assert sum(_usd(share["fair_share"]) for share in golden["levers"]) == joint
    assert sum(_usd(share["in_order"]) for share in golden["levers"]) == joint
    assert _usd(golden["saving"]) + _usd(golden["potential"]) == joint
    assert _usd(subsets[()]["saving"]) == 0


def test_speculative_decoding_moves_no_dollar_on_the_sample() -> None:
    golden = json.loads(GOLDEN.read_text())
    assert _usd(golden["serving"]["invoice_change"]) == 0
    assert any(line["p50_after_ms"] < line["p50_before_ms"] for line in golden["serving"]["lines"])


def _usd(text: str) -> Fraction:
    """Read an exact amount of dollars: a decimal, or `num/den`."""
    return Fraction(text)


@pytest.mark.browser
@pytest.mark.enable_socket  # the driver speaks to the browser over a local pipe
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM")
@pytest.mark.parametrize("name", ["review.html", "negotiation.html", "gainshare.html"])
def test_the_first_printed_page_holds_every_finding(written: Path, name: str) -> None:
    """A4 within the page's margins is 178 mm by 260 mm: 673 by 983 pixels."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 673, "height": 983})
        page.goto((written / name).as_uri())
        page.emulate_media(media="print")
        front = page.locator(".front").bounding_box()
        assert page.locator("ol.found li").count() >= 7
        browser.close()
    assert front
    assert front["y"] + front["height"] < 983
