"""Terms and periods that contradict themselves are refused with the field and the rule."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.fee import Tier, settle
from analyzer.errors import ContractError
from tests.contracts.fee.worked_fee import MONTHS, period, plain, terms, usd

FIFTH = Fraction(1, 5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tiers": ()}, "tier: there are none"),
        ({"tiers": (Tier(None, Fraction(6, 5)),)}, r"tier\[0\].share: 1.2 is not allowed"),
        ({"tiers": (Tier(usd(5), FIFTH),)}, "only the last tier has no end"),
        ({"tiers": (Tier(None, FIFTH), Tier(None, FIFTH))}, "only the last tier has no end"),
        (
            {"tiers": (Tier(usd(9), FIFTH), Tier(usd(9), FIFTH), Tier(None, FIFTH))},
            r"tier\[1\].up_to: not above what comes before it",
        ),
        ({"hurdle": Fraction(-1, 10)}, "hurdle: -0.1 is not allowed"),
        ({"cap_share": Fraction(3, 2)}, "cap_share: 1.5 is not allowed"),
        ({"factor": Fraction(-1)}, "factor: -1 is not allowed"),
        ({"life_months": 0}, "life_months: 0 is not allowed"),
        ({"least_baseline_days": 14}, "least_baseline_days: 14 is not allowed, give 28 to 366"),
        ({"life_months": 10**11}, "life_months: 100000000000 is not allowed, give 1 to 1200"),
        ({"cap": Fraction(1)}, "cap: 0.000000000001 dollars are not allowed, give whole cents"),
        ({"floor": usd(-5)}, "floor: -5 dollars are not allowed"),
        ({"floor": usd(9_001)}, "floor: above the cap"),
    ],
)
def test_terms_at_fault_cannot_be_made(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        terms(**given)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"actual": usd(-1)}, "2026-10: actual: -1000000000000 pico-dollars is below 0"),
        ({"savings": ()}, "give the savings of every workload and lever"),
        ({"last_day": date(2026, 9, 1)}, "last_day: 2026-09-01 is before first_day"),
        ({"first_day": date(2026, 9, 30)}, "2026-09-30 overlaps 2026-09, give 2026-10-01"),
        ({"first_day": date(2026, 10, 2)}, "2026-10-02 leaves days out after 2026-09"),
        ({"name": "2026-09"}, "2026-09: stands twice"),
    ],
)
def test_periods_at_fault_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        settle([MONTHS[0], replace(MONTHS[1], **change)], plain())


def test_a_lever_that_goes_live_later_saves_nothing_yet() -> None:
    month = period(7, 10, 8)
    with pytest.raises(ContractError, match="live_since: 2026-08-01 is later than the period"):
        settle([month], plain())
