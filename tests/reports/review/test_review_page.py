"""What the review prints: figures that foot, claims that the tables repeat, nothing hidden."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.reconciled import Discount
from analyzer.results.review import Review, Stretch
from reports.axes import axis_near
from reports.numbers import Unit
from reports.review import as_json, render
from reports.review.crossing import waterfall_of
from reports.review.landing import burning_of
from reports.review.movers import movers_of
from reports.review.opening import opening_of
from reports.review.rounding import footed
from reports.review.units import units_of

USD = 10**12
WHOLE = Unit(0)


def dollars(text: str) -> int:
    return int(re.sub(r"[^0-9-]", "", text.replace("\u2212", "-").replace("<$1", "0")))


def test_the_claim_repeats_what_the_bridge_prints(review: Review, review_page: str) -> None:
    claim = re.search(r'<h1 class="claim">(.*?)</h1>', review_page)
    assert claim
    assert re.sub(r"<[^>]+>", "", claim[1]) == (
        "October cost $339,743, 2.9\u00a0% less than September: model mix took off $63,032,"
        " volume added $43,827."
    )
    fall = waterfall_of(review.crossing, WHOLE)
    assert fall
    printed = {bar.name: bar.amount.text for bar in fall.bars}
    assert printed["Model mix"] == "\u2212$63,032"
    assert printed["Volume"] == "+$43,827"


def test_both_columns_of_the_bridge_foot_to_the_printed_difference(review: Review) -> None:
    fall = waterfall_of(review.crossing, WHOLE)
    assert fall
    first, last = (dollars(bar.amount.text) for bar in (fall.bars[0], fall.bars[-1]))
    own = [bar for bar in fall.bars if bar.words]
    assert len(own) == 10
    assert sum(dollars(bar.amount.text) for bar in own) == last - first
    assert sum(dollars(bar.fair.text) for bar in own if bar.fair) == last - first
    assert dollars(fall.difference.text) == last - first
    within = [bar for bar in fall.bars if bar.row == "within"]
    mix = next(bar for bar in own if bar.name == "Workload mix")
    assert [bar.note for bar in within] == ["broker-email", ""]
    assert sum(dollars(bar.amount.text) for bar in within) == dollars(mix.amount.text)


def test_each_bar_starts_where_the_last_ended(review: Review) -> None:
    fall = waterfall_of(review.crossing, WHOLE)
    assert fall
    at = fall.bars[0].end
    for bar in fall.bars[1:-1]:
        if bar.words:
            assert bar.start == at
            at = bar.end
    assert at == fall.bars[-1].end


def test_an_axis_that_does_not_start_at_zero_says_so(review: Review, review_page: str) -> None:
    fall = waterfall_of(review.crossing, WHOLE)
    assert fall
    assert fall.cut
    assert f"The axis starts at ${fall.starts}" in review_page
    assert '<table class="bars broken"' in review_page
    assert fall.left(fall.bars[0]) == "0.00"
    low = min(bar.end for bar in fall.bars)
    assert fall.axis.low < low


def test_an_axis_over_small_and_large_amounts_starts_at_zero() -> None:
    assert axis_near([Fraction(40 * USD), Fraction(100 * USD)]).low == 0
    assert axis_near([Fraction(60 * USD), Fraction(100 * USD)]).low > 0
    assert axis_near([Fraction(0), Fraction(0)]).low == 0
    same = axis_near([Fraction(7 * USD)])
    assert same.low < 7 * USD <= same.high


def test_movers_foot_across_and_down(review: Review) -> None:
    found = movers_of(review, WHOLE)
    for row in (*found.rows, found.total):
        assert row.before
        assert row.change
        assert dollars(row.after.text) - dollars(row.before.text) == dollars(row.change.text)
        assert sum(dollars(part.text) for part in row.parts) == dollars(row.change.text)
    for place in range(3):
        column = [dollars(row.parts[place].text) for row in found.rows]
        assert sum(column) == dollars(found.total.parts[place].text)


@pytest.mark.parametrize("target", [-3, 0, 1, 2, 9])
def test_parts_reach_any_target(target: int) -> None:
    parts = [Fraction(USD, 3), Fraction(USD, 3), Fraction(USD, 3)]
    assert sum(footed(parts, WHOLE, target)) == target


def test_unit_costs_say_what_got_better(review: Review) -> None:
    rows = {row.measure.name: row for row in units_of(review).rows}
    assert rows["Cost of a request"].now.text == "$0.3397"
    assert rows["Cost of a request"].before.text == "$0.3500"
    assert rows["Cost of a request"].direction == "better"
    # $1,000 of a smaller bill is a larger part of it
    assert rows["Batch share"].direction == "unchanged"
    assert rows["Cache read share"].now.text == "70.0\u00a0%"
    assert rows["Cache payback"].now.text == "3.50\u00a0\u00d7"
    # three weeks, dearer each time: from the bottom of the box to its top
    assert rows["Cost of a request"].line == "0.00,21.00 50.00,12.00 100.00,3.00"


def test_the_rate_of_a_discount_stands_only_where_one_is_known(review: Review) -> None:
    assert '<th scope="row">Effective savings rate' not in render(review)
    known = replace(review, discounts=(Discount("*", Fraction(8, 100), "order form"),))
    page = render(known)
    assert '<th scope="row">Effective savings rate' in page
    assert "at list price, no discount is known" not in page


def test_a_month_so_far_says_so(review: Review) -> None:
    so_far = Stretch("2026-11-01", "2026-11-08")
    page = render(
        replace(review, month="2026-11", whole=False, units=replace(review.units, days=so_far))
    )
    assert "1 to 8 November 2026 cost" in page
    assert "than the same days of September" in page
    assert "The month is not over" in page


def test_without_a_month_before_nothing_is_compared(alone: Review) -> None:
    page = render(alone)
    assert "No bridge: the month before is not told whole" in page
    assert "the log begins on 2026-09-24" in page
    assert "Direction" not in page
    assert "2026-10 is told to its last day" in page
    assert "The axis starts" not in page


def test_an_empty_month_is_a_page_too(empty: Review) -> None:
    page = render(empty)
    assert "<b>Nothing could be priced</b>" in page
    assert "No source of this log tells of retries" in page
    assert "Nothing to do" in page


@pytest.mark.parametrize(
    ("verdict", "grade", "light"),
    [("pass", "E2", "pass"), ("warn", "E2", "warn"), ("fail", None, "fail")],
)
def test_a_grade_needs_a_reconciled_month(
    review: Review, verdict: str, grade: str | None, light: str
) -> None:
    found = review.reconciliation
    assert found
    first = replace(found.matches[0], verdict=verdict)  # type: ignore[arg-type]  # one of the verdicts
    changed = replace(review, reconciliation=replace(found, matches=(first, found.matches[1])))
    opening = opening_of(changed, WHOLE, None)
    assert (opening.grade, opening.light) == (grade, light)
    other = replace(
        review, reconciliation=replace(found, matches=(replace(first, what="2026-09"),))
    )
    assert opening_of(other, WHOLE, None).grade is None


def test_the_efficiency_wears_the_lowest_grade_of_its_levers(review: Review) -> None:
    assert opening_of(review, WHOLE, None).best_grade == "E4"
    one = replace(review.progress.levers[1], grade="E3")
    paired = replace(review, progress=replace(review.progress, levers=(one,)))
    assert opening_of(paired, WHOLE, None).best_grade == "E3"


def test_every_printed_dollar_carries_its_exact_value(review_page: str) -> None:
    body = re.sub(r"<(style|script).*?</\1>", "", review_page, flags=re.DOTALL)
    body = re.sub(r'<div class="scale".*?</div>', "", body)
    # what a line says aloud stands in the table of weeks; a match with the vendor's reports is not
    # an amount of this page
    body = re.sub(r'<span class="vh">from .*?</span>', "", body)
    body = re.sub(r"<caption>Three levels.*?</table>", "", body, flags=re.DOTALL)
    allowed = (
        "The axis starts at $",
        "deviations, $50 and",
        "cash value of a lever is $0",
        "or $1), a warning",
    )
    for words in allowed:
        body = body.replace(words, "")
    bare = list(_outside(body))
    assert not bare, bare[:3]


def _outside(body: str) -> Iterator[str]:
    """Dollars in texts whose element has no exact value."""
    for tag, text in re.findall(r"<([a-z0-9]+[^>]*)>([^<]*)", body):
        if re.search(r"\$\d", text) and "data-usd" not in tag:
            yield f"{tag}: {text.strip()}"


def test_assumptions_say_what_they_are_worth_and_who_owns_them(review_page: str) -> None:
    table = review_page.split("<caption>Assumptions register</caption>")[1]
    table = table.split("</table>", maxsplit=1)[0]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table.split("<tr>")[2:]]
    first, second = (" ".join(row) for row in rows)
    assert "\u2212$3,397 a point more off list Finance expired 30 October 2026" in first
    assert second.endswith("not worked out not named")


def test_the_register_of_adjustments_is_shown_empty_or_absent(review: Review) -> None:
    page = render(review)
    for words in ("storm", "retry storm", "27 October 2026", "\u2212$1,940", "open"):
        assert words in page
    empty, absent = (render(replace(review, adjustments=one)) for one in ((), None))
    assert "No entry of the register touches 1 to 30 September 2026 and 1 to 31 October" in empty
    assert "No register of adjustments was given" in absent
    for one in (page, empty, absent):
        assert "No entry moves a figure of this page" in one


def test_actions_name_owner_and_day_or_say_that_nobody_did(review: Review) -> None:
    late, early = review.actions
    owned = replace(late, owner="Platform", due="2026-11-20", overdue=True)
    page = render(replace(review, actions=(owned, early)))
    assert '<td data-l="Owner">Platform</td>' in page
    assert "<b>overdue: 20 November 2026</b>" in page
    assert "2 actions, 1 with an owner and 1 with a date" in page
    assert page.count("to be named") == 1
    assert page.count("to be set") == 1


def test_spend_efficiency_has_a_row_of_its_own_over_time(review: Review) -> None:
    progress = replace(
        review.progress,
        efficiency_before=Fraction(65, 100),
        efficiency_by_week=(Fraction(7, 10), None, Fraction(6, 10)),
    )
    rows = units_of(replace(review, progress=progress))
    row = rows.rows[-1]
    assert (row.before.text, row.now.text) == ("65.0\u00a0%", "60.5\u00a0%")
    assert (row.change, row.direction) == ("\u22124.5\u00a0pt", "worse")
    assert row.line == "0.00,3.00 100.00,21.00"
    assert [week.cells[-1].text for week in rows.weeks] == [
        "70.0\u00a0%",
        "not told",
        "60.0\u00a0%",
    ]
    assert rows.measures[-1].name == "Spend efficiency"


def test_the_commit_says_how_much_is_used_and_never_more_than_all(review: Review) -> None:
    # 2,862,737 of 3,500,000
    assert "81.8\u00a0% of the commit is used" in render(review)
    burn = review.burn_down
    assert burn
    beyond = burning_of(replace(burn, used=burn.amount * 2))
    assert beyond
    assert (beyond.used_share, beyond.beyond) == ("100.0\u00a0%", True)


def test_what_is_live_of_what_is_known_leaves_out_what_is_not(review: Review) -> None:
    # batch 24,000 and 63,999.50 open; caching below 0 counts as nothing, and 70,000 open
    known = Fraction(24_000) / (24_000 + Fraction("63999.5") + 70_000)
    assert review.progress.score == known
    assert "15.2\u00a0% of what is known to be achievable is live" in render(review)


def test_a_failed_light_says_what_failed_and_takes_the_grade(review: Review) -> None:
    found = review.reconciliation
    assert found
    bad = replace(found.matches[1], verdict="fail")
    page = render(replace(review, reconciliation=replace(found, matches=(found.matches[0], bad))))
    assert "Fails on list prices (L1)" in page
    assert "no grade: the month does not match the vendor&#39;s reports" in page.replace(
        "'", "&#39;"
    )


def test_hostile_names_stay_text(review: Review) -> None:
    bad = '</style><script>alert("x")</script>'
    movers = (replace(review.movers[0], workload=bad, label=bad), *review.movers[1:])
    page = render(replace(review, title=bad, movers=movers, no_forecast=bad, warnings=(bad,)))
    assert "<script>alert" not in page
    assert page.count("<script>") == 1


def test_the_page_needs_no_script_and_fetches_nothing(review_page: str) -> None:
    assert "http://" not in review_page
    assert "https://" not in review_page
    assert 'id="library"' not in review_page
    assert review_page.count('<details open class="twin') == 2


def test_the_same_review_gives_the_same_bytes(review: Review) -> None:
    assert render(review) == render(replace(review))
    assert as_json(review) == as_json(replace(review))


def test_the_twin_holds_exact_money_and_exact_ratios(review: Review) -> None:
    twin = json.loads(as_json(review))
    assert twin["crossing"]["before"] == "349955.25"
    assert Fraction(twin["crossing"]["steps"][2]["in_order"]) == Fraction(23194, 3)
    assert twin["units"]["read_share"] == "7/10"
    assert twin["units"]["payback"] == "7/2"
    assert twin["forecast"]["burn"] == "49/50"
    assert twin["progress"]["efficiency"] == "121/200"
    assert twin["burn_down"]["left"] == "637263"
    assert twin["movers"][1]["change"] == "14205"
