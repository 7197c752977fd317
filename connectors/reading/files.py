"""Log files: which ones a path means, and the lines of each, however it is packed."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.errors import InputError
from analyzer.trace import Rejected
from connectors.faults import LineError
from connectors.reading.compressed import decompressed
from connectors.reading.json_scan import documents, is_document, mended
from connectors.reading.places import Place, beside, neighbours, objects_at
from connectors.reading.runs import Run, clean, in_runs
from connectors.reading.tables import CSV_ENDINGS, PARQUET_MARK, csv_rows, parquet_rows

_KINDS = (".jsonl", ".json", ".ndjson", *CSV_ENDINGS)
_PACKED = (".gz", ".zst")
ENDINGS = (*(kind + packed for kind in _KINDS for packed in ("", *_PACKED)), ".parquet")
"""Names that count as logs in a folder; a file that is named itself may end as it likes."""
HEAD_BYTES = 64 * 1024
_HEAD_LINES = 50
LONGEST_LINE = 2**28
"""Bytes; a line past it is passed over, so that no file can fill the memory."""
_LONGEST_SAID = f"over {LONGEST_LINE >> 20} MiB; no request is that long"
_TOO_LONG = b"too long a line"
_CHUNK_BYTES = 128 * 1024
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def find_logs(paths: Sequence[str]) -> list[Place]:
    """Give every log that the paths mean, each once, in a fixed order.

    Raises:
        InputError: a path that does not exist, a pattern without a match, a folder without logs.
    """
    return sorted({log for path in paths for log in _logs_at(path)}, key=str)


class LogFile:
    """One log; after `lines` has run to its end the counts and the hash are known."""

    def __init__(self, path: Place, name: str | None = None) -> None:
        self.path = path
        self.name = name or str(path)
        self.lines_read = 0
        self.file_bytes = 0
        self.missing = 0
        """Side objects that the log names and that are not there (yet)."""
        self.notes: list[str] = []
        """What a reader should know of the whole file, a line each."""
        self.usage_like = 0
        """Lines at fault that hold what looks like token counts: perhaps calls nobody billed."""
        self.line = b""
        """The line given last."""
        self.bad_rows: dict[int, Rejected] = {}
        """Rows of a table that cannot be read as one, by number; their line is empty."""
        self.sha256 = ""
        """Hash of the bytes as they lie on disk; empty until they were all read."""
        self._fault: Rejected | None = None

    def lines(self, *, mend: bool = True) -> Iterator[tuple[int, bytes]]:
        """Give number and text of each line, from 1, without byte order mark and line end.

        Halves of surrogate pairs are mended, unless the reader does so where it meets them: to look
        for them everywhere costs as much as parsing. A file that cannot be read to its end stops
        here; `cut_short` then says why.
        """
        for part in self._parts(runs=False):
            if not isinstance(part, Run):
                yield (part[0], mended(part[1])) if mend else part

    def runs(self) -> Iterator[Run | tuple[int, bytes]]:
        """Give the lines as `lines` does, not mended, and where many stand together, as a run.

        A reader that takes up a line of a run by itself sets `line` to it.
        """
        return self._parts(runs=True)

    def _parts(self, *, runs: bool) -> Iterator[Run | tuple[int, bytes]]:
        self.lines_read = self.file_bytes = 0
        self.sha256, self._fault = "", None
        number = 0
        try:
            for part in self._numbered(runs=runs):
                if isinstance(part, Run):
                    self.lines_read += part.height
                    number = part.number + part.height - 1
                    yield part
                else:
                    number = part[0]
                    self.lines_read += 1
                    yield number, self._given(*part)
        except LineError as error:
            self._fault = Rejected(number + 1, error.reason, error.detail)

    def _given(self, number: int, line: bytes | Rejected) -> bytes:
        if isinstance(line, bytes) and line is not _TOO_LONG:
            self.line = line
            return line
        long = Rejected(number, "line too long", _LONGEST_SAID)
        self.bad_rows[number] = long if isinstance(line, bytes) else line
        return b"?"

    def beside(self, relative: str) -> "LogFile | None":
        """Give a side object by its name from this log's folder; None when it is not there."""
        place = beside(self.path, relative)
        try:
            return LogFile(place) if place.is_file() else None
        except OSError:
            return None

    def neighbours(self) -> list["LogFile"]:
        """Give the other logs of this log's folder, in a fixed order."""
        others = [place for place in neighbours(self.path) if _is_log(place)]
        return [LogFile(place) for place in others if place.is_file()]

    def cut_short(self) -> Iterator[Rejected]:
        """Give the fault that ended the file, as one more line of it; nothing for a sound file."""
        if self._fault is not None:
            self.lines_read += 1
            yield self._fault

    def sniff(self) -> bytes:
        """Give the first lines, about 64 kB and at least one whole line, for telling the format."""
        return self._plain_head() or self._read_head() or _transcoded(self._raw_chunks())

    def _plain_head(self) -> bytes:
        """Give the head of a plain file of JSON lines; nothing when more must be known of it."""
        try:
            with self.path.open("rb") as file:
                head = file.read(HEAD_BYTES)
        except OSError:
            return b""
        if not head.startswith(b"{") or _is_csv(self.path.name):
            return b""
        lines = head.split(b"\n")
        if len(head) == HEAD_BYTES:
            lines.pop()  # it may go on
        filled = [line for line in lines[:_HEAD_LINES] if line.strip()]
        return b"" if is_document(filled) else b"\n".join(map(mended, filled))

    def _read_head(self) -> bytes:
        probe = LogFile(self.path)
        taken: list[bytes] = []
        size = 0
        for _, line in probe.lines():
            taken.append(line)
            size += len(line) + 1
            if size >= HEAD_BYTES:
                break
        return b"\n".join(taken)

    def _numbered(self, *, runs: bool) -> Iterator[Run | tuple[int, bytes | Rejected]]:
        raw = self._raw_chunks()
        first = next(raw, b"")
        if first.startswith(PARQUET_MARK):
            yield from self._parquet(raw)
            return
        chunks = _utf8_only(decompressed(itertools.chain((first,), raw)))
        if _is_csv(self.path.name):
            yield from csv_rows(enumerate(_split(chunks), start=1))
        elif runs:
            yield from _json_runs(chunks)
        else:
            yield from _json_lines(enumerate(_split(chunks), start=1))

    def _parquet(self, rest: Iterator[bytes]) -> Iterator[tuple[int, bytes | Rejected]]:
        for _ in rest:  # the hash is of the whole file
            pass
        with self.path.open("rb") as file:
            yield from parquet_rows(file)

    def _raw_chunks(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    self.file_bytes += len(chunk)
                    yield chunk
        except OSError as error:
            said = error.strerror or str(error).splitlines()[0]
            raise InputError(
                f"{self.name}: cannot be read ({said}); check its rights, then run again"
            ) from error
        self.sha256 = digest.hexdigest()


def _logs_at(text: str) -> Iterator[Place]:
    path = Path(text)
    if "://" in text:
        yield from _objects(text)
    elif path.is_dir():
        yield from _logs_in(path)
    elif path.exists():
        yield path
    elif any(mark in text for mark in "*?["):
        yield from _logs_like(path)
    else:
        raise InputError(f"{text}: no such file or folder; check the path")


def _objects(url: str) -> Iterator[Place]:
    found = list(objects_at(url))
    logs = [place for place in found if len(found) == 1 or place.name.lower().endswith(ENDINGS)]
    if not logs:
        raise InputError(f"{url}: no logs there; names must end in {', '.join(ENDINGS)}")
    yield from logs


def _is_log(path: Place) -> bool:
    return path.name.lower().endswith(ENDINGS)


def _is_csv(name: str) -> bool:
    bare = name.lower()
    for packed in _PACKED:
        bare = bare.removesuffix(packed)
    return bare.endswith(CSV_ENDINGS)


def _json_lines(numbered: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    head = list(_until_two_filled(numbered))
    whole = itertools.chain(head, numbered)
    return documents(whole) if is_document([line for _, line in head if line.strip()]) else whole


def _json_runs(chunks: Iterator[bytes]) -> Iterator[Run | tuple[int, bytes]]:
    number = 1
    for part in in_runs(chunks):
        if isinstance(part, Run):
            yield part
            number = part.number + part.height
        elif number == 1:
            yield from _json_lines(enumerate(_split(part), start=1))
        else:
            yield from enumerate(_split(part), start=number)


def _logs_in(folder: Path) -> list[Path]:
    logs = [path for path in folder.rglob("*") if _is_log(path) and path.is_file()]
    if not logs:
        raise InputError(
            f"{folder}: no logs in this folder; names must end in {', '.join(ENDINGS)}"
        )
    return logs


def _logs_like(pattern: Path) -> Iterator[Path]:
    fixed = list(itertools.takewhile(lambda part: not set(part) & set("*?["), pattern.parts))
    try:
        matches = list(Path(*fixed).glob("/".join(pattern.parts[len(fixed) :])))
    except ValueError as error:
        raise InputError(f"{pattern}: not a pattern; ** stands alone between slashes") from error
    logs = [path for path in matches if path.is_file()]
    if not logs:
        raise InputError(
            f"{pattern}: no file fits this pattern; quote it so the shell leaves it be"
        )
    yield from logs


def _utf8_only(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    if first.startswith(_UTF_16_MARKS):
        for _ in chunks:  # the hash is of the whole file
            pass
        raise LineError("not UTF-8", "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW")
    yield first
    yield from chunks


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut chunks at line ends; a last line without one counts, an empty rest does not."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        first, *whole = chunk.split(b"\n")
        parts.append(first)
        if not whole:
            size += len(first)
            if size > LONGEST_LINE:  # hold no more of it; the line after it is read again
                parts = [_TOO_LONG]
            continue
        yield _joined(parts)
        parts = [whole.pop()]
        size = len(parts[0])
        # each mark starts with a byte that text seldom holds: one quick look at the whole chunk
        marked = b"\r" in chunk or b"\xef" in chunk
        yield from map(clean, whole) if marked else whole
    if any(parts):
        yield _joined(parts)


def _joined(parts: list[bytes]) -> bytes:
    return _TOO_LONG if parts[0] is _TOO_LONG else clean(b"".join(parts))


def _until_two_filled(numbered: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    filled = 0
    for number, line in numbered:
        yield number, line
        filled += bool(line.strip())
        if filled > 1:
            return


def _transcoded(chunks: Iterator[bytes]) -> bytes:
    """Give the head of a UTF-16 file as UTF-8, so that its format can be named; else nothing."""
    head = next(chunks, b"")
    if not head.startswith(_UTF_16_MARKS):
        return b""
    return head.decode("utf-16", errors="ignore").encode(errors="ignore")
