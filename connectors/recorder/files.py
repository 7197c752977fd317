"""The folder of a recording: files that only their owner can read, one set for each process.

    messages-20261123T185700Z-4711-000.jsonl    time of opening, process, number

A new file follows when one is full or the UTC day ends. Lines are appended whole; what a full disk
cut off is taken back, and no empty file is left.
"""

import contextlib
import errno
import gzip
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from connectors.recorder.exchange import Clock

_DAY_NS = 86_400 * 10**9
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
_LEVEL = 3
"""Of gzip: a third of level 6's time, for a tenth more bytes."""


class Files:
    """Appends lines; every method may raise `OSError`, and the next call starts clean."""

    def __init__(
        self, folder: Path, max_bytes: int, min_free_bytes: int, clock: Clock, *, compress: bool
    ) -> None:
        self.folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - not resolving
        self._max_bytes = max_bytes
        self._min_free_bytes = min_free_bytes
        self._clock = clock
        self._compress = compress
        self._file: int | None = None
        self._path = self.folder
        self._size = 0
        self._day = 0
        self._number = 0

    def append(self, line: bytes) -> None:
        """Write one line to the file of today."""
        data = gzip.compress(line, _LEVEL) if self._compress else line
        if self._file is not None and self._is_over(len(data)):
            self.close()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < self._min_free_bytes:
            raise OSError(errno.ENOSPC, "disk has less free than min_free_bytes")
        file = self._open() if self._file is None else self._file
        try:
            _write(file, data)
        except OSError:
            self._take_back(file)
            raise
        self._size += len(data)

    def close(self) -> None:
        """Close the file, and remove it when nothing stands in it."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
            if not self._size:
                self._path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Let go of a file that belongs to the parent process."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _is_over(self, more: int) -> bool:
        """Tell whether the file is full, of another day, or was deleted under our hands."""
        full = self._size and self._size + more > self._max_bytes
        past = self._clock() // _DAY_NS != self._day
        return bool(full) or past or not self._path.exists()

    def _open(self) -> int:
        now_ns = self._clock()
        opened = datetime.fromtimestamp(now_ns // 10**9, UTC)
        ending = ".jsonl.gz" if self._compress else ".jsonl"
        while True:
            name = f"messages-{opened:%Y%m%dT%H%M%SZ}-{os.getpid()}-{self._number:03}{ending}"
            self._number += 1
            self._path = self.folder / name
            with contextlib.suppress(FileExistsError):
                self._file = os.open(self._path, _FLAGS, mode=0o600)
                break
        self._day, self._size = now_ns // _DAY_NS, 0
        return self._file

    def _take_back(self, file: int) -> None:
        """Cut off what part of a line was written; where that fails, go on in a new file."""
        try:
            os.ftruncate(file, self._size)
        except OSError:
            self._file = None
            os.close(file)
        else:
            if not self._size:
                self.close()


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
