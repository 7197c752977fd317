from fractions import Fraction

import pytest

from analyzer.prices import Book
from analyzer.reconciled import Match
from analyzer.reconciliation import reconcile
from tests.reconciliation.conftest import logged, reports, usage

USD = 10**12


def _month(found: tuple[Match, ...], what: str = "2026-09") -> Match:
    return next(match for match in found if (match.level, match.what) == ("L0", what))


@pytest.mark.parametrize(
    ("tokens", "verdict"),
    # 0.5 % and 2 % of 1,000,000 reported tokens; one token more leaves the band
    [
        (1_000_000, "pass"), (995_000, "pass"), (994_999, "warn"), (980_000, "warn"),
        (979_999, "fail"), (1_005_000, "pass"), (1_020_001, "fail"),
    ],
)  # fmt: skip
def test_a_month_of_tokens_is_judged_by_the_bands(book: Book, tokens: int, verdict: str) -> None:
    found = reconcile(
        logged({"uncached": tokens}), reports(usage=usage({"uncached": 1_000_000})), book
    )
    assert _month(found.matches).verdict == verdict
    assert _month(found.matches, "2026-09 uncached").theirs == 1_000_000


def test_what_logs_miss_is_valued_at_list_and_never_scaled_up(book: Book) -> None:
    # reported 4 Mtok in + 1 Mtok out = $20 + $25; logged 3 Mtok in + 1.2 Mtok out
    found = reconcile(
        logged({"uncached": 3_000_000, "output": 1_200_000}),
        reports(usage=usage({"uncached": 4_000_000, "output": 1_000_000})),
        book,
    )
    assert found.coverage is not None
    assert found.coverage.reported == 45 * USD
    assert found.coverage.missing == 5 * USD  # 1 Mtok x $5
    assert found.coverage.beyond == 5 * USD  # 0.2 Mtok x $25
    assert found.coverage.share == Fraction(40, 45)
    assert found.unexplained == 10 * USD
    assert [(gap.token_type, gap.pico) for gap in found.gaps] == [
        ("output", Fraction(-5 * USD)),
        ("uncached", Fraction(5 * USD)),
    ]


def test_only_the_ten_dearest_gaps_are_kept_dearest_first(book: Book) -> None:
    rows = [{"day": day, "uncached": day * 1_000_000} for day in range(1, 13)]
    found = reconcile(logged(), reports(usage=usage(*rows)), book)
    assert [gap.day for gap in found.gaps] == [f"2026-09-{day:02}" for day in range(12, 2, -1)]


def test_a_cell_under_five_dollars_is_not_judged(book: Book) -> None:
    # 0.9 Mtok x $5 = $4.50: wholly missing, and too small to say so; 1 Mtok is $5 and is judged
    small = reconcile(logged(), reports(usage=usage({"uncached": 900_000})), book)
    assert dict(small.cells_by_verdict)["not compared"] == 1
    judged = reconcile(logged(), reports(usage=usage({"uncached": 1_000_000})), book)
    assert dict(judged.cells_by_verdict)["fail"] == 1


def test_days_outside_the_report_are_told_apart_and_compared_with_nothing(book: Book) -> None:
    found = reconcile(
        logged({"day": 1, "uncached": 1_000_000}, {"day": 3, "uncached": 2_000_000}),
        reports(usage=usage({"day": 1, "uncached": 1_000_000})),
        book,
    )
    assert found.coverage is not None
    assert found.coverage.outside == 10 * USD  # 2 Mtok x $5 on a day that nobody reported
    assert _month(found.matches).verdict == "pass"


def test_uncharged_calls_stand_on_neither_side(book: Book) -> None:
    found = reconcile(
        logged({"uncached": 1_000_000}, {"uncached": 500_000, "charged": False}),
        reports(usage=usage({"uncached": 1_000_000})),
        book,
    )
    assert _month(found.matches).apart == 0


def test_tiers_are_cells_of_their_own_and_batch_costs_half(book: Book) -> None:
    found = reconcile(
        logged({"uncached": 2_000_000, "tier": "batch"}),
        reports(usage=usage({"uncached": 2_000_000})),
        book,
    )
    assert found.cells == 2
    assert found.coverage is not None
    assert found.coverage.missing == 10 * USD  # standard: 2 Mtok x $5
    assert found.coverage.beyond == 5 * USD  # batch: 2 Mtok x $2.50


def test_a_report_that_is_not_grouped_by_model_is_matched_over_all_models(book: Book) -> None:
    found = reconcile(
        logged({"uncached": 1_000_000}, {"uncached": 500_000, "model": "claude-haiku-4-5"}),
        reports(usage=usage({"uncached": 1_500_000, "model": None})),
        book,
    )
    assert _month(found.matches).verdict == "pass"
    assert "not grouped by model" in " ".join(found.notes)


def test_a_model_without_a_price_is_compared_in_tokens_and_named(book: Book) -> None:
    odd = {"model": "claude-experimental-9", "uncached": 7}
    found = reconcile(logged(odd), reports(usage=usage(odd)), book)
    assert _month(found.matches).verdict == "pass"
    assert "claude-experimental-9" in " ".join(found.notes)


def test_names_that_mean_one_model_meet(book: Book) -> None:
    found = reconcile(
        logged({"model": "claude-haiku-4-5", "uncached": 10}),
        reports(usage=usage({"model": "claude-haiku-4-5-20251001", "uncached": 10})),
        book,
    )
    assert (found.cells, _month(found.matches).apart) == (1, Fraction(0))


def test_nothing_reported_and_something_logged_fails(book: Book) -> None:
    found = reconcile(
        logged({"day": 2, "output": 1_000_000}),
        reports(usage=usage({"day": 1, "uncached": 1}, {"day": 3, "uncached": 1})),
        book,
    )
    assert _month(found.matches, "2026-09 output").verdict == "fail"
