"""What the review's assumptions are worth in its days, and what its prices are said to be."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from analyzer.contracts.owners import Owner, Owners
from analyzer.contracts.review import Asked, levers, registers, review
from analyzer.errors import ContractError
from analyzer.policy import BatchRule, CachingRule, OutputRule, Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results.review import Review
from analyzer.savings import Examined, Question, examine
from analyzer.trace import Tokens
from tests.contracts.review.test_worked_review import at, calls
from tests.replay.log_builder import Log, store_of

BOOK = Book.load()
USD = Fraction(10**12)
POLICY = Policy(
    batch=(BatchRule(workload="digest", evidence="deadline", basis="next morning"),),
    output=(
        OutputRule(
            workload="chat", length_ratio=Fraction(1, 2), evidence="assumed", basis="a draft"
        ),
    ),
    caching=(CachingRule(workload="digest", ttl="1h", basis="long pauses"),),
)
OWNERS = Owners(
    "ab" * 32,
    (
        Owner("Operations", None, "digest", "batch", date(2026, 10, 30), date(2026, 12, 1)),
        Owner("FinOps", "prices", None, None, None, date(2026, 10, 1)),
    ),
)


def later() -> Log:
    """October's digest costs $4: 2 Mtok in, and 0.4 Mtok out at $5."""
    log = Log()
    log.call(
        at(10, 20),
        tokens=Tokens(uncached=2_000_000, output=400_000),
        workload="digest",
        message_id="d0",
        line_sha256=bytes(32),
    )
    return log


@pytest.fixture(scope="module")
def examined() -> Examined:
    with store_of([*calls(), *later().calls]) as store:
        return examine(store, BOOK, Question(policy=POLICY))


@pytest.fixture(scope="module")
def october(examined: Examined) -> Review:
    return review(examined, BOOK, Asked("2026-10"))


def row(found: Review, statement: str) -> Fraction | None:
    return next(one for one in found.assumptions if statement in one.statement).sensitivity


def test_prices_move_the_bill_by_a_point_of_list(october: Review) -> None:
    # October at list: $5.50 and the digest's $4.00
    assert october.units.at_list == Fraction("9.5") * USD
    assert row(october, "list prices") == Fraction("-0.095") * USD


def test_a_lines_statement_is_worth_what_the_line_saves_in_the_month(october: Review) -> None:
    # half of the digest's $4.00, in batch
    assert row(october, "digest: results may take") == 2 * USD
    worth = {one.workload: one.worth for one in october.actions if one.grade == "E5"}
    assert row(october, "chat: answers can be 50%") == worth["chat"]


def test_every_statement_is_worth_something_or_says_why_not(october: Review) -> None:
    assert len(october.assumptions) >= 5
    assert all(one.moved for one in october.assumptions)
    assert [one.id for one in october.assumptions] == [
        f"A{number}" for number in range(1, len(october.assumptions) + 1)
    ]


def test_a_caching_line_stands_in_the_register(october: Review) -> None:
    stated = next(one for one in october.assumptions if "cache marks" in one.statement)
    assert stated.statement == "digest: cache marks can be set so: with a life of 1h"
    assert stated.source == "long pauses"


@pytest.mark.parametrize("off", ["0.25", None])
def test_prices_say_a_discount_is_known_only_where_one_is(off: str | None) -> None:
    contract = (Discount("*", Fraction(off), "order form"),) if off else ()
    with store_of(calls()) as store:
        found = examine(store, BOOK, Question(policy=Policy.observed(), contract=contract))
    stated = found.savings.assumptions[0]
    assert ("no discount is known" in stated.statement) is (off is None)
    assert ("off list: * 25.00%" in stated.value) is (off is not None)
    assert ("order form" in stated.source) is (off is not None)
    reviewed = review(found, BOOK, Asked("2026-10"))
    assert reviewed.assumptions[0].statement == stated.statement
    # the bill falls by a point of list, however much is off already
    assert reviewed.assumptions[0].sensitivity == -reviewed.units.at_list / 100


def test_owners_stand_at_actions_and_statements_and_in_the_manifest(
    examined: Examined, october: Review
) -> None:
    found = review(examined, BOOK, Asked("2026-10", owners=OWNERS))
    action = next(one for one in found.actions if one.workload == "digest")
    assert (action.owner, action.due, action.overdue) == ("Operations", "2026-10-30", True)
    batch = next(one for one in found.assumptions if "digest: results" in one.statement)
    assert (batch.owner, batch.expires, batch.expired) == ("Operations", "2026-12-01", False)
    assert (found.assumptions[0].owner, found.assumptions[0].expired) == ("FinOps", True)
    assert not any(one.owner for one in october.assumptions)
    assert found.manifest != october.manifest
    assert replace(found, actions=(), assumptions=(), manifest="") == replace(
        october, actions=(), assumptions=(), manifest=""
    )


def test_an_owner_of_an_unknown_workload_is_refused(examined: Examined) -> None:
    owners = Owners("ab", (Owner("Ops", None, "diggest", None, None, None),))
    with pytest.raises(ContractError, match="'diggest' is none of this log's workloads"):
        review(examined, BOOK, Asked("2026-10", owners=owners))


def test_efficiency_of_the_days_before_is_told_beside_the_months(october: Review) -> None:
    progress = october.progress
    # September: the digest's $2.00 would have been $1.00 of $15.00
    assert progress.efficiency_before == Fraction(14, 15)
    assert len(progress.efficiency_by_week) == len(october.weeks)
    assert progress.efficiency == 1 - 2 * USD / progress.billed


def test_a_lever_whose_lines_are_all_assumed_is_not_called_unused(october: Review) -> None:
    told = {one.lever: one for one in october.progress.levers}
    assert told["output"].basis == "its lines rest on assumptions (E5): potential alone"
    assert told["routing"].basis == "no line of the policy uses it"


def test_planted_bugs_are_noticed(
    examined: Examined, october: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other standing's worth, and a point of what was paid for a point of list."""
    with monkeypatch.context() as planted:
        planted.setattr(registers, "_standings", lambda *_told: iter((False,)))
        broken = review(examined, BOOK, Asked("2026-10"))
        assert row(broken, "digest: results") != row(october, "digest: results")
    with monkeypatch.context() as planted:
        planted.setattr(registers, "_POINT", Fraction(1, 10))
        broken = review(examined, BOOK, Asked("2026-10"))
        assert row(broken, "list prices") != row(october, "list prices")
    with monkeypatch.context() as planted:
        planted.setattr(levers, "_observed", lambda policy: policy)
        broken = review(examined, BOOK, Asked("2026-10"))
        assert broken.progress.efficiency_before != october.progress.efficiency_before
