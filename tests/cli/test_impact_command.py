import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli import impact_text
from analyzer.impact.records import Money

DOLLARS = re.compile(r"[+-]?\$[\d,]+\.\d+")
TODAY = Fraction("182.625")  # ten calls of $0.60 in one day x 30.4375


@pytest.fixture
def moves(tmp_path: Path) -> Path:
    path = tmp_path / "moves.toml"
    path.write_text(
        '[[move]]\nmodel = "claude-sonnet-5"\nmeter = "output"\nprice = 9\ndate = 2026-12-15\n'
        'source = "a mail"\n'
        '[[retirement]]\nmodel = "claude-sonnet-5"\ndate = 2027-01-15\n'
    )
    return path


def test_a_traffic_that_no_change_meets_says_so(store: Path, rebill: Any) -> None:
    done = rebill("prices", "impact", "--store", store, "--on", "2026-12-01")
    assert (done.status, done.err) == (0, "")
    assert "traffic of 2026-09-21: 10 charged requests in 1 day\n" in done.out
    assert "before any of them: $182.63 a month at list price" in done.out
    assert "price moves: none meets this traffic, $0.00 a month" in done.out


def test_announced_moves_print_rows_that_add_up(store: Path, moves: Path, rebill: Any) -> None:
    done = rebill("prices", "impact", "--store", store, "--move", moves)
    assert (done.status, done.err) == (0, "")
    assert "2026-12-15  claude-sonnet-5: output to $9 (a mail)" in done.out
    lines = {
        name: DOLLARS.findall(done.out.split(name, 1)[1].splitlines()[0])
        for name in ("claude-sonnet-5, output", "all that keeps its price", "total at list")
    }
    # 3.04375 Mtok out at $10, then $9; $152.1875 of input stays
    assert lines["claude-sonnet-5, output"] == ["$30.44", "$27.39", "-$3.05"]
    assert lines["all that keeps its price"] == ["$152.19", "$152.19", "$0.00"]
    assert lines["total at list"] == ["$182.63", "$179.58", "-$3.05"]  # each end the nearest cent
    assert "2027-01-15  claude-sonnet-5: retired: requests fail (moves.toml)" in done.out
    assert "must move: 10 requests, $179.58 a month" in done.out
    assert re.search(r"claude-sonnet-5-5 +1\.00 +\$179\.58 +\$182\.63 +\+\$3\.05", done.out)


def test_the_json_holds_exact_figures(store: Path, moves: Path, process: Any) -> None:
    done = process("prices", "impact", "--store", store, "--move", moves, "--json")
    assert (done.status, done.err) == (0, "")
    told = json.loads(done.out)
    assert Fraction(told["today"]["before"]) == TODAY
    (move,) = told["moves"]
    assert Fraction(move["total"]["difference"]) == Fraction("-3.04375")
    assert sum(Fraction(cell["money"]["before"]) for cell in move["cells"]) == TODAY
    assert {cell["meter"]: cell["quantity"] for cell in move["cells"]} == {
        "uncached": "76093750", "output": "3043750",
    }  # fmt: skip
    (end,) = told["retirements"]
    assert end["successors"][0]["ratio"] == ["1", "1", "1"]


def test_a_contract_is_taken_off(store: Path, moves: Path, tmp_path: Path, rebill: Any) -> None:
    contract = tmp_path / "contract.toml"
    contract.write_text('source = "order form"\n[discount]\ndefault = "0.2"\n')
    words = ("prices", "impact", "--store", store, "--move", moves, "--contract", contract)
    done = rebill(*words)
    assert "$182.63 at list, $146.10 as paid a month (order form (contract.toml))" in done.out
    assert DOLLARS.findall(done.out.split("total as paid", 1)[1].splitlines()[0]) == [
        "$146.10", "$143.67", "-$2.43",
    ]  # fmt: skip


def test_wrong_words_are_told(store: Path, tmp_path: Path, rebill: Any) -> None:
    done = rebill("prices", "impact", "--store", store, "--on", "2026-12-01", "--to", "2027-01-01")
    assert done.status == 2
    assert "--on is one day" in done.err
    named = rebill("prices", "impact", "--store", store, "--successor", "claude-9")
    assert named.fault.startswith("--successor claude-9: not in the book; `rebill prices show`")
    late = rebill("prices", "impact", "--store", store, "--to", "2026-01-01")
    assert late.fault == "--to 2026-01-01 is before --from 2026-09-21; give the earlier day first"
    none = rebill("prices", "impact", "--store", tmp_path / "none.duckdb")
    assert "no store here; make one with `rebill ingest LOGS" in none.fault


def test_printed_rows_and_columns_add_up_whatever_the_amounts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    third = Fraction(10**12, 3)
    rows = [(f"row {number}", "", Money(third, 2 * third)) for number in range(3)]
    rows.append(("still", "", Money(third, third)))
    before, after = 4 * third, 7 * third
    impact_text._money_table(rows, Money(before, after))  # noqa: SLF001 - the rounding is its own
    printed = [
        [Fraction(amount.replace("$", "")) for amount in DOLLARS.findall(line)]
        for line in capsys.readouterr().out.splitlines()[1:]
    ]
    printed = [line for line in printed if line]
    *parts, total = printed
    assert [sum(column) for column in zip(*parts, strict=True)] == total
    assert all(old + move == new for old, new, move in printed)
    assert parts[-1][2] == 0
