"""Message batches: results joined with requests and batch objects, each trap worked by hand."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from analyzer.ingest import ingest
from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.trace import Aside, Attempt, Call, Outcome, Rejected, Tokens
from connectors.registry import LogFile, connector_for

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
CREATED_US = 1_790_000_000_250_000
"""2026-09-21 14:13:20.25 UTC."""


@pytest.fixture(scope="module")
def folder(traps: Path) -> Path:
    return traps / "batches"


@pytest.fixture(scope="module")
def golden(traps: Path, calls: Calls) -> list[Call]:
    logs = sorted((traps.parent / "sources" / "batches").glob("*_results.jsonl"))
    return [call for log in logs for call in calls(log)]


def test_the_golden_calls_come_out_to_the_token_at_the_batch_tier(
    traps: Path, golden: list[Call]
) -> None:
    truth = json.loads((traps.parent / "sources" / "TRUTH.json").read_text())
    told = {row["message_id"]: row for row in truth}
    assert {call.message_id for call in golden} == {*told}
    for call in golden:
        row = told[str(call.message_id)]
        for name in ("uncached", "read", "write_5m", "write_1h", "output", "thinking"):
            assert getattr(call.tokens, name) == row[name], name
        assert (call.model, call.stop_reason) == (row["model"], row["stop_reason"])
        assert (call.tier, call.stream, call.platform) == ("batch", False, "claude_api")
        assert call.start_us == 1_790_769_600_123_456  # 2026-09-30 12:00:00.123456
        assert call.end_us == 1_790_771_460_500_000  # 12:31:00.5
        assert call.max_tokens


def test_equal_custom_ids_of_two_batches_find_their_own_requests(
    traps: Path, calls: Calls, golden: list[Call]
) -> None:
    recorded = {c.message_id: c for c in calls(traps.parent / "sources/messages/recorder.jsonl")}
    assert {call.batch_id for call in golden} == {"msgbatch_golden01", "msgbatch_golden02"}
    assert len({call.custom_id for call in golden}) < len(golden)
    for call in golden:
        assert call.prompt == recorded[call.message_id].prompt


def test_results_take_prompt_settings_and_times_from_beside(folder: Path, read: Read) -> None:
    second, first, *_ = read(folder / "plain" / "results.jsonl")
    assert isinstance(second, Call)
    assert isinstance(first, Call)
    assert second.tokens == Tokens(uncached=11, output=36)
    assert (second.tier, second.user, second.max_tokens) == ("batch", "u-1", 32)
    assert (second.start_us, second.end_us) == (CREATED_US, 1_790_001_800_000_000)
    assert (second.batch_id, second.custom_id) == ("msgbatch_plain", "b")
    assert second.prompt.visibility == first.prompt.visibility == "full"
    assert second.prompt.leaf != first.prompt.leaf


def test_what_did_not_succeed_bills_nothing(folder: Path, read: Read) -> None:
    attempts = [o for o in read(folder / "plain" / "results.jsonl") if isinstance(o, Attempt)]
    errors = ["invalid_request_error", "canceled", "expired"]
    assert [attempt.error for attempt in attempts] == errors
    assert attempts[0].model == "claude-haiku-4-5-20251001"  # from its request


def test_lines_at_fault_are_rejected_and_a_result_without_request_kept(
    folder: Path, read: Read
) -> None:
    *_, last = outcomes = read(folder / "plain" / "results.jsonl")
    faults = {o.line: o.reason for o in outcomes if isinstance(o, Rejected)}
    assert faults == {
        6: "no usage",
        7: "bad field",
        8: "bad count",
        9: "bad field",
        10: "no result",
    }
    assert isinstance(last, Call)
    assert (last.custom_id, last.prompt.visibility) == ("not asked for", "none")


def test_requests_and_batch_objects_stand_aside(folder: Path, read: Read) -> None:
    requests = read(folder / "plain" / "requests.jsonl")
    assert requests[:8] == [Aside(line, "batch request") for line in range(1, 9)]
    assert isinstance(requests[8], Rejected)
    document = read(folder / "named" / "nightly-09-21-requests.json")
    assert document == [Aside(1, "batch request")]
    for name in ("plain/batch.json", "named/batches.json"):
        assert read(folder / name) == [Aside(1, "batch object")]


def test_names_tell_which_files_belong_together(folder: Path, calls: Calls) -> None:
    [by_id] = calls(folder / "named" / "msgbatch_n1_results.jsonl")
    [alike] = calls(folder / "named" / "nightly-09-21-results.jsonl")
    assert (by_id.batch_id, by_id.start_us) == ("msgbatch_n1", CREATED_US)
    # its own object says 15:00, and is not ended yet
    assert (alike.batch_id, alike.start_us, alike.end_us) == (
        "msgbatch_n2",
        1_790_002_800_000_000,
        None,
    )
    assert by_id.prompt.leaf != alike.prompt.leaf
    assert alike.message_id is None
    assert alike.custom_id == by_id.custom_id == "a"


@pytest.mark.parametrize("number", [1, 2])
def test_where_names_tell_nothing_and_ids_repeat_nothing_is_joined(
    folder: Path, number: int
) -> None:
    log = LogFile(folder / "ambiguous" / f"x{number}.jsonl")
    [call] = connector_for(log).read(log, Hasher(b"a key for tests"))
    assert isinstance(call, Call)
    assert (call.prompt.visibility, call.start_us) == ("none", None)
    assert call.batch_id == f"x{number}.jsonl"
    assert log.missing == len(log.notes) == 2


def test_one_request_file_that_holds_the_ids_is_enough(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "ambiguous" / "x1.jsonl", tmp_path / "answers.jsonl")
    shutil.copy(folder / "ambiguous" / "y1.jsonl", tmp_path / "asked.jsonl")
    log = LogFile(tmp_path / "answers.jsonl")
    [call] = connector_for(log).read(log, Hasher(b"a key for tests"))
    assert isinstance(call, Call)
    assert call.prompt.visibility == "full"
    assert log.missing == 1  # the batch object


def test_files_that_arrive_later_complete_the_calls(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REBILL_KEY", "a key for tests that is long enough")
    logs = tmp_path / "logs"
    logs.mkdir()
    shutil.copy(folder / "plain" / "results.jsonl", logs)
    with Store.open(tmp_path / "store.duckdb", create=True) as store:
        first = ingest([str(logs)], store)
        alone = store.calls()
        shutil.copy(folder / "plain" / "requests.jsonl", logs)
        shutil.copy(folder / "plain" / "batch.json", logs)
        second = ingest([str(logs)], store)
        joined = store.calls()
        kept = store.ledger().kept
    assert (first.missing, second.missing) == (2, 0)
    assert alone["start_us"].to_list() == [None] * 3
    assert joined["start_us"].to_list() == [CREATED_US] * 3
    assert joined["visibility"].to_list().count("full") == 2
    assert kept == 3


def test_the_documented_results_are_read_with_what_they_tell(
    reference_data: Path, calls: Calls
) -> None:
    found = calls(reference_data / "log-samples" / "anthropic_batches" / "results.jsonl")
    # input 11 and 10, output 36 and 34; no word of the cache is not 0
    assert [msgspec.structs.astuple(call.tokens) for call in found] == [
        (11, None, None, None, None, 36, None),
        (10, None, None, None, None, 34, None),
    ]
