"""A large file as numbered pieces with a manifest, for machines that take a little at a time."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights.digest import sha256_of

MANIFEST = "manifest.json"
LIMIT = 48 * 1024 * 1024
"""Bytes of a piece at most: with its manifest it stays under the 64 MiB that one transfer takes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the manifest."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole file, and its pieces in order."""

    whole: Piece
    pieces: tuple[Piece, ...]


def split(path: Path, folder: Path, limit: int = LIMIT) -> Manifest:
    """Write the file's pieces, each of at most `limit` bytes, and their manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces: list[Piece] = []
    with path.open("rb") as file:
        while content := file.read(limit):
            piece = Piece(
                f"{path.name}.{len(pieces):03}", len(content), hashlib.sha256(content).hexdigest()
            )
            (folder / piece.name).write_bytes(content)
            pieces.append(piece)
    manifest = Manifest(Piece(path.name, path.stat().st_size, sha256_of(path)), tuple(pieces))
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n")
    return manifest


def collect(carried: Path, kept: Path) -> list[str]:
    """Copy the pieces that `carried` holds into `kept`; give the names still missing there.

    For machines that take one piece a call. `kept` gets the manifest too, so that it can be joined.
    """
    manifest = manifest_of(carried)
    kept.mkdir(parents=True, exist_ok=True)
    for piece in manifest.pieces:
        source = carried / piece.name
        if source.is_file():
            _check(source, piece)
            _copy(source, kept / piece.name)
    _copy(carried / MANIFEST, kept / MANIFEST)
    return [piece.name for piece in manifest.pieces if not _whole(kept / piece.name, piece)]


def join(folder: Path, target: Path) -> Path:
    """Write the whole file from a folder of pieces; nothing lies at `target` unless it is right."""
    manifest = manifest_of(folder)
    for piece in manifest.pieces:
        _check(folder / piece.name, piece)
    partial = target.with_name(f"{target.name}.partial")
    with partial.open("wb") as joined:
        for piece in manifest.pieces:
            with (folder / piece.name).open("rb") as file:
                shutil.copyfileobj(file, joined)
    if not _whole(partial, manifest.whole):
        partial.unlink()
        raise SpeculativeError(
            f"{folder / MANIFEST}: its pieces are right and do not make up {manifest.whole.name}: "
            "the manifest is damaged; split the file again"
        )
    partial.replace(target)
    return target


def manifest_of(folder: Path) -> Manifest:
    """Read a folder's manifest."""
    path = folder / MANIFEST
    try:
        read = json.loads(path.read_bytes())
        manifest = Manifest(Piece(**read["whole"]), tuple(Piece(**one) for one in read["pieces"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SpeculativeError(
            f"{path}: no manifest of pieces can be read here: {error}; split the file again"
        ) from error
    if any(Path(piece.name).name != piece.name for piece in manifest.pieces):
        raise SpeculativeError(f"{path}: a piece outside its folder is named; split the file again")
    return manifest


def _check(path: Path, piece: Piece) -> None:
    if not path.is_file():
        raise SpeculativeError(f"{path}: this piece is missing; bring it and go on")
    if not _whole(path, piece):
        raise SpeculativeError(
            f"{path}: this piece is damaged ({path.stat().st_size} bytes of {piece.bytes}, or "
            "another sha256); bring it again"
        )


def _whole(path: Path, piece: Piece) -> bool:
    return path.is_file() and path.stat().st_size == piece.bytes and sha256_of(path) == piece.sha256


def _copy(source: Path, target: Path) -> None:
    """A copy that was cut off leaves nothing that looks whole."""
    partial = target.with_name(f"{target.name}.partial")
    shutil.copyfile(source, partial)
    partial.replace(target)
