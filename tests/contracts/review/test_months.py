"""Which days a review is of: whole months, months so far, and months that are refused."""

from datetime import date, timedelta

import pytest

from analyzer.contracts.review.months import month_days, span_of
from analyzer.errors import ContractError


def days(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(step) for step in range((end - start).days + 1)]


def test_two_whole_months_are_compared_whole() -> None:
    span = span_of("2026-10", days("2026-09-01", "2026-11-08"))
    assert span.whole
    assert span.days == (date(2026, 10, 1), date(2026, 10, 31))
    assert span.before == (date(2026, 9, 1), date(2026, 9, 30))


def test_a_month_so_far_is_compared_with_as_many_first_days() -> None:
    span = span_of("2026-11", days("2026-09-01", "2026-11-08"))
    assert not span.whole
    assert span.days == (date(2026, 11, 1), date(2026, 11, 8))
    assert span.before == (date(2026, 10, 1), date(2026, 10, 8))


def test_a_longer_month_so_far_is_compared_with_the_whole_shorter_one() -> None:
    span = span_of("2027-03", days("2027-01-01", "2027-03-30"))
    assert span.before == (date(2027, 2, 1), date(2027, 2, 28))


def test_days_after_the_last_that_counts_are_not_there() -> None:
    logged = days("2026-09-01", "2026-11-08")
    span = span_of("2026-10", logged, as_of=date(2026, 10, 20))
    assert span.days[1] == date(2026, 10, 20)
    assert span.before == (date(2026, 9, 1), date(2026, 9, 20))
    assert span == span_of("2026-10", days("2026-09-01", "2026-10-20"), date(2026, 10, 20))


def test_quiet_days_at_the_end_count_when_the_user_says_so() -> None:
    logged = days("2026-09-01", "2026-10-29")
    assert not span_of("2026-10", logged).whole
    assert span_of("2026-10", logged, as_of=date(2026, 10, 31)).whole


def test_a_month_before_that_is_told_in_part_is_not_compared() -> None:
    span = span_of("2026-09", days("2026-08-24", "2026-10-08"))
    assert span.before is None
    assert "begins on 2026-08-24" in span.not_compared


def test_a_trace_that_counts_from_1970_does_not_stand_for_the_days_between() -> None:
    logged = [date(1970, 1, 1), *days("2026-10-03", "2026-10-31")]
    with pytest.raises(ContractError, match="begins on 2026-10-03"):
        span_of("2026-10", logged)


@pytest.mark.parametrize(
    ("month", "words"),
    [
        ("2026-08", "month 2026-08: the log begins on 2026-08-24"),
        ("2026-12", "holds no call in it, it runs from 2026-08-24 to 2026-10-08"),
        ("October", "not a month"),
        ("2026-13", "not a month"),
    ],
)
def test_a_month_that_the_log_does_not_tell_is_refused(month: str, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        span_of(month, days("2026-08-24", "2026-10-08"))


def test_an_empty_log_tells_no_month() -> None:
    with pytest.raises(ContractError, match="nor any other that counts"):
        span_of("2026-10", [])


def test_leap_years_have_their_day() -> None:
    assert month_days("2028-02")[1] == date(2028, 2, 29)
