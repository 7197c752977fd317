"""The day whose prices are used, where the book cannot say them for every call."""

from datetime import date

import pytest

from analyzer.errors import InputError
from analyzer.prices import Book
from analyzer.savings import Question, analyse
from analyzer.trace import Tokens
from tests.replay.log_builder import Block, Log, store_of, study_of


def two_models() -> Log:
    """Two calls on one day: Haiku 4.5 (from October 2025) and Opus 5.5 (from 22 September 2026)."""
    log = Log()
    for model in ("claude-haiku-4-5", "claude-opus-5-5"):
        log.call(0, [Block("q", 10)], Tokens(uncached=10, output=1), model=model)
    return log


def test_a_day_on_which_nothing_was_sold_is_refused() -> None:
    with pytest.raises(InputError, match="nothing of this traffic was sold on that day"):
        study_of(two_models().calls, prices=date(1999, 1, 1))


def test_calls_that_keep_their_own_days_price_are_counted() -> None:
    study = study_of(two_models().calls, prices=date(2026, 9, 1))
    assert study.own_day_calls == 1


def test_the_page_is_told_of_both_edges_of_the_book(book: Book) -> None:
    with store_of(two_models().calls) as store:
        early = analyse(store, book, Question(prices=date(2026, 9, 1)))
        late = analyse(store, book, Question(prices=date(2099, 1, 1)))
    assert any("1 call to models that were not sold so on 2026-09-01" in w for w in early.warnings)
    assert any("The price book ends on" in w for w in late.warnings)


@pytest.fixture
def book() -> Book:
    return Book.load()
