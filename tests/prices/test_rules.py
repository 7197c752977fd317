"""The rules file: what it must hold, and that a slip in it is refused."""

import hashlib
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from analyzer.errors import PriceError
from analyzer.prices import Book

SHIPPED = resources.files("analyzer.prices").joinpath("rules.json").read_bytes()
Edit = Callable[[dict[str, Any]], None]


def test_the_shipped_book_names_its_version_and_its_exact_bytes(book: Book) -> None:
    assert book.version == "2026-11-23"
    assert book.sha256 == hashlib.sha256(SHIPPED).hexdigest()
    assert Book.load() is book


def test_every_price_period_names_sources_in_words(book: Book) -> None:
    rows = book.rows()
    assert {row.model for row in rows} == set(book.models())
    assert all(row.sources and all(len(text) > 20 for text in row.sources) for row in rows)
    # 23 models of one period; Opus 4.6, Sonnet 5.5, 4.6 and 4.5 of two; Sonnet 4 of three
    assert len(rows) == 23 + 4 * 2 + 3


def test_the_rows_of_a_model_follow_each_other(book: Book) -> None:
    opus = [row for row in book.rows() if row.model == "claude-opus-4-6"]
    assert [(str(row.since), str(row.until)) for row in opus] == [
        ("2026-02-05", "2026-03-13"),
        ("2026-03-13", "None"),
    ]
    assert (opus[0].threshold, opus[1].threshold) == (200_000, None)


def test_every_listed_source_is_used() -> None:
    rules = json.loads(SHIPPED)
    body = json.dumps({key: value for key, value in rules.items() if key != "sources"})
    assert [source for source in rules["sources"] if f'"{source}"' not in body] == []


def _rename_key(rules: dict[str, Any]) -> None:
    model = rules["models"]["claude-opus-5-5"]
    model["pirces"] = model.pop("prices")


def _misspell_rate(rules: dict[str, Any]) -> None:
    rates = rules["models"]["claude-opus-5-5"]["prices"][0]["standard"]
    rates["cache_raed"] = rates["cache_read"]


def _write_a_number(rules: dict[str, Any]) -> None:
    rules["models"]["claude-opus-5-5"]["prices"][0]["standard"]["input"] = 4.0


def _cite_nobody(rules: dict[str, Any]) -> None:
    rules["models"]["claude-opus-5-5"]["prices"][0]["sources"] = []


def _cite_a_stranger(rules: dict[str, Any]) -> None:
    rules["models"]["claude-opus-5-5"]["prices"][0]["sources"] = ["hearsay"]


def _take_anothers_name(rules: dict[str, Any]) -> None:
    rules["models"]["claude-opus-5-5"]["aliases"] = ["claude-opus-5"]


def _leave_a_gap(rules: dict[str, Any]) -> None:
    rules["models"]["claude-sonnet-5-5"]["prices"][1]["from"] = "2026-10-08"


def _overlap(rules: dict[str, Any]) -> None:
    rules["models"]["claude-sonnet-5-5"]["prices"][1]["from"] = "2026-10-06"


def _end_the_last_period(rules: dict[str, Any]) -> None:
    rules["models"]["claude-sonnet-5-5"]["prices"][1]["to"] = "2026-12-01"


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        (_rename_key, r"models\.claude-opus-5-5\.(prices|pirces)"),
        (_misspell_rate, r"standard\.cache_raed: Extra inputs"),
        (_write_a_number, r"standard\.input: Input should be a valid string"),
        (_cite_nobody, r"prices\.0\.sources: List should have at least 1 item"),
        (_cite_a_stranger, r"sources not listed: \['hearsay'\]"),
        (_take_anothers_name, r"names used twice: \['claude-opus-5'\]"),
        (_leave_a_gap, r"prices must run from release to now without a gap"),
        (_overlap, r"prices must run from release to now without a gap"),
        (_end_the_last_period, r"prices must run from release to now without a gap"),
    ],
)
def test_a_slip_in_the_rules_is_refused_with_its_place(slip: Edit, says: str) -> None:
    rules = json.loads(SHIPPED)
    slip(rules)
    with pytest.raises(PriceError, match=says):
        Book.from_json(json.dumps(rules).encode())
