"""A report's days: whole stretches of traffic, and pauses that are named instead of filled."""

from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.results import Savings
from analyzer.savings import Question, analyse
from tests.replay.log_builder import NOON_US, Block, Log, store_of

DAY_S = 86_400


def savings_on(*days: int) -> Savings:
    """A call on each of these days after 20 October 2026."""
    log = Log()
    for day in days:
        log.call(day * DAY_S, [Block(f"q{day}", 1_000)])
    with store_of(log.calls) as store:
        return analyse(store, Book.load(), Question(policy=Policy.observed()))


def test_a_trace_that_counts_from_1970_does_not_fill_decades_with_empty_days() -> None:
    found = savings_on(-(NOON_US // 10**6 // DAY_S), 0, 2)
    assert [day.day for day in found.days] == [
        "1970-01-01", "2026-10-20", "2026-10-21", "2026-10-22",
    ]  # fmt: skip
    assert sum(day.billed for day in found.days) == found.billed
    # 20 October 2026 is day 20,746 after 1 January 1970
    (said,) = [text for text in found.warnings if "stand in no table" in text]
    assert "between 1970-01-01 and 2026-10-20: these 20,745 days" in said


def test_a_month_without_traffic_is_shown_and_a_longer_pause_is_named() -> None:
    month = savings_on(0, 32)
    assert len(month.days) == 33
    assert not [text for text in month.warnings if "stand in no table" in text]
    longer = savings_on(0, 33)
    assert [day.day for day in longer.days] == ["2026-10-20", "2026-11-22"]
    assert [text for text in longer.warnings if "these 32 days stand in no table" in text]


def test_a_log_of_one_day_has_one_day() -> None:
    assert [day.day for day in savings_on(0).days] == ["2026-10-20"]
