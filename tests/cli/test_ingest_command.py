import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import find_logs, is_side_object

LEDGER = re.compile(
    r"lines read ([\d,]+) = kept ([\d,]+) \+ repeats ([\d,]+) \+ rejected ([\d,]+)   "
    r"\((\d+) files?, ([\d,]+) bytes\)"
)
REJECTED = re.compile(r"  rejected, [a-z ]+: ([\d,]+)  \((.*)\)")


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _printed(out: str) -> tuple[int, ...]:
    """Read the ledger back from the page, and see that it adds up in print."""
    (match,) = LEDGER.finditer(out)
    lines, kept, repeats, rejected, files, size = map(_number, match.groups())
    assert lines == kept + repeats + rejected
    groups = REJECTED.findall(out)
    assert sum(_number(total) for total, _ in groups) == rejected
    for total, listed in groups:
        parts = map(_number, re.findall(r" (\d[\d,]*)(?=, \D|$)", listed))
        assert sum(parts) == _number(total)
    return lines, kept, repeats, rejected, files, size


def test_the_printed_ledger_of_the_traps_adds_up(traps: Path, tmp_path: Path, rebill: Any) -> None:
    done = rebill("ingest", traps, "--store", tmp_path / "s.duckdb")
    assert done.status == 0
    printed = _printed(done.out)
    found = map(Path, map(str, find_logs([str(traps)])))
    logs = [path for path in found if not is_side_object(path)]
    assert printed[4] == len(logs)
    assert printed[5] == sum(path.stat().st_size for path in logs)
    again = rebill("ingest", traps, "--store", tmp_path / "s.duckdb")
    assert _printed(again.out) == printed


def test_a_run_in_a_process_of_its_own_says_where_every_line_went(
    line: Any, tmp_path: Path, process: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(line(1) + line(1) + b"garbage\n")
    done = process("ingest", log, "--store", store)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "read 1 file (1 messages)",
        f"lines read 3 = kept 1 + repeats 1 + rejected 1   (1 file, {log.stat().st_size:,} bytes)",
        "  rejected, could not be read: 1  (not JSON 1)",
        f"  `rebill check --rejects --store {store}` lists the 1 by file and line",
    ]


TRAPS = {
    "truncated_line.jsonl": (1, "not JSON"),
    "garbage_line.jsonl": (3, "not an object"),
    "latin1.jsonl": (1, "not UTF-8"),
    "bom_crlf.jsonl": (0, ""),
    "bad_counts.jsonl": (7, "bad count"),
    "missing_usage.jsonl": (4, "no usage"),
    "duplicate_keys.jsonl": (4, "duplicate key"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_the_good_lines_beside_a_bad_one_are_kept(
    name: str, traps: Path, line: Any, tmp_path: Path, rebill: Any
) -> None:
    faults, reason = TRAPS[name]
    log, store = tmp_path / "log.jsonl", tmp_path / "s.duckdb"
    trap = (traps / "messages" / name).read_bytes()
    alone = rebill("ingest", traps / "messages" / name, "--store", tmp_path / "alone.duckdb")
    log.write_bytes(line(101) + trap.rstrip(b"\n") + b"\n" + line(102))
    done = rebill("ingest", log, "--store", store)
    assert done.status == 0
    told = [said for said in done.err.splitlines() if "look like usage" not in said]
    assert told == [], "a fault of one line is told in the ledger, not as a complaint"
    lines, kept, *_ = _printed(done.out)
    assert (lines, kept) == (_printed(alone.out)[0] + 2, _printed(alone.out)[1] + 2)
    listed = rebill("check", "--rejects", "--store", store).out
    at_fault = [told for told in listed.splitlines() if ": fault: " in told]
    assert len(at_fault) == faults
    assert not faults or any(f": fault: {reason}" in told for told in at_fault)
    assert all(re.match(rf"{re.escape(str(log))}:\d+: fault: ", told) for told in at_fault)


def _packed(text: bytes) -> bytes:
    import gzip

    return gzip.compress(text)[:-20]


UNUSABLE = {
    "empty": (b"", ": empty file; nothing to read, leave it out"),
    "blank": (b"\n \n", ": empty file; nothing to read, leave it out"),
    "unknown": (
        b'{"a":1}\n{"a":2}\n',
        ":1: unknown format; name it with --source; see `rebill sources` (2 lines are at fault)",
    ),
    "garbage": (b"\x00\x01\x02", ":1: unknown format; name it with --source; see `rebill sources`"),
    "utf-16": (
        '{"a":1}\n'.encode("utf-16"),
        ":1: not UTF-8; UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
    ),
    "cut gzip": (
        _packed(b'{"a":1}\n'),
        ":1: compressed file ends early; copy the file again; lines so far are kept",
    ),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_of_which_nothing_can_be_used_is_one_line_each_time(
    kind: str, tmp_path: Path, rebill: Any
) -> None:
    text, says = UNUSABLE[kind]
    log, store = tmp_path / "log.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(text)
    for _ in range(2):
        done = rebill("ingest", log, "--store", store)
        assert done.fault == f"{log}{says}"
        assert _printed(done.out)[1] == 0


def test_an_unusable_file_beside_good_ones_is_named_and_they_are_kept(
    line: Any, tmp_path: Path, rebill: Any
) -> None:
    (tmp_path / "good.jsonl").write_bytes(line(1))
    (tmp_path / "other.jsonl").write_bytes(b'{"a":1}\n')
    done = rebill("ingest", tmp_path, "--store", tmp_path / "s.duckdb")
    assert done.status == 0
    assert done.err.startswith(f"rebill: {tmp_path / 'other.jsonl'}:1: unknown format;")
    assert _printed(done.out)[:4] == (2, 1, 0, 1)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("none.jsonl", "no such file or folder; check the path"),
        ("*.none", "no file fits this pattern"),
        ("folder", "no logs in this folder; names must end in .jsonl"),
    ],
)
def test_a_path_without_logs_is_one_line_and_makes_no_store(
    path: str, says: str, tmp_path: Path, rebill: Any
) -> None:
    (tmp_path / "folder").mkdir()
    done = rebill("ingest", tmp_path / path, "--store", tmp_path / "s.duckdb")
    assert done.fault.startswith(f"{tmp_path / path}: {says}")
    assert done.out == ""
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_store_that_is_none_is_one_line(line: Any, tmp_path: Path, process: Any) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1))
    (tmp_path / "notes.txt").write_text("words")
    for words in (["ingest", tmp_path / "a.jsonl"], ["check"]):
        done = process(*words, "--store", tmp_path / "notes.txt")
        assert done.fault.endswith("notes.txt: not a rebill store; name another file with --store")
        assert done.out == ""
    assert (tmp_path / "notes.txt").read_text() == "words"


_HOLD = """
import pathlib, sys
from analyzer.store import Store
with Store.open(pathlib.Path(sys.argv[1]), create=True):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_two_runs_at_once_on_one_store_are_one_line_for_the_second(
    line: Any, tmp_path: Path, rebill: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(line(1))
    command = [sys.executable, "-c", _HOLD, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        for words in (["ingest", log], ["replay"], ["check"]):
            fault = rebill(*words, "--store", store).fault
            assert fault.startswith(f"{store}: another rebill is using this store; wait for it")
        other.communicate(b"")
    assert rebill("ingest", log, "--store", store).status == 0


def test_a_name_with_a_line_end_stays_on_one_line(tmp_path: Path, rebill: Any) -> None:
    log = tmp_path / "two\nlines\x1b[31m.jsonl"
    log.write_bytes(b"")
    assert r"two\nlines\x1b[31m.jsonl: empty file" in (
        rebill("ingest", log, "--store", tmp_path / "s.duckdb").fault
    )


def test_progress_goes_to_a_terminal_on_stderr(line: Any, tmp_path: Path) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(line(1))
    for words, shows in (
        (["ingest", str(log)], b"reading"),
        (["replay"], b"replaying 16 combinations of levers"),
    ):
        reader, terminal = pty.openpty()
        code = "from analyzer.cli import main; main()"
        command = [sys.executable, "-c", code, *words, "--store", str(store)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, check=True)
        os.close(terminal)
        assert shows in os.read(reader, 65_536)
        os.close(reader)
        assert b"reading" not in done.stdout
