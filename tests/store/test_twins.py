"""Two exports of one gateway that hold the same calls under ids that never meet."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from analyzer.intake import Batch, FileCount
from analyzer.prices import Book
from analyzer.savings import Question
from analyzer.savings.audit import doubts
from analyzer.savings.study import prepare
from analyzer.store import Store
from analyzer.trace import Call, Tokens

START_US = 1_790_000_000_000_000
SECOND = 1_000_000


def _calls(name: str, ids: str | None, late_s: float = 0, calls: int = 10) -> list[Call]:
    """Calls a minute apart; the ids are the file's own."""
    return [
        Call(
            line=number + 1, line_sha256=sha256(f"{name} {number}".encode()).digest(),
            model="claude-sonnet-4-5", stop_reason="end_turn",
            start_us=START_US + round((number * 60 + late_s) * SECOND),
            tokens=Tokens(uncached=100_000 + number, read=0, write_5m=0, write_1h=0, output=0),
            message_id=f"{name}-{number}" if ids == "message_id" else None,
            gateway_id=f"{name}-{number}" if ids == "gateway_id" else None,
        )
        for number in range(calls)
    ]  # fmt: skip


def _take(store: Store, connector: str, name: str, calls: Sequence[Call]) -> None:
    source = sha256(name.encode()).hexdigest()[:32]
    batch, count = Batch(), FileCount(source, connector)
    for call in calls:
        count.add(batch, call)
    count.close(batch, (connector, name, source, 0, 0, 0))
    with store.transaction():
        store.take(batch)


def _found(*files: tuple[str, list[Call]]) -> list[tuple[Any, ...]]:
    with Store.open(Path(":memory:"), create=True) as store:
        for name, calls in files:
            _take(store, "helicone", name, calls)
        return [(one.path, one.other, len(one.calls)) for one in store.twins()]


def test_a_table_and_rows_of_the_same_calls_are_named_with_the_smaller_one_first() -> None:
    rows = _calls("rows", "message_id")
    table = _calls("table", "gateway_id", late_s=0.4, calls=12)
    assert _found(("table", table), ("rows", rows)) == [("rows", "table", 10)]
    assert _found(("rows", rows), ("table", table)) == [("rows", "table", 10)]


def test_rows_without_any_id_are_named_too() -> None:
    assert _found(("a", _calls("a", None)), ("b", _calls("b", "gateway_id", calls=11))) == [
        ("a", "b", 10)
    ]


@pytest.mark.parametrize(("alike", "found"), [(10, 1), (9, 1), (8, 0)])
def test_nearly_all_calls_of_the_smaller_file_must_pair_up(alike: int, found: int) -> None:
    other = _calls("table", "gateway_id", calls=alike)
    other += _calls("table later", "gateway_id", late_s=9_000, calls=10 - alike + 5)
    assert len(_found(("rows", _calls("rows", "message_id")), ("table", other))) == found


def test_calls_that_know_the_same_kind_of_id_are_retries_or_several_answers() -> None:
    files = [(name, _calls(name, "message_id", late_s)) for name, late_s in (("a", 0), ("b", 0.4))]
    assert _found(*files) == []


def test_a_few_look_alikes_and_far_ones_prove_nothing() -> None:
    assert (
        _found(("a", _calls("a", None, calls=2)), ("b", _calls("b", "gateway_id", calls=2))) == []
    )
    assert _found(("a", _calls("a", None)), ("b", _calls("b", "gateway_id", late_s=3))) == []


def test_one_file_and_two_connectors_are_no_twins() -> None:
    with Store.open(Path(":memory:"), create=True) as store:
        _take(store, "helicone", "a", _calls("a", "gateway_id") + _calls("b", None, late_s=0.2))
        _take(store, "openrouter", "c", _calls("c", "message_id", late_s=0.1))
        assert store.twins() == ()


def test_the_doubt_says_how_many_calls_and_dollars_are_counted_twice() -> None:
    with Store.open(Path(":memory:"), create=True) as store:
        _take(store, "helicone", "rows.jsonl", _calls("rows", "message_id"))
        _take(store, "helicone", "table.csv", _calls("table", "gateway_id", late_s=0.4, calls=20))
        study = prepare(store, Book.load(), Question(prices="logged"), lambda _text: None)
        said = doubts(store, study)
    # ten prompts of 100,000 to 100,009 tokens at $3 a million: 1,000,045 x $3 / 10^6 = $3.000135
    assert said[-1] == (
        "Two exports of one gateway (helicone: rows.jsonl and table.csv) look like the same calls: "
        "10 calls, $3.00, counted twice; leave one out."
    )
