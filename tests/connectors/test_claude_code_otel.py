"""Claude Code's events and spans: the golden calls to the token, and each trap worked by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.trace import Aside, Attempt, Call, Outcome, Rejected, Tokens
from connectors.registry import LogFile, connector_for

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
TRUTH: dict[str, dict[str, Any]] = {
    row["request_id"]: row for row in json.loads((SOURCES / "TRUTH.json").read_text())
}
BARE = {"req_golden0009", "req_golden0011"}


@pytest.fixture(scope="module")
def golden(calls: Calls) -> list[Call]:
    return calls(SOURCES / "claude_code_otel" / "events.jsonl")


@pytest.fixture(scope="module")
def captured(calls: Calls) -> dict[str | None, Call]:
    return {c.request_id: c for c in calls(SOURCES / "messages" / "recorder.jsonl")}


@pytest.fixture(scope="module")
def outcomes(traps: Path, read: Read) -> list[Outcome]:
    return read(traps / "claude_code_otel" / "events.jsonl")


@pytest.fixture(scope="module")
def found(outcomes: list[Outcome]) -> dict[str | None, Call]:
    return {c.request_id: c for c in outcomes if isinstance(c, Call) and c.request_id}


def test_with_bodies_the_golden_calls_come_out_to_the_token(golden: list[Call]) -> None:
    assert {call.request_id for call in golden} == set(TRUTH)
    for call in golden:
        row, t = TRUTH[call.request_id or ""], call.tokens
        counts = (t.uncached, t.read, t.output)
        assert counts == (row["uncached"], row["read"], row["output"])
        assert call.start_us == row["start_us"]
        assert call.flags == ()
        if call.request_id in BARE:
            continue
        assert (t.write_5m, t.write_1h, t.thinking) == (
            row["write_5m"],
            row["write_1h"],
            row["thinking"],
        )
        assert (call.message_id, call.stop_reason) == (row["message_id"], row["stop_reason"])
        assert (call.web_searches, call.lines) == (row["web_searches"], 3)


def test_without_bodies_what_events_do_not_tell_is_unknown(golden: list[Call]) -> None:
    bare = [call for call in golden if call.request_id in BARE]
    assert len(bare) == 2
    for call in bare:
        # nothing was written: 0 of either life; thinking, stop reason and message id are not there
        assert call.tokens == Tokens(14, 0, 0, 0, 0, 64, None)
        assert (call.message_id, call.stop_reason, call.max_tokens) == (None, None, None)
        assert (call.prompt.visibility, call.lines) == ("none", 1)


def test_bodies_give_the_prompts_of_a_capture_less_the_clients_billing_block(
    golden: list[Call], captured: dict[str | None, Call]
) -> None:
    whole = [call for call in golden if call.request_id not in BARE]
    assert [c.prompt for c in whole] == [captured[c.request_id].prompt for c in whole]
    nodes = {n.node for call in golden for n in call.nodes}
    assert {n.node for c in whole for n in captured[c.request_id].nodes} <= nodes
    # answers hang below their prompts under the id of their call
    assert {n.produced_by for c in golden for n in c.nodes} - {None} == {
        c.message_id for c in whole
    }


def test_who_asked_comes_from_the_standard_attributes(golden: list[Call]) -> None:
    first = golden[0]
    assert (first.session, first.org, first.user) == (
        "ses_golden_a",
        "example-corp-synthetic",
        "user_golden_1",
    )
    assert (first.app, first.agent, first.max_tokens) == ("claude-code", None, 1_024)
    assert first.tags["version"] == "2.1.260"
    assert first.tags["team.id"] == "golden"
    assert first.cost_logged_usd == "0.01"


def test_event_span_and_a_repeated_event_are_one_call(found: dict[str | None, Call]) -> None:
    call = found["req_e1"]
    assert (call.lines, call.tokens) == (3, Tokens(10, 20, None, None, 30, 40, None))
    # the span's second try began a second later, and waited 700 ms for its first token
    assert (call.start_us, call.attempt) == (1_790_769_601_000_000, 1)
    assert (call.first_us or 0) - (call.start_us or 0) == 700_000
    assert (call.agent, call.stop_reason) == ("agent-7", "tool_use")


def test_without_ids_equal_counts_of_one_session_join_an_event_and_a_span_once(
    outcomes: list[Outcome],
) -> None:
    bare = [o for o in outcomes if isinstance(o, Call) and not (o.request_id or o.message_id)]
    assert sorted(call.lines for call in bare) == [1, 2]
    assert {call.model for call in bare} == {"us.anthropic.claude-sonnet-5-5-v1:0"}


def test_a_failure_told_by_span_and_event_is_one_attempt(outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if isinstance(outcome, Attempt)]
    assert [(a.status, a.error) for a in failed] == [(529, "http_529"), (None, "error")]
    assert Aside(5, "copy of a failed call") in outcomes


def test_a_refusal_before_any_output_is_not_charged(found: dict[str | None, Call]) -> None:
    call = found["req_e2"]
    assert (call.stop_reason, call.charged, call.lines) == ("refusal", False, 2)
    assert call.agent == "generate_session_title"  # asked beside the conversation


def test_counts_that_are_none_are_faults(outcomes: list[Outcome]) -> None:
    faults = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    assert [(f.line, f.reason) for f in faults] == [(7, "no usage"), (7, "bad count")]


def test_other_applications_in_the_same_file_are_read_too(outcomes: list[Outcome]) -> None:
    [other] = [o for o in outcomes if isinstance(o, Call) and o.app == "trap"]
    assert (other.message_id, other.tokens.output) == ("msg_other", 10)


def test_a_real_event_with_numbers_as_text_and_as_integers(
    reference_data: Path, calls: Calls
) -> None:
    folder = reference_data / "log-samples" / "claude_code_otel"
    [call] = calls(folder / "api_request_log.otlp.json")
    assert call.tokens == Tokens(640_000, 1_050_000, None, None, 39_000, 91_000, None)
    assert (call.request_id, call.session, call.usage_basis) == ("req_abc", "sess-1", "exclusive")


def test_the_name_of_the_connector_says_whose_telemetry_it_is(traps: Path) -> None:
    names = {
        path.parent.name: connector_for(LogFile(path)).name
        for path in (traps / "otlp" / "names.jsonl", traps / "claude_code_otel" / "events.jsonl")
    }
    assert names == {"otlp": "otlp", "claude_code_otel": "claude_code_otel"}
