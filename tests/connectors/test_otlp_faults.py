"""Spans at fault: named by line and place, the rest kept, whatever stands in them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Iteration, Outcome, Rejected, Tokens
from connectors.otlp.usage import PARTS_EXCEED
from connectors.registry import LogFile, connector_for

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
TRAPS = Path(__file__).parents[2] / "sample_logs" / "traps"
DAMAGED = (
    "otlp/names.jsonl",
    "otlp/copies.jsonl",
    "claude_code_otel/events.jsonl",
    "claude_code_otel/inline_bodies.jsonl",
)


@pytest.fixture(scope="module")
def faults(traps: Path, read: Read) -> list[Outcome]:
    return read(traps / "otlp" / "faults.jsonl")


def _at(outcomes: list[Outcome], line: int) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.line == line]


def test_one_failure_told_twice_is_one_attempt(faults: list[Outcome]) -> None:
    [attempt, copy] = _at(faults, 1)
    assert isinstance(attempt, Attempt)
    assert (attempt.status, attempt.error) == (429, "rate_limit_error")
    assert copy == Aside(1, "copy of a failed call")


def test_a_stream_that_broke_off_was_billed_and_is_a_lower_bound(faults: list[Outcome]) -> None:
    [call] = _at(faults, 2)
    assert isinstance(call, Call)
    assert (call.tokens.uncached, call.tokens.output, call.usage_final) == (10, None, False)


def test_a_call_without_counts_is_a_fault(faults: list[Outcome]) -> None:
    [fault] = _at(faults, 3)
    assert isinstance(fault, Rejected)
    assert fault.reason == "no usage"


def test_a_bad_span_is_named_by_its_place_and_its_neighbours_are_kept(
    faults: list[Outcome],
) -> None:
    bad, twice, good = _at(faults, 4)
    assert isinstance(bad, Rejected)
    assert isinstance(twice, Rejected)
    assert isinstance(good, Call)
    assert bad.detail.startswith("span 1 of 3: gen_ai.usage.input_tokens")
    assert (twice.reason, twice.detail[:12]) == ("duplicate key", "span 3 of 3:")
    assert good.message_id == "msg_good"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (5, "bad count"),
        (6, "count tokens"),
        (7, "other model"),
        (8, "other span"),
        (9, "bad count"),
        (10, "metrics"),
        (11, "no records"),
        (12, "blank"),
        (13, "not JSON"),
        (14, "bad field"),
        (15, "not OTLP"),
        (16, "duplicate key"),
    ],
)
def test_each_line_has_one_outcome(faults: list[Outcome], line: int, expected: str) -> None:
    [outcome] = _at(faults, line)
    assert isinstance(outcome, (Aside, Rejected))
    assert expected in (getattr(outcome, "kind", None), getattr(outcome, "reason", None))


def test_records_that_are_none_are_counted_one_by_one(faults: list[Outcome]) -> None:
    assert len(_at(faults, 17)) == 4


def test_exclusive_emitters_are_told_by_their_arithmetic(traps: Path, calls: Calls) -> None:
    first, second, third, fourth = calls(traps / "otlp" / "exclusive.jsonl")
    # 90 read do not fit into 10: the input stands beside them
    assert (first.tokens, first.flags) == (
        Tokens(10, 90, None, None, None, 5, None),
        (PARTS_EXCEED,),
    )
    # 100 + 90 + 5 = 195: the grand total shows that 90 stand beside 100
    assert (second.tokens.uncached, second.usage_basis, second.flags) == (100, "exclusive", ())
    # 100 + 5 = 105: they stand inside
    assert (third.tokens.uncached, third.usage_basis, third.flags) == (10, "inclusive", ())
    # 30 + 20 written inside 100: 50 uncached; the compaction's 5,000 are beside the message
    assert fourth.tokens == Tokens(50, None, 30, 20, 0, 5, None)
    compaction = Iteration("compaction", None, Tokens(uncached=5_000, output=300))
    assert fourth.iterations == (compaction, Iteration("message", None, fourth.tokens))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(place for key, inner in items for place in _places(inner, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    key, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = _with(value[key], tuple(rest), new)
    return changed


def _damage_any_field(name: str, data: st.DataObject, folder: Path) -> None:
    rows = [json.loads(line) for line in (TRAPS / name).read_bytes().splitlines()]
    at = data.draw(st.integers(0, len(rows) - 1))
    place = data.draw(st.sampled_from(_places(rows[at])))
    damaged = [*rows[:at], _with(rows[at], place, data.draw(VALUES)), *rows[at + 1 :]]
    path = folder / "damaged.jsonl"
    # a sound line first, so that a value with line ends never makes another kind of file
    path.write_text("".join(f"{json.dumps(row)}\n" for row in [rows[0], *damaged]))
    log = LogFile(path)
    outcomes = list(connector_for(log, "otlp").read(log, Hasher(b"a key for tests")))
    assert sum(o.lines if isinstance(o, Call) else 1 for o in outcomes) == log.lines_read
    known: set[bytes] = set()
    for call in (outcome for outcome in outcomes if isinstance(outcome, Call)):
        for node in call.nodes:
            assert node.parent is None or node.parent in known
            known.add(node.node)
        assert {call.prompt.leaf} - {None} <= known


@pytest.mark.parametrize("name", DAMAGED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_loses_no_record(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _damage_any_field(name, data, tmp_path_factory.mktemp("otlp"))


@pytest.mark.full
@pytest.mark.parametrize("name", DAMAGED)
@settings(max_examples=10_000, deadline=None)
@given(data=st.data())
def test_ten_thousand_damaged_fields_lose_no_record(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / name.replace("/", "-")
    folder.mkdir(exist_ok=True)
    _damage_any_field(name, data, folder)


def test_half_an_emoji_inside_a_body_costs_no_prompt(tmp_path: Path, calls: Calls) -> None:
    # a client that cuts text in the middle of an emoji writes half of a surrogate pair
    request = '{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"\\ud83d"}]}'
    told = {"llm.system": "anthropic", "llm.model_name": "claude-x", "input.value": request}
    counts = {"llm.token_count.prompt": 5, "llm.token_count.completion": 1}
    attributes = [
        *({"key": key, "value": {"stringValue": text}} for key, text in told.items()),
        *({"key": key, "value": {"intValue": number}} for key, number in counts.items()),
    ]
    scope = {"name": "openinference.instrumentation.anthropic"}
    spans = [{"scope": scope, "spans": [{"name": "messages.create", "attributes": attributes}]}]
    path = tmp_path / "half.jsonl"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": spans}]}) + "\n")
    [call] = calls(path)
    assert (call.prompt.visibility, call.max_tokens, call.tokens.uncached) == ("full", 9, 5)
