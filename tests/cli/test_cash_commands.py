"""`--contract` of both commands on a baseline: cash in text, JSON and on the page, or refused."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analyzer.store import Store
from tests.cli.test_contract_commands import calls
from tests.replay.log_builder import take

CONTRACT = """
source = "Order form of 1 July 2026"

[discount]
default = "0.2"

[commit]
amount = 1800
first_day = 2026-08-03
last_day = 2026-10-31
overage_discount_percentage = "committed"
"""
PERIODS = ("--period", "2026-09", "--period", "2026-10")


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three months: four calls of $7.50 a day at list, batched from September on."""
    path = tmp_path_factory.mktemp("quarter") / "s.duckdb"
    with Store.open(path, create=True) as store:
        take(store, calls())
    return path


@pytest.fixture
def baseline(rebill: Any, quarter: Path, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    frozen = ["--store", quarter, "--period", "2026-08-03..2026-08-30", "-o", path]
    assert rebill("baseline", "freeze", *frozen).status == 0
    return path


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "contract.toml"
    path.write_text(CONTRACT)
    return path


def test_both_numbers_are_told_with_how_cash_was_worked_out(
    rebill: Any, quarter: Path, baseline: Path, contract: Path
) -> None:
    words = ["baseline", "compare", baseline, "--store", quarter, *PERIODS, "--contract", contract]
    done = rebill(*words)
    assert (done.status, done.err) == (0, "")
    # 20 % off: $24 a day, $12 in batches. August 29 x 24 = 696; September 360 instead of 720
    assert "avoided cost        $360.00   (economic)" in done.out
    # 59 of 90 days: 1,180 of 1,800. 696 + 720 = 1,416 would be asked, 1,180 is
    assert "cash avoided        $236.00   (under the commit, Order form of 1 July 2026" in done.out
    assert "$1,180.00 for the days up to 2026-09-30, $744.00 of it not used yet" in done.out
    assert "use so far $1,056.00, which costs $1,180.00" in done.out
    # 1,056 x 90 / 59 = 1,610.85
    assert "at the pace so far the term ends $189.15 short of the commit" in done.out
    # the whole term: 1,416 + 744 = 2,160 would be asked, 1,800 is; 236 of it in September
    assert "cash avoided        $124.00" in done.out
    assert "the term ends $372.00 short of the commit" in done.out
    told = json.loads(rebill(*words, "--json").out)["periods"]
    assert [Fraction(one["cash"]["avoided"]) / 10**12 for one in told] == [236, 124]
    assert Fraction(told[1]["cash"]["standing"]["left"]) == 372 * 10**12
    assert told[1]["no_cash"] == ""


def test_the_page_has_cash_among_its_three_numbers(
    rebill: Any, quarter: Path, baseline: Path, contract: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    words = ["report", "gainshare", "--baseline", baseline, "--store", quarter, *PERIODS]
    done = rebill(*words, "--contract", contract, "-o", page)
    assert (done.status, done.err) == (0, "")
    text = page.read_text()
    assert '<dt>Avoided cost, cash</dt><dd class="big"><span class="nb" data-usd="124">$124.00' in (
        text
    )
    assert "--contract contract.toml" in text
    told = json.loads(page.with_suffix(".json").read_text())["periods"]
    assert [one["cash"]["avoided"] for one in told] == ["236", "124"]
    assert told[1]["cash"]["commit"]["shortfall"] == "372"
    contract.write_text('commit = "none"\nsource = "form"\n[discount]\ndefault = "0.2"\n')
    assert rebill(*words, "--contract", contract, "-o", page).status == 0
    told = json.loads(page.with_suffix(".json").read_text())["periods"]
    assert [one["cash"]["avoided"] for one in told] == ["360", "372"]
    assert "No commit is signed" in page.read_text()


def test_where_the_contract_does_not_tell_cash_it_says_what_to_give(
    rebill: Any, quarter: Path, baseline: Path, contract: Path
) -> None:
    words = ["baseline", "compare", baseline, "--store", quarter, "--period", "2026-10"]
    assert "cash avoided        not worked out: no contract file is given" in rebill(*words).out
    contract.write_text(CONTRACT.split("overage", maxsplit=1)[0])
    done = rebill(*words, "--contract", contract)
    assert "give commit.overage_discount_percentage" in done.out
    contract.write_text(CONTRACT.split("[commit]", maxsplit=1)[0])
    assert 'or commit = "none" where none is signed' in rebill(*words, "--contract", contract).out


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (('"committed"', "-0.1"), 'overage_discount_percentage: give "committed", or a share'),
        (('"committed"', "0.3"), "overage_discount_percentage: 0.3 is above the committed"),
        (("[commit]", "[commit]\ndiscount_percentage = 0.1"), "contradicts discount.default 0.2"),
        (("2026-10-31", "2026-10-30"), "commit.last_day: the term from"),
        (("2026-08-03", "2026-08-01"), "commit.used_before: the commit runs from 2026-08-01"),
        (("1800", "1800\nbilling_currency = 'EUR'"), "commit.billing_currency: Input should be"),
    ],
)
def test_a_commit_at_fault_is_refused_and_nothing_is_written(
    rebill: Any, quarter: Path, baseline: Path, contract: Path, edit: tuple[str, str], words: str
) -> None:
    contract.write_text(CONTRACT.replace(*edit))
    page = contract.with_name("page.html")
    asked = ["--store", quarter, "--period", "2026-10", "--contract", contract, "-o", page]
    assert words in rebill("report", "gainshare", "--baseline", baseline, *asked).fault
    assert words in rebill("baseline", "compare", baseline, *asked).fault
    assert not page.exists()


def test_a_commit_at_fault_is_refused_where_no_period_is_named(
    rebill: Any, baseline: Path, contract: Path
) -> None:
    contract.write_text(CONTRACT.replace('"committed"', "2"))
    page = contract.with_name("page.html")
    asked = ["report", "gainshare", "--baseline", baseline, "--contract", contract, "-o", page]
    assert "commit.overage_discount_percentage" in rebill(*asked).fault
