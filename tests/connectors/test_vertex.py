"""Vertex AI rows: the golden calls to the token, and each trap worked by hand."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyzer.prices import Book
from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Outcome, Rejected, Tokens
from connectors.registry import LogFile, connector_for

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
END_US = 1_790_000_000_500_000
"""2026-09-21 14:13:20.5 UTC, the time of every trap."""
TABLE = "sources/vertex/request_response_logging.jsonl.gz"


@pytest.fixture(scope="module")
def rows(traps: Path, read: Read) -> dict[int, Outcome]:
    return {outcome.line: outcome for outcome in read(traps / "vertex" / "rows.jsonl")}


@pytest.fixture(scope="module")
def golden(traps: Path, calls: Calls) -> list[Call]:
    return calls(traps.parent / TABLE)


def _call(outcome: Outcome) -> Call:
    assert isinstance(outcome, Call)
    return outcome


def test_the_golden_calls_come_out_to_the_token(traps: Path, golden: list[Call]) -> None:
    truth = json.loads((traps.parent / "sources" / "TRUTH.json").read_text())
    assert {call.message_id for call in golden} == {row["message_id"] for row in truth}
    told = {row["message_id"]: row for row in truth}
    for call in golden:
        row = told[call.message_id]
        for name in ("uncached", "read", "write_5m", "write_1h", "output", "thinking"):
            assert getattr(call.tokens, name) == row[name], name
        assert (call.web_searches, call.stop_reason) == (row["web_searches"], row["stop_reason"])
        assert call.start_us == row["start_us"] // 1_000 * 1_000  # the table writes milliseconds
        assert Book.load().canonical(call.model) == row["model"].removesuffix("-20251001")
        assert (call.platform, call.sampling, call.flags) == ("vertex", 0.5, ())


def test_prompts_equal_those_of_a_recorder_on_the_same_calls(
    traps: Path, calls: Calls, golden: list[Call]
) -> None:
    recorded = {c.message_id: c for c in calls(traps.parent / "sources/messages/recorder.jsonl")}
    assert len(golden) == len(recorded) == 10
    for call in golden:
        assert call.prompt == recorded[call.message_id].prompt


@pytest.mark.parametrize("line", [1, 2, 3, 4, 13])
def test_objects_text_events_and_pieces_tell_the_same_call(
    rows: dict[int, Outcome], line: int
) -> None:
    call = _call(rows[line])
    assert call.tokens == Tokens(3, 10, 0, 5, 0, 7)
    assert (call.message_id, call.usage_final) == (f"msg_vrtx_{line}", True)
    assert call.prompt.leaf == _call(rows[1]).prompt.leaf
    assert [mark.ttl_s for mark in call.prompt.breakpoints] == [300]


def test_the_logging_time_is_the_end_and_latency_gives_the_start(
    rows: dict[int, Outcome],
) -> None:
    first, bare, timeless = (_call(rows[line]) for line in (1, 4, 15))
    assert (first.start_us, first.end_us) == (END_US - 2_500_000, END_US)
    assert (first.time_meaning, first.time_precision) == ("start", "us")
    assert (bare.start_us, bare.end_us, bare.time_meaning) == (None, END_US, "end")
    assert (timeless.start_us, timeless.end_us) == (None, None)


def test_a_sampling_rate_is_read_where_there_is_one(traps: Path, rows: dict[int, Outcome]) -> None:
    assert [_call(rows[line]).sampling for line in (1, 2, 3)] == [None, 0.25, 0.1]
    wrong = rows[9]
    assert isinstance(wrong, Rejected)
    assert wrong.detail.startswith("sampling_rate")
    log = LogFile(traps / "vertex" / "rows.jsonl")
    list(connector_for(log).read(log, Hasher(b"a key for tests")))
    # rows 1, 4, 10, 11, 13 and 15
    assert [note.split(" do ")[0] for note in log.notes] == ["6 rows"]


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [(5, 429, "resource_exhausted"), (6, None, "no_response"), (14, None, "overloaded_error")],
)
def test_errors_of_either_vendor_bill_nothing(
    rows: dict[int, Outcome], line: int, status: int | None, error: str
) -> None:
    attempt = rows[line]
    assert isinstance(attempt, Attempt)
    assert (attempt.status, attempt.error) == (status, error)
    assert attempt.end_us == END_US


def test_other_models_stand_aside_and_rows_without_usage_are_rejected(
    rows: dict[int, Outcome],
) -> None:
    assert rows[7] == Aside(7, "other model")
    faults = {o.line: o.reason for o in rows.values() if isinstance(o, Rejected)}
    assert faults == {8: "no usage", 9: "bad field", 12: "bad time"}


def test_a_cut_body_or_stream_keeps_what_was_counted(rows: dict[int, Outcome]) -> None:
    unread, cut = _call(rows[10]), _call(rows[11])
    assert (unread.tokens.output, unread.prompt.visibility) == (7, "none")
    assert (cut.tokens.output, cut.usage_final) == (1, False)


@pytest.fixture
def table(traps: Path) -> list[dict[str, Any]]:
    lines = gzip.decompress((traps.parent / TABLE).read_bytes()).splitlines()
    found = [json.loads(line) for line in lines]
    as_text = ("full_request", "full_response")
    return [
        row | {k: row[k] if isinstance(row[k], str) else json.dumps(row[k]) for k in as_text}
        for row in found
    ]


def test_parquet_and_csv_exports_tell_what_json_lines_tell(
    tmp_path: Path, table: list[dict[str, Any]], read: Read, golden: list[Call]
) -> None:
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "rows.parquet")
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    for name in ("rows.parquet", "rows.csv"):
        outcomes = read(tmp_path / name)
        found = [outcome for outcome in outcomes if isinstance(outcome, Call)]
        assert len(outcomes) == 11
        assert [c.tokens for c in found] == [c.tokens for c in golden]
        assert [c.prompt for c in found] == [c.prompt for c in golden]
        assert [(c.start_us, c.sampling) for c in found] == [
            (c.start_us, c.sampling) for c in golden
        ]


def test_every_logged_call_was_answered_by_a_regional_endpoint(golden: list[Call]) -> None:
    assert {call.geo for call in golden} == {"regional"}


@pytest.mark.parametrize(
    ("fields", "geo"),
    [
        ({}, "regional"),
        ({"endpoint": None}, "regional"),
        ({"endpoint": 7}, "regional"),
        ({"endpoint": "projects/p/locations/us-east5/endpoints/1"}, "regional"),
        ({"endpoint": "projects/p/locations/global/endpoints/1"}, "global"),
        (
            {"model": "projects/p/locations/global/publishers/anthropic/models/claude-opus-5"},
            "global",
        ),
    ],
)
def test_a_resource_name_that_says_global_is_believed(
    tmp_path: Path, table: list[dict[str, Any]], calls: Calls, fields: dict[str, Any], geo: str
) -> None:
    log = tmp_path / "rows.jsonl"
    log.write_text(json.dumps({**table[0], **fields}) + "\n")
    assert [call.geo for call in calls(log)] == [geo]


def test_the_bodys_own_word_for_a_place_does_not_move_the_endpoint(
    tmp_path: Path, table: list[dict[str, Any]], calls: Calls
) -> None:
    row = next(row for row in table if '"usage": {' in row["full_response"])
    told = row["full_response"].replace(
        '"usage": {', '"usage": {"inference_geo": "not_available", ', 1
    )
    log = tmp_path / "rows.jsonl"
    log.write_text(json.dumps({**row, "full_response": told}) + "\n")
    [call] = calls(log)
    # Vertex prices the endpoint: 1.1 times the list price of that day
    book, day = Book.load(), date(2026, 9, 30)
    assert call.geo == "regional"
    list_price = book.quote(call.model, day).base.input
    assert 10 * book.quote(call.model, day, geo=call.geo).base.input == 11 * list_price
