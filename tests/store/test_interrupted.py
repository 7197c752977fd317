"""Kills, full disks, and files that change, go away or cannot be read while a run is on."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from analyzer.ingest import ingest
from analyzer.store import Store
from connectors.registry import Place

FILES = 5
CALLS_A_FILE = 120
_CLI = """
from analyzer import cli, ingest
ingest.GROUP_BYTES = 200_000  # so small that groups are committed on the way
cli.main()
"""


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture
def logs(tmp_path: Path, capture: Any) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(FILES):
        calls = range(number * CALLS_A_FILE, (number + 1) * CALLS_A_FILE)
        text = b"".join(capture(call, request__system="s" * 600 + str(call)) for call in calls)
        (folder / f"{number}.jsonl").write_bytes(text + b"garbage\n")
    return folder


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", _CLI, *map(str, arguments)]


def _run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(_command(*arguments), capture_output=True, text=True, check=False)


_KILL_ITSELF = """
import os, pathlib, signal, sys
from analyzer import ingest
from analyzer.store import Store
ingest.GROUP_BYTES = 200_000
stop = sys.argv[3]
def progress(path, size):
    if path.name == stop:
        os.kill(os.getpid(), signal.SIGKILL)
with Store.open(pathlib.Path(sys.argv[2]), create=True) as store:
    ingest.ingest([sys.argv[1]], store, progress=progress)
"""


_KILL_ITSELF_INSIDE_A_FILE = """
import os, pathlib, signal, sys
from analyzer import ingest
from analyzer.store import Store
class Rows(int):
    outcomes = 0
    def __lt__(self, rows):
        Rows.outcomes += 1  # asked after each outcome: the 200th is inside the second file
        if Rows.outcomes == 200:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows > 30
ingest.FLUSH_ROWS = Rows()
with Store.open(pathlib.Path(sys.argv[2]), create=True) as store:
    ingest.ingest([sys.argv[1]], store)
"""


def test_a_file_of_which_a_part_was_stored_when_the_run_was_killed_is_stored_once(
    tmp_path: Path, logs: Path, take: Any, dump: Any
) -> None:
    for log in logs.iterdir():
        log.write_bytes(b"garbage\n" + log.read_bytes())
    store = tmp_path / "s.duckdb"
    command = [sys.executable, "-c", _KILL_ITSELF_INSIDE_A_FILE, str(logs), str(store)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not dump(store)["rejects"], "a group is in whole, or not at all"
    take(store, logs)
    take(tmp_path / "undisturbed.duckdb", logs)
    assert dump(store) == dump(tmp_path / "undisturbed.duckdb")


@pytest.mark.parametrize(("stop", "finished"), [("0.jsonl", 0), ("3.jsonl", 2)])
def test_a_killed_run_is_finished_by_running_it_again(
    stop: str, finished: int, tmp_path: Path, logs: Path, take: Any, dump: Any
) -> None:
    # two files of 140 kB make a group: killed at the fourth, the first two are in
    store = tmp_path / "s.duckdb"
    killed = subprocess.run(
        [sys.executable, "-c", _KILL_ITSELF, str(logs), str(store), stop], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    again = _run("ingest", logs, "--store", store)
    assert again.returncode == 0, again.stderr
    assert f"read {FILES - finished} files" in again.stdout
    assert ("passed over 2 files" in again.stdout) == bool(finished)
    take(tmp_path / "undisturbed.duckdb", logs)
    assert dump(store) == dump(tmp_path / "undisturbed.duckdb")


def test_a_run_killed_from_outside_at_any_moment_is_finished_by_running_it_again(
    tmp_path: Path, logs: Path, take: Any, dump: Any
) -> None:
    store = tmp_path / "s.duckdb"
    process = subprocess.Popen(_command("ingest", logs, "--store", store))
    wal = store.with_name(store.name + ".wal")
    while process.poll() is None and not (wal.exists() and wal.stat().st_size > 20_000):
        time.sleep(0.002)  # until the first group is being committed
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it must not have been done before the kill"
    assert _run("ingest", logs, "--store", store).returncode == 0
    take(tmp_path / "undisturbed.duckdb", logs)
    assert dump(store) == dump(tmp_path / "undisturbed.duckdb")


@contextmanager
def _small_disk(place: Path, size: str) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)  # noqa: S607 - the system's own


def _enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)  # noqa: S607 - the system's own


@pytest.mark.parametrize(
    "size",
    ["4k", pytest.param("16k", marks=pytest.mark.full), "440k"],
)
def test_a_full_disk_is_one_line_and_the_same_command_finishes_when_there_is_room(
    size: str, tmp_path: Path, logs: Path, take: Any, dump: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REBILL_KEY")
    with _small_disk(tmp_path / "disk", size) as disk:
        store = disk / "s.duckdb"
        full = _run("ingest", logs, "--store", store)
        assert full.returncode == 1
        assert full.stderr.count("\n") == 1
        assert "the disk is full; free some space and run the same command again" in full.stderr
        _enlarge(disk)
        again = _run("ingest", logs, "--store", store)
        assert (again.returncode, again.stderr) == (0, "")
        assert ("passed over" in again.stdout) == (size == "440k")
        secret = (disk / "s.duckdb.key").read_text()
        assert len(secret) == 64
        monkeypatch.setenv("REBILL_KEY", secret)
        take(tmp_path / "undisturbed.duckdb", logs)
        assert dump(store) == dump(tmp_path / "undisturbed.duckdb")


def test_a_file_that_goes_away_is_named_and_the_others_go_on(
    tmp_path: Path, logs: Path, take: Any
) -> None:
    def remove_the_third(path: Place, _size: int) -> None:
        if path.name == "1.jsonl":
            (logs / "2.jsonl").unlink()

    with Store.open(tmp_path / "s.duckdb", create=True) as store:
        intake = ingest([str(logs)], store, progress=remove_the_third)
        assert store.ledger().kept == (FILES - 1) * CALLS_A_FILE
    assert intake.failed
    (complaint,) = intake.complaints
    assert complaint.startswith(f"{logs / '2.jsonl'}: cannot be read (No such file or directory)")
    assert not take(tmp_path / "s.duckdb", logs).failed


def test_a_log_that_is_written_to_meanwhile_loses_nothing(
    tmp_path: Path, capture: Any, take: Any, dump: Any
) -> None:
    log, store = tmp_path / "live.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(b"".join(map(capture, range(500))))
    stop = threading.Event()

    def append() -> None:
        number = 500
        with log.open("ab", buffering=0) as file:
            while not stop.wait(0.001):
                line = capture(number)
                file.write(line[:100])  # half a line lies there for a moment
                file.write(line[100:])
                number += 1

    writer = threading.Thread(target=append)
    writer.start()
    try:
        intake = take(store, log)
    finally:
        stop.set()
        writer.join()
    changed = "changed while it was read; run the same command again to take the rest"
    assert intake.complaints == [f"{log}: {changed}"]
    assert not intake.failed
    take(store, log)
    take(tmp_path / "whole.duckdb", log)
    assert dump(store) == dump(tmp_path / "whole.duckdb")
    assert take(store, log).unchanged == [str(log)]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that refuses to read")
def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(
    tmp_path: Path, logs: Path
) -> None:
    # reading one's own memory from 0 is an input/output error, for root too
    (logs / "broken.jsonl").symlink_to("/proc/self/mem")
    done = _run("ingest", logs, "--store", tmp_path / "s.duckdb")
    assert done.returncode == 1
    assert done.stderr == (
        f"rebill: {logs / 'broken.jsonl'}: cannot be read (Input/output error); "
        "check its rights, then run again\n"
    )
    assert f"kept {FILES * CALLS_A_FILE}" in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_named_and_the_others_go_on(tmp_path: Path, logs: Path) -> None:
    (logs / "0.jsonl").chmod(0)
    done = _run("ingest", logs, "--store", tmp_path / "s.duckdb")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot be read (Permission denied); check its rights" in done.stderr
    assert f"kept {(FILES - 1) * CALLS_A_FILE}" in done.stdout


def test_a_pipe_is_refused_before_it_blocks(tmp_path: Path, logs: Path, take: Any) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    intake = take(tmp_path / "s.duckdb", pipe, logs)
    assert intake.complaints == [
        f"{pipe}: a pipe or a device, which cannot be read twice; save it to a file first"
    ]
    assert intake.files == FILES
