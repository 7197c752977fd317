"""A reconciliation as text: notes said once, and charges above list called by their name."""

from fractions import Fraction

import pytest

from analyzer.cli.reconciliation import say
from analyzer.reconciled import Discount, Match, Reconciliation


def _said(
    capsys: pytest.CaptureFixture[str],
    matches: tuple[Match, ...] = (),
    discounts: tuple[Discount, ...] = (),
) -> list[str]:
    nothing = Reconciliation(
        matches=matches, cells=0, cells_by_verdict=(), gaps=(), coverage=None,
        discounts=discounts, sources=("cost.json",), notes=(),
    )  # fmt: skip
    say(nothing)
    return capsys.readouterr().out.splitlines()


def _month(name: str, note: str) -> Match:
    usd = Fraction(10**12)
    return Match("L1", name, "pico", usd, usd, usd, "not compared", note)


def test_a_note_of_several_months_is_said_once_and_names_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    months = (_month("2026-09", "no list"), _month("2026-10", "no list"), _month("2026-11", "cut"))
    said = _said(capsys, (*months, _month("2026-12", "")))
    assert [line for line in said if "no list" in line] == ["  L1 2026-09, 2026-10: no list"]
    assert [line for line in said if "cut" in line] == ["  L1 2026-11: cut"]
    assert not [line for line in said if line.startswith("  L1 2026-12")]


def test_a_charge_above_list_is_no_negative_discount(capsys: pytest.CaptureFixture[str]) -> None:
    # $100 charged where $10 is the list price: nine times the list price too much
    dear = Discount("m", Fraction(-9), "cost", Fraction(10 * 10**12), Fraction(100 * 10**12))
    said = "\n".join(_said(capsys, discounts=(dear, Discount("n", Fraction(3, 20), "cost"))))
    assert "charged 900.00% above list" in said
    assert "-900" not in said
    assert "15.00%" in said
