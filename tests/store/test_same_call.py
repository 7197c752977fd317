"""Which sightings are one call, worked by hand and over random worlds."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random  # noqa: TID251 - hypothesis draws it
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.intake import Batch, FileCount
from analyzer.store import Store
from analyzer.trace import Call, Prompt, Tokens

START_US = 1_790_000_000_000_000
SECOND = 1_000_000
Told = dict[str, list[Call]]
"""Calls by connector."""


def _call(at_s: float = 0, **fields: Any) -> Call:
    told = {
        "line": 1, "line_sha256": b"", "model": "claude-haiku-4-5",
        "start_us": START_US + int(at_s * SECOND), "stop_reason": "end_turn",
        "tokens": Tokens(uncached=10, read=0, write_5m=0, write_1h=0, output=5),
    }  # fmt: skip
    return Call(**{**told, **fields})


def _take(store: Store, connector: str, calls: list[Call], name: str | None = None) -> str:
    source = sha256((name or connector).encode()).hexdigest()[:32]
    batch, count = Batch(), FileCount(source, connector)
    for line, call in enumerate(calls, start=1):
        digest = sha256(f"{name or connector} {line}".encode()).digest()
        fresh = {f: getattr(call, f) for f in call.__struct_fields__}
        count.add(batch, Call(**{**fresh, "line": line, "line_sha256": digest}))
    count.close(batch, (connector, name or connector, source, 0, 0, 0))
    with store.transaction():
        store.take(batch)
    return source


@contextmanager
def _store(told: Told) -> Iterator[Store]:
    with Store.open(Path(":memory:"), create=True) as store:
        for connector, calls in told.items():
            _take(store, connector, calls)
        yield store


def _kept(told: Told) -> int:
    with _store(told) as store:
        ledger = store.ledger()
        assert ledger.balanced
        assert ledger.kept == len(store.calls())
        return ledger.kept


def test_a_shared_message_id_is_one_call_whatever_else_differs() -> None:
    told = {"messages": [_call(message_id="m1")], "otlp": [_call(at_s=90, message_id="m1")]}
    assert _kept(told) == 1


@pytest.mark.parametrize(
    "ids",
    [{"request_id": "r1"}, {"batch_id": "b", "custom_id": "c"}, {"gateway_id": "g1"}],
)
def test_any_shared_id_joins_a_source_that_knows_no_stronger_one(ids: dict[str, Any]) -> None:
    told = {"messages": [_call(message_id="m1", **ids)], "otlp": [_call(at_s=90, **ids)]}
    assert _kept(told) == 1


def test_a_chain_of_ids_joins_three_sources() -> None:
    told = {
        "messages": [_call(message_id="m1", request_id="r1")],
        "otlp": [_call(at_s=50, request_id="r1")],
        "transcripts": [_call(at_s=90, message_id="m1")],
    }
    assert _kept(told) == 1


def test_a_stronger_id_that_differs_keeps_calls_apart() -> None:
    told = {
        "messages": [_call(message_id="m1", request_id="r1")],
        "otlp": [_call(message_id="m2", request_id="r1")],
    }
    assert _kept(told) == 2


@pytest.mark.parametrize(("apart_s", "kept"), [(0, 1), (1.5, 1), (2.0, 1), (2.000001, 2), (60, 2)])
def test_without_ids_equal_counts_within_two_seconds_are_one_call(
    apart_s: float, kept: int
) -> None:
    assert _kept({"messages": [_call(message_id="m1")], "kong": [_call(at_s=apart_s)]}) == kept


def test_a_time_cut_to_seconds_may_be_a_second_later() -> None:
    coarse = _call(at_s=2.9, time_precision="s")
    assert _kept({"messages": [_call(message_id="m1")], "kong": [coarse]}) == 1


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        (Tokens(uncached=10, output=5), 1),  # says nothing of caches
        (Tokens(uncached=4, read=6, output=5), 2),
        (Tokens(uncached=10, read=0, output=6), 2),
        (Tokens(uncached=11, output=5), 2),
    ],
)
def test_counts_that_both_state_must_be_equal(tokens: Tokens, kept: int) -> None:
    told = {"messages": [_call(message_id="m1")], "kong": [_call(tokens=tokens)]}
    assert _kept(told) == kept


def test_another_model_is_another_call_and_another_name_of_it_is_not() -> None:
    one = [_call(message_id="m1")]
    assert _kept({"messages": one, "kong": [_call(model="claude-opus-4-8")]}) == 2
    assert _kept({"messages": one, "kong": [_call(model="claude-haiku-4-5-20251001")]}) == 1


def test_answers_to_one_prompt_and_retries_of_one_source_stay_apart() -> None:
    # three equal calls a second apart in one source: n-best; the other source tells two of them
    best = [_call(at_s=n, message_id=f"m{n}") for n in range(3)]
    assert _kept({"messages": best}) == 3
    assert _kept({"messages": best, "kong": [_call(at_s=0.1), _call(at_s=1.1)]}) == 3
    assert _kept({"kong": [_call(), _call(at_s=0.5)]}) == 2


def test_the_nearest_look_alike_is_taken() -> None:
    told = {
        "messages": [_call(at_s=0, message_id="m1"), _call(at_s=1.5, message_id="m2")],
        "kong": [_call(at_s=1.4, gateway_id="g")],
    }
    with _store(told) as store:
        joined = store.merges().filter(call="message:m2")
        assert joined["connector"].to_list() == ["messages", "kong"]
        assert joined["gap_us"].to_list()[-1] in (100_000, None)
        assert "content" in joined["rule"].to_list()


def test_two_exports_of_one_source_that_share_an_id_are_one_call() -> None:
    with Store.open(Path(":memory:"), create=True) as store:
        _take(store, "helicone", [_call(message_id="m1", gateway_id="g1")], "rows")
        _take(store, "helicone", [_call(gateway_id="g1")], "table")
        assert store.ledger().kept == 1


def test_tokens_come_from_one_source_and_other_fields_from_whoever_knows_them() -> None:
    split = Tokens(uncached=10, read=5, write_5m=0, write_1h=20, output=7)
    unsplit = Tokens(uncached=10, read=5, write_unsplit=20, output=7, thinking=3)
    seen = Prompt(visibility="full", leaf=b"leaf")
    told = {
        "otlp": [_call(message_id="m1", tokens=unsplit, first_us=START_US + 9, session="s1")],
        "transcripts": [
            _call(at_s=-4, message_id="m1", tokens=split, time_meaning="line", user="u")
        ],
        "messages": [_call(message_id="m1", tokens=split, prompt=seen)],
    }
    with _store(told) as store:
        (row,) = store.calls().iter_rows(named=True)
    assert (row["write_1h"], row["write_unsplit"]) == (20, None)
    assert (row["start_us"], row["first_us"]) == (START_US, START_US + 9)
    assert (row["session"], row["visibility"]) == ("s1", "full")


def test_sources_that_disagree_on_counts_are_flagged_and_listed() -> None:
    more = Tokens(uncached=10, read=0, write_5m=0, write_1h=0, output=9)
    told = {"messages": [_call(message_id="m1")], "otlp": [_call(message_id="m1", tokens=more)]}
    with _store(told) as store:
        assert store.merges()["differs"].all()
        (row,) = store.calls().iter_rows(named=True)
    assert row["output"] == 5  # the order of record: the capture's word stands


def test_forgetting_a_source_gives_the_calls_back_as_they_were() -> None:
    with _store({"messages": [_call(message_id="m1")]}) as store:
        before = store.calls()
        source = _take(store, "otlp", [_call(message_id="m1", session="s"), _call(at_s=99)])
        assert store.ledger().kept == 2
        store.forget(source)
        assert store.calls().equals(before)


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[int, Told]:
    """True calls ten seconds apart, each told by some sources that lose ids at random."""
    rng = draw(st.randoms(use_true_random=False))
    names = ("messages", "otlp", "litellm", "kong", "transcripts")
    told: Told = {name: [] for name in names}
    calls = draw(st.integers(1, 6))
    for number in range(calls):
        for name in rng.sample(names, rng.randint(1, len(names))):
            ids = {
                "message_id": f"m{number}" if rng.random() < 0.5 else None,
                "request_id": f"r{number}" if rng.random() < 0.5 else None,
                "gateway_id": f"g{number}" if rng.random() < 0.5 else None,
            }
            told[name].append(_call(at_s=number * 10 + rng.random(), **ids))
    return calls, {name: rows for name, rows in told.items() if rows}


@settings(max_examples=4, deadline=None)
@given(world=_worlds(), order=st.randoms(use_true_random=False))
def test_each_true_call_is_kept_once_in_any_order_of_sources(
    world: tuple[int, Told], order: Random
) -> None:
    _kept_once_in_any_order(world, order)


@pytest.mark.full
@settings(max_examples=60, deadline=None)
@given(world=_worlds(), order=st.randoms(use_true_random=False))
def test_each_true_call_is_kept_once_in_any_order_of_many_sources(
    world: tuple[int, Told], order: Random
) -> None:
    _kept_once_in_any_order(world, order)


def _kept_once_in_any_order(world: tuple[int, Told], order: Random) -> None:
    calls, told = world
    shuffled = list(told.items())
    order.shuffle(shuffled)
    assert _kept(told) == calls
    with _store(told) as one, _store(dict(shuffled)) as two:
        assert one.calls().equals(two.calls())
        assert one.merges().equals(two.merges())


@pytest.mark.parametrize("order", [("messages", "otlp"), ("otlp", "messages")])
def test_told_searches_win_over_untold_ones_whichever_source_tells_the_tokens(
    order: tuple[str, str],
) -> None:
    untold, told = order
    sightings = {
        untold: [_call(message_id="m1", web_searches=None)],
        told: [_call(message_id="m1", web_searches=2)],
    }
    with _store(sightings) as store:
        assert store.calls()["web_searches"].to_list() == [2]
        assert not [doubt for doubt, _ in store.doubts() if "searches" in doubt]


def test_calls_whose_searches_nobody_tells_are_doubted_but_not_on_bedrock_which_has_none() -> None:
    sightings = {
        "otlp": [
            _call(message_id="m1"),
            _call(at_s=9, message_id="m2", platform="claude_api"),
            _call(at_s=19, message_id="m3", platform="bedrock"),
            _call(at_s=29, message_id="m4", web_searches=0),
        ]
    }
    with _store(sightings) as store:
        assert ("web searches are not told, and count as none", 2) in store.doubts()
        assert store.calls()["web_searches"].to_list() == [None, None, None, 0]
