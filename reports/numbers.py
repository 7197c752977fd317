"""Exact figures become printed ones; nothing else in the reports rounds.

Money comes in as `Fraction` pico-dollars. Every printed amount carries its exact value beside it,
and the printed parts of a printed total add up to it (largest remainder).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

PICO_PER_USD = 10**12
MINUS = "\u2212"
NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Amount:
    """A printed amount of money and its exact value."""

    text: str
    usd: str
    """Exact: a decimal number of US dollars, or `num/den` where none ends."""
    tone: str = ""
    """`quiet` for an amount that stands in no sum."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest step an amount is printed in: 10 ** -places dollars."""

    places: int

    @property
    def pico(self) -> int:
        """One step in pico-dollars."""
        return PICO_PER_USD // int(10**self.places)

    def steps(self, pico: Fraction) -> int:
        """Nearest whole number of steps, halves upwards."""
        return floor(pico / self.pico + Fraction(1, 2))

    @property
    def name(self) -> str:
        """The unit in words."""
        words = {0: "whole dollars", 2: "cents", 4: "hundredths of a cent"}
        return words[self.places]


CENTS = Unit(2)


def unit_for(total: Fraction) -> Unit:
    """The step a page uses throughout: whole dollars, or finer where the bill is small."""
    usd = abs(total) / PICO_PER_USD
    if usd >= 10_000:  # noqa: PLR2004 - from five figures on, cents are noise
        return Unit(0)
    return Unit(4) if 0 < usd < 1 else CENTS


def amount(pico: Fraction, unit: Unit, steps: int | None = None, *, signed: bool = False) -> Amount:
    """Print an exact amount, as `steps` of the unit where a column has already rounded it."""
    shown = unit.steps(pico) if steps is None else steps
    size = abs(shown)
    digits = f"{size:,}" if not unit.places else _with_places(size, unit.places)
    hidden = bool(pico) and not shown
    if hidden:  # a non-zero never prints as zero
        digits = _with_places(1, unit.places) if unit.places else "1"
    negative = pico < 0 if hidden else shown < 0
    plus = "+" if signed and pico > 0 else ""
    sign = MINUS if negative else plus
    return Amount(f"{sign}{'<' if hidden else ''}${digits}", exact_usd(pico))


def exact_usd(pico: Fraction) -> str:
    """The exact value as US dollars: a decimal, or `num/den` where none ends."""
    usd = pico / PICO_PER_USD
    rest, places = usd.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    for prime in (2, 5):
        while rest % prime == 0:
            rest, places = rest // prime, places + 1
    if rest != 1:
        return f"{usd.numerator}/{usd.denominator}"
    digits = str(abs(usd.numerator) * 10**places // usd.denominator).rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    sign = "-" if usd < 0 else ""
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def largest_remainder(parts: Sequence[Fraction], target: int) -> list[int]:
    """Round parts to whole numbers that add up to `target`, the rounded sum.

    Raises:
        ValueError: when `target` is not the sum rounded up or down.
    """
    whole = [floor(part) for part in parts]
    short = target - sum(whole)
    if not 0 <= short <= len(parts):
        raise ValueError(f"{target} is not the rounded sum of {[str(part) for part in parts]}")
    by_remainder = sorted(range(len(parts)), key=lambda index: whole[index] - parts[index])
    for index in by_remainder[:short]:
        whole[index] += 1
    return whole


def apportion(parts: Sequence[Fraction], unit: Unit, target: int | None = None) -> list[int]:
    """Steps for parts of one sum; `target` is the total as the page prints it elsewhere."""
    scaled = [part / unit.pico for part in parts]
    return largest_remainder(
        scaled, unit.steps(sum(parts, Fraction(0))) if target is None else target
    )


def percent(ratio: Fraction, *, signed: bool = False) -> str:
    """One decimal and a no-break space; a non-zero is never 0, below 100 % never 100."""
    tenths = floor(abs(ratio) * 1000 + Fraction(1, 2))
    mark = ""
    if ratio and not tenths:
        mark, tenths = "<", 1
    elif abs(ratio) < 1 and tenths >= 1000:  # noqa: PLR2004 - tenths of a percent in a whole
        mark, tenths = ">", 999
    plus = "+" if signed and ratio > 0 else ""
    return f"{MINUS if ratio < 0 else plus}{mark}{_with_places(tenths, 1)}{NO_BREAK}%"


def count(number: int) -> str:
    """A count in full, with commas."""
    return f"{MINUS if number < 0 else ''}{abs(number):,}"


def millions(number: int) -> str:
    """Tokens in millions with two decimals; a non-zero is never 0."""
    hundredths = floor(Fraction(number, 10_000) + Fraction(1, 2))
    mark = "<" if number and not hundredths else ""
    return f"{mark}{_with_places(max(hundredths, 1 if number else 0), 2)}{NO_BREAK}M"


def factor(ratio: Fraction) -> str:
    """A speed-up as a multiple with two decimals."""
    hundredths = floor(abs(ratio) * 100 + Fraction(1, 2))
    return f"{MINUS if ratio < 0 else ''}{_with_places(hundredths, 2)}{NO_BREAK}\u00d7"


def seconds(milliseconds: int) -> str:
    """A wait in seconds: one decimal, or milliseconds under a second."""
    if not milliseconds:
        return f"0{NO_BREAK}s"
    if milliseconds < 1000:  # noqa: PLR2004 - milliseconds in a second
        return f"{count(milliseconds)}{NO_BREAK}ms"
    tenths = floor(Fraction(milliseconds, 100) + Fraction(1, 2))
    return f"{_with_places(tenths, 1)}{NO_BREAK}s"


def percent_point(ratio: Fraction) -> str:
    """A place on an axis for CSS, in percent of its length."""
    hundredths = floor(ratio * 10_000 + Fraction(1, 2))
    return f"{'-' if hundredths < 0 else ''}{_with_places(abs(hundredths), 2)}"


def drawn(value: Fraction) -> float:
    """A number for a drawing library, to six decimals; the text beside it is exact."""
    return round(float(value), 6)


def _with_places(steps: int, places: int) -> str:
    whole, part = divmod(steps, 10**places)
    return f"{whole:,}.{part:0{places}d}"
