"""Economic and cash avoided cost on the gainshare page: side by side, each line of cash."""

import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.results.gainshare import Gainshare
from reports.gainshare import as_json, render
from reports.gainshare.verified import verified_rows
from reports.numbers import CENTS, Unit

WHOLE = Unit(0)


def steps(text: str) -> int:
    return 0 if "<" in text else int(re.sub(r"[^0-9-]", "", text.replace("\u2212", "-")))


def three(page: str) -> list[str]:
    """The front page's numbers with their words."""
    (found,) = re.findall(r'<dl class="three">(.*?)</dl>', page, re.DOTALL)
    texts = [re.sub(r"<[^>]+>", "", re.sub(r"</d[dt]>", " ", one)) for one in found.split("</div>")]
    return [" ".join(text.split()) for text in texts][:3]


def test_economic_and_cash_stand_side_by_side_on_the_front_page(gainshare: Gainshare) -> None:
    economic, cash, _ = three(render(gainshare))
    rows = verified_rows(gainshare.periods[0], WHOLE)
    assert rows.avoided.text in economic
    assert "Avoided cost, cash $100,001" in cash
    assert "Under the commit of $1,000,000, counted for 184 of 365 days" in cash
    assert "all of it will be used" in cash


def test_a_pace_below_the_commit_is_told_with_what_would_be_left(short: Gainshare) -> None:
    page = render(short)
    assert "at the pace so far $404,891 of it would be left unused" in three(page)[1]
    assert "use beyond it at 125.0\u00a0% of its committed price" in page


@pytest.mark.parametrize("unit", [WHOLE, CENTS])
@pytest.mark.parametrize("name", ["gainshare", "short"])
def test_the_lines_of_cash_foot_as_printed(
    name: str, unit: Unit, request: pytest.FixtureRequest
) -> None:
    found: Gainshare = request.getfixturevalue(name)
    cash = verified_rows(found.periods[0], unit).cash
    assert cash
    told = {line.name: steps(line.amount.text) for line in cash.lines}
    so_far = told["Asked for under the baseline"] - told["Asked for"]
    assert told["Cash avoided since the term began"] == so_far
    assert told["Cash avoided"] == so_far - told["Cash avoided in earlier periods"]
    assert steps(cash.avoided.text) == told["Cash avoided"]


def test_without_a_commit_both_numbers_are_one(uncommitted: Gainshare) -> None:
    page = render(uncommitted)
    rows = verified_rows(uncommitted.periods[0], WHOLE)
    assert rows.cash
    assert rows.cash.avoided.text == rows.avoided.text
    assert "No commit is signed: cash = economic, every dollar avoided is a dollar not paid" in page
    assert "Cash under the commit" not in page


def test_without_a_commit_another_price_basis_is_told_apart(uncommitted: Gainshare) -> None:
    (last,) = uncommitted.periods
    assert last.cash
    own = replace(last.cash, before=last.cash.before - 10**15)
    other = replace(last, price_basis="frozen", cash=own)
    page = render(replace(uncommitted, periods=(other,)))
    assert "No commit is signed: cash at the period's own prices, economic on frozen" in page
    assert "cash = economic" not in page


def test_where_nobody_tells_how_the_page_says_what_to_give(untold: Gainshare) -> None:
    page = render(untold)
    assert "not worked out" in three(page)[1]
    assert "give one." in three(page)[1]


def test_the_twin_holds_both_numbers_and_every_line(short: Gainshare) -> None:
    (told,) = json.loads(as_json(short))["periods"]
    commit = told["cash"]["commit"]
    assert commit["overage_factor"] == "5/4"
    # as it was the commit's part alone is asked: 1,000,000 x 184 / 365
    assert Fraction(commit["cost"]) == Fraction(1_000_000 * 184, 365)
    assert Fraction(told["cash"]["avoided"]) == (
        Fraction(commit["cost_otherwise"]) - Fraction(commit["cost"])
    )
    assert told["no_cash"] == ""
