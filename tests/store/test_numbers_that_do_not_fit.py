"""JSON holds any number; a line whose numbers no call can have is at fault, and only that line."""

from pathlib import Path
from typing import Any

import pytest

from analyzer.intake import MOST_TOKENS
from analyzer.store import Store


@pytest.mark.parametrize(
    ("change", "reason", "names"),
    [
        ({"attempt": 2**31}, "bad field", "attempt: a number past 32 bits"),
        ({"attempt": 2**70}, "bad field", "attempt"),
        ({"status": 2**31, "response": None}, "bad field", "status: a number past 32 bits"),
        ({"request__max_tokens": 2**63}, "bad field", "max_tokens: a number past 64 bits"),
        ({"t_start_ns": 2**80}, "bad time", "start_us: not between the years 1970 and 9999"),
        ({"t_start_ns": -1000}, "bad time", "start_us"),
        ({"t_end_ns": 253_402_300_800 * 10**9}, "bad time", "end_us"),
        ({"response__usage__input_tokens": MOST_TOKENS + 1}, "bad count", "1,000,000,000"),
        ({"response__usage__output_tokens": 2**63 - 1}, "bad count", "in one call"),
    ],
)
def test_such_a_line_is_rejected_alone(
    change: dict[str, Any], reason: str, names: str, tmp_path: Path, capture: Any, take: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1) + capture(2, **change) + capture(3))
    take(store, log)
    with Store.open(store) as opened:
        ledger = opened.ledger()
        ((path, line, kind, why, detail),) = opened.rejects().iter_rows()
    assert (ledger.lines, ledger.kept, ledger.rejected) == (3, 2, 1)
    assert (path, line, kind, why) == (str(log), 2, "fault", reason)
    assert names in detail


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": 2**31 - 1},
        {"request__max_tokens": 2**63 - 1},
        {"t_start_ns": 0},
        {"t_end_ns": 253_402_300_800 * 10**9 - 1},
        {"response__usage__input_tokens": MOST_TOKENS},
    ],
)
def test_the_largest_numbers_that_fit_are_kept(
    change: dict[str, Any], tmp_path: Path, capture: Any, take: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1, **change))
    take(store, log)
    with Store.open(store) as opened:
        assert opened.ledger().kept == 1


def test_prompts_that_stand_on_a_rejected_lines_prompt_keep_their_parents(
    tmp_path: Path, capture: Any, take: Any, dump: Any
) -> None:
    # both prompts share the system block; the file tells of it with the first call alone
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1, attempt=2**31) + capture(2))
    take(store, log)
    nodes = dump(store)["nodes"]
    known = {node for node, *_rest in nodes}
    assert all(parent is None or parent in known for _node, parent, *_rest in nodes)
    with Store.open(store) as opened:
        assert opened.calls()["system_end"].to_list() != [-1]


def test_a_name_that_is_no_text_in_a_stream_is_rejected_alone(
    tmp_path: Path, capture: Any, take: Any
) -> None:
    usage = '{"input_tokens":1,"output_tokens":1,"service_tier":"\\ud800"}'
    event = '{"type":"message_start","message":{"id":"m","usage":' + usage + "}}"
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1) + capture(2, response=None, sse=f"data: {event}\n\n"))
    take(store, log)
    with Store.open(store) as opened:
        assert (opened.ledger().kept, opened.ledger().rejected) == (1, 1)


@pytest.mark.parametrize("name", [b"\xff\xfe.jsonl", b"two\nlines.jsonl", "été ☃.jsonl".encode()])
def test_any_name_a_disk_can_hold_is_a_name_for_a_log(
    name: bytes, tmp_path: Path, capture: Any, take: Any
) -> None:
    logs, store = tmp_path / "logs", tmp_path / "s.duckdb"
    logs.mkdir()
    with open(bytes(logs) + b"/" + name, "wb") as file:  # noqa: PTH123 - pathlib takes no bytes
        file.write(capture(1) + b"garbage\n")
    take(store, logs)
    with Store.open(store) as opened:
        assert opened.ledger().kept == 1
        assert len(opened.rejects()) == 1
    assert len(take(store, logs).unchanged) == 1
