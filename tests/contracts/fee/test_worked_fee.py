"""Fees worked by hand."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from analyzer.contracts.fee import Quality, Saving, settle
from tests.contracts.fee.worked_fee import LIVE, MONTHS, in_usd, period, plain, terms, usd


def test_a_lost_month_is_given_back_and_earned_again() -> None:
    found = settle(MONTHS, terms())
    # net 28,000, hurdle 5,000: 20,000 x .25 + 3,000 x .15 = 5,450
    # net -7,000, sum 21,000, hurdle 10,500: 10,500 x .25 = 2,625, so 2,825 back
    # net 38,000, sum 59,000, hurdle 16,500: 5,000 + 22,500 x .15 = 8,375, so 5,750
    assert in_usd([one.due for one in found]) == [5_450, -2_825, 5_750]
    assert [one.document for one in found] == ["invoice", "credit note", "invoice"]
    assert found[-1].paid == usd(8_375)


def test_without_clawback_nothing_is_given_back() -> None:
    found = settle(MONTHS, terms(clawback=False))
    assert in_usd([one.due for one in found]) == [5_450, 0, 2_925]
    assert found[1].document == "nothing due"


def test_a_cap_holds_over_all_periods() -> None:
    assert settle(MONTHS, terms(cap=usd(8_000)))[-1].paid == usd(8_000)


def test_every_line_of_the_first_month() -> None:
    lines = {line.name: line.value for line in settle(MONTHS, terms())[0].lines}
    assert dict(zip(lines, in_usd(list(lines.values())), strict=True)) == {
        "adjusted baseline": 100_000,
        "actual bill": 70_000,
        "avoided cost": 30_000,
        "past their life": 0,
        "without quality": 0,
        "own cost": 2_000,
        "net savings": 28_000,
        "cumulated net savings": 28_000,
        "cumulated adjusted baseline": 100_000,
        "allowance": 0,
        "hurdle": 5_000,
        "eligible savings": 23_000,
        "tier 1": 5_000,
        "tier 2": 450,
        "fee by tiers": 5_450,
        "floor": 0,
        "share cap": 28_000,
        "cap": 9_000,
        "cumulated fee": 5_450,
        "paid before": 0,
        "due": 5_450,
    }


def test_a_line_names_lines_that_stand_before_it() -> None:
    for settled in settle(MONTHS, terms()):
        known: set[str] = set()
        for line in settled.lines:
            assert set(line.inputs) <= known
            assert line.formula
            assert line.name not in known
            known.add(line.name)


def test_a_saving_inside_its_own_uncertainty_earns_nothing() -> None:
    # 1,000 less 1.645 x 2,000
    month = period(9, 50_000, 49_000, uncertainty=usd(2_000))
    assert settle([month], plain(basis="lower bound"))[0].paid == 0
    assert settle([month], plain())[0].paid == usd(200)
    assert settle([month], plain(floor=usd(300)))[0].paid == usd(300)


def test_a_shared_bias_does_not_average_out() -> None:
    months = [period(m, 50_000, 40_000, uncertainty=usd(u)) for m, u in ((9, 3_000), (10, 4_000))]
    shared = settle(months, plain(basis="lower bound"))[-1]
    apart = settle(months, plain(basis="lower bound", shared_bias=False))[-1]
    # 20,000 less 1.645 x 7,000, or less 1.645 x 5,000
    assert shared.paid == usd("0.2") * (20_000 - Fraction("11515"))
    assert apart.paid == usd("0.2") * (20_000 - Fraction("8225"))


def test_too_uncertain_a_saving_is_settled_on_its_lower_bound() -> None:
    wide = period(9, 50_000, 40_000, uncertainty=usd(2_000), savings_uncertainty=Fraction(26, 100))
    unknown = replace(wide, savings_uncertainty=None)
    edge = replace(wide, savings_uncertainty=Fraction(25, 100))
    for month, basis, paid in (
        (wide, "lower bound", "1342"),  # a fifth of 10,000 - 3,290
        (unknown, "lower bound", "1342"),
        (edge, "point", "2000"),
    ):
        found = settle([month], plain())[0]
        assert (found.basis, found.paid) == (basis, usd(paid))
    refused = settle([wide], plain(above_it="refuse"))[0]
    assert refused.refused == ("savings uncertainty is 13/50, at most 1/4 is allowed",)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("baseline_signed", False, "the baseline is not signed"),
        ("baseline_days", 27, "the baseline has 27 days, at least 28 are needed"),
        ("reconciliation", "warn", "reconciliation: warn, a pass is needed"),
        ("reconciliation", "not compared", "reconciliation: not compared, a pass is needed"),
        ("grade", "E4", "evidence is E4, at least E3 is needed"),
    ],
)
def test_what_must_hold_before_an_invoice(field: str, value: object, reason: str) -> None:
    months = [replace(MONTHS[0], **{field: value}), MONTHS[1]]  # type: ignore[arg-type]  # by name
    first, second = settle(months, plain())
    assert first.refused == (reason,)
    assert first.document == "refused"
    assert first.due == 0
    # the gain waits, and so does its hurdle; the loss of the next month stands alone
    assert second.line("cumulated net savings") == usd(-7_000)
    assert second.document == "nothing due"
    assert second.due == 0


def test_the_loss_of_a_refused_month_counts_and_is_given_back_with_the_next() -> None:
    months = [MONTHS[0], replace(MONTHS[1], grade="E5"), period(11, 100_000, 100_000)]
    found = settle(months, plain())
    # a fifth of 28,000, then of 21,000: 1,400 back, but not on a refused statement
    assert in_usd([one.due for one in found]) == [5_600, 0, -1_400]
    assert found[1].document == "refused"


def test_a_gain_without_quality_does_not_count_and_a_loss_does() -> None:
    def saving(workload: str, avoided: float, quality: Quality) -> Saving:
        return Saving(workload, "routing", usd(avoided), LIVE, quality)

    savings = (
        saving("a", 5_000, "held"),
        saving("b", 5_000, "failed"),
        saving("c", 4_000, "not measured"),
        saving("d", -3_000, "failed"),
        saving("e", 1_000, "not needed"),
    )
    found = settle([period(9, 100_000, 88_000, savings=savings)], plain())[0]
    assert found.line("without quality") == usd(9_000)
    assert found.line("net savings") == usd(3_000)


def test_a_fee_ends_with_the_life_of_its_savings() -> None:
    savings = (
        Saving("a", "batch", usd(10_000), date(2026, 8, 31), quality="held"),
        Saving("b", "batch", usd(-1_000), date(2026, 8, 31), quality="held"),
        Saving("c", "caching", usd(3_000), date(2026, 9, 2), quality="held"),
    )
    # half a year after 31 August is 28 February, before March; caching lives on 1 March only
    month = period(15, 50_000, 38_000, savings=savings)
    found = settle([month], plain(life_months=6))[0]
    assert found.line("past their life") == usd(9_000) + usd(3_000) * Fraction(30, 31)
    assert found.line("net savings") == usd(3_000) / 31
    # seven months after 31 August is 31 March itself: the last of its 31 days is out
    later = settle([month], plain(life_months=7))[0]
    assert later.line("past their life") == usd(9_000) / 31
    assert settle([month], plain(life_months=8))[0].line("past their life") == 0


def test_a_life_that_begins_and_ends_in_one_period_is_shared_by_its_own_days() -> None:
    """A quarter, live from 15 August for a month: 31 of its 47 days lie within its life."""
    savings = (Saving("a", "batch", usd(4_700), date(2026, 8, 15), quality="held"),)
    month = replace(
        period(9, 50_000, 45_300, savings=savings),
        first_day=date(2026, 7, 1),
        last_day=date(2026, 9, 30),
    )
    found = settle([month], plain(life_months=1))[0]
    assert found.line("past their life") == usd(1_600)


def test_what_no_gate_held_is_out_once_only() -> None:
    """A failed gain whose life ends on the 16th: 16 days are past it, 15 without quality."""
    savings = (Saving("a", "routing", usd(3_100), date(2026, 9, 16), quality="failed"),)
    month = period(15, 50_000, 46_900, savings=savings)
    found = settle([month], plain(life_months=6))[0]
    assert found.line("past their life") == usd(1_600)
    assert found.line("without quality") == usd(1_500)
    assert found.line("net savings") == 0


def test_a_fee_is_rounded_half_even_to_the_cent() -> None:
    # a fifth of 1.025 is .205 and of 1.075 is .215
    for saved, paid in ((1.025, "0.20"), (1.075, "0.22"), (1.0251, "0.21")):
        found = settle([period(9, 10, 10 - saved)], plain())[0]
        assert found.paid == usd(paid)
