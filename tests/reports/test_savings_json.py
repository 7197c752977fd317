import json
from fractions import Fraction

import pytest

from analyzer.results import Savings
from reports.savings import as_json


def pico(text: str) -> Fraction:
    number = Fraction(text.removesuffix(" pico"))
    return number if text.endswith(" pico") else number * 10**12


def test_money_comes_back_exactly(savings: Savings) -> None:
    twin = json.loads(as_json(savings))
    assert twin["billed"] == "339742.16"
    assert pico(twin["saving"]) == savings.saving
    assert pico(twin["after"]) == savings.billed - savings.saving
    assert [pico(one["bill"]) for one in twin["subsets"]] == [
        subset.bill for subset in savings.subsets
    ]


def test_ratios_are_fractions_and_not_money(savings: Savings) -> None:
    twin = json.loads(as_json(savings))
    # the replay is 0.63 % above the bill
    assert Fraction(twin["calibration"]["total"]["error"]) == Fraction(63, 10_000)
    assert twin["serving"]["load"][0]["speed_ups"][0] == [1, "43/20"]


def test_the_ledger_balances_in_the_twin(savings: Savings) -> None:
    ledger = json.loads(as_json(savings))["ledger"]
    assert ledger["lines"] == ledger["kept"] + ledger["repeats"] + ledger["rejected"]
    assert ledger["balanced"] is True


def test_keys_keep_the_order_of_the_records_and_bytes_repeat(savings: Savings) -> None:
    text = as_json(savings)
    assert text == as_json(savings)
    assert list(json.loads(text))[:4] == ["title", "first_day", "last_day", "requests"]
    assert text.endswith("}\n")


@pytest.mark.parametrize("field", ["vendor_change", "subsets", "days"])
def test_what_is_absent_stays_absent(empty: Savings, field: str) -> None:
    assert not json.loads(as_json(empty))[field]
