"""The book's dated changes, and announced prices put over it."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import PriceError
from analyzer.prices import Book, Move

BOOK = Book.load()
DAY = date(2026, 12, 1)


def test_every_dated_entry_of_the_book_is_a_change() -> None:
    kinds = Counter(change.kind for change in BOOK.changes())
    rules = BOOK._rules.models.values()  # noqa: SLF001 - the file is the other side of the count
    assert kinds["price"] == sum(len(model.prices) - 1 for model in rules)
    assert kinds["context"] == sum(len(model.context) - 1 for model in rules)
    assert kinds["minimum"] == sum(len(model.minimum) - 1 for model in rules)
    assert kinds["suspension"] == sum(len(model.suspended) for model in rules)
    ends = [model.retires for model in rules if model.retires]
    assert kinds["retirement"] == sum(end.on is not None for end in ends)
    assert kinds["promise"] == sum(end.on is None for end in ends)
    assert kinds["fast"] == sum(each.until is not None for model in rules for each in model.fast)


@pytest.mark.parametrize(
    ("day", "model", "kind", "what"),
    [
        ("2026-10-07", "claude-sonnet-5-5", "price", "read $0.2 to $0.1"),
        (
            "2026-03-13", "claude-opus-4-6", "price",
            "the premium over 200,000 prompt tokens ends",
        ),
        (
            "2025-08-12", "claude-sonnet-4-0", "price",
            "a premium over 200,000 prompt tokens begins",
        ),
        ("2026-06-29", "claude-opus-4-6", "fast", "fast mode 6x to 1x"),
        ("2026-11-30", "claude-opus-4-8", "fast", "fast mode ends: such requests fail"),
        ("2026-11-30", "claude-sonnet-4-5", "retirement", "retired: requests fail"),
        (
            "2026-06-12", "claude-fable-5", "suspension",
            "not served until 2026-07-01: requests fail",
        ),
        (
            "2026-04-16", "claude-sonnet-4-6", "minimum",
            ("smallest cached prompt 2,048 to 1,024 tokens, "
            "on some day from 2026-04-16 to 2026-08-21"),
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(day: str, model: str, kind: str, what: str) -> None:
    own = [one for one in BOOK.changes() if (one.model, one.kind) == (model, kind)]
    assert (date.fromisoformat(day), what) in [(one.day, one.what) for one in own]
    assert all(one.sources for one in own)


def test_the_next_year_holds_what_the_vendor_has_dated() -> None:
    year = [one for one in BOOK.changes() if one.within(date(2026, 11, 23), date(2027, 11, 23))]
    firm = {(one.day, one.model, one.kind) for one in year if one.kind != "promise"}
    assert firm == {
        (date(2026, 11, 30), "claude-sonnet-4-5", "retirement"),
        (date(2026, 11, 30), "claude-opus-4-8", "fast"),
    }


@given(
    model=st.sampled_from(BOOK.models()),
    meter=st.sampled_from(["uncached", "read", "write_5m", "write_1h", "output"]),
)
def test_a_move_touches_its_model_and_meter_alone(model: str, meter: str) -> None:
    field = "input" if meter == "uncached" else meter
    doubled = BOOK.with_move(Move(model, meter, None, Fraction(2)))  # type: ignore[arg-type] # sampled
    for name in BOOK.models():
        facts = BOOK.facts(name)
        end = facts.retires or DAY
        day = max(min(DAY, end), facts.released or date.min)
        old, new = BOOK.quote(name, day), doubled.quote(name, day)
        for before, after in ((old.base, new.base), (old.over, new.over)):
            if before is None or after is None:
                assert before is after
                continue
            for rate in ("input", "read", "write_5m", "write_1h", "output"):
                factor = 2 if (name, rate) == (model, field) else 1
                assert getattr(after, rate) == factor * getattr(before, rate)
        assert new.web_search == old.web_search


def test_an_announced_retirement_ends_the_model_and_its_promise() -> None:
    found = BOOK.with_retirement("claude-opus-4-7", DAY)
    assert found.quote("claude-opus-4-7", DAY) == BOOK.quote("claude-opus-4-7", DAY)
    with pytest.raises(PriceError, match="after its retirement 2026-12-01"):
        found.quote("claude-opus-4-7", DAY + timedelta(days=1))
    own = {one.kind for one in found.changes() if one.model == "claude-opus-4-7"}
    assert "retirement" in own
    assert "promise" not in own
    assert found.sha256 == BOOK.sha256


def test_successors_are_later_models_of_the_line_newest_first() -> None:
    later = BOOK.successors("claude-sonnet-4-5", date(2026, 11, 30))
    assert later == ("claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-6")
    assert BOOK.successors("claude-sonnet-5-5", DAY) == ()
