"""What one assumption does to the expected cost, as bars to both sides of none."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.commit import Sensitivity
from reports.axes import Axis, axis_over
from reports.numbers import NO_BREAK, PICO_PER_USD, Amount, amount, percent, unit_for

_PICO_PER_CENT = PICO_PER_USD // 100


@dataclass(frozen=True, slots=True)
class Side:
    """One end of an assumption."""

    words: str
    change: Amount
    short: str
    left: str
    right: str
    """Ends of its bar, in percent of the axis."""
    dearer: bool


@dataclass(frozen=True, slots=True)
class Swing:
    """One assumption with both its ends."""

    what: str
    used: str
    sides: tuple[Side, Side]


@dataclass(frozen=True, slots=True)
class Tornado:
    """All assumptions on one axis, widest first."""

    axis: Axis
    rows: tuple[Swing, ...]


def tornado_of(told: Sequence[Sensitivity]) -> Tornado | None:
    """Give the rows; None where nothing was moved."""
    if not told:
        return None
    changes = [_pico(cents) for one in told for cents in (one.low_cents, one.high_cents)]
    axis = axis_over(changes)
    return Tornado(
        axis,
        tuple(
            Swing(
                one.what,
                one.used,
                (
                    _side(one.low, one.low_cents, one.low_short, axis),
                    _side(one.high, one.high_cents, one.high_short, axis),
                ),
            )
            for one in told
        ),
    )


def _side(words: str, cents: int, short: Fraction, axis: Axis) -> Side:
    pico = _pico(cents)
    ends = sorted((pico, Fraction(0)))
    return Side(
        words=words.replace(" %", f"{NO_BREAK}%"),
        change=amount(pico, unit_for(axis.high - axis.low), signed=True),
        short=percent(short),
        left=axis.at(ends[0]),
        right=axis.at(ends[1]),
        dearer=pico > 0,
    )


def _pico(cents: int) -> Fraction:
    return Fraction(cents) * _PICO_PER_CENT
