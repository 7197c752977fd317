"""Files that bite: bombs, endless lines, loops of links, files nobody may read, mixed folders."""

import gzip
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from analyzer.ingest import ingest
from analyzer.store import Store
from analyzer.trace import Call, Rejected
from connectors.faults import LineError
from connectors.reading import compressed, files, runs
from connectors.reading.compressed import decompressed
from tests.hostile.corpus import CANARY, SAMPLES, holds, read

RECORDER = SAMPLES / "sources" / "messages" / "recorder.jsonl"
MEMORY_MIB = 1024


def _gzip_bomb(blocks: int) -> Iterator[bytes]:
    """A gzip member of `blocks` mebibytes of blanks, chunk by chunk."""
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(blocks):
        if chunk := packer.compress(b" " * 2**20):
            yield chunk
    yield packer.flush()


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_is_stopped_after_a_gibibyte_in_small_steps(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "BOMB_BYTES", 2**24)
    packed = (
        b"".join(_gzip_bomb(64)) if kind == "gzip"
        else zstandard.ZstdCompressor(level=1).compress(b" " * 2**26)
    )  # fmt: skip
    sizes: list[int] = []
    with pytest.raises(LineError, match="expands without end"):
        sizes.extend(map(len, decompressed(iter([packed[:100], packed[100:]]))))
    assert max(sizes) <= 4 * compressed.STEP_BYTES
    # past the limit and past 500 times what was fed: 64 MiB of blanks pack into 65 kB of gzip
    assert 2**23 < sum(sizes) < 2**25


def test_a_log_that_packs_well_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "BOMB_BYTES", 2**16)
    text = RECORDER.read_bytes() * 100
    packed = gzip.compress(text, 9)
    assert len(text) > 2**16
    assert b"".join(decompressed(iter([packed]))) == text


def test_lines_before_a_bomb_are_kept_and_the_bomb_is_one_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "BOMB_BYTES", 2**24)
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(RECORDER.read_bytes()) + b"".join(_gzip_bomb(64)))
    log, outcomes = read(path)
    assert sum(isinstance(one, Call) for one in outcomes) == 10
    (fault,) = [one for one in outcomes if isinstance(one, Rejected)]
    assert (fault.reason, fault.line) == ("compressed file expands without end", log.lines_read)


def test_a_line_past_the_limit_is_one_fault_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 2**20)
    monkeypatch.setattr(runs, "RUN_BYTES", 2**18)  # a run is shorter than the longest line
    sound = RECORDER.read_bytes()
    path = tmp_path / "log.jsonl"
    path.write_bytes(
        sound + b'{"x": "' + b"y" * 3 * 2**20 + b'"}\n' + sound.splitlines()[0] + b"\n"
    )
    _, outcomes = read(path)
    (fault,) = [one for one in outcomes if isinstance(one, Rejected)]
    assert (fault.line, fault.reason) == (12, "line too long")
    assert sum(isinstance(one, Call) for one in outcomes) == 11


def test_a_last_line_past_the_limit_is_one_fault_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 2**20)
    monkeypatch.setattr(runs, "RUN_BYTES", 2**18)  # a run is shorter than the longest line
    path = tmp_path / "log.jsonl"
    path.write_bytes(RECORDER.read_bytes() + b"y" * 3 * 2**20)
    _, outcomes = read(path)
    assert [one.reason for one in outcomes if isinstance(one, Rejected)] == ["line too long"]


@pytest.mark.full
def test_a_line_of_a_hundred_megabytes_is_read_within_a_gibibyte(tmp_path: Path) -> None:
    # one request whose text alone is 100 MB: a real call, and it must be billed
    line = RECORDER.read_bytes().splitlines()[0]
    long = line.replace(b"It was promised", b"It was " + b"x" * 100_000_000 + b" promised", 1)
    path = tmp_path / "long.jsonl"
    path.write_bytes(long + b"\n" + RECORDER.read_bytes())
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, '-c',"
        " 'from analyzer.cli import main; main()', *sys.argv[1:]], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    store = str(tmp_path / "s.duckdb")
    done = subprocess.run(
        [sys.executable, "-c", code, "ingest", str(path), "--store", store],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "kept 10 + repeats 1 + rejected 1" in done.stdout
    assert int(done.stdout.splitlines()[-1]) < MEMORY_MIB


def test_links_in_a_loop_are_passed_by(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(RECORDER.read_bytes())
    (folder / "again").symlink_to(folder)
    (folder / "self.jsonl").symlink_to(folder / "self.jsonl")
    (folder / "gone.jsonl").symlink_to(folder / "nowhere.jsonl")
    (folder / "twice.jsonl").symlink_to(folder / "a.jsonl")
    with Store.open(tmp_path / "s.duckdb", create=True) as store:
        intake = ingest([str(folder)], store)
        assert (intake.files, intake.failed) == (1, False)
        assert store.ledger().kept == 10


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to take its own rights away")
def test_a_file_nobody_may_read_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(RECORDER.read_bytes())
    (folder / "closed.jsonl").write_bytes(RECORDER.read_bytes())
    (folder / "closed.jsonl").chmod(0)
    rights = "-dac_override,-dac_read_search"
    done = subprocess.run(
        [shutil.which("setpriv") or "setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}",
         sys.executable, "-c", "from analyzer.cli import main; main()",
         "ingest", str(folder), "--store", str(tmp_path / "s.duckdb")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "closed.jsonl: cannot be read" in done.stderr
    assert "kept 10" in done.stdout


def test_every_sample_of_every_format_in_one_folder_balances(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.duckdb", create=True) as store:
        intake = ingest([str(SAMPLES / "sources"), str(SAMPLES / "traps")], store)
        ledger = store.ledger()
    assert ledger.balanced
    assert ledger.kept > 10
    assert intake.unread == 0
    for path in tmp_path.iterdir():
        assert CANARY.encode() not in path.read_bytes()


def test_a_format_read_as_any_other_gives_no_free_call_and_loses_no_line() -> None:
    from connectors.registry import CONNECTORS

    for connector in CONNECTORS:
        holds(SAMPLES / "traps" / "messages" / "garbage_line.jsonl", connector)
        holds(SAMPLES / "traps" / "transcripts" / "streamed_group.jsonl", connector)
