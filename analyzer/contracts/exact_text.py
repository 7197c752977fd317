"""Exact numbers as text and back: a decimal where one ends soon, else `numerator/denominator`."""

from fractions import Fraction

_MOST_PLACES = 18


def exact_text(value: Fraction | int) -> str:
    """Give the shortest exact text."""
    whole = Fraction(value)
    for places in range(_MOST_PLACES + 1):
        scaled = whole * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            point = f"{digits[:-places]}.{digits[-places:]}" if places else digits
            return f"-{point}" if whole < 0 else point
    return f"{whole.numerator}/{whole.denominator}"
