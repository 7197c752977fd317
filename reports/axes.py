"""A money axis with round ticks, for bars drawn in HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from reports import numbers

TICKS = 4
"""About this many steps: more crowd a phone."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One label and its place."""

    at: str
    text: str
    end: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` in equal steps."""

    low: Fraction
    high: Fraction
    step: Fraction

    def at(self, pico: Fraction) -> str:
        """Place of an amount, in percent of the axis."""
        return numbers.percent_point((pico - self.low) / (self.high - self.low))

    @property
    def grid(self) -> str:
        """Distance of two gridlines, in percent of the axis."""
        return numbers.percent_point(self.step / (self.high - self.low))

    @property
    def zero(self) -> str | None:
        """Place of zero where the axis starts below it."""
        return self.at(Fraction(0)) if self.low < 0 else None

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Labels from low to high; the outermost carries the currency."""
        steps = int((self.high - self.low) / self.step)
        values = [self.low + self.step * index for index in range(steps + 1)]
        return tuple(
            Tick(self.at(value), _label(value, currency=value == self.high), value == self.high)
            for value in values
        )


def axis_over(amounts: Iterable[Fraction]) -> Axis:
    """The axis that holds zero and every amount."""
    values = [Fraction(0), *amounts]
    low, high = min(values), max(values)
    step = _round_step((high - low) / TICKS or Fraction(numbers.PICO_PER_USD))
    top = max(ceil(high / step), 0 if low < 0 else 1)
    return Axis(floor(low / step) * step, top * step, step)


def axis_near(amounts: Iterable[Fraction]) -> Axis:
    """The axis that holds every amount; cut above zero where the least is over half the most."""
    values = list(amounts)
    low, high = min(values), max(values)
    if 2 * low <= high:
        return axis_over(values)
    step = _round_step((high - low) / TICKS or high / TICKS)
    return Axis(max(floor(low / step) - 1, 0) * step, ceil(high / step) * step, step)


def _round_step(least: Fraction) -> Fraction:
    size = Fraction(1)
    while size * 10 <= least:
        size *= 10
    while size > least:
        size /= 10
    steps = (size * Fraction(multiple) for multiple in (1, 2, Fraction(5, 2), 5, 10))
    return next(step for step in steps if step >= least)


def _label(pico: Fraction, *, currency: bool) -> str:
    usd = abs(pico) / numbers.PICO_PER_USD
    sizes = ((10**6, f"{numbers.NO_BREAK}M"), (1000, "k"))
    size, suffix = next((pair for pair in sizes if usd >= pair[0]), (1, ""))
    sign = numbers.MINUS if pico < 0 else ""
    digits = numbers.exact_usd(abs(pico) / size)
    return f"{sign}{'$' if currency else ''}{digits}{suffix}"
