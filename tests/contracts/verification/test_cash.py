"""Cash avoided cost by hand: two months under a commit, no commit, and what must not be forgotten.

Four weeks of one standard call a day, then a batched call each day of September and October: $75 a
call at list until September and $60 in October, half in batches, a tenth off.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.commitment import Commitment, NoCommit, Settlement
from analyzer.contracts.logged import Span
from analyzer.contracts.verification import (
    Asked,
    Measures,
    Verification,
    compare_in_order,
    comparing,
)
from analyzer.contracts.verification import (
    cash as settling,
)
from analyzer.contracts.verification.measures import Deployment
from analyzer.errors import ContractError
from tests.contracts.verification.worked_months import (
    BASELINE,
    OCTOBER,
    TENTH,
    USD,
    M,
    book,
    calls,
    frozen,
    store_of,
    verified,
)

SEPTEMBER = Span(date(2026, 9, 1), date(2026, 9, 30))
TERM = (date(2026, 8, 3), date(2026, 10, 31))
"""90 days."""


def commit(
    usd: int, term: tuple[date, date] = TERM, before: int | None = None, beyond: str = "1"
) -> Settlement:
    used = None if before is None else Fraction(before * USD)
    return Settlement(Commitment(Fraction(usd * USD), *term, used, "form"), Fraction(beyond))


def batched() -> list[Any]:
    tokens: dict[str, Any] = {"uncached": 10 * M, "output": M}
    return [
        *calls(BASELINE, "etl", "claude-big", 28, **tokens),
        *calls(SEPTEMBER, "etl", "claude-big", 30, "batch", **tokens),
        *calls(OCTOBER, "etl", "claude-big", 31, "batch", **tokens),
    ]


def months(rule: Settlement, *spans: Span, **asked: Any) -> list[Verification]:
    sold = book()
    with store_of(batched()) as store:
        given = Asked(**{"span": spans[0], "contract": TENTH, "cash": rule, **asked})
        return list(compare_in_order(store, sold, frozen(store, sold), given, spans))


def cash(found: Verification) -> float:
    assert found.cash is not None
    return float(found.cash.avoided / USD)


def test_two_months_under_a_commit_by_hand() -> None:
    # the log from 3 to 31 August: 28 x 75 x .9 = 1,890 on both sides
    september, october = months(commit(4_500), SEPTEMBER, OCTOBER)
    # 59 of 90 days: 2,950 of 4,500. As it was 1,890 + 30 x 33.75 = 2,902.50, else 3,915
    assert september.cash is not None
    first = september.cash.standing
    assert first is not None
    usd = (first.due / USD, first.used / USD, first.otherwise / USD)
    assert tuple(map(float, usd)) == (2_950, 2_902.5, 3_915)
    assert float(september.avoided / USD) == 1_012.5
    assert cash(september) == 3_915 - 2_950
    assert first.left == Fraction("1597.5") * USD
    assert first.shortfall == (4_500 - Fraction("2902.5") * 90 / 59) * USD
    assert first.shortfall_otherwise == 0
    # the whole term: 2,902.50 + 31 x 27 = 3,739.50, and 3,915 + 31 x 54 = 5,589
    assert float(october.avoided / USD) == 837
    assert cash(october) == (5_589 - 4_500) - 965
    assert october.cash is not None
    last = october.cash.standing
    assert last is not None
    assert last.left == last.shortfall == Fraction("760.5") * USD


def test_use_beyond_the_commit_saves_at_its_own_price() -> None:
    # a tenth off within, list beyond: 10/9 of what is used beyond 3,000 at the term's end
    september, october = months(commit(3_000, beyond="10/9"), SEPTEMBER, OCTOBER)
    saved = Fraction("1849.5") * Fraction(10, 9)
    assert cash(september) + cash(october) == pytest.approx(float(saved))


def test_a_commit_that_is_never_reached_saves_no_cash() -> None:
    assert [cash(one) for one in months(commit(90_000), SEPTEMBER, OCTOBER)] == [0, 0]


def test_cash_of_a_loss_is_a_loss() -> None:
    tokens: dict[str, Any] = {"uncached": 10 * M, "output": M}
    back = [
        *calls(BASELINE, "etl", "claude-big", 28, "batch", **tokens),
        *calls(OCTOBER, "etl", "claude-big", 31, **tokens),
    ]
    october = (OCTOBER.first_day, OCTOBER.last_day)
    found = verified(back, measures=Measures(), cash=commit(1_000, october))
    # 31 x 54 = 1,674 instead of 837, of which the commit would have made 1,000
    assert cash(found) == 1_000 - 1_674


def test_the_golden_commit_through_the_whole_comparison() -> None:
    tokens: dict[str, Any] = {"uncached": 5 * M, "output": M // 2}
    # a thousandth of it: 50 calls of $30 at list in October, 40 in batches, so 1,500 became 900
    logged = [
        *calls(BASELINE, "etl", "claude-big", 28, **tokens),
        *calls(OCTOBER, "etl", "claude-big", 40, "batch", **tokens),
        *calls(OCTOBER, "etl", "claude-big", 10, **tokens),
    ]
    fifth = (replace(TENTH[0], share=Fraction(1, 5)),)
    rule = commit(1_000, (OCTOBER.first_day, OCTOBER.last_day))
    found = verified(logged, measures=Measures(), contract=fifth, cash=rule)
    assert found.avoided == 480 * USD
    assert cash(found) == 200


def test_without_a_commit_cash_is_the_economic_number() -> None:
    found = verified(cash=NoCommit("form"))
    assert found.cash is not None
    assert found.cash.avoided == found.avoided == 15_795 * USD
    # what a vendor's cut alone makes was never to be paid
    assert cash(verified(cash=NoCommit("form"), price_basis="frozen")) == 15_795


def test_where_nobody_tells_how_there_is_no_cash_and_it_says_why() -> None:
    untold = verified(batched(), measures=Measures())
    assert untold.cash is None
    assert "give --contract" in untold.no_cash


def test_a_commit_of_the_month_cuts_the_number_where_it_is_reached() -> None:
    october = (OCTOBER.first_day, OCTOBER.last_day)
    assert cash(verified(cash=commit(40_000, october))) == 42_165 - 40_000


def test_what_is_on_neither_side_draws_on_the_commit() -> None:
    rolled = Deployment("etl", "batch", date(2026, 9, 1), date(2026, 9, 2))
    (found,) = months(commit(4_500), SEPTEMBER, measures=Measures(deployments=(rolled,)))
    assert found.cash is not None
    assert found.cash.standing is not None
    assert found.blackout == Fraction("67.5") * USD
    assert found.cash.standing.used == Fraction("2902.5") * USD
    assert found.cash.standing.otherwise == (3_915 - Fraction("67.5")) * USD


def test_use_before_the_log_is_told_and_months_without_a_period_are_read() -> None:
    # 120 days from 4 July; 1,500 used before the log, 1,890 in August, 1,012.50 in September
    rule = commit(6_000, (date(2026, 7, 4), TERM[1]), 1_500)
    (found,) = months(rule, OCTOBER)
    assert found.cash is not None
    assert found.cash.standing is not None
    assert found.cash.standing.used == Fraction("5239.5") * USD
    # of 837 avoided, 5,239.50 + 837 - 6,000 lie above the commit
    assert cash(found) == 76.5


FIRST, LAST = TERM


@pytest.mark.parametrize(
    ("rule", "spans", "words"),
    [
        (commit(9, (date(2026, 7, 4), LAST)), [OCTOBER], "commit.used_before: the commit runs"),
        (commit(9, TERM, 5), [OCTOBER], "commit.used_before: the log begins on 2026-08-03 and"),
        (commit(9, (date(2026, 9, 2), LAST)), [SEPTEMBER], "commit.first_day: the term from"),
        (commit(9, (FIRST, date(2026, 10, 30))), [OCTOBER], "commit.last_day: the term from"),
        (commit(9), [OCTOBER, SEPTEMBER], "not after the one before it, which ends on 2026-10-31"),
        (commit(9), [OCTOBER, OCTOBER], "name periods in their order"),
    ],
)
def test_a_commit_that_cannot_be_settled_is_refused(
    rule: Settlement, spans: list[Span], words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        months(rule, *spans)


def test_a_log_of_long_ago_does_not_tell_the_use_before_this_one() -> None:
    old = Span(date(2026, 1, 1), date(2026, 1, 2))
    logged = [*calls(old, "etl", "claude-big", 2, uncached=M), *batched()]
    year = commit(9, (date(2026, 1, 1), LAST))
    with pytest.raises(ContractError, match="the log from 2026-08-03; say"):
        verified(logged, measures=Measures(), cash=year)


def _forgetful(asked: Asked, *given: Any) -> Any:
    return _right_cash(replace(asked, earlier=None), *given)


def _without_rollouts(found: Verification, period: Any) -> Any:
    return _right_use(found, replace(period, blackout=Fraction(0)))


def _nowhere(*given: Any) -> Fraction:
    del given
    return Fraction(0)


def _no_floor(rule: Settlement, use: Fraction, until: date) -> Fraction:
    del rule, until
    return use


def _whole_floor(rule: Settlement, until: date) -> Fraction:
    del until
    return rule.commitment.amount


def _discounted_again(rule: Settlement, use: Fraction, until: date) -> Fraction:
    due = rule.due(until)
    return due + rule.beyond * max(use * 9 / 10 - due, Fraction(0))


_right_cash, _right_use = settling.cash_avoided, comparing._use  # noqa: SLF001 - what is broken
PLANTED: list[tuple[Any, str, Callable[..., Any]]] = [
    (comparing, "cash_avoided", _forgetful),
    (comparing, "_use", _without_rollouts),
    (comparing, "_elsewhere", _nowhere),
    (Settlement, "cost", _no_floor),
    (Settlement, "cost", _discounted_again),
    (Settlement, "due", _whole_floor),
]


def right() -> bool:
    rolled = Deployment("etl", "batch", date(2026, 9, 1), date(2026, 9, 2))
    found = months(commit(4_500), SEPTEMBER, OCTOBER, measures=Measures(deployments=(rolled,)))
    # two calls of September are on neither side: 67.50 less of A; September 897.50
    return [cash(one) for one in found] == [897.5, 124]


@pytest.mark.full
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted[2].__name__)
def test_a_planted_bug_is_noticed(
    planted: tuple[Any, str, Callable[..., Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert right()
    monkeypatch.setattr(*planted)
    assert not right()
