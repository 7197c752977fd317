"""A GGUF version 3 file: its metadata, and its tensors as 32-bit floats.

Read with numpy alone, so that the machine that measures needs no further package. Source of the
layout: the GGUF specification in github ggml-org/ggml, `docs/gguf.md`.
"""

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights.blocks import STORAGE, Floats, Storage
from analyzer.speculative.weights.cursor import UINT32, Cursor, Value

VERSION = 3
ALIGNMENT = 32
"""Bytes that tensors are aligned to where the file says nothing else."""
MAGIC = b"GGUF"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a tensor lies."""

    shape: tuple[int, ...]
    """Rows first, as numpy counts; the file has it the other way round."""
    storage: Storage
    offset: int
    """Bytes from the start of the file."""

    @property
    def size(self) -> int:
        """Bytes the tensor takes."""
        return prod(self.shape) // self.storage.values * self.storage.size


@dataclass(frozen=True, slots=True)
class Gguf:
    """A file that is open for reading."""

    name: str
    metadata: dict[str, Value]
    stored: dict[str, Stored]
    _data: npt.NDArray[np.uint8]

    def tensor(self, name: str) -> Floats:
        """Give a tensor's values; a quantised one is expanded."""
        if name not in self.stored:
            raise SpeculativeError(
                f"{self.name}: no tensor {name}: not a Llama model; name another GGUF file"
            )
        at = self.stored[name]
        raw = self._data[at.offset : at.offset + at.size].reshape(-1, at.storage.size)
        return at.storage.read(raw).reshape(at.shape)

    def number(self, key: str) -> float:
        """Give a number of the metadata."""
        value = self.metadata.get(key)
        if not isinstance(value, int | float):
            raise SpeculativeError(
                f"{self.name}: metadata has no number {key}; name a GGUF file of a Llama model"
            )
        return value

    def texts(self, key: str) -> list[str]:
        """Give a list of strings of the metadata."""
        value = self.metadata.get(key)
        if not isinstance(value, list):
            raise SpeculativeError(
                f"{self.name}: metadata has no list of strings {key}; name a GGUF file that "
                "carries its tokenizer"
            )
        return value


def read(path: Path) -> Gguf:
    """Open a file; the values of its tensors stay on disk until asked for."""
    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
    except (OSError, ValueError) as error:  # numpy refuses an empty file with a ValueError
        raise SpeculativeError(f"{path}: no GGUF file can be read here: {error}") from error
    cursor = Cursor(data, str(path))
    tensors, values = _counts(cursor, bytes(data[:4]))
    metadata = {cursor.text(): cursor.value() for _ in range(values)}
    listed = dict(_listed(cursor) for _ in range(tensors))
    start = _start(cursor, metadata.get("general.alignment", ALIGNMENT))
    stored = {name: replace(at, offset=start + at.offset) for name, at in listed.items()}
    _check(cursor, stored, tensors, len(data))
    return Gguf(str(path), metadata, stored, data)


def _counts(cursor: Cursor, magic: bytes) -> tuple[int, int]:
    if magic != MAGIC:
        raise cursor.damaged(f"no {MAGIC.decode()} mark")
    cursor.position = len(MAGIC)
    version = cursor.number(UINT32)
    if version != VERSION:
        raise SpeculativeError(
            f"{cursor.name}: GGUF version {version}, and only little-endian version {VERSION} is "
            "read; convert the file or use an older one"
        )
    return cursor.count(), cursor.count()


def _listed(cursor: Cursor) -> tuple[str, Stored]:
    name, dimensions = cursor.text(), int(cursor.number(UINT32))
    shape = tuple(cursor.count() for _ in range(dimensions))[::-1]
    code, offset = int(cursor.number(UINT32)), cursor.count()
    if code not in STORAGE:
        known = ", ".join(storage.name for storage in STORAGE.values())
        raise SpeculativeError(
            f"{cursor.name}: tensor {name} is stored as type {code}, and only {known} are read; "
            "use a file quantised to one of these"
        )
    if not shape or shape[-1] % STORAGE[code].values:
        raise cursor.damaged(f"tensor {name} with rows that are no whole blocks")
    return name, Stored(shape, STORAGE[code], offset)


def _start(cursor: Cursor, alignment: Value) -> int:
    if not isinstance(alignment, int) or alignment < 1:
        raise cursor.damaged("an alignment that is no count of bytes")
    return -(-cursor.position // alignment) * alignment


def _check(cursor: Cursor, stored: dict[str, Stored], tensors: int, size: int) -> None:
    if len(stored) != tensors:
        raise cursor.damaged("two tensors of one name")
    for name, at in stored.items():
        if at.offset + at.size > size:
            raise cursor.damaged(f"the file ends before tensor {name} does,")
