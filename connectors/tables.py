"""CSV and Parquet as lines: each row becomes one JSON object, so that any connector reads them."""

import csv
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from analyzer.trace import Rejected
from connectors.faults import LineError

Row = tuple[int, bytes | Rejected]
"""Number of a row from 1 (a CSV's own line number) and its JSON, or what is wrong with it."""

PARQUET_MARK = b"PAR1"
CSV_ENDINGS = (".csv", ".tsv")
_DELIMITERS = (",", "\t", ";")
_BATCH_ROWS = 500
_LONGEST_CELL = 2**27
_encode = msgspec.json.Encoder().encode


def csv_rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    """Give the rows below the header; an empty cell is null.

    Raises:
        LineError: the header is no header, or a quotation never ends.
    """
    csv.field_size_limit(_LONGEST_CELL)
    texts = (f"{line.decode(errors='replace')}\n" for _, line in lines)
    first = next(texts, "")
    delimiter = max(_DELIMITERS, key=first.count)
    names = next(csv.reader([first], delimiter=delimiter), [])
    if len({*names}) != len(names):
        raise LineError("bad header", "a column name stands twice; give each its own")
    rows = csv.reader(texts, delimiter=delimiter, strict=True)
    begin = 2
    try:
        for cells in rows:
            if cells:
                yield begin, _object(begin, names, cells)
            begin = rows.line_num + 2
    except csv.Error as error:
        raise LineError("bad row", f"{error}; check quotes from here on") from error


def parquet_rows(file: BinaryIO) -> Iterator[Row]:
    """Give the rows; times become ISO 8601, decimals strings.

    Raises:
        LineError: the file is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        for batch in pq.ParquetFile(file).iter_batches(_BATCH_ROWS):
            for row in batch.to_pylist(maps_as_pydicts="lossy"):
                number += 1
                yield number, _encode(row)
    except (pa.ArrowException, OSError) as error:
        raise LineError("parquet file is damaged", "copy the file again") from error


def _object(number: int, names: list[str], cells: list[str]) -> bytes | Rejected:
    if len(cells) != len(names):
        detail = f"{len(cells)} cells under {len(names)} column names"
        return Rejected(number, "bad row", detail)
    return _encode({name: cell or None for name, cell in zip(names, cells, strict=True)})
