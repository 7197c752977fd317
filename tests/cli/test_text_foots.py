"""Printed parts add up to their printed totals, on figures drawn at random."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.cli import baseline_text, printing
from analyzer.cli import bridge as bridge_text
from analyzer.contracts.baseline import METHOD, Baseline, Manifest, Unit, Workload
from analyzer.contracts.baseline.records import Boundary
from analyzer.contracts.bridge import bridge
from analyzer.contracts.crossing_logs import Ends
from analyzer.contracts.logged import Sku, Span
from tests.contracts.bridge.test_bridge_laws import periods
from tests.contracts.bridge.worked_bridge import OCTOBER, SEPTEMBER

DOLLARS = re.compile(r"-?\$[\d,]+\.\d+")
picos = st.fractions(0, 10**15, max_denominator=7)
MANY = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def cents(text: str) -> int:
    return round(Fraction(text.replace("$", "").replace(",", "")) * 100)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[list[str]]]:
    def lines(say: Callable[..., None], *words: Any) -> list[list[str]]:
        capsys.readouterr()
        say(*words)
        return [DOLLARS.findall(line) for line in capsys.readouterr().out.splitlines()]

    return lines


@given(periods(SEPTEMBER), periods(OCTOBER), picos, picos)
@MANY
def test_a_bridge_foots_in_order_and_as_fair_shares(
    printed: Any, before: Any, after: Any, fees: Fraction, later: Fraction
) -> None:
    made = bridge(replace(before, fees=fees), replace(after, fees=later))
    lines = printed(bridge_text.say, Ends(made, (), (), 0))
    start, rows = lines[0], lines[2:12]
    end = lines[12]
    assert [len(row) for row in rows] == [4] * 9 + [2]
    for column in (0, 1):
        parts = sum(cents(row[column]) for row in rows)
        assert cents(start[0]) + parts == cents(end[0])
        assert parts == cents(end[1])


def frozen(bills: list[Fraction], fees: Fraction, hidden: Fraction) -> Baseline:
    sku = Sku("claude-opus-4-8")
    workloads = {
        f"w{place}": Workload(
            f"w{place}", 1, 1, 1, (), (), (), (),
            (Unit(sku, 1, (1, 0, 0, 0, 0), (bill, *[Fraction(0)] * 4)),),
        )
        for place, bill in enumerate(bills)
    }  # fmt: skip
    return Baseline(
        "x", Span(date(2026, 8, 3), date(2026, 8, 30)), (), (), Boundary((), (), ()), workloads,
        {}, (), fees, hidden, (), 0, (), "pass", None,
        Manifest(METHOD, 1, "b", "0", "0", (), (), ()),
    )  # fmt: skip


@given(st.lists(picos, min_size=1, max_size=9), picos | st.just(Fraction(0)), picos)
@MANY
def test_a_baselines_workloads_and_what_stands_beside_them_foot(
    printed: Any, bills: list[Fraction], fees: Fraction, hidden: Fraction
) -> None:
    lines = printed(baseline_text.say, frozen(bills, fees, hidden), b"", Path("b.json"))
    rows = [cents(row[0]) for row in lines[1:] if row]
    assert len(rows) == len(bills) + bool(fees) + bool(hidden)
    assert sum(rows) == cents(lines[0][0])


@given(picos, picos, st.lists(st.fractions(-(10**14), 10**14, max_denominator=9), max_size=9))
@settings(max_examples=80)
def test_steps_between_two_printed_amounts_foot(
    before: Fraction, after: Fraction, some: list[Fraction]
) -> None:
    parts = [*some, after - before - sum(some)]
    texts = printing.between(before, after, parts)
    whole = printing.whole_cents(after) - printing.whole_cents(before)
    assert sum(map(cents, texts)) == whole / 10**10
    for text, part in zip(texts, parts, strict=True):
        assert abs(cents(text) - part / 10**10) < 1
