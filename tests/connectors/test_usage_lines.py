"""Lines that hold a call's usage and ids alone, and the quick way in which counts are read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.trace import Call, Outcome, Rejected, Tokens
from connectors.faults import LineError
from connectors.reading.json_scan import object_by_shape, object_of, strict_object
from connectors.registry import LogFile, connector_for
from connectors.times import from_iso

Read = Callable[[Path], list[Outcome]]


def test_a_line_of_bare_usage_is_a_call_without_a_prompt(traps: Path, read: Read) -> None:
    first, second, *_, last = read(traps / "messages" / "usage_only.jsonl")
    assert isinstance(first, Call)
    # uncached 10, read 500, 30 written for 5 minutes, none for an hour
    assert first.tokens == Tokens(10, 500, 30, 0, 0, 7)
    assert (first.message_id, first.request_id, first.model) == (
        "msg_u1",
        "req_u1",
        "claude-opus-5",
    )
    assert (first.workspace, first.session, first.app, first.tags) == (
        "blue", "s1", "bot", {"team": "x"},
    )  # fmt: skip
    assert (first.stop_reason, first.prompt.visibility, first.nodes) == ("end_turn", "none", ())
    assert isinstance(second, Call)
    assert (second.message_id, second.request_id) == (None, "req_u2")
    assert isinstance(last, Call)
    assert (last.model, last.tokens.output) == ("unknown", 70)


def test_a_timestamp_is_the_end_unless_start_or_end_are_told(traps: Path, read: Read) -> None:
    first, second, *_ = read(traps / "messages" / "usage_only.jsonl")
    ten_us = from_iso("2026-09-21T10:00:00Z", "start")
    assert isinstance(first, Call)
    assert (first.start_us, first.end_us) == (None, ten_us + 2_000_000)
    assert isinstance(second, Call)
    assert (second.start_us, second.end_us) == (ten_us, ten_us + 5_000_000)


def test_bad_usage_lines_are_rejected_by_what_is_wrong(traps: Path, read: Read) -> None:
    outcomes = read(traps / "messages" / "usage_only.jsonl")
    assert [(o.line, o.reason) for o in outcomes if isinstance(o, Rejected)] == [
        (3, "no usage"),
        (4, "duplicate key"),
        (5, "bad count"),
        (6, "bad time"),
    ]


def test_a_file_of_usage_lines_is_told_from_whole_answers(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"model":"m","usage":{"input_tokens":1,"output_tokens":2}}\n')
    assert connector_for(LogFile(path)).name == "messages"


KEYS = st.sampled_from(["a", "a1", "a2", "b", "ephemeral_5m"])
COUNTS = st.one_of(
    st.integers(-5, 10**20).map(str), st.sampled_from(["1.5", "007", "-", "1e3", "NaN"])
)


@st.composite
def _objects(draw: st.DrawFn) -> bytes:
    pairs = draw(st.lists(st.tuples(KEYS, COUNTS), max_size=4))
    return ("{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}").encode()


@settings(max_examples=200)
@given(st.lists(_objects(), min_size=1, max_size=5))
def test_counts_read_by_their_shape_are_the_counts_read_strictly(texts: list[bytes]) -> None:
    for text in texts:
        assert _said(object_by_shape, text) == _said(strict_object, text)


def _said(read: Callable[[bytes], dict[str, object]], text: bytes) -> object:
    try:
        return read(text)
    except LineError as error:
        return error.reason, error.detail


@pytest.mark.parametrize(
    "text",
    [
        b'{"id":"x","usage":{"a":1},"id":"y"}',
        b'{"id": "x", "usage": {"a": 1}, "id": "y"}',
        b'{ "id":"x" , "usage":{}, "id":"y"}',
        rb'{"id":"x","usage":{},"\u0069d":"y"}',
    ],
)
def test_a_key_that_stands_twice_is_seen_however_the_object_is_written(text: bytes) -> None:
    with pytest.raises(LineError, match="duplicate key"):
        object_of(text)
