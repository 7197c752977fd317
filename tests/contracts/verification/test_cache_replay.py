"""The old cache life on today's calls: worked by hand where another life was asked for."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from analyzer.contracts.baseline import Ask, freeze
from analyzer.contracts.logged import Span, whole_days
from analyzer.contracts.verification import Asked, Verification, compare
from analyzer.contracts.verification.counterfactual import REPLAYED, UNIT_RATE
from analyzer.prices import Book
from analyzer.trace import Call, Tokens, Visibility
from tests.replay.log_builder import NOON_US, SECOND_US, Block, Log, store_of

BOOK = Book.load()
BASELINE = whole_days("2026-08-03..2026-08-30")
OCTOBER = whole_days("2026-10")
SIZE = 5_000


def days(log: Log, span: Span, life: str, gap_s: int, visibility: Visibility = "full") -> None:
    """Two calls a day over one system prompt: the first writes it and the second reads it."""
    written = "write_5m" if life == "5m" else "write_1h"
    prompt = [Block("rules", SIZE, "system", ttl=life)]
    for day in span.each():
        start = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
        for number, meter in enumerate((written, "read")):
            none = dict.fromkeys(("uncached", "read", "write_5m", "write_1h", "output"), 0)
            log.call(
                start + number * gap_s - NOON_US // SECOND_US,
                prompt,
                Tokens(**{**none, meter: SIZE}),
                visibility,
                workload="w",
            )


def compared(calls: list[Call]) -> Verification:
    with store_of(calls) as store:
        return compare(store, BOOK, freeze(store, BOOK, Ask(BASELINE)), "0", Asked(OCTOBER))


def usd(tokens: Fraction) -> Fraction:
    """Haiku 4.5: a dollar a million tokens of input."""
    return tokens * 10**6


def test_todays_pauses_would_have_outlived_the_old_life() -> None:
    log = Log()
    days(log, BASELINE, "5m", 60)
    days(log, OCTOBER, "1h", 600)
    found = compared(log.calls)
    # ten minutes apart both would have been written for five minutes, at 1.25; they were written
    # for an hour, at 2, and read, at a tenth
    a_day = SIZE * (2 * Fraction(5, 4) - 2 - Fraction(1, 10))
    assert found.avoided == usd(31 * a_day)
    (line,) = found.saved
    assert (line.source, line.method, line.grade) == ("caching", REPLAYED, "E4")
    assert found.savings_uncertainty is None


def test_a_longer_life_that_nothing_needed_cost_more() -> None:
    log = Log()
    days(log, BASELINE, "5m", 60)
    days(log, OCTOBER, "1h", 60)
    assert compared(log.calls).avoided == usd(Fraction(31 * SIZE * -3, 4))


def test_the_same_life_saves_nothing() -> None:
    log = Log()
    days(log, BASELINE, "1h", 60)
    days(log, OCTOBER, "1h", 600)
    assert compared(log.calls).saved == ()


@pytest.mark.parametrize("visibility", ["none", "delta_only"])
def test_prompts_that_the_log_does_not_show_keep_the_old_shares(visibility: Visibility) -> None:
    log = Log()
    days(log, BASELINE, "5m", 60, visibility)
    days(log, OCTOBER, "1h", 600, visibility)
    found = compared(log.calls)
    assert found.saved[0].method == UNIT_RATE
    # half read, half written for five minutes, as before
    assert found.avoided == usd(Fraction(31 * SIZE * -3, 4))
    assert found.span.first_day == date(2026, 10, 1)
