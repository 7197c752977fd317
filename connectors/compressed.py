"""Raw chunks of a file become chunks of its text; the first bytes tell gzip, zstd or plain."""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

from connectors.faults import LineError


class _Stream(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give the text behind the chunks.

    Raises:
        LineError: the compressed stream is damaged, or ends before its end mark.
    """
    first = next(chunks, b"")
    opener = _opener(first)
    rest = itertools.chain((first,), chunks)
    return _inflated(rest, opener) if opener else rest


def _opener(first: bytes) -> Callable[[], _Stream] | None:
    if first.startswith(b"\x1f\x8b"):
        return _gunzip
    if first.startswith(zstandard.FRAME_HEADER):
        return zstandard.ZstdDecompressor().decompressobj
    return None


def _gunzip() -> _Stream:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _inflated(chunks: Iterator[bytes], opener: Callable[[], _Stream]) -> Iterator[bytes]:
    stream = opener()
    for chunk in chunks:
        data = chunk
        while data:
            if stream.eof:  # the next member of a file joined from several
                stream = opener()
            try:
                yield stream.decompress(data)
            except (zlib.error, zstandard.ZstdError, gzip.BadGzipFile) as error:
                raise LineError("compressed file is damaged", "copy the file again") from error
            # gzip writers may pad the end with zeros
            data = stream.unused_data.lstrip(b"\0") if stream.eof else b""
    if not stream.eof:
        raise LineError("compressed file ends early", "copy the file again; lines so far are kept")
