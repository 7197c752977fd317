from fractions import Fraction

import pytest

from analyzer.prices import Book
from analyzer.reconciled import Match
from analyzer.reconciliation import in_force, reconcile
from tests.reconciliation.conftest import cost, logged, reports, usage

USD = 10**12


def _level(found: tuple[Match, ...], level: str) -> Match:
    return next(match for match in found if match.level == level)


@pytest.mark.parametrize(
    ("list_usd", "verdict"),
    # 1 Mtok x $5 of ours; 0.5 % of $5.0252 is 0.0251, 2 % of $5.10 is 0.102
    [(5.0, "pass"), (5.02, "pass"), (5.06, "warn"), (5.15, "fail"), (4.80, "fail")],
)
def test_list_amounts_are_judged_by_the_bands(book: Book, list_usd: float, verdict: str) -> None:
    found = reconcile(
        logged({"uncached": 1_000_000}),
        reports(
            usage=usage({"uncached": 1_000_000}),
            cost=cost({"usd": 4.0, "list_usd": list_usd}),
        ),
        book,
    )
    assert _level(found.matches, "L1").verdict == verdict


def test_the_realised_discount_is_charged_against_list(book: Book) -> None:
    found = reconcile(
        logged({"uncached": 2_000_000}),
        reports(usage=usage({"uncached": 2_000_000}), cost=cost({"usd": 8.5, "list_usd": 10.0})),
        book,
    )
    (one,) = found.discounts
    assert (one.share, one.list_pico, one.charged_pico) == (
        Fraction(15, 100), Fraction(10 * USD), Fraction(85, 10) * USD,
    )  # fmt: skip
    assert "the report's list amounts" in one.source
    told, others = in_force(found.discounts)
    assert (told.share, others.model, others.share) == (one.share, "*", one.share)


def test_without_list_amounts_less_charged_is_a_discount_to_settle_and_not_a_failure(
    book: Book,
) -> None:
    found = reconcile(
        logged(),
        reports(usage=usage({"uncached": 2_000_000}), cost=cost({"usd": 9.0})),
        book,
    )
    match = _level(found.matches, "L1")
    assert match.verdict == "not compared"
    assert "under our list prices: a discount, or a price that is wrong" in match.note
    assert found.discounts[0].share == Fraction(1, 10)
    assert "our list prices" in found.discounts[0].source


def test_more_charged_than_list_fails_and_is_no_discount(book: Book) -> None:
    found = reconcile(
        logged(),
        reports(usage=usage({"uncached": 2_000_000}), cost=cost({"usd": 11.0})),
        book,
    )
    assert _level(found.matches, "L1").verdict == "fail"
    assert in_force(found.discounts) == ()


def test_charged_at_list_shows_no_discount(book: Book) -> None:
    found = reconcile(
        logged(), reports(usage=usage({"uncached": 2_000_000}), cost=cost({"usd": 10.0})), book
    )
    assert _level(found.matches, "L1").verdict == "pass"
    assert in_force(found.discounts) == ()


@pytest.mark.parametrize(
    ("model", "month", "window", "low", "high"),
    [
        # Haiku 5.5: $0.10 a million up to 100k tokens, $0.50 above; windows are told at 200k
        ("claude-haiku-5-5", 11, None, 10, 50),
        ("claude-haiku-5-5", 11, "0-200k", 10, 50),
        ("claude-haiku-5-5", 11, "200k-1M", 50, 50),
        # Sonnet 4.5 in February 2026: $3 up to 200k, $6 above, and the report tells which
        ("claude-sonnet-4-5", 2, None, 300, 600),
        ("claude-sonnet-4-5", 2, "0-200k", 300, 300),
        ("claude-sonnet-4-5", 2, "200k-1M", 600, 600),
    ],
)
def test_a_model_priced_by_prompt_length_reconciles_as_a_range(
    book: Book, model: str, month: int, window: str | None, low: int, high: int
) -> None:
    cell = {"model": model, "month": month, "context_window": window}
    found = reconcile(
        logged(),
        reports(
            usage=usage({**cell, "uncached": 1_000_000}),
            cost=cost({**cell, "usd": high / 100, "list_usd": high / 100}),
        ),
        book,
    )
    match = _level(found.matches, "L1")
    cent = USD // 100
    assert (match.low, match.high) == (Fraction(low * cent), Fraction(high * cent))
    assert (match.apart, match.verdict) == (Fraction(0), "pass")


@pytest.mark.parametrize(
    ("asked", "verdict"),
    # $5,000 charged: 0.1 % is $5; a dollar is always near enough
    [(5_000.0, "pass"), (5_005.0, "pass"), (5_006.0, "fail"), (4_994.0, "fail")],
)
def test_an_invoice_passes_within_a_thousandth(book: Book, asked: float, verdict: str) -> None:
    found = reconcile(
        logged(),
        reports(cost=cost({"usd": 5_000.0, "days": 30}), invoice=cost({"usd": asked, "days": 30})),
        book,
    )
    assert _level(found.matches, "L2").verdict == verdict


def test_a_small_invoice_passes_within_a_dollar(book: Book) -> None:
    near, far = (
        reconcile(logged(), reports(cost=cost({"usd": 10.0}), invoice=cost({"usd": asked})), book)
        for asked in (11.0, 11.01)
    )
    assert [_level(found.matches, "L2").verdict for found in (near, far)] == ["pass", "fail"]


def test_credits_and_tax_of_the_invoice_stand_on_both_sides(book: Book) -> None:
    found = reconcile(
        logged(),
        reports(
            cost=cost({"usd": 100.0}),
            invoice=cost(
                {"usd": 100.0}, {"usd": -20.0, "kind": "credit"}, {"usd": 16.0, "kind": "tax"}
            ),
        ),
        book,
    )
    match = _level(found.matches, "L2")
    assert (match.low, match.theirs) == (Fraction(96 * USD), Fraction(96 * USD))
    assert match.verdict == "pass"


def test_a_month_that_the_cost_report_does_not_cover_is_not_compared(book: Book) -> None:
    found = reconcile(
        logged(),
        reports(cost=cost({"usd": 50.0, "days": 15}), invoice=cost({"usd": 100.0, "days": 30})),
        book,
    )
    match = _level(found.matches, "L2")
    assert (match.verdict, match.note) == (
        "not compared", "the cost report does not cover the whole month",
    )  # fmt: skip


def test_missing_reports_are_named(book: Book) -> None:
    found = reconcile(logged({"uncached": 1}), reports(invoice=cost({"usd": 1.0})), book)
    assert [note.split(":")[0] for note in found.notes] == ["no usage report", "no cost report"]
