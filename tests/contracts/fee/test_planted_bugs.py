"""Break the fee once in each place: a worked case notices."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.fee import figures, statement
from tests.contracts.fee import test_worked_fee

_by_tier, _carry, _due = statement._by_tier, statement._carry, statement._due  # noqa: SLF001 - broken below
_limited = statement._limited  # noqa: SLF001


def one_share(sheet: Any, terms: Any, eligible: Fraction) -> Fraction:
    """All of the savings at the share of the tier they reach."""
    _by_tier(sheet, terms, eligible)
    reached = next(t for t in terms.tiers if t.up_to is None or eligible <= t.up_to)
    share: Fraction = reached.share
    return share * eligible


def forgetful(sums: Any, period: Any, net: Fraction, *, settled: bool) -> None:
    """Each period on its own."""
    sums.net = sums.adjusted = Fraction(0)
    _carry(sums, period, net, settled=settled)


def capped_by_period(sheet: Any, terms: Any, sums: Any, by_tiers: Fraction) -> Fraction:
    """The cap is above what was paid."""
    cap = None if terms.cap is None else terms.cap + sums.paid
    return _limited(sheet, replace(terms, cap=cap), sums, by_tiers)


def always_back(sheet: Any, terms: Any, sums: Any, fee: Fraction) -> Fraction:
    return _due(sheet, replace(terms, clawback=True), sums, fee)


def losses_forgiven(period: Any, _terms: Any) -> tuple[Fraction, Fraction]:
    failed = [one.avoided for one in period.savings if one.quality != "held"]
    return Fraction(0), sum(failed, Fraction(0))


def no_reasons(*_told: Any) -> tuple[str, ...]:
    return ()


def certain(*_told: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Planted:
    place: Any
    name: str
    broken: Callable[..., Any]
    notices: Callable[..., Any]


PLANTED = [
    Planted(statement, "_by_tier", one_share, test_worked_fee.test_every_line_of_the_first_month),
    Planted(
        statement, "_carry", forgetful,
        test_worked_fee.test_a_lost_month_is_given_back_and_earned_again,
    ),
    Planted(
        statement, "_limited", capped_by_period,
        test_worked_fee.test_a_cap_holds_over_all_periods,
    ),
    Planted(
        statement, "_due", always_back,
        test_worked_fee.test_without_clawback_nothing_is_given_back,
    ),
    Planted(
        statement, "not_counted", losses_forgiven,
        test_worked_fee.test_a_gain_without_quality_does_not_count_and_a_loss_does,
    ),
    Planted(
        statement, "refusals", no_reasons,
        test_worked_fee.test_the_loss_of_a_refused_month_counts_and_is_given_back_with_the_next,
    ),
    Planted(
        statement, "too_uncertain", certain,
        test_worked_fee.test_too_uncertain_a_saving_is_settled_on_its_lower_bound,
    ),
    Planted(
        statement, "_root_up", lambda squares: squares,
        test_worked_fee.test_a_shared_bias_does_not_average_out,
    ),
    Planted(
        figures, "_months_later", lambda day, months: day.replace(year=day.year + months),
        test_worked_fee.test_a_fee_ends_with_the_life_of_its_savings,
    ),
]  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_bug_is_noticed(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.notices()
    monkeypatch.setattr(planted.place, planted.name, planted.broken)
    with pytest.raises(AssertionError):
        planted.notices()
