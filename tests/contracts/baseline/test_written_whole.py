"""A contract's file is the old one or the new one, whatever stops the writing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.contracts.files import write_whole
from analyzer.errors import ContractError

ROOT = Path(__file__).parents[3]
WRITE = """
import os, resource, sys
from pathlib import Path
from analyzer.contracts.files import write_whole

if sys.argv[2] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
else:
    os.replace = Path.replace = lambda *_: os.kill(os.getpid(), 9)
write_whole(Path(sys.argv[1]), b"new" * 1_000)
"""


def stopped(path: Path, how: str) -> int:
    told = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", WRITE, str(path), how]
    return subprocess.run(words, env=told, check=False, capture_output=True).returncode


def test_a_full_disk_leaves_the_old_file_and_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(b"old")
    assert stopped(path, "full") == 1
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_in_the_middle_leaves_the_old_file_and_the_next_run_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(b"old")
    assert stopped(path, "kill") == -9
    assert path.read_bytes() == b"old"
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(ContractError, match="is no file"):
        write_whole(path, b"new")
    assert path.is_fifo()
