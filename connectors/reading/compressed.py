"""Raw chunks of a file become chunks of its text; the first bytes tell gzip, zstd or plain."""

import itertools
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

from connectors.faults import LineError

STEP_BYTES = 2**20
"""About the most text that one step gives: however tightly packed, memory stays small."""
BOMB_BYTES = 2**30
BOMB_RATIO = 500
"""Text past a gibibyte that is 500 times its packed size is no log: real ones reach about 100."""
_ZSTD_SLICE = 64
"""Packed bytes fed at once: 4 of them may give a block of 128 kB, a slice so 2 MB at most."""


class _Stream(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give the text behind the chunks.

    Raises:
        LineError: the compressed stream is damaged, ends before its end mark, or is a bomb.
    """
    first = next(chunks, b"")
    rest = itertools.chain((first,), chunks)
    if first.startswith(b"\x1f\x8b"):
        return _bounded(rest, _gzip_text)
    if first.startswith(zstandard.FRAME_HEADER):
        return _bounded(rest, _zstd_text)
    return rest


def _bounded(
    chunks: Iterator[bytes], opened: Callable[[Iterator[bytes]], Iterator[bytes]]
) -> Iterator[bytes]:
    """Stop a stream whose text outgrows its packed size beyond all reason."""
    packed = size = 0

    def counted() -> Iterator[bytes]:
        nonlocal packed
        for chunk in chunks:
            packed += len(chunk)
            yield chunk

    try:
        for text in opened(counted()):
            size += len(text)
            if size > BOMB_BYTES and size > BOMB_RATIO * packed:
                detail = f"over {BOMB_RATIO} times its packed size; unpack it by hand if it is real"
                raise LineError("compressed file expands without end", detail)
            yield text
    except (zlib.error, zstandard.ZstdError) as error:
        raise LineError("compressed file is damaged", "copy the file again") from error


def _gzip_text(chunks: Iterator[bytes]) -> Iterator[bytes]:
    stream = _gunzip()
    for chunk in chunks:
        data = chunk
        while data:
            if stream.eof:  # the next member of a file joined from several
                stream = _gunzip()
            yield stream.decompress(data, STEP_BYTES)
            data = stream.unconsumed_tail or _next_member(stream)
    _ended(stream)


def _gunzip() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _zstd_text(chunks: Iterator[bytes]) -> Iterator[bytes]:
    stream = zstandard.ZstdDecompressor().decompressobj()
    for chunk in chunks:
        parts: list[bytes] = []
        size, at = 0, 0
        while at < len(chunk):
            data = chunk[at : at + _ZSTD_SLICE]
            at += len(data)
            while data:
                if stream.eof:
                    stream = zstandard.ZstdDecompressor().decompressobj()
                parts.append(stream.decompress(data))
                size += len(parts[-1])
                data = _next_member(stream)
            if size >= STEP_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
        yield b"".join(parts)
    _ended(stream)


def _next_member(stream: _Stream) -> bytes:
    """Give what follows a finished member; gzip writers may pad the end with zeros."""
    return stream.unused_data.lstrip(b"\0") if stream.eof else b""


def _ended(stream: _Stream) -> None:
    if not stream.eof:
        raise LineError("compressed file ends early", "copy the file again; lines so far are kept")
