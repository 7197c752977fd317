"""One small log of September and October, each figure worked by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.commitment import Commitment
from analyzer.contracts.review import Asked, review
from analyzer.errors import ContractError
from analyzer.policy import BatchRule, Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results.review import Review
from analyzer.savings import Examined, Question, examine
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import NOON_US, Log, store_of

BOOK = Book.load()
USD = Fraction(10**12)
MTOK = 1_000_000
HAIKU, DEAR = "claude-haiku-4-5", "claude-opus-4-5"
"""$1 and $5 a million tokens in and out; $5 and $25."""


def at(month: int, day: int) -> int:
    """Noon of a day of 2026, in seconds of the log."""
    noon = int(datetime(2026, month, day, 12, tzinfo=UTC).timestamp())
    return noon - NOON_US // 1_000_000


def calls() -> list[Call]:
    """September: chat $2, $1 and $6; digest $2. October: chat $4 and $1, batch news $0.50."""
    log = Log()
    chat: dict[str, Any] = {"workload": "chat", "session": "s1"}
    log.call(at(9, 1), tokens=Tokens(uncached=2 * MTOK), **chat)
    log.call(at(9, 8), tokens=Tokens(uncached=MTOK), **{**chat, "session": "s2"})
    log.call(at(9, 20), tokens=Tokens(output=200_000, uncached=MTOK), model=DEAR, **chat)
    log.call(at(9, 30), tokens=Tokens(uncached=2 * MTOK), workload="digest", key="k")
    # 1 Mtok read at a tenth, 2 Mtok written at 1.25, 0.28 Mtok out at $5: $0.10 + $2.50 + $1.40
    told = Tokens(read=MTOK, write_5m=2 * MTOK, output=280_000)
    log.call(at(10, 2), tokens=told, stop_reason="max_tokens", **chat)
    log.call(at(10, 9), tokens=Tokens(uncached=MTOK), attempt=1, **chat)
    log.call(at(10, 31), tokens=Tokens(uncached=MTOK), tier="batch", workload="news")
    log.call(at(11, 2), tokens=Tokens(uncached=3 * MTOK), **chat)
    log.call(at(11, 4), tokens=Tokens(uncached=MTOK), **chat)
    return log.calls


@pytest.fixture(scope="module")
def examined() -> Iterator[Examined]:
    with store_of(calls()) as store:
        yield examine(store, BOOK, Question(policy=Policy.observed()))


@pytest.fixture(scope="module")
def october(examined: Examined) -> Review:
    return review(examined, BOOK, Asked("2026-10", as_of=date(2026, 11, 4)))


def test_the_month_and_the_one_before_cost_what_they_cost(october: Review) -> None:
    assert october.whole
    assert october.units.cost == Fraction("5.5") * USD
    assert october.before
    # 2 + 1 + (1 x 5 + 0.2 x 25) + 2
    assert october.before.cost == 15 * USD


def test_the_bridge_spans_the_two_months_exactly(october: Review) -> None:
    crossing = october.crossing
    assert crossing
    assert (crossing.before, crossing.after) == (15 * USD, Fraction("5.5") * USD)
    assert sum(step.in_order for step in crossing.steps) == Fraction("-9.5") * USD
    assert sum(step.fair_share for step in crossing.steps) == Fraction("-9.5") * USD
    # four requests become three
    assert crossing.steps[0].in_order == -15 * USD / Fraction(4)
    mix = {part.group: part for part in crossing.mix}
    assert mix["new"].workloads == ("news",)
    assert mix["retired"].workloads == ("digest",)
    whole = next(step for step in crossing.steps if step.factor == "workload_mix")
    assert sum(part.in_order for part in crossing.mix) == whole.in_order


def test_movers_name_each_workloads_change(october: Review) -> None:
    found = {one.workload: one for one in october.movers}
    assert [one.workload for one in october.movers] == ["chat", "digest", "news"]
    assert found["digest"].change == found["digest"].volume_and_mix == -2 * USD
    assert found["news"].change == found["news"].volume_and_mix == USD / Fraction(2)
    chat = found["chat"]
    assert (chat.before, chat.after) == (13 * USD, 5 * USD)
    # three requests become two: a third of $13, in whole pico-dollars
    assert chat.volume_and_mix == -(13 * USD // 3)
    assert chat.volume_and_mix + chat.model + chat.other == -8 * USD


def test_unit_economics_divide_counts(october: Review) -> None:
    units = october.units
    assert (units.requests, units.sessions, units.retried) == (3, 1, 1)
    assert units.per_request == Fraction("5.5") * USD / 3
    assert units.per_session == 5 * USD
    assert units.per_mtok == Fraction("5.5") * USD / Fraction("5.28")
    assert units.read_share == Fraction(1, 5)
    assert units.payback == Fraction(1, 2)
    assert units.batch_share == Fraction(1, 11)
    assert units.truncation_share == Fraction(1, 3)
    assert units.waste_share == Fraction(2, 11)
    assert units.saved_rate == 0


def test_an_answer_is_waste_where_its_stream_was_cut_and_untold_where_nobody_wrote_its_end() -> (
    None
):
    """$1 each of: a whole answer, a stream without an end, a transcript's line without one."""
    log = Log()
    for stop, final, stream in (("end_turn", True, True), (None, False, True), (None, False, None)):
        tokens = Tokens(uncached=MTOK)
        log.call(at(10, 1), tokens=tokens, stop_reason=stop, usage_final=final, stream=stream)
    with store_of(log.calls) as store:
        found = examine(store, BOOK, Question(policy=Policy.observed()))
    whole = review(found, BOOK, Asked("2026-10")).units
    assert (whole.untold, whole.ended, whole.waste_share) == (1, 1, Fraction(1, 3))
    with store_of(log.calls[2:]) as store:
        found = examine(store, BOOK, Question(policy=Policy.observed()))
    nothing = review(found, BOOK, Asked("2026-10")).units
    assert (nothing.untold, nothing.ended, nothing.waste_share) == (1, 0, None)


def test_live_levers_are_re_priced_exactly(october: Review) -> None:
    live = {one.lever: one.live for one in october.progress.levers}
    # the news at standard prices: $1
    assert live["batch"] == USD / Fraction(2)
    # 3 Mtok uncached for $3 instead of $2.60
    assert live["caching"] == Fraction("0.4") * USD
    assert live["output"] is None
    assert live["routing"] is None
    assert october.progress.best == october.progress.billed == Fraction("5.5") * USD
    assert october.progress.efficiency == 1


def test_open_savings_are_those_of_the_months_days_alone() -> None:
    rules = (
        BatchRule(workload="digest", evidence="deadline", basis="next morning"),
        BatchRule(workload="chat", evidence="inferred", basis="comes at noon"),
    )
    told = [*calls(), *_later_digests()]
    with store_of(told) as store:
        study = examine(store, BOOK, Question(policy=Policy(batch=rules)))
    found = review(study, BOOK, Asked("2026-10"))
    days = [day for day in study.savings.days if day.day.startswith("2026-10")]
    progress = found.progress
    # the digest of October: half of $4; those of September and November are no part of it
    assert progress.billed - progress.best == 2 * USD
    assert progress.billed - progress.best == sum(day.observed - day.after for day in days)
    batch = next(one for one in progress.levers if one.lever == "batch")
    assert (batch.further, batch.grade) == (2 * USD, "E4")
    assert batch.live is not None
    assert batch.score == batch.live / (batch.live + 2 * USD)
    # chat's two calls are no chain of marks: half of what is billed, on assumption
    assert batch.potential > 0
    worth = {(one.workload, one.grade): one.worth for one in found.actions if one.lever}
    assert worth["digest", "E4"] == 2 * USD
    assert worth["chat", "E5"] == sum(one.potential for one in progress.levers)
    assert [one.grade for one in found.actions if one.grade] == ["E4", "E5"]


def _later_digests() -> list[Call]:
    """One in October and one in November, $4 each."""
    log = Log()
    for number, day in enumerate((at(10, 15), at(11, 3))):
        log.call(
            day,
            tokens=Tokens(uncached=4 * MTOK),
            workload="digest",
            message_id=f"d{number}",
            line_sha256=bytes([number] * 32),
        )
    return log.calls


def test_the_running_month_lands_by_its_weekdays(october: Review) -> None:
    ahead = october.forecast
    assert ahead
    assert (ahead.month, ahead.to_date) == ("2026-11", 4 * USD)
    # the eight weeks before: Tuesday 8 Sept $1, Sundays 20 Sept $10, Wednesday 30 Sept $2, Friday
    # 2 and 9 Oct $4 + $1, Saturday $0.50. November's first four days are Sunday to Wednesday.
    weights = [Fraction(usd) for usd in ("0", "1", "2", "0", "5", "0.5", "10")]
    elapsed = [6, 0, 1, 2]
    left = [date(2026, 11, day).weekday() for day in range(5, 31)]
    rate = Fraction(4) / sum(weights[day] for day in elapsed)
    assert ahead.expected == (4 + rate * sum(weights[day] for day in left)) * USD
    assert ahead.to_date <= ahead.low <= ahead.expected <= ahead.high


def test_each_dollar_has_one_owner(october: Review) -> None:
    owners = october.allocation
    assert owners.tag == Fraction("5.5") * USD
    assert owners.key == owners.workspace == owners.nobody == 0


def test_weeks_are_whole_and_within_the_log(october: Review) -> None:
    # the log begins on a Tuesday, October ends on a Saturday
    names = [week.name for week in october.weeks]
    assert names == [f"2026-09-{day:02d}" for day in (7, 14, 21, 28)] + [
        f"2026-10-{day:02d}" for day in (5, 12, 19)
    ]
    # 7 to 13 September: $1; 14 to 20: $10; 28 September to 4 October: $2 and $4
    assert [week.cost / USD for week in october.weeks] == [1, 10, 0, 6, 1, 0, 0]
    assert october.weeks[2].per_request is None


def test_later_days_change_nothing_of_the_month(examined: Examined, october: Review) -> None:
    earlier = review(examined, BOOK, Asked("2026-10", as_of=date(2026, 10, 31)))
    assert earlier.forecast is None
    assert earlier.no_forecast == "2026-10 is told to its last day"
    assert earlier.units == october.units
    assert earlier.crossing == october.crossing
    assert earlier.watch == october.watch
    assert earlier.weeks == october.weeks


def test_the_month_so_far_is_held_against_the_same_days(examined: Examined) -> None:
    found = review(examined, BOOK, Asked("2026-11", budget=Fraction(1)))
    assert not found.whole
    assert found.crossing
    assert (found.crossing.before, found.crossing.after) == (4 * USD, 4 * USD)
    assert found.before
    assert found.before.days.last_day == "2026-10-04"
    assert any("over its budget" in one.what for one in found.actions)


def test_without_a_month_the_last_whole_one_is_reviewed(examined: Examined) -> None:
    assert review(examined, BOOK, Asked()).month == "2026-10"
    assert review(examined, BOOK, Asked(as_of=date(2026, 9, 30))).month == "2026-09"


def test_a_first_month_so_far_is_reviewed_when_nothing_earlier_is_told() -> None:
    with store_of(
        [one for one in calls() if (one.start_us or 0) < NOON_US - 32 * 86_400 * 10**6]
    ) as store:
        early = examine(store, BOOK, Question(policy=Policy.observed()))
    found = review(early, BOOK, Asked())
    assert (found.month, found.whole, found.crossing) == ("2026-09", False, None)
    assert all(one.before is None and one.change is None for one in found.movers)


def test_a_discount_moves_every_dollar_of_the_bill(october: Review) -> None:
    with store_of(calls()) as store:
        paid = examine(
            store,
            BOOK,
            Question(
                policy=Policy.observed(), contract=(Discount("*", Fraction(1, 4), "order form"),)
            ),
        )
    found = review(paid, BOOK, Asked("2026-10", as_of=date(2026, 11, 4)))
    kept = Fraction(3, 4)
    assert found.units.cost == kept * october.units.cost
    assert found.units.at_list == october.units.cost
    assert found.units.saved_rate == Fraction(1, 4)
    assert found.crossing
    assert found.crossing.before == kept * 15 * USD
    assert found.progress.billed == kept * october.progress.billed
    assert found.forecast
    assert october.forecast
    assert found.forecast.expected == kept * october.forecast.expected
    assert [one.live and one.live / kept for one in found.progress.levers] == [
        one.live for one in october.progress.levers
    ]
    assert found.manifest != october.manifest


def test_a_commit_burns_down_at_two_paces(examined: Examined) -> None:
    commit = Commitment(30 * USD, date(2026, 9, 1), date(2026, 12, 31), None, "form")
    found = review(examined, BOOK, Asked("2026-10", commitment=commit)).burn_down
    assert found
    # 15 + 5.50 + 4 used; the last 28 days are 8 October to 4 November: $1 + $0.50 + $4
    assert (found.used, found.left) == (Fraction("24.5") * USD, Fraction("5.5") * USD)
    pace, best = found.endings
    assert pace.a_day == Fraction("5.5") * USD / 28
    assert pace.at_end == found.left - 57 * pace.a_day
    # 28 days more: 2 December
    assert pace.used_up == "2026-12-02"
    assert best.a_day == pace.a_day


def test_a_commit_older_than_the_log_needs_what_was_used(examined: Examined) -> None:
    commit = Commitment(30 * USD, date(2026, 1, 1), date(2026, 12, 31), None, "form")
    with pytest.raises(ContractError, match=r"commit\.used_before: .* say in the contract file"):
        review(examined, BOOK, Asked("2026-10", commitment=commit))
    told = replace(commit, used_before=10 * USD)
    found = review(examined, BOOK, Asked("2026-10", commitment=told)).burn_down
    assert found
    assert found.used == Fraction("34.5") * USD
    with pytest.raises(ContractError, match="leave it out"):
        review(
            examined, BOOK, Asked("2026-10", commitment=replace(told, first_day=date(2026, 9, 1)))
        )
