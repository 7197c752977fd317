"""Of the lines that tell of one call the greatest wins, whole, whatever order they come in."""

import itertools
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.intake import Batch, FileCount
from analyzer.store import Store
from analyzer.trace import Call, Tokens


def _call(name: str, **told: Any) -> Call:
    given: dict[str, Any] = {
        "line": 1,
        "line_sha256": sha256(name.encode()).digest(),
        "message_id": "msg_1",
        "model": name,
        "tokens": Tokens(uncached=1, output=1),
        "line_time_us": 5,
        "stop_reason": "end_turn",
    }
    return Call(**(given | told))


# each pair: the winner, and a loser that is ahead in everything the rule asks later
PAIRS = {
    "has a stop reason": (
        _call("winner"),
        _call("loser", stop_reason=None, line_time_us=9, tokens=Tokens(output=9)),
    ),
    "main chain": (
        _call("winner"),
        _call("loser", agent="side", line_time_us=9, tokens=Tokens(output=9)),
    ),
    "line time": (
        _call("winner", line_time_us=6),
        _call("loser", tokens=Tokens(output=9), line_sha256=b"\xff" * 32),
    ),
    "output": (
        _call("winner", tokens=Tokens(output=2), line_sha256=b"\x00" * 32),
        _call("loser", line_sha256=b"\xff" * 32),
    ),
    "output that is told": (
        _call("winner", tokens=Tokens(output=1), line_sha256=b"\x00" * 32),
        _call("loser", tokens=Tokens(output=None), line_sha256=b"\xff" * 32),
    ),
    "output that is not told counts as none": (
        _call("winner", tokens=Tokens(output=None), line_sha256=b"\xff" * 32),
        _call("loser", tokens=Tokens(output=0), line_sha256=b"\x00" * 32),
    ),
    "sha256 of the line": (
        _call("winner", line_sha256=b"\x02" + b"\x00" * 31),
        _call("loser", line_sha256=b"\x01" + b"\xff" * 31),
    ),
}


def _store(path: Path, batches: list[list[tuple[str, Call]]]) -> pl.DataFrame:
    with Store.open(path, create=True) as store:
        for batch_of in batches:
            batch = Batch()
            for source, call in batch_of:
                FileCount(source).add(batch, call)
            with store.transaction():
                store.take(batch)
        return store.calls()


@pytest.mark.parametrize("rule", PAIRS)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_greater_line_wins_in_either_order(tmp_path: Path, rule: str, at_once: bool) -> None:  # noqa: FBT001 - pytest gives parameters by name
    for number, order in enumerate(itertools.permutations(PAIRS[rule])):
        told = [(call.model, call) for call in order]
        batches = [told] if at_once else [[one] for one in told]
        calls = _store(tmp_path / f"{number}.duckdb", batches)
        assert calls["model"].to_list() == ["winner"]


def test_the_winner_is_taken_whole(tmp_path: Path) -> None:
    # the loser alone knows the read tokens and the key: nothing of it is mixed in
    early = _call("early", line_time_us=1, tokens=Tokens(uncached=1, read=7, output=3), key="k")
    late = _call("late", line_time_us=2, tokens=Tokens(uncached=2, output=1))
    (row,) = _store(tmp_path / "s.duckdb", [[("a", early)], [("b", late)]]).to_dicts()
    told = {name: row[name] for name in ("model", "uncached", "read", "output", "api_key")}
    assert told == {"model": "late", "uncached": 2, "read": None, "output": 1, "api_key": None}


def test_a_call_is_one_call_by_its_strongest_id(tmp_path: Path) -> None:
    told = [
        _call("message", request_id="r1"),
        _call("message", request_id="r2"),  # the same message id: one call
        _call("request", message_id=None, request_id="r1"),
        _call("request", message_id=None, request_id="r1"),
        _call("batch", message_id=None, batch_id="b", custom_id="c1"),
        _call("batch", message_id=None, batch_id="b", custom_id="c2"),
        _call("batch", message_id=None, batch_id="other", custom_id="c2"),
        _call("gateway", message_id=None, gateway_id="g"),
        _call("line", message_id=None),
        _call("line", message_id=None),
    ]
    calls = _store(tmp_path / "s.duckdb", [[("a", call) for call in told]])
    names = ["batch", "batch", "batch", "gateway", "line", "message", "request"]
    assert sorted(calls["model"].to_list()) == names


_lines = st.builds(
    lambda name, stop, agent, time, output: _call(
        name,
        message_id=f"msg_{ord(name[0]) % 2}",
        stop_reason=stop,
        agent=agent,
        line_time_us=time,
        tokens=Tokens(output=output),
    ),
    st.text("abcdef", min_size=2, max_size=4),
    st.sampled_from([None, "end_turn"]),
    st.sampled_from([None, "side"]),
    st.integers(0, 2),
    st.sampled_from([None, 0, 1, 2]),
)


@settings(max_examples=12, deadline=None)
@given(
    told=st.lists(_lines, min_size=1, max_size=8, unique_by=lambda call: call.model), data=st.data()
)
def test_any_order_in_any_batches_gives_the_greatest_line_of_each_call(
    told: list[Call], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shuffled = data.draw(st.permutations(told))
    cut = data.draw(st.integers(0, len(shuffled)))
    parts = [[("f", call) for call in part] for part in (shuffled[:cut], shuffled[cut:])]
    calls = _store(tmp_path_factory.mktemp("winner") / "s.duckdb", parts)
    expected = {
        max((call for call in told if call.message_id == name), key=_rank).model
        for name in {call.message_id for call in told}
    }
    assert set(calls["model"].to_list()) == expected
    assert len(calls) == len(expected)


def _rank(call: Call) -> tuple[object, ...]:
    return (
        call.stop_reason is not None,
        call.agent is None,
        call.line_time_us,
        call.tokens.output or 0,
        call.line_sha256,
    )
