import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Row = dict[str, Any]


def _content(path: Path) -> bytes:
    """Content before compression: another zlib may pack the same lines into other bytes."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _manifest(folder: Path) -> Row:
    manifest: Row = json.loads((folder / "MANIFEST.json").read_bytes())
    return manifest


TRAFFIC = ("captures", "claude_code", "vendor")


def _made_files(folder: Path, names: tuple[str, ...] = (*TRAFFIC, "sources")) -> set[str]:
    made = (path for name in names for path in (folder / name).rglob("*"))
    return {str(path.relative_to(folder)) for path in made if path.is_file()}


def test_every_made_file_stands_in_the_manifest_with_its_digest(folder: Path) -> None:
    entries = _manifest(folder)["files"]
    assert set(entries) == _made_files(folder)
    for path, entry in entries.items():
        content = _content(folder / path)
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_the_whole_sample_stays_under_eight_megabytes(folder: Path) -> None:
    total = sum((folder / path).stat().st_size for path in _made_files(folder))
    assert 1_000_000 < total < 8_000_000


def test_compressed_files_carry_neither_name_nor_time(folder: Path) -> None:
    for path in folder.rglob("*.gz"):
        head = path.read_bytes()[:10]
        # RFC 1952: byte 3 holds the flags (8 = a file name follows), bytes 4 to 7 the time.
        assert (head[3] & 8, head[4:8]) == (0, b"\0\0\0\0"), path


def test_each_file_says_of_itself_that_it_is_synthetic(folder: Path) -> None:
    assert "synthetic" in (folder / "README.md").read_text().splitlines()[0]
    for path in _made_files(folder, TRAFFIC):  # formats of others leave no room for such a word
        for line in _content(folder / path).splitlines():
            assert b"synthetic" in line, path


def test_transcripts_are_made_again_from_the_seed_byte_for_byte(
    folder: Path, generator: Callable[[str], ModuleType]
) -> None:
    sample = generator("sample")
    laid_out = generator("agents").sessions(sample.SEED)
    sessions, _ = generator("agent_bill").billed_sessions(sample.SEED, laid_out)
    made = sample.transcript_files(sample.SEED, sessions)
    assert len(made) > 25
    for path, content in made.items():
        assert content == _content(folder / path), path


def test_another_seed_gives_another_sample(generator: Callable[[str], ModuleType]) -> None:
    agents = generator("agents")
    first, second = agents.sessions(generator("sample").SEED), agents.sessions(1)
    assert [s.steps for s in first] != [s.steps for s in second]


@pytest.mark.full
def test_the_whole_sample_is_made_again_from_the_seed(folder: Path, tmp_path: Path) -> None:
    script = str(folder / "generate.py")
    for out in ("one", "two"):
        subprocess.run([sys.executable, script, "--out", str(tmp_path / out)], check=True)
    paths = [*_manifest(folder)["files"], "MANIFEST.json"]
    for path in paths:
        made = (tmp_path / "one" / path).read_bytes()
        assert made == (tmp_path / "two" / path).read_bytes()
        assert _content(tmp_path / "one" / path) == _content(folder / path), path


def test_the_contracts_sample_is_made_again_from_the_seed_byte_for_byte(
    folder: Path, generator: Callable[[str], ModuleType]
) -> None:
    made = generator("contract").files(generator("sample").SEED)
    assert {path: _content(folder / path) for path in made} == made
    found = {str(p.relative_to(folder)) for p in (folder / "contract").rglob("*") if p.is_file()}
    assert found == set(made)
    assert sum((folder / path).stat().st_size for path in made) < 600_000


def test_the_contracts_manifest_holds_every_digest(folder: Path) -> None:
    root = folder / "contract"
    entries = json.loads((root / "MANIFEST.json").read_bytes())["files"]
    assert len(entries) > 20
    for path, entry in entries.items():
        content = _content(root / path)
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert b"synthetic" in content.lower(), path
