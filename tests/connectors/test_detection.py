import json
from pathlib import Path

import pytest

from analyzer.errors import InputError
from connectors.registry import LogFile, connector_for

CAPTURE = {"request": {"messages": []}, "response": {"usage": {}}}
TRANSCRIPT: dict[str, object] = {
    "type": "user",
    "uuid": "u",
    "parentUuid": None,
    "sessionId": "s",
    "message": {},
}


def _log(folder: Path, text: bytes) -> LogFile:
    path = folder / "log.jsonl"
    path.write_bytes(text)
    return LogFile(path)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (CAPTURE, "messages"),
        ({"attempt": 0, "t_start_ns": 1, "request": None, "status": None}, "messages"),
        ({"request": {"uri": "/", "body": {}}, "response": {"body": {}}}, "messages"),
        (TRANSCRIPT, "transcripts"),
        ({"type": "summary", "summary": "x", "leafUuid": "y"}, "transcripts"),
        ({"type": "assistant", "message": {"role": "assistant", "usage": {}}}, "transcripts"),
    ],
)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"2026 INFO noise {\n", b"\n\n[1]\n"])
@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
def test_a_format_is_told_by_keys_however_it_is_written(
    tmp_path: Path, line: object, name: str, before: bytes, spaces: tuple[str, str]
) -> None:
    log = _log(tmp_path, before + json.dumps(line, separators=spaces).encode() + b"\n")
    assert connector_for(log).name == name


@pytest.mark.parametrize(
    "line",
    [
        {"note": '"request": {"messages"}, "response", "sessionId", "message"'},
        {"type": "message_start", "message": {"usage": {}, "role": "assistant"}},
        {"request": {"uri": "/v1", "method": "POST"}, "response": {"status": 200}, "ai": {}},
        {"custom_id": "a", "response": {"status_code": 200}},
    ],
)
def test_words_in_text_and_like_formats_are_not_taken(tmp_path: Path, line: object) -> None:
    with pytest.raises(InputError, match="no known format"):
        connector_for(_log(tmp_path, json.dumps(line).encode()))


def test_an_unknown_format_is_refused_with_file_keys_and_choices(traps: Path) -> None:
    with pytest.raises(InputError) as caught:
        connector_for(LogFile(traps / "messages" / "unknown_format.jsonl"))
    said = str(caught.value)
    assert "unknown_format.jsonl" in said
    assert "colour, weight_kg, note" in said
    assert {"messages", "transcripts"} <= set(said.rpartition("known are ")[2].split(", "))
    assert "canary" not in said


def test_a_file_that_is_no_json_is_refused_without_quoting_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="first keys: none: not JSON"):
        connector_for(_log(tmp_path, b"hello\nworld\n"))


def test_an_empty_file_is_refused_by_name(traps: Path) -> None:
    with pytest.raises(InputError, match=r"empty\.jsonl: holds no lines"):
        connector_for(LogFile(traps / "messages" / "empty.jsonl"))


def test_a_named_source_is_taken_at_its_word_and_an_unknown_one_lists_the_names(
    traps: Path,
) -> None:
    log = LogFile(traps / "messages" / "unknown_format.jsonl")
    assert connector_for(log, "transcripts").name == "transcripts"
    with pytest.raises(InputError, match=r"choose one of .*messages.*transcripts"):
        connector_for(log, "nosuch")
