"""Tables as lines: what a CSV or Parquet file holds comes out as JSON objects, faults by row."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.trace import Rejected
from connectors.reading.tables import csv_rows, parquet_rows
from connectors.registry import LogFile


def _lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    return iter(list(enumerate(text.split(b"\n"), start=1)))


def _csv(text: bytes) -> list[object]:
    rows = csv_rows(_lines(text.removesuffix(b"\n")))
    return [r if isinstance(r, Rejected) else json.loads(r) for _, r in rows]


def _log(folder: Path, name: str, content: bytes) -> LogFile:
    path = folder / name
    path.write_bytes(content)
    return LogFile(path)


def _read(log: LogFile) -> list[object]:
    return [log.bad_rows.get(n) or json.loads(line) for n, line in log.lines()]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_rows_become_objects_whatever_stands_between_cells(delimiter: str) -> None:
    text = "id,tokens,note\na,12,\nb,,x y\n".replace(",", delimiter).encode()
    assert _csv(text) == [
        {"id": "a", "tokens": "12", "note": None},
        {"id": "b", "tokens": None, "note": "x y"},
    ]


def test_line_ends_and_delimiters_inside_quotes_belong_to_the_cell() -> None:
    text = b'id,note\na,"one\ntwo, ""three"""\nb,z\n'
    assert _csv(text) == [
        {"id": "a", "note": 'one\ntwo, "three"'},
        {"id": "b", "note": "z"},
    ]
    # the second row starts on line 4, because the first holds two lines
    assert [number for number, _ in csv_rows(_lines(text.removesuffix(b"\n")))] == [2, 4]


def test_byte_order_mark_and_carriage_returns_are_no_part_of_names_and_cells(
    tmp_path: Path,
) -> None:
    log = _log(tmp_path, "t.csv", b"\xef\xbb\xbfid,n\r\na,1\r\n")
    assert _read(log) == [{"id": "a", "n": "1"}]


def test_a_ragged_row_is_rejected_and_the_others_are_kept() -> None:
    short, good, long = _csv(b"id,n\na\nb,2\nc,3,4\n")
    assert isinstance(short, Rejected)
    assert isinstance(long, Rejected)
    assert (short.line, short.reason) == (2, "bad row")
    assert (long.line, long.detail) == (4, "3 cells under 2 column names")
    assert good == {"id": "b", "n": "2"}


def test_a_row_with_broken_quotes_costs_itself_alone() -> None:
    good, bad, next_good = _csv(b'id,n\na,1\n"b"x,2\nc,3\n')
    assert good == {"id": "a", "n": "1"}
    assert isinstance(bad, Rejected)
    assert (bad.line, bad.reason) == (3, "bad row")
    assert next_good == {"id": "c", "n": "3"}


def test_a_quotation_that_never_ends_is_told_with_the_lines_it_took() -> None:
    good, bad = _csv(b'id,n\na,1\n"b,2\nc,3\nd,4\n')
    assert good == {"id": "a", "n": "1"}
    assert isinstance(bad, Rejected)
    assert "lines 3 to 5" in bad.detail


def test_bytes_that_are_not_utf_8_reject_their_row_and_are_not_replaced() -> None:
    bad, good = _csv(b"id,note\na,caf\xe9\nb,caf\xc3\xa9\n")
    assert isinstance(bad, Rejected)
    assert bad.reason == "not UTF-8"
    assert good == {"id": "b", "note": "café"}


def test_a_cell_of_a_few_megabytes_is_read() -> None:
    assert _csv(b'id,n\n"' + b"x" * 5_000_000 + b'",1\n') == [{"id": "x" * 5_000_000, "n": "1"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"id,id\n1,2\n", "bad header"), (b"caf\xe9,b\n1,2\n", "not UTF-8")],
)
def test_a_bad_header_is_the_files_own_fault(tmp_path: Path, content: bytes, reason: str) -> None:
    log = _log(tmp_path, "t.csv", content)
    assert _read(log) == []
    assert [fault.reason for fault in log.cut_short()] == [reason]


@pytest.mark.parametrize("content", [b"", b"\n", b"id,n\n"])
def test_a_table_without_rows_gives_none(tmp_path: Path, content: bytes) -> None:
    log = _log(tmp_path, "t.csv", content)
    assert _read(log) == []
    assert list(log.cut_short()) == []


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_below_a_header_give_rows_or_faults(noise: bytes) -> None:
    text = b"id,n\n" + noise
    numbers = [number for number, _ in csv_rows(_lines(text))]
    assert numbers == sorted({*numbers})


def _parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def _rows(content: bytes) -> list[object]:
    return [json.loads(r) for _, r in parquet_rows(io.BytesIO(content)) if isinstance(r, bytes)]


def test_parquet_types_come_out_as_json_that_loses_nothing_a_trace_needs() -> None:
    moment = datetime(2026, 9, 30, 12, 0, 0, 123456, tzinfo=UTC)
    table = pa.table(
        {
            "time": pa.array([moment], pa.timestamp("ns", "UTC")),
            "local": pa.array([1_790_769_600_123_456_789], pa.timestamp("ns")),
            "day": pa.array([date(2026, 9, 30)]),
            "cost": pa.array([Decimal("0.000123")], pa.decimal128(12, 6)),
            "usage": pa.array([{"input": 3, "output": None}]),
            "tags": pa.array([[("team", "a")]], pa.map_(pa.string(), pa.string())),
            "count": pa.array([2**62]),
            "rate": pa.array([float("nan")]),
        }
    )
    assert _rows(_parquet(table)) == [
        {
            "time": "2026-09-30T12:00:00.123456Z",
            "local": "2026-09-30T12:00:00.123456",
            "day": "2026-09-30",
            "cost": "0.000123",
            "usage": {"input": 3, "output": None},
            "tags": {"team": "a"},
            "count": 2**62,
            "rate": None,
        }
    ]


def test_parquet_rows_are_numbered_across_row_groups(tmp_path: Path) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(1_200))}), file, row_group_size=500)
    log = _log(tmp_path, "t.parquet", file.getvalue())
    rows = list(log.lines())
    assert [number for number, _ in rows] == list(range(1, 1_201))
    assert json.loads(rows[-1][1]) == {"n": 1_199}
    assert log.sha256  # of the whole file, as for any log


@pytest.mark.parametrize("cut", [4, 40, 200, -1])
def test_a_damaged_parquet_file_is_one_clear_fault(tmp_path: Path, cut: int) -> None:
    content = _parquet(pa.table({"n": list(range(100)), "text": ["x" * 50] * 100}))
    log = _log(tmp_path, "t.parquet", content[:cut])
    assert _read(log) == []
    assert [fault.reason for fault in log.cut_short()] == ["parquet file is damaged"]


def test_damage_inside_a_parquet_file_keeps_the_rows_before_it(tmp_path: Path) -> None:
    file = io.BytesIO()
    table = pa.table({"text": [f"{n:060}" for n in range(1_000)]})
    pq.write_table(table, file, row_group_size=500, compression="gzip", use_dictionary=False)
    content = bytearray(file.getvalue())
    second = pq.ParquetFile(file).metadata.row_group(1).column(0).data_page_offset
    content[second : second + 400] = b"\xff" * 400
    log = _log(tmp_path, "t.parquet", bytes(content))
    assert len(_read(log)) == 500
    assert [fault.line for fault in log.cut_short()] == [501]
