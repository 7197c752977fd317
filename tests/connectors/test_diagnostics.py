"""`diagnostics.cache_miss_reason`, wherever an answer of the Messages API is carried."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.ingest import ingest
from analyzer.store import Store
from analyzer.trace import Call
from connectors.answers import from_events
from connectors.diagnostics import NOTHING, Missed, missed_in

Calls = Callable[[Path], list[Call]]

TOLD = {"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": 4_096}}
REQUEST = {
    "model": "claude-haiku-4-5",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "q"}],
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "stop_reason": "end_turn",
    "content": [],
    "usage": {"input_tokens": 5, "output_tokens": 1},
    "diagnostics": TOLD,
}
CAPTURE = {"request": REQUEST, "response": MESSAGE, "t_start_ns": 1_790_000_000_000_000_000}
BATCH = {"custom_id": "a", "result": {"type": "succeeded", "message": MESSAGE}}
TRANSCRIPT = {
    "type": "assistant",
    "uuid": "u1",
    "parentUuid": None,
    "sessionId": "s",
    "timestamp": "2026-09-21T10:00:00Z",
    "message": MESSAGE,
}
BEDROCK = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-09-21T10:00:00Z",
    "requestId": "r",
    "operation": "InvokeModel",
    "modelId": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "input": {"inputBodyJson": REQUEST, "inputTokenCount": 5},
    "output": {"outputBodyJson": MESSAGE, "outputTokenCount": 1},
}


@pytest.mark.parametrize(
    "line", [CAPTURE, BATCH, TRANSCRIPT, BEDROCK], ids=["capture", "batch", "transcript", "bedrock"]
)
def test_each_source_of_whole_answers_tells_why_the_cache_missed(
    tmp_path: Path, calls: Calls, line: dict[str, Any]
) -> None:
    log = tmp_path / "msgbatch_1_results.jsonl"
    log.write_text(json.dumps(line) + "\n")
    (call,) = calls(log)
    assert (call.cache_miss_reason, call.cache_missed_tokens) == ("tools_changed", 4_096)


def test_the_store_keeps_what_was_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(CAPTURE) + "\n")
    with Store.open(tmp_path / "s.duckdb", create=True) as store:
        ingest([str(tmp_path / "a.jsonl")], store)
        rows = store.calls().select("cache_miss_reason", "cache_missed_tokens").rows()
    assert rows == [("tools_changed", 4_096)]


@pytest.mark.parametrize("place", ["message_start", "message_delta"])
def test_a_stream_tells_it_at_its_start_or_at_its_end(place: str) -> None:
    start = {**MESSAGE, "diagnostics": TOLD if place == "message_start" else None}
    delta = {"stop_reason": "end_turn"}
    events = [
        {"type": "message_start", "message": start},
        {
            "type": "message_delta",
            "delta": delta | ({"diagnostics": TOLD} if place == "message_delta" else {}),
            "usage": {"output_tokens": 2},
        },
    ]
    text = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    assert from_events(text).missed == Missed("tools_changed", 4_096)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("null", NOTHING),
        ('{"cache_miss_reason":null}', NOTHING),  # the comparison was still running
        ('{"cache_miss_reason":{"type":"unavailable"}}', Missed("unavailable", None)),
        ('{"cache_miss_reason":{"type":"a_new_kind"}}', Missed("a_new_kind", None)),
        ('{"cache_miss_reason":{"type":"A sentence."}}', NOTHING),
        ('{"cache_miss_reason":{"type":"x","cache_missed_input_tokens":-1}}', Missed("x", None)),
        ('{"cache_miss_reason":{"type":"x","cache_missed_input_tokens":"9"}}', NOTHING),
        ('{"cache_miss_reason":[]}', NOTHING),
        ("[" * 2_000, NOTHING),
        ("17", NOTHING),
    ],
)
def test_a_damaged_or_empty_diagnosis_tells_nothing_and_fails_no_line(
    raw: str, told: Missed
) -> None:
    assert missed_in(raw.encode()) == told
