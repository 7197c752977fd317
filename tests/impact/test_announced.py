"""The user's file: what it says is read exactly, and each fault names file and key."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.errors import InputError
from analyzer.impact import read_moves
from analyzer.prices import Book

MOVE = 'model = "claude-opus-5-5"\nmeter = "output"\ndate = 2026-12-15\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "moves.toml"
    path.write_text(text)
    return path


def test_a_file_is_read_by_day_and_exactly(tmp_path: Path, book: Book) -> None:
    text = (
        f'[[move]]\n{MOVE}price = 18.1\nsource = "mail"\n'
        '[[move]]\nmeter = "web_search"\npercent = "-12.5"\ndate = "2026-12-01"\n'
        '[[retirement]]\nmodel = "claude-haiku-4-5-20251001"\ndate = 2027-03-01\n'
        'successors = ["claude-haiku-5.5"]\n'
    )
    found = read_moves(written(tmp_path, text), book)
    search, output = found.moves
    assert (search.day, search.move.model) == (date(2026, 12, 1), None)
    assert search.move.factor == Fraction(7, 8)
    assert output.move.price == Fraction("18.1")  # a float would not be
    assert (search.what, output.what) == ("web search -12.5 %", "output to $18.1")
    assert (search.source, output.source) == ("moves.toml", "mail")
    (end,) = found.retirements
    assert (end.model, end.successors) == ("claude-haiku-4-5", ("claude-haiku-5-5",))
    assert re.fullmatch(r"moves.toml, sha256 [0-9a-f]{64}", found.name)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[move]", r"not TOML \("),
        ("", r"holds nothing; give tables \[\[move\]\]"),
        ("[[moves]]\n", r"moves: unknown key; allowed are move, retirement$"),
        (f'[[move]]\n{MOVE}price = 1\nprise = "2"', r"move\[0\]\.prise: unknown key; allowed are"),
        (f"[[move]]\n{MOVE}", r"move\[0\]\.price: give price or percent, and not both"),
        (f"[[move]]\n{MOVE}price = 1\npercent = 1", r"move\[0\]\.price: give price or percent"),
        (f"[[move]]\n{MOVE}price = -1", r"move\[0\]\.price: below 0; give USD"),
        (f"[[move]]\n{MOVE}price = true", r"move\[0\]\.price: True is not allowed; give USD"),
        (f'[[move]]\n{MOVE}price = "dear"', r"move\[0\]\.price: dear is not allowed; give USD"),
        (f'[[move]]\n{MOVE}price = "1/0"', r"move\[0\]\.price: 1/0 is not allowed; give USD"),
        (f"[[move]]\n{MOVE}price = nan", r"move\[0\]\.price: NaN is not allowed; give USD"),
        (f"[[move]]\n{MOVE}percent = -100", r"move\[0\]\.percent: give the change in percent"),
        (f"[[move]]\n{MOVE}price = 0.0000001", r"move\[0\]\.price: .* not a whole number"),
        (f"[[move]]\n{MOVE}price = 1e999999", r"move\[0\]\.price: 1E\+999999 is not allowed; give"),
        (
            f"[[move]]\n{MOVE}percent = 0.00000000001",
            r"move\[0\]\.percent: .* name a price that does",
        ),
        (
            '[[move]]\nmeter = "output"\nprice = 1\ndate = 2026-12-15',
            r"move\[0\]\.model: missing; give a model",
        ),
        (
            f"[[move]]\n{MOVE.replace('output', 'web_search')}price = 1",
            r"move\[0\]\.model: web search has one price for every model",
        ),
        (
            f"[[move]]\n{MOVE.replace('output', 'reads')}price = 1",
            r"move\[0\]\.meter: reads is not allowed; give one of uncached, read,",
        ),
        (
            f"[[move]]\n{MOVE.replace('output', 'input')}price = 1",
            r"move\[0\]\.price: input is several prices; give percent",
        ),
        (
            f"[[move]]\n{MOVE.replace('opus-5-5', 'opus-9')}price = 1",
            r"move\[0\]\.model: 'claude-opus-9' is not in the book; give a model",
        ),
        (
            f"[[move]]\n{MOVE.replace('2026-12-15', '2026')}price = 1",
            r"move\[0\]\.date: 2026 is not allowed; give the first day",
        ),
        (
            '[[move]]\nmodel = "claude-haiku-5-5"\nmeter = "fast"\nprice = 2\ndate = 2026-12-15',
            r"move\[0\]\.price: claude-haiku-5-5 has no fast mode to move",
        ),
        (
            '[[move]]\nmodel = "claude-3-sonnet"\nmeter = "batch"\nprice = 2\ndate = 2026-12-15',
            r"move\[0\]\.price: claude-3-sonnet has no batch price to move",
        ),
        ('[[retirement]]\nmodel = "claude-opus-5"', r"retirement\[0\]\.date: missing; give the"),
        (
            '[[retirement]]\nmodel = "claude-opus-5"\ndate = 2027-01-01\nsuccessors = ["x"]',
            r"retirement\[0\]\.successors: 'x' is not in the book",
        ),
    ],
)
def test_each_fault_names_the_file_and_the_key(
    text: str, fault: str, tmp_path: Path, book: Book
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}: {fault}"):
        read_moves(path, book)


HALVED = (
    '[[move]]\nmodel = "claude-sonnet-4-6"\nmeter = "tokens"\npercent = -50\ndate = 2026-12-{:02}\n'
)


def test_moves_are_tried_one_over_the_other_by_day(tmp_path: Path, book: Book) -> None:
    """Two halvings leave whole pico-dollars in the US batch, a third leaves half of one."""
    twice = HALVED.format(2) + HALVED.format(1)
    assert len(read_moves(written(tmp_path, twice), book).moves) == 2
    third = HALVED.format(3) + twice
    with pytest.raises(
        InputError, match=r"move\[0\]\.percent: 515625/2 pico-dollars is not a whole"
    ):
        read_moves(written(tmp_path, third), book)


def test_no_file_is_said(tmp_path: Path, book: Book) -> None:
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file"):
        read_moves(tmp_path / "none.toml", book)
