"""CSV and Parquet as lines: each row becomes one JSON object, so that any connector reads them."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from analyzer.trace import Rejected
from connectors.faults import LineError

Row = tuple[int, bytes | Rejected]
"""Number of a row from 1 (a CSV's own line number) and its JSON, or what is wrong with it."""

PARQUET_MARK = b"PAR1"
CSV_ENDINGS = (".csv", ".tsv")
_DELIMITERS = (",", "\t", ";")
_MOST_BATCH_ROWS = 500
_BATCH_BYTES = 32 * 2**20
"""Rows that are held at a time; prompts of a megabyte are common in tables of calls."""
_LONGEST_CELL = 2**27
_NOT_UTF_8 = "save the table as UTF-8 and read it again"
_encode = msgspec.json.Encoder().encode


def csv_rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    """Give the rows below the header; an empty cell is null.

    Raises:
        LineError: the header is no header.
    """
    csv.field_size_limit(_LONGEST_CELL)
    texts = _Texts(lines)
    delimiter, names = _header(next(texts, ""))
    for begin, cells in _cells(texts, delimiter):
        if isinstance(cells, Rejected):
            yield begin, cells
        elif cells:
            yield begin, _object(begin, names, cells)


def parquet_rows(file: BinaryIO) -> Iterator[Row]:
    """Give the rows; times become ISO 8601 to the microsecond, decimals strings.

    Raises:
        LineError: the file is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        table = pq.ParquetFile(file)
        for batch in table.iter_batches(_batch_rows(table.metadata)):
            for row in _to_microseconds(batch).to_pylist(maps_as_pydicts="lossy"):
                number += 1
                yield number, _encode(row)
    except (pa.ArrowException, OSError) as error:
        raise LineError("parquet file is damaged", "copy the file again") from error


class _Texts:
    """Lines as text, with the number of the one that was given last."""

    def __init__(self, lines: Iterable[tuple[int, bytes]]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> "_Texts":
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        return f"{line.decode(errors='surrogateescape')}\n"


def _header(first: str) -> tuple[str, list[str]]:
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error as error:
        raise LineError("bad header", "the first line is no row of names") from error
    if len({*names}) != len(names):
        raise LineError("bad header", "a column name stands twice; give each its own")
    try:
        _encode(names)
    except UnicodeEncodeError as error:
        raise LineError("not UTF-8", _NOT_UTF_8) from error
    return delimiter, names


def _cells(texts: _Texts, delimiter: str) -> Iterator[tuple[int, list[str] | Rejected]]:
    """Give the cells of each row; after a row at fault reading goes on at the next line."""
    begin = -1
    while begin != texts.number + 1:
        begin = texts.number + 1
        try:
            for cells in csv.reader(texts, delimiter=delimiter, strict=True):
                yield begin, cells
                begin = texts.number + 1
        except csv.Error as error:
            lost = f"; lines {begin} to {texts.number}" if texts.number > begin else ""
            yield begin, Rejected(begin, "bad row", f"{error}; check its quotes{lost}")


def _object(number: int, names: list[str], cells: list[str]) -> bytes | Rejected:
    if len(cells) != len(names):
        detail = f"{len(cells)} cells under {len(names)} column names"
        return Rejected(number, "bad row", detail)
    try:
        return _encode({name: cell or None for name, cell in zip(names, cells, strict=True)})
    except UnicodeEncodeError:
        return Rejected(number, "not UTF-8", _NOT_UTF_8)


def _batch_rows(metadata: Any) -> int:
    sizes = [metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups)]
    row_bytes = sum(sizes) // max(metadata.num_rows, 1) + 1
    return int(max(1, min(_MOST_BATCH_ROWS, _BATCH_BYTES // row_bytes)))


def _to_microseconds(batch: Any) -> Any:
    """Cut nanoseconds off: Python's times hold none, and the trace's neither."""
    import pyarrow as pa

    fields = [
        field.with_type(pa.timestamp("us", field.type.tz))
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns"
        else field
        for field in batch.schema
    ]
    return batch.cast(pa.schema(fields), safe=False)
