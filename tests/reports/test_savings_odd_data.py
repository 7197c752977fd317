import re
from dataclasses import replace
from fractions import Fraction
from html import unescape

from analyzer.results import ClosedLoop, Predictions, Savings, SoldSpeed, Unpriced
from reports.savings import render

USD = 10**12


def text_of(page: str) -> str:
    """What a reader sees, without tags."""
    shown = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", shown))


def test_without_accepted_lines_the_page_says_so_plainly(savings: Savings) -> None:
    zero = tuple(
        replace(share, in_order=Fraction(0), fair_share=Fraction(0), alone=Fraction(0),
                added_last=Fraction(0), grade=None)
        for share in savings.accepted_levers
    )  # fmt: skip
    joint = savings.saving + savings.potential
    text = text_of(
        render(replace(savings, saving=Fraction(0), potential=joint, accepted_levers=zero))
    )
    assert "No saving stands on evidence of grade E4 or better yet; $156,084 of the" in text
    assert "could have cost" not in text


def test_a_policy_without_any_effect_says_so(savings: Savings) -> None:
    text = text_of(render(replace(savings, saving=Fraction(0), potential=Fraction(0))))
    assert "No saving was found: this policy leaves the bill of $339,742 as it is." in text


def test_a_dearer_policy_is_printed_as_dearer(savings: Savings) -> None:
    loss = Fraction(-1234) * USD
    text = text_of(render(replace(savings, saving=loss, potential=Fraction(0))))
    assert "would have cost $1,234 more: $340,976 instead of $339,742." in text
    assert "less: " not in text


def test_a_serving_replay_that_moves_the_invoice_is_called_a_defect(savings: Savings) -> None:
    one = Fraction(1)
    moved = replace(savings.serving, invoice_change=one, calls_changed=1, largest_change=one)
    text = text_of(render(replace(savings, serving=moved)))
    assert "The serving replay moved the invoice" in text
    assert "<$0.01" in text
    assert "$0.00" not in text


def test_differences_of_calls_that_cancel_out_are_a_defect_too(savings: Savings) -> None:
    moved = replace(savings.serving, calls_changed=2, largest_change=Fraction(3) * USD)
    text = text_of(render(replace(savings, serving=moved)))
    assert "The serving replay moved the invoice" in text
    assert "2 of 412,806 calls are billed otherwise, one by $3.00." in text


def test_calibration_beyond_the_limit_fails_in_words(savings: Savings) -> None:
    total = savings.calibration.total
    # 6 % above what was billed
    off = replace(total, replayed_cost=total.billed_cost * Fraction(106, 100))
    calibration = replace(savings.calibration, total=off)
    text = text_of(render(replace(savings, calibration=calibration)))
    assert "More than 5 % off the bill" in text
    assert "do not act on this report" in text
    assert "Within 5 % of the bill" not in text


def test_a_workload_whose_saving_is_smaller_than_its_error_is_flagged(savings: Savings) -> None:
    first, *rest = savings.calibration.by_workload
    off = replace(first, replayed_cost=first.billed_cost * 3)
    calibration = replace(savings.calibration, by_workload=(off, *rest))
    text = text_of(render(replace(savings, calibration=calibration)))
    assert text.count("no: do not act on this row alone") == 1


def test_a_ledger_that_does_not_balance_is_said_twice(savings: Savings) -> None:
    ledger = replace(savings.ledger, lines=savings.ledger.lines + 1)
    text = text_of(render(replace(savings, ledger=ledger)))
    assert "Lines do not balance" in text
    assert "do not use this report" in text


def test_an_empty_log_still_makes_a_page(empty: Savings) -> None:
    html = render(empty)
    text = text_of(html)
    assert "Nothing could be priced: there is no bill to compare." in text
    assert "No workload of this log could be priced" in text
    assert "Not measured" in text
    assert "No call of this log carries the times that a latency replay needs" in text
    assert "0 lines read = 0 kept + 0 repeats + 0 set apart" in text
    assert 'id="library"' not in html


def test_one_day_and_no_waits_still_draw_the_day(savings: Savings) -> None:
    day = replace(savings.days[0], billed=savings.billed, after=savings.after)
    serving = replace(savings.serving, lines=(), load=())
    html = render(replace(savings, days=(day,), last_day=savings.first_day, serving=serving))
    assert "1 October 2026" in html
    assert html.count('class="plot"') == 1
    assert "lines+markers" in html


def test_a_bill_of_cents_is_printed_in_fractions_of_a_cent(savings: Savings) -> None:
    small = Fraction(1, 10**6)
    shrunk = replace(
        savings,
        billed=savings.billed * small,
        saving=savings.saving * small,
        potential=savings.potential * small,
    )
    # 339,742.16 / 1,000,000 = 0.33974216
    assert "instead of $0.3397." in text_of(render(shrunk))


def test_the_fast_calls_of_the_log_are_counted(savings: Savings) -> None:
    lost = (Unpriced("model claude-x", 2, 900),)
    sold = SoldSpeed(1_204, Fraction(60) * USD, Fraction(10) * USD, lost)
    outside = replace(savings.serving.outside, sold_speed=sold)
    fast = replace(savings.serving, outside=outside)
    text = text_of(render(replace(savings, serving=fast)))
    assert "1,204 calls, left alone above: billed $60.00, the same tokens at standard" in text
    assert "speed $10.00; not priced: model claude-x (900 tokens)" in text
    assert 'data-usd="50"' in render(replace(savings, serving=fast))
    # $0.787976 is $0.393988 twice: printed cents must add up all the same
    half = Fraction(393_988, 10**6) * USD
    even = replace(outside, sold_speed=SoldSpeed(1, half * 2, half, ()))
    text = text_of(render(replace(savings, serving=replace(fast, outside=even))))
    cents = re.search(r"billed \$0\.(\d\d), the same tokens at standard speed \$0\.(\d\d)", text)
    assert cents
    premium = re.search(r"standard speed \$0\.\d\d\s*\+\$0\.(\d\d)", text)
    assert premium
    assert int(cents[1]) == int(cents[2]) + int(premium[1]) == 79


def test_predictions_and_own_hardware_are_named_as_outside_of_the_claim(savings: Savings) -> None:
    lost = (Unpriced("model gpt-x", 1, 40),)
    outside = replace(
        savings.serving.outside,
        predictions=Predictions(3, 900, 140, Fraction(1, 4) * USD, lost, 12),
        own_hardware_lines=77,
    )
    serving = replace(savings.serving, outside=outside)
    text = text_of(render(replace(savings, serving=serving)))
    assert "3 calls: 900 predicted tokens accepted, 140 rejected and billed as output" in text
    assert "not priced: model gpt-x (40 tokens); 12 lines of other makers' models" in text
    assert "77 lines: billed in GPU hours, not tokens; outside this bill." in text


def test_slower_answers_are_dearer_room_and_start_later(savings: Savings) -> None:
    loop = ClosedLoop(Fraction(-5) * USD, Fraction(-6) * USD, Fraction(-4) * USD, 3, 2, -1_500)
    serving = replace(savings.serving, closed_loop=loop)
    text = text_of(render(replace(savings, serving=serving)))
    assert "$5.00 more for this period, in no saving and in no total" in text
    assert "3 calls in 2 sessions and subagents would start 1.5\u00a0s later" in text
