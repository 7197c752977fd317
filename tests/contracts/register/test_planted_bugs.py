"""Break the register once in each place: a worked case notices."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analyzer.contracts.register import file, judging
from tests.contracts.register import test_register_file, test_register_judging

Write = Callable[..., Path]


def nothing(*_told: Any) -> str:
    return ""


def never(*_told: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Planted:
    place: Any
    name: str
    broken: Any
    notices: Callable[[Write], None]


def beyond(write: Write) -> None:
    change = {"last_day": "2026-11-01"}
    test_register_judging.test_where_an_entry_stands(write, change, "refused", "reaches")


def forged(write: Write) -> None:
    change: dict[str, str | None] = {"sha256": f'"{"0" * 64}"'}
    test_register_file.test_an_entry_at_fault(write, change, "is not what was entered")


SMALL = test_register_judging.test_one_percent_of_a_small_month_is_material
PLANTED = [
    Planted(judging, "_dispute", nothing, test_register_judging.test_when_a_new_baseline_is_due),
    Planted(judging, "_refusal", nothing, beyond),
    Planted(judging, "LEAST", 0, SMALL),
    Planted(file, "evidence_fault", nothing, forged),
    Planted(
        file, "_overlap", never,
        test_register_file.test_two_entries_for_the_same_days_count_twice,
    ),
]  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_bug_is_noticed(
    planted: Planted, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.notices(write)
    monkeypatch.setattr(planted.place, planted.name, planted.broken)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        planted.notices(write)
