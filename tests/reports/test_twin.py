"""One twin for every page: pico-dollars and dollars both come out as dollars."""

import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.results.commit import TierRow, WeekUse
from analyzer.results.register import Registered, Subject
from reports.twin import as_json


@dataclass(frozen=True, slots=True)
class Sheet:
    money: Fraction
    share: Fraction
    day: date
    tier: TierRow
    weeks: tuple[WeekUse, ...]
    row: Registered

    @property
    def first(self) -> WeekUse:
        """Repeat a stored record."""
        return self.weeks[0]

    @property
    def double(self) -> Fraction:
        """Compute an amount."""
        return self.money * 2


SHEET = Sheet(
    money=Fraction(3, 2) * 10**12,
    share=Fraction(3, 4),
    day=date(2026, 10, 1),
    tier=TierRow(Fraction(250), Fraction(1, 20)),
    weeks=(WeekUse(date(2026, 9, 28), Fraction(1, 3)),),
    row=Registered("A1", "s", "v", "s", "assumed", Subject("log"), Fraction(10**10), "a point"),
)


def test_records_in_dollars_and_in_pico_dollars_agree() -> None:
    told = json.loads(as_json(SHEET))
    assert (told["money"], told["double"], told["share"]) == ("1.5", "3", "3/4")
    assert told["tier"] == {"cost_usd": "250", "discount": "0.05"}
    # a record inside a page of dollars keeps its own unit: a cent
    assert told["row"]["sensitivity"] == "0.01"
    assert told["weeks"] == [{"first_day": "2026-09-28", "usd": "1/3"}]
    assert told["day"] == "2026-10-01"


def test_a_computed_record_is_not_told_twice() -> None:
    assert "first" not in json.loads(as_json(SHEET))
