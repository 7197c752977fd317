import json
from dataclasses import replace
from fractions import Fraction

from analyzer.reconciled import Discount
from analyzer.results import Savings
from reports.savings import as_json, render


def test_the_page_shows_list_and_effective_dollars_with_their_source(whole_page: str) -> None:
    assert "At list price and as paid" in whole_page
    assert "every other model" in whole_page
    assert "charged against the report&#39;s list amounts" in whole_page


def test_without_a_discount_the_page_says_that_all_is_at_list(savings: Savings) -> None:
    page = render(replace(savings, effective=None))
    assert "All dollars are at list price: no discount is known." in page
    assert "as paid" not in page.lower().replace("at list price and as paid", "")


def test_the_page_shows_what_the_logs_miss_and_scales_nothing_up(whole_page: str) -> None:
    # 1/70 of the reported $45 is missing: 69/70 = 98.6 %
    assert "The logs hold 98.6" in whole_page
    assert "nothing is scaled up" in whole_page
    assert "No invoice: charges are compared with nothing (--invoice FILE)." in whole_page


def test_without_reports_there_is_no_table_of_matches(savings: Savings) -> None:
    assert "Three levels, month by month" not in render(replace(savings, reconciliation=None))


def test_tokens_in_the_twin_are_counts_and_money_is_dollars(savings: Savings) -> None:
    twin = json.loads(as_json(savings))
    first, _, third, _ = twin["reconciliation"]["matches"]
    assert (first["low"], first["theirs"], first["apart"]) == (9_000_000, 9_130_000, 130_000)
    assert first["share"] == "13/913"
    assert (third["low"], third["high"], third["apart"]) == ("45", "90", "0")
    assert twin["effective"]["discounts"][0]["share"] == "3/20"


def test_a_charge_above_list_is_said_as_such_and_never_as_a_negative_discount(
    savings: Savings,
) -> None:
    assert savings.reconciliation
    # $19 charged where the list says $10: 90 % above; 0.4 % above is rounding
    dear = Discount("claude-opus-5", Fraction(-9, 10), "cost report")
    near = Discount("claude-haiku-4-5", Fraction(-4, 1000), "cost report")
    matched = replace(savings.reconciliation, discounts=(dear, near))
    page = render(replace(savings, effective=None, reconciliation=matched))
    assert "claude-opus-5: charged 90.0\N{NO-BREAK SPACE}% above list (cost report)." in page
    assert page.count("above list (") == 1
    assert "90.0\N{NO-BREAK SPACE}% off" not in page
