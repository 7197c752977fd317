"""Spans of every emitter tell the golden calls to the token, by whatever names."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analyzer.trace import Aside, Attempt, Call, Outcome, Tokens

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
SAMPLES = Path(__file__).parents[2] / "sample_logs"
TRUTH: dict[str, dict[str, Any]] = {
    row["message_id"]: row for row in json.loads((SAMPLES / "sources" / "TRUTH.json").read_text())
}


@pytest.fixture(scope="module")
def shapes() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SAMPLES))
    yield importlib.import_module("generator.formats.otlp")
    sys.path.remove(str(SAMPLES))


@pytest.fixture(scope="module")
def golden(calls: Calls) -> list[Call]:
    return calls(SAMPLES / "sources" / "otlp" / "traces.jsonl")


@pytest.fixture(scope="module")
def captured(calls: Calls) -> dict[str | None, Call]:
    return {c.message_id: c for c in calls(SAMPLES / "sources" / "messages" / "recorder.jsonl")}


@pytest.fixture(scope="module")
def named(traps: Path, calls: Calls) -> dict[str, Call]:
    found = calls(traps / "otlp" / "names.jsonl")
    return {call.message_id or f"line {call.line}": call for call in found}


@pytest.fixture
def alone(shapes: ModuleType, calls: Calls, tmp_path: Path) -> Callable[[str, str], list[Call]]:
    """Gives the golden calls as one emitter tells them."""

    def emitted(scope: str, span: str) -> list[Call]:
        rows = [
            shapes.otlp_line(scope, [getattr(shapes, span)(call)])
            for call in shapes.golden_calls()
            if call.failure is None
        ]
        path = tmp_path / "alone.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return calls(path)

    return emitted


def _told(call: Call) -> dict[str, object]:
    t = call.tokens
    return {
        "model": call.model,
        "start_us": call.start_us,
        "uncached": t.uncached,
        "read": t.read,
        "write_5m": t.write_5m,
        "write_1h": t.write_1h,
        "output": t.output,
        "thinking": t.thinking,
        "stop_reason": call.stop_reason,
    }


def _true(call: Call, *leave_out: str) -> dict[str, object]:
    row = TRUTH[call.message_id or ""]
    return {key: row[key] for key in _told(call) if key not in leave_out}


def test_the_golden_calls_come_out_to_the_token(golden: list[Call]) -> None:
    assert [_told(call) for call in golden] == [_true(call) for call in golden]
    assert {call.message_id for call in golden} == set(TRUTH)
    assert {call.flags for call in golden} == {()}
    assert {call.tokens.write_unsplit for call in golden} == {0}


def test_three_spans_of_one_call_are_one_call_and_two_repeats(golden: list[Call]) -> None:
    # calls 1 to 4 were told of by the SDK, OpenLLMetry and OpenInference; the others by the SDK
    assert [call.lines for call in golden] == [3, 3, 3, 3, 1, 1, 1, 1, 1, 1]


def test_the_failed_call_is_an_attempt(read: Read) -> None:
    outcomes = read(SAMPLES / "sources" / "otlp" / "traces.jsonl")
    [failed] = [outcome for outcome in outcomes if isinstance(outcome, Attempt)]
    assert (failed.status, failed.error, failed.request_id) == (
        429,
        "rate_limit_error",
        "req_golden0007",
    )


def test_a_copy_fills_in_what_the_exact_one_lacks(golden: list[Call]) -> None:
    third = golden[2]  # counts and prompt from OpenInference, ids and first token from the SDK
    assert (third.request_id, third.prompt.visibility) == ("req_golden0003", "full")
    assert third.first_us == (third.start_us or 0) + 400_000
    assert (third.org, third.workspace) == ("example-corp-synthetic", "wrkspc_golden")
    assert (third.session, third.max_tokens, third.stream) == ("ses_golden_a", 1_024, True)
    assert third.usage_basis == "exclusive"  # the API's own body was at hand
    assert golden[5].usage_basis == "inclusive"


def test_a_copy_that_tells_the_searches_wins_over_those_that_do_not(golden: list[Call]) -> None:
    # OpenInference's copies hold the API's own usage, and not every call has one
    assert golden[2].usage_basis == "exclusive"
    assert (golden[2].web_searches, golden[5].web_searches) == (0, None)


def test_openinference_prompts_are_the_nodes_of_a_capture(
    alone: Callable[[str, str], list[Call]], captured: dict[str | None, Call]
) -> None:
    found = alone("openinference.instrumentation.anthropic", "openinference_span")
    assert len(found) == 10
    assert [call.prompt for call in found] == [captured[c.message_id].prompt for c in found]
    assert {n.node for c in found for n in c.nodes} == {
        n.node for c in captured.values() for n in c.nodes
    }
    assert [_told(call) for call in found] == [_true(call) for call in found]
    assert {call.web_searches for call in found} == {0, 2}


def test_the_sdk_alone_tells_all_but_searches_and_content(
    alone: Callable[[str, str], list[Call]],
) -> None:
    found = alone("com.anthropic.sdk.python", "sdk_span")
    assert [_told(call) for call in found] == [_true(call) for call in found]
    assert {call.prompt.visibility for call in found} == {"none"}
    assert {call.platform for call in found} == {"claude_api"}
    assert {call.web_searches for call in found} == {None}


def test_openllmetry_alone_tells_neither_the_life_of_writes_nor_thinking(
    alone: Callable[[str, str], list[Call]],
) -> None:
    found = alone("opentelemetry.instrumentation.anthropic", "openllmetry_span")
    hidden = ("write_5m", "write_1h", "thinking")
    for call in found:
        told = {key: value for key, value in _told(call).items() if key not in hidden}
        row = TRUTH[call.message_id or ""]
        written = row["write_5m"] + row["write_1h"]
        # writes of 0 are 0 of either life; others stay unsplit
        expected = (None, None, written) if written else (0, 0, 0)
        t = call.tokens
        assert told == _true(call, *hidden)
        assert (t.write_5m, t.write_1h, t.write_unsplit, t.thinking) == (*expected, None)


def test_old_names_and_numbers_as_text_are_read(named: dict[str, Call]) -> None:
    old = named["msg_old1"]
    # 1,000 with 300 read and 200 written inside: 500 uncached
    assert old.tokens == Tokens(500, 300, None, None, 200, 50, None)
    assert (old.model, old.model_requested) == ("claude-haiku-4-5-20251001", "claude-haiku-4-5")
    assert (old.stop_reason, old.usage_basis) == ("max_tokens", "inclusive")


def test_new_names_are_read(named: dict[str, Call]) -> None:
    new = named["msg_new1"]
    assert new.tokens == Tokens(500, 300, None, None, 200, 50, 20)
    assert (new.first_us or 0) - (new.start_us or 0) == 250_000
    assert (new.stop_reason, new.stream, new.platform) == ("end_turn", True, None)


def test_absent_cache_counts_are_zero_where_the_emitter_leaves_zeros_out_and_unknown_elsewhere(
    named: dict[str, Call],
) -> None:
    assert named["line 3"].tokens == Tokens(1_000, 0, 0, 0, 0, 50, None)  # OpenInference
    assert named["line 4"].tokens == Tokens(1_000, None, None, None, None, 50, None)


def test_masked_bodies_cost_no_counts(named: dict[str, Call]) -> None:
    assert (named["line 3"].prompt.visibility, named["line 3"].session) == ("none", "s9")


def test_an_event_without_its_span_is_a_call_that_ended_then(named: dict[str, Call]) -> None:
    event = named["msg_event"]
    assert (event.start_us, event.time_meaning) == (None, "end")
    assert event.end_us == 1_790_769_660_000_000  # 2026-09-30 12:01 UTC


def test_the_share_of_traces_kept_comes_from_the_trace_state(named: dict[str, Call]) -> None:
    # threshold 0xc of 0x10 rejected: 1 - 12/16 = 0.25 kept
    assert named["msg_kv"].sampling == 0.25
    assert named["msg_new1"].sampling is None


def test_a_pretty_printed_file_is_read_span_by_span(traps: Path, read: Read) -> None:
    kinds = {type(outcome).__name__ for outcome in read(traps / "otlp" / "pretty.json")}
    assert kinds == {"Call", "Rejected"}


def test_real_spans_of_the_sdk_carry_the_bill(reference_data: Path, calls: Calls) -> None:
    for name in ("metadata_only", "content"):
        path = reference_data / "log-samples" / "otlp_genai" / f"anthropic_sdk_2.12_{name}.jsonl"
        found = calls(path)
        assert len(found) == 4
        assert {call.tokens for call in found} == {Tokens(10, 22_820, 0, 9_907, 0, 135, 49)}
        assert [call.attempt for call in found] == [0, 0, 0, 1]
        waits = [(c.first_us or 0) - (c.start_us or 0) for c in found if c.first_us]
        assert len(waits) == 2
        assert all(300_000 < wait < 320_000 for wait in waits)


def test_other_steps_of_an_application_are_no_calls(traps: Path, read: Read) -> None:
    outcomes = read(traps / "otlp" / "copies.jsonl")
    kinds = [outcome.kind for outcome in outcomes if isinstance(outcome, Aside)]
    assert kinds[:3] == ["other span", *["other step of the application"] * 2]
