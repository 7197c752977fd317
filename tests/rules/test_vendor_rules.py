"""Each vendor rule as a row of a table, from the recorder's line to the billed buckets."""

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.store import Store
from analyzer.traffic import as_sent, load
from tests.rules.request_oracle import Names, request_of
from tests.rules.table import Row, line_of, rows
from tests.simulators.cache_oracle import replay as oracle_replay

ROWS = rows()
DOC = (Path(__file__).parents[2] / "docs" / "cache-rules.md").read_text("utf-8")


@pytest.fixture(scope="module")
def book() -> Book:
    return Book.load()


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.rule}: {row.says}" for row in ROWS])
def test_a_row_is_billed_as_worked_by_hand(row: Row, book: Book, tmp_path: Path) -> None:
    log = tmp_path / "row.jsonl"
    log.write_bytes(b"\n".join(line_of(n, call) for n, call in enumerate(row.calls)))
    with Store.open(tmp_path / "store.duckdb", create=True) as store:
        ingest([str(log)], store)
        assert store.ledger().kept == len(row.calls)
        traffic = load(store, book)
    told = as_sent(traffic).sort("request").select("read", "write_5m", "write_1h", "uncached")
    assert told.rows() == [tuple(call["bill"]) for call in row.calls]
    if "unsure" in row.calls[0]:
        assert int((~traffic.calls["minimum_certain"]).sum()) == row.unsure


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.rule}: {row.says}" for row in ROWS])
def test_the_readable_oracle_agrees_on_a_row(row: Row) -> None:
    names = Names()
    live = [call for call in row.calls if call.get("tier") != "batch"]
    asked = [request_of(call, names) for call in live]
    if row.rule == "seed":
        asked[0] = replace(asked[0], seed=asked[0].marks[0])
    assert oracle_replay(asked) == [tuple(call["bill"]) for call in live]


@pytest.mark.parametrize("rule", sorted({row.rule for row in ROWS}))
def test_every_rule_of_the_table_stands_in_the_documentation_with_its_source(rule: str) -> None:
    cells = [line.split("|") for line in DOC.splitlines() if line.startswith(f"| `{rule}` |")]
    assert len(cells) == 1
    assert all(cell.strip() for cell in cells[0][1:4])


def test_a_row_cannot_be_true_by_leaving_tokens_out() -> None:
    for row in ROWS:
        for call in row.calls:
            assert sum(call.get("billed", call["bill"])) == sum(call["bill"])
