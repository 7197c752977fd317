import gzip
import hashlib
from pathlib import Path

import pytest
import zstandard

from analyzer.errors import InputError
from analyzer.prompts import Hasher
from analyzer.trace import Rejected
from connectors.registry import CONNECTORS, LogFile, connector_for, find_logs

LINE = b'{"request":{"messages":[]},"response":null,"t_start_ns":1}\n'
MESSAGES = CONNECTORS[0]


def _lines(path: Path) -> list[tuple[int, bytes]]:
    return list(LogFile(path).lines())


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_is_searched_to_its_depths_for_the_endings_that_count(tmp_path: Path) -> None:
    wanted = [
        _write(tmp_path / name, LINE)
        for name in ("a.jsonl", "b/c.json", "b/d/e.ndjson.gz", "z.JSONL.zst")
    ]
    _write(tmp_path / "notes.txt", LINE)
    assert find_logs([str(tmp_path)]) == sorted(wanted)


def test_a_file_named_itself_may_end_as_it_likes_and_counts_once(tmp_path: Path) -> None:
    log = _write(tmp_path / "trace.log", LINE)
    assert find_logs([str(log), str(log), str(tmp_path / "*.log")]) == [log]


def test_a_pattern_may_cross_folders(tmp_path: Path) -> None:
    deep = _write(tmp_path / "x" / "y" / "a.jsonl", LINE)
    _write(tmp_path / "x" / "y" / "b.json", LINE)
    assert find_logs([str(tmp_path / "**" / "*.jsonl")]) == [deep]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere.jsonl", "no such file or folder"),
        ("*.none", "no file fits this pattern"),
        ("a**b/*.x", "not a pattern"),
        ("empty", "names must end in .jsonl"),
    ],
)
def test_a_path_without_logs_is_refused_in_words(tmp_path: Path, path: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=says):
        find_logs([str(tmp_path / path)])


def test_byte_order_mark_and_windows_line_ends_are_stripped(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"a":1}\r\n\r\n{"b":2}')
    assert _lines(path) == [(1, b'{"a":1}'), (2, b""), (3, b'{"b":2}')]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_files_read_as_plain_ones_and_the_hash_is_of_the_packed_bytes(
    tmp_path: Path, pack: "type[bytes]"
) -> None:
    packed = pack(LINE * 3) + pack(LINE)  # two members, as log rotation joins them
    log = LogFile(_write(tmp_path / "misnamed.jsonl", packed))
    assert [number for number, _ in log.lines()] == [1, 2, 3, 4]
    assert (log.lines_read, log.file_bytes) == (4, len(packed))
    assert log.sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_that_ends_early_keeps_its_lines_and_says_so(
    tmp_path: Path, pack: "type[bytes]"
) -> None:
    text = b"".join(hashlib.sha256(bytes([i])).hexdigest().encode() + b"\n" for i in range(200))
    packed = pack(text)
    log = LogFile(_write(tmp_path / "a.jsonl.gz", packed[: len(packed) - 6]))
    outcomes = list(MESSAGES.read(log, Hasher(b"k")))
    assert outcomes[-1] == Rejected(
        log.lines_read,
        "compressed file ends early",
        "copy the file again; lines so far are kept",
    )
    assert len(outcomes) == log.lines_read


def test_a_damaged_packed_file_is_rejected_and_not_read_as_text(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LINE * 50))
    packed[12:20] = b"\xff" * 8
    log = LogFile(_write(tmp_path / "a.jsonl.gz", bytes(packed)))
    assert [o.reason for o in MESSAGES.read(log, Hasher(b"k")) if isinstance(o, Rejected)] == [
        "compressed file is damaged"
    ]


def test_utf_16_is_one_rejected_line_that_says_what_to_do(traps: Path) -> None:
    log = LogFile(traps / "messages" / "utf16.jsonl")
    (only,) = connector_for(log).read(log, Hasher(b"k"))
    assert isinstance(only, Rejected)
    assert (only.line, only.reason) == (1, "not UTF-8")
    assert "iconv -f UTF-16 -t UTF-8" in only.detail


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    log = LogFile(_write(tmp_path / "a.jsonl", b""))
    assert list(log.lines()) == []
    assert (log.lines_read, log.file_bytes, log.sniff()) == (0, 0, b"")


def test_a_pretty_printed_array_gives_each_document_with_the_line_it_starts_on(
    tmp_path: Path,
) -> None:
    path = _write(tmp_path / "a.json", b'[\n {\n  "a": "]}\\"{"\n },\n\n {"b": [1, {}]}\n]\n')
    assert _lines(path) == [(2, b'{   "a": "]}\\"{"  }'), (6, b'{"b": [1, {}]}')]


def test_pretty_printed_documents_may_follow_each_other(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", b'{\n "a": 1\n}\n{\n "a": 2\n}\n')
    assert [number for number, _ in _lines(path)] == [1, 4]


def test_a_log_line_in_square_brackets_does_not_make_a_file_an_array(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", b"[2026-09-21] INFO start\n" + LINE)
    assert len(_lines(path)) == 2


def test_a_line_longer_than_a_chunk_is_one_line_and_the_head_holds_it_whole(tmp_path: Path) -> None:
    long_line = b'{"request":{"messages":"' + b"x" * 700_000 + b'"},"response":{}}'
    log = LogFile(_write(tmp_path / "a.jsonl", long_line + b"\n" + LINE))
    assert [len(line) for _, line in log.lines()] == [len(long_line), len(LINE) - 1]
    assert connector_for(log).name == "messages"


def test_a_folder_that_cannot_be_opened_as_a_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(LogFile(tmp_path).lines())
