"""Lost cache money on the savings report."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.results import LostCache, LostLine, Savings, ToldMiss, Unjudged
from reports.savings import as_json, render

USD = 10**12


@pytest.fixture
def lost() -> LostCache:
    """Three thirds of a hundred dollars: rounded alone they would print a dollar too little."""
    third = Fraction(100 * USD, 3)
    lines = tuple(
        LostLine(f"W0{place}", reason, 12, 3_000_000, 5, third, place, "Do <this>.")
        for place, reason in enumerate(("tools changed", "compaction", "unlogged"))
    )
    misses = tuple(ToldMiss(f"msg_{n}", "W01", "tools_changed", "lookback", 9) for n in range(11))
    return LostCache(
        lines=lines,
        total=Fraction(100 * USD),
        calls=1_234,
        input_cost=Fraction(400 * USD),
        first_sight=Fraction(50 * USD),
        unjudged=(Unjudged("no <price>", 7, 40),),
        told_calls=16,
        agreed_calls=3,
        open_calls=2,
        differing=misses,
    )


def test_the_page_prints_reasons_that_add_up_and_what_to_do(
    savings: Savings, lost: LostCache
) -> None:
    page = render(replace(savings, lost=lost))
    start = page.index("Lost cache money by workload and reason")
    table = page[start : page.index("</table>", start)]
    assert table.count("$33<") == 2  # largest remainder: 34 + 33 + 33 = 100
    assert table.count("$34<") == 1
    assert table.count("$100<") == 1
    assert "Do &lt;this&gt;." in table
    assert "named by the vendor for 2 calls" in table
    assert "(25.0" in page  # a quarter of the input cost
    assert "7 calls (no &lt;price&gt;)" in page


def test_ten_disagreements_stand_on_the_page_and_all_of_them_in_the_twin(
    savings: Savings, lost: LostCache
) -> None:
    told = replace(savings, lost=lost)
    page = render(told)
    assert "msg_9" in page
    assert "msg_10" not in page
    assert "1 more stand in the JSON" in page
    twin = json.loads(as_json(told))["lost"]
    assert len(twin["differing"]) == 11
    assert twin["total"] == "100"
    assert twin["lines"][0]["lost"] == "100/3"
    assert twin["lines"][0]["tokens"] == 3_000_005
    assert twin["agreement"] == "3/14"


def test_without_a_judged_call_the_page_says_nothing_of_it(savings: Savings) -> None:
    assert "Reads that missed" not in render(savings)
