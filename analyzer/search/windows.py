"""The weeks a policy is chosen on, the weeks kept aside, and what a saving is in each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt

from analyzer.statistics.quantiles import student_quantile

WEEK = 7
LEAST_DAYS = 14
"""Shortest window that shows a weekly rhythm twice."""
LEAST_FOLDS = 4
"""Fewest weeks from which a bound is drawn."""
FIT_SHARE = Fraction(6, 10)
_CHANCE = 0.95
"""Below the upper end of a two-sided 90 % interval."""
_STEPS = 1000
"""Student's t is taken to thousandths, as printed tables hold it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days from the first to the last, both included; days are numbers since 1970-01-01."""

    first: int
    last: int

    def holds(self, day: int) -> bool:
        """Whether a day lies inside."""
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How many days it spans."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Windows:
    """Where lines are chosen, and where they are checked."""

    fit: Window
    kept: Window | None
    """None where the log holds one day only."""
    folds: tuple[Window, ...]
    """Whole weeks of the fit window that hold calls."""
    weeks: Fraction
    """Weeks of it that hold calls, the last one perhaps in part."""
    note: str | None
    """What a reader must know of windows that are too short."""


def split(days: Iterable[int]) -> Windows:
    """Split the days that hold calls: the first 60 % to choose on, the rest to check."""
    held = sorted(set(days))
    first, last = held[0], held[-1]
    if len(held) == 1:
        fit = Window(first, last)
        return Windows(
            fit,
            None,
            (),
            Fraction(1, WEEK),
            "The log holds one day: nothing can be kept aside to check.",
        )
    cut = held[max(1, int(len(held) * FIT_SHARE))]
    long_enough = last - first + 1 >= 2 * LEAST_DAYS
    if long_enough:
        cut = min(max(cut, first + LEAST_DAYS), last - LEAST_DAYS + 1)
    fit, kept = Window(first, cut - 1), Window(cut, last)
    weeks = _weeks(fit, held)
    folds = tuple(week for week in weeks if week.days == WEEK)
    length = Fraction(sum(week.days for week in weeks), WEEK)
    return Windows(fit, kept, folds, length, _note(folds, long_enough=long_enough))


def _weeks(window: Window, held: Sequence[int]) -> list[Window]:
    """Give the weeks of a window that hold calls; the last one ends with the window."""
    numbers = sorted({(day - window.first) // WEEK for day in held if window.holds(day)})
    starts = [window.first + number * WEEK for number in numbers]
    return [Window(start, min(start + WEEK - 1, window.last)) for start in starts]


def _note(folds: Sequence[Window], *, long_enough: bool) -> str | None:
    if not long_enough:
        return (
            "The log spans less than four weeks: neither window shows a weekly rhythm twice, "
            "and no line has a bound over weeks."
        )
    if len(folds) < LEAST_FOLDS:
        return f"{len(folds)} whole weeks to choose on, below {LEAST_FOLDS}: no bound over weeks."
    return None


@dataclass(frozen=True, slots=True)
class Worth:
    """A saving in one window, pico-dollars."""

    mean: Fraction
    """Under the loss model of printed means."""
    low: Fraction
    high: Fraction
    """Least and greatest over the admissible loss models."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a change is worth where it was chosen, and where it was not looked at."""

    fit: Worth
    kept: Worth | None
    better_folds: int
    """Weeks of the fit window in which it saves under every loss model."""
    lower: Fraction
    """Least saving of the fit window under any loss model, and with enough weeks the lower end of
    the 90 % interval over them, scaled to the window: the smaller of both."""


Costs = Sequence[Mapping[Window, Fraction]]
"""Saving by window, for each loss model."""


def widened(evidence: Evidence, by: Fraction) -> Evidence:
    """Add what is not known to both sides of the fit window's range, and take it off the bound."""
    if not by:
        return evidence
    fit = evidence.fit
    return replace(
        evidence,
        fit=replace(fit, low=fit.low - by, high=fit.high + by),
        lower=evidence.lower - by,
    )


def weigh(windows: Windows, savings: Costs) -> Evidence:
    """Judge a change by its saving in each window and fold, under each loss model."""
    fit = _worth(windows.fit, savings)
    folds = [[model[fold] for fold in windows.folds] for model in savings]
    bounds = [fit.low]
    if len(windows.folds) >= LEAST_FOLDS:
        bounds += [lower_end(own) * windows.weeks for own in folds]
    return Evidence(
        fit=fit,
        kept=None if windows.kept is None else _worth(windows.kept, savings),
        better_folds=sum(all(own[place] > 0 for own in folds) for place in range(len(folds[0]))),
        lower=min(bounds),
    )


def lower_end(folds: Sequence[Fraction]) -> Fraction:
    """Lower end of the 90 % interval of a mean over folds, by Student's t, to a pico-dollar."""
    count = len(folds)
    mean = sum(folds, Fraction(0)) / count
    variance = sum(((one - mean) ** 2 for one in folds), Fraction(0)) / (count - 1) / count
    quantile = Fraction(round(student_quantile(_CHANCE, count - 1) * _STEPS), _STEPS)
    wide = quantile**2 * variance
    # rounded up, so that the bound never gains by rounding
    return mean - (isqrt(-(-wide.numerator // wide.denominator) - 1) + 1 if wide else 0)


def _worth(window: Window, savings: Costs) -> Worth:
    own = [model[window] for model in savings]
    return Worth(own[0], min(own), max(own))
