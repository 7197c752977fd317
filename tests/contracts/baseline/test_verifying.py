"""One changed byte of data, book, rules, method or file is caught and named."""

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import polars as pl
import pytest

from analyzer.contracts.baseline import Ask, Baseline, freeze, load, to_bytes, verify, verifying
from analyzer.contracts.baseline.digests import report_digests
from analyzer.contracts.logged import whole_days
from analyzer.errors import ContractError
from analyzer.policy import Match, Policy, WorkloadRule
from analyzer.prices import Book
from analyzer.reconciliation import Reports
from analyzer.trace import Call

BOOK = Book.load()
ASK = Ask(whole_days("2026-08-03..2026-08-30"))


def frozen(
    filled: Any, calls: list[Call], ask: Ask = ASK, book: Book = BOOK, reported: Any = None
) -> Baseline:
    with filled(calls, reported) as store:
        return freeze(store, book, ask)


def parts(found: Any) -> list[str]:
    return [one.part for one in found]


def test_the_same_inputs_give_the_same_bytes(weeks: Any, filled: Any) -> None:
    first, second = frozen(filled, weeks()), frozen(filled, weeks())
    assert to_bytes(first) == to_bytes(second)
    assert verify(first, second) == ()


def test_one_changed_byte_of_a_line_names_its_day_and_its_file(weeks: Any, filled: Any) -> None:
    calls = weeks()
    changed = [*calls]
    raw = bytearray(calls[4].line_sha256)
    raw[0] ^= 1
    changed[4] = replace_call(calls[4], line_sha256=bytes(raw))
    found = verify(frozen(filled, calls), frozen(filled, changed))
    assert parts(found)[0] == "calls of 2026-08-05"
    assert parts(found)[1].startswith("log file messages ")
    assert len(found) == 2
    assert all(one.expected != one.found for one in found)


def test_a_call_that_is_gone_is_named_with_both_counts(weeks: Any, filled: Any) -> None:
    calls = weeks()
    found = verify(frozen(filled, calls), frozen(filled, calls[1:]))
    assert (found[0].part, found[0].expected[-8:], found[0].found[-8:]) == (
        "calls of 2026-08-03", "(2 rows)", "(1 rows)",
    )  # fmt: skip


def test_one_changed_byte_of_the_book_is_named(weeks: Any, filled: Any) -> None:
    raw = resources.files("analyzer.prices").joinpath("rules.json").read_bytes()
    other = Book.from_json(raw + b"\n")
    found = verify(frozen(filled, weeks()), frozen(filled, weeks(), book=other))
    assert parts(found) == ["price book"]
    assert (found[0].expected, found[0].found) == (BOOK.sha256, other.sha256)


def test_other_rules_are_named(weeks: Any, filled: Any) -> None:
    rule = WorkloadRule("talk", Match(model="*"))
    ask = replace(ASK, policy=Policy(workloads=(rule,)))
    assert parts(verify(frozen(filled, weeks()), frozen(filled, weeks(), ask))) == [
        "rules that name workloads"
    ]


def test_another_method_is_named(weeks: Any, filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = frozen(filled, weeks())
    monkeypatch.setattr(verifying, "METHOD", "9.9.9")
    assert [str(one) for one in verify(first, first)] == [
        f"method: frozen as {first.manifest.method}, found 9.9.9"
    ]


def test_a_changed_report_is_named(weeks: Any, filled: Any) -> None:
    calls = weeks()
    first = frozen(filled, calls, reported=calls)
    found = verify(first, frozen(filled, calls, reported=calls[1:]))
    assert parts(found) == ["report: usage"]


def test_another_title_is_named_as_a_figure(weeks: Any, filled: Any) -> None:
    other = frozen(filled, weeks(), replace(ASK, title="another"))
    assert parts(verify(frozen(filled, weeks()), other)) == ["title"]


def test_every_changed_byte_of_the_file_is_caught(weeks: Any, filled: Any, tmp_path: Any) -> None:
    found = frozen(filled, weeks())
    raw = to_bytes(found)
    path = tmp_path / "b.json"
    for place in range(0, len(raw), 97):
        changed = bytearray(raw)
        changed[place] ^= 1
        path.write_bytes(bytes(changed))
        with pytest.raises(ContractError):
            load(path)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "no baseline"),
        (b'{"kind": "rebill baseline", "version": 2}', "version: 1 is read"),
        (b'{"kind": "rebill baseline", "version": 1}', "the file was changed"),
    ],
)
def test_what_is_no_baseline_is_told(tmp_path: Any, raw: bytes, words: str) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(raw)
    with pytest.raises(ContractError, match=words):
        load(path)
    with pytest.raises(ContractError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_a_file_written_anew_with_other_spaces_is_refused(
    weeks: Any, filled: Any, tmp_path: Any
) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps(json.loads(to_bytes(frozen(filled, weeks())))))
    with pytest.raises(ContractError, match="written anew"):
        load(path)


def replace_call(call: Call, **fields: Any) -> Call:
    return Call(**{name: getattr(call, name) for name in Call.__struct_fields__} | fields)


def test_where_a_report_lies_is_no_change_of_it() -> None:
    rows = pl.DataFrame({"start_us": [0, 1], "uncached": [5, 6]})
    held = Reports(rows, rows.clear(), rows.clear())
    places = [
        replace(held, usage=part.with_columns(source=pl.lit(name), source_id=pl.lit(name)))
        for part, name in ((rows, "/home/a/usage.json"), (rows.reverse(), "/srv/usage.json"))
    ]
    assert report_digests(places[0]) == report_digests(places[1])
    other = replace(held, usage=rows.with_columns(uncached=pl.lit(7)))
    assert report_digests(other) != report_digests(places[0])
