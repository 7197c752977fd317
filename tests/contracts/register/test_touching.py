"""Entries of a register on a page whose figures none of them moves."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.register import load_register, touching

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        # the entry runs from 5 to 7 October
        ((2026, 10, 1), (2026, 10, 4), 0),
        ((2026, 10, 1), (2026, 10, 5), 1),
        ((2026, 10, 7), (2026, 10, 31), 1),
        ((2026, 10, 8), (2026, 10, 31), 0),
    ],
)
def test_an_entry_touches_days_by_its_ends(
    write: Write, first: tuple[int, int, int], last: tuple[int, int, int], count: int
) -> None:
    found = touching(load_register(write({})), date(*first), date(*last))
    assert found is not None
    assert len(found) == count


def test_it_is_told_as_entered(write: Write) -> None:
    found = touching(load_register(write({})), date(2026, 10, 1), date(2026, 10, 31))
    assert found
    (one,) = found
    assert (one.name, one.trigger, one.workloads) == ("A1", "prompt_change", ("chat",))
    assert (one.first_day, one.last_day, one.raised_on) == (
        "2026-10-05", "2026-10-07", "2026-10-20",
    )  # fmt: skip
    assert one.amount == Fraction("-1250.25") * 10**12
    assert one.signed_by == ("client", "consultant")


def test_no_register_is_not_an_empty_one(write: Write) -> None:
    assert touching(None, date(2026, 10, 1), date(2026, 10, 31)) is None
    assert touching(load_register(write()), date(2026, 10, 1), date(2026, 10, 31)) == ()
