"""What counts in a period, and the rule for what does not."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.register import Judged, judge, load_register, new_baseline_due
from analyzer.errors import ContractError

Write = Callable[..., Path]
USD = 10**12
MONTH = Fraction(100_000 * USD)


def october(path: Path, adjusted: Fraction = MONTH) -> Judged:
    return judge(load_register(path), date(2026, 10, 1), date(2026, 10, 31), adjusted)


def test_a_signed_entry_moves_the_baseline(write: Write) -> None:
    found = october(write({}))
    assert [(one.standing, one.rule) for one in found.verdicts] == [("accepted", "")]
    assert found.baseline == Fraction("-1250.25") * USD
    assert found.actual == found.disputed == 0


def test_an_outage_moves_both_sides_and_no_saving(write: Write) -> None:
    found = october(write({"trigger": '"outage"'}))
    assert found.baseline == found.actual == Fraction("-1250.25") * USD


@pytest.mark.parametrize(
    ("change", "standing", "words"),
    [
        (
            {"signed_by": "[]", "status": '"open"'},
            "disputed",
            "not signed by client and consultant",
        ),
        ({"signed_by": '["client"]'}, "disputed", "not signed by consultant"),
        ({"status": '"open"'}, "disputed", "its status says open"),
        ({"status": '"withdrawn"'}, "withdrawn", "withdrawn"),
        ({"last_day": "2026-11-01"}, "refused", "reaches beyond the period"),
        ({"first_day": "2026-09-30"}, "refused", "part it at the border"),
        ({"amount": "499.99"}, "refused", "not material"),
        ({"amount": "-500"}, "accepted", ""),
        ({"raised_on": "2026-12-01"}, "refused", "more than 30 days after the period"),
        ({"raised_on": "2026-11-30"}, "accepted", ""),
    ],
)
def test_where_an_entry_stands(
    write: Write, change: dict[str, str], standing: str, words: str
) -> None:
    found = october(write(change))
    assert [one.standing for one in found.verdicts] == [standing]
    assert words in found.verdicts[0].rule
    assert bool(found.verdicts[0].rule) is bool(words)
    assert (found.baseline != 0) is (standing == "accepted")
    assert (found.disputed != 0) is (standing == "disputed")


def test_one_percent_of_a_small_month_is_material(write: Write) -> None:
    path = write({"amount": "300"})
    assert october(path, Fraction(30_000 * USD)).verdicts[0].standing == "accepted"
    assert october(path, Fraction(30_001 * USD)).verdicts[0].standing == "refused"


def test_entries_of_other_months_are_not_judged(write: Write) -> None:
    assert not october(write({"first_day": "2026-11-02", "last_day": "2026-11-05"})).verdicts


def test_a_period_outside_the_contract_is_refused(write: Write) -> None:
    register = load_register(write({}))
    for first, last in (
        (date(2026, 8, 1), date(2026, 9, 30)),
        (date(2027, 8, 1), date(2027, 9, 30)),
        (date(2026, 10, 31), date(2026, 10, 1)),
    ):
        with pytest.raises(ContractError, match="not within the contract"):
            judge(register, first, last, MONTH)


def test_when_a_new_baseline_is_due(write: Write) -> None:
    found = october(
        write(
            {"amount": "20000"},
            {"id": '"A2"', "trigger": '"abuse"', "amount": "-5000"},
            {"id": '"A3"', "trigger": '"outage"', "amount": "9000", "signed_by": "[]"},
        )
    )
    ended, today = date(2026, 8, 31), date(2026, 11, 1)
    # 25,000 either way, the unsigned one not among them: a quarter is the edge
    assert found.moved == 25_000 * USD
    assert new_baseline_due([found], MONTH, ended, today) == ()
    assert new_baseline_due([found], MONTH - 1, ended, today) == (
        "adjustments come to more than 25% of the adjusted baseline",
    )
    assert new_baseline_due([], MONTH, ended, date(2027, 8, 30)) == ()
    assert len(new_baseline_due([], MONTH, ended, date(2027, 8, 31))) == 1
    assert len(new_baseline_due([], MONTH, date(2028, 2, 29), date(2029, 2, 28))) == 1
