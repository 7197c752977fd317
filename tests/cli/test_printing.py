import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.cli import printing
from analyzer.results import Ledger, Reason

CENT = 10**10


@pytest.mark.parametrize(
    ("pico", "printed"),
    [
        (Fraction(0), "$0.00"),
        (Fraction(CENT), "$0.01"),
        (Fraction(15 * CENT, 10), "$0.02"),  # half a cent goes up
        (Fraction(-15 * CENT, 10), "-$0.02"),
        (Fraction(149 * CENT, 100), "$0.01"),
        (Fraction(123_456_789 * CENT), "$1,234,567.89"),
        (Fraction(CENT) - 1, "$0.010000"),  # below a cent six digits, rounded like any other
        (Fraction(500_000), "$0.000001"),  # half a millionth goes up
        (Fraction(499_999), "$0.000000"),
        (Fraction(-1), "$0.000000"),  # what prints as nothing has no sign
        (Fraction(-500_000), "-$0.000001"),
        # 2**53 cents and a half: a float would lose the half
        (Fraction(2**53 * CENT) + CENT // 2, "$90,071,992,547,409.93"),
    ],
)
def test_dollars_by_hand(pico: Fraction, printed: str) -> None:
    assert printing.dollars(pico) == printed


@given(st.fractions(min_value=-(10**24), max_value=10**24, max_denominator=10**6))
def test_dollars_are_the_exact_amount_rounded_half_up(pico: Fraction) -> None:
    printed = printing.dollars(pico)
    assert re.fullmatch(r"-?\$(\d{1,3}(,\d{3})*)\.(\d\d|\d{6})", printed)
    value = Decimal(printed.replace("$", "").replace(",", ""))
    step = Decimal(1).scaleb(-2 if not pico or abs(pico) >= CENT else -6)
    units = abs(pico) / (Fraction(step) * 10**12)
    whole, rest = divmod(units.numerator, units.denominator)
    rounded = (whole + (2 * rest >= units.denominator)) * step
    assert abs(value) == rounded
    assert printed.startswith("-") == (pico < 0 and bool(rounded))


@given(st.integers(-(10**9), 10**9))
def test_whole_cents_print_as_decimal_does(cents: int) -> None:
    usd = (Decimal(cents) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert printing.dollars(Fraction(cents * CENT)).replace("$", "") == f"{usd:,}"


def test_what_steers_a_terminal_is_written_out() -> None:
    assert printing.plain("a\x1b[31mb\nc\udcff é ☃") == r"a\x1b[31mb\nc\udcff é ☃"


def test_the_ledger_names_every_reason_under_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = (
        Reason("aside", "blank", 2),
        Reason("fault", "not JSON", 1_000),
        Reason("fault", "no usage", 3),
        Reason("unbilled", "http_429", 4),
    )
    # 2 + 1,000 + 3 + 4 = 1,009 rejected; 10 + 5 + 1,009 = 1,024
    printing.ledger(Ledger(2, 4_096, 1_024, 10, 5, reasons))
    assert capsys.readouterr().out.splitlines() == [
        "lines read 1,024 = kept 10 + repeats 5 + rejected 1,009   (2 files, 4,096 bytes)",
        "  rejected, could not be read: 1,003  (not JSON 1,000, no usage 3)",
        "  rejected, billed nothing: 4  (http_429 4)",
        "  rejected, hold no call: 2  (blank 2)",
    ]
