"""Raw bodies of Claude Code: pairs without a guess, bodies that are cut or gone, bodies alone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Call, Outcome, Rejected, Tokens
from connectors.claude_code_otel.records import COUNTS_DIFFER
from connectors.registry import LogFile, connector_for, is_side_object

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
TRUTH: dict[str, dict[str, Any]] = {
    row["request_id"]: row for row in json.loads((SOURCES / "TRUTH.json").read_text())
}
BODIES = SOURCES / "claude_code_otel" / "bodies"
HASHER = Hasher(b"a key for tests")


@pytest.fixture(scope="module")
def inline(traps: Path, read: Read) -> list[Outcome]:
    return read(traps / "claude_code_otel" / "inline_bodies.jsonl")


@pytest.fixture(scope="module")
def found(inline: list[Outcome]) -> dict[str | None, Call]:
    return {outcome.request_id: outcome for outcome in inline if isinstance(outcome, Call)}


def test_bodies_inside_events_give_counts_and_prompt(found: dict[str | None, Call]) -> None:
    first, second = found["req_i1"], found["req_i2"]
    assert first.tokens == Tokens(3, 0, 0, 100, 0, 7, None)
    assert (first.prompt.visibility, first.max_tokens, first.stream) == ("full", 32_000, True)
    assert [mark.ttl_s for mark in first.prompt.breakpoints] == [3_600]
    # system and a turn, the answer of the first; a second turn, and the answer of the second
    assert {n.node for c in (first, second) for n in c.nodes if n.produced_by == "msg_i1"}
    assert second.prompt.system_end == first.prompt.system_end


def test_a_retry_sends_the_body_again_and_is_told_of_once(
    inline: list[Outcome], found: dict[str | None, Call]
) -> None:
    assert Aside(1, "request body of a failed try") in inline
    assert found["req_i1"].lines == 3  # request, response, counts


def test_cut_bodies_leave_counts_and_the_answers_id(found: dict[str | None, Call]) -> None:
    cut = found["req_i3"]
    assert cut.tokens == Tokens(5, 6, None, None, 7, 8, None)
    assert (cut.message_id, cut.prompt.visibility) == ("msg_i3", "truncated")


def test_a_cut_answer_without_an_event_is_a_fault(inline: list[Outcome]) -> None:
    [fault] = [outcome for outcome in inline if isinstance(outcome, Rejected)]
    assert (fault.line, fault.reason) == (4, "no usage")


def test_a_body_that_disagrees_with_its_event_is_flagged(found: dict[str | None, Call]) -> None:
    assert found["req_i5"].flags == (COUNTS_DIFFER,)
    assert found["req_i5"].tokens.uncached == 3  # the API's own


def test_parallel_subagents_are_paired_by_what_their_next_request_proves(
    traps: Path, calls: Calls
) -> None:
    rows = {c.request_id: c for c in calls(traps / "claude_code_otel" / "parallel.jsonl")}
    nodes = {n.node: n for call in rows.values() for n in call.nodes}
    third = nodes[rows["req_p3"].prompt.leaf or b""]
    # the third carries on the first: its last turn hangs below that one's answer
    answer = nodes[third.parent or b""]
    assert answer.parent == rows["req_p1"].prompt.leaf
    assert answer.produced_by == "msg_p1"
    assert rows["req_p2"].prompt.leaf not in (None, rows["req_p1"].prompt.leaf)


def test_two_open_requests_without_proof_are_not_guessed(traps: Path, calls: Calls) -> None:
    rows = {c.request_id: c for c in calls(traps / "claude_code_otel" / "parallel.jsonl")}
    assert rows["req_p5"].prompt.visibility == "none"
    assert rows["req_p5"].tokens.write_1h == 100  # counts are sure all the same


def test_bodies_that_are_gone_are_counted_and_no_other_file_is_opened(traps: Path) -> None:
    log = LogFile(traps / "claude_code_otel" / "missing_bodies.jsonl")
    outcomes = list(connector_for(log).read(log, HASHER))
    assert log.missing == 5
    [call] = [outcome for outcome in outcomes if isinstance(outcome, Call)]
    assert (call.tokens.output, call.prompt.visibility, call.lines) == (4, "none", 2)


def test_requests_are_side_objects_and_answers_are_logs() -> None:
    paths = sorted(BODIES.iterdir())
    assert {is_side_object(path) for path in paths if ".request." in path.name} == {True}
    logs = [path for path in paths if ".response." in path.name]
    assert {connector_for(LogFile(path)).name for path in logs} == {"claude_code_bodies"}
    assert not is_side_object(Path("logs/my.request.json"))


def test_answers_alone_carry_the_exact_bill_and_no_time() -> None:
    found = [_alone(path) for path in sorted(BODIES.glob("*.response.json"))]
    assert len(found) == 8
    for call in found:
        row, t = TRUTH[call.request_id or ""], call.tokens
        told = (t.uncached, t.read, t.write_5m, t.write_1h, t.output, t.thinking)
        names = ("uncached", "read", "write_5m", "write_1h", "output", "thinking")
        assert told == tuple(row[name] for name in names)
        assert (call.message_id, call.start_us, call.end_us) == (row["message_id"], None, None)


def test_answers_alone_show_prompts_that_a_later_request_proves(calls: Calls) -> None:
    captured = {c.request_id: c for c in calls(SOURCES / "messages" / "recorder.jsonl")}
    found = [_alone(path) for path in sorted(BODIES.glob("*.response.json"))]
    shown = {call.request_id: call for call in found if call.prompt.visibility == "full"}
    # turns 1 to 3 have a turn behind them in their conversation; 4 and the single calls have none
    assert sorted(map(str, shown)) == [f"req_golden000{number}" for number in (1, 2, 3)]
    for request_id, call in shown.items():
        assert call.prompt == captured[request_id].prompt
        assert (call.session, call.max_tokens) == ("ses_golden_a", 1_024)
        assert call.nodes[0].parent is None  # the whole chain: each file stands on its own


def test_a_new_request_in_the_folder_is_seen(tmp_path: Path) -> None:
    answer = shutil.copy(BODIES / "req_golden0001.response.json", tmp_path)
    assert _alone(Path(answer)).prompt.visibility == "none"
    for path in BODIES.glob("*.request.json"):
        shutil.copy(path, tmp_path)
    assert _alone(Path(answer)).prompt.visibility == "full"


def test_an_answer_that_was_cut_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "req_x.response.json"
    path.write_bytes((BODIES / "req_golden0001.response.json").read_bytes()[:-20])
    log = LogFile(path)
    [fault] = list(connector_for(log, "claude_code_bodies").read(log, HASHER))
    assert isinstance(fault, Rejected)
    assert fault.reason == "no usage"


def _alone(path: Path) -> Call:
    log = LogFile(path)
    [call] = list(connector_for(log).read(log, HASHER))
    assert isinstance(call, Call)
    return call


def test_one_request_that_cannot_be_read_costs_no_answer(tmp_path: Path) -> None:
    for path in BODIES.iterdir():
        shutil.copy(path, tmp_path)
    name = "00000000-0000-4000-8000-000000000000.request.json"
    (tmp_path / name).mkdir()  # a folder of that name opens as no file
    found = _alone(tmp_path / "req_golden0001.response.json")
    assert (found.message_id, found.prompt.visibility) == ("msg_golden0001", "full")
