"""Lever progress and actions: what is live, what is left, what to do next."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import Grade, Lever
from analyzer.results.review import LeverProgress, Progress, Review
from reports.axes import Axis, axis_over
from reports.bridge import NAMES
from reports.numbers import Amount, Unit, amount, percent, unit_for
from reports.opening import period
from reports.review.rounding import footed


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """One lever: the live part solid, the accepted part pale, from zero."""

    lever: Lever
    name: str
    live: Amount | None
    further: Amount
    potential: Amount
    grade: Grade | None
    score: str
    basis: str
    live_end: Fraction
    further_end: Fraction


@dataclass(frozen=True, slots=True)
class ProgressRows:
    """All levers."""

    axis: Axis
    rows: tuple[ProgressRow, ...]
    further: Amount
    potential: Amount
    live: Amount
    billed: Amount
    best: Amount
    efficiency: str
    score: str
    """Live part of what is known to be achievable; empty where nothing is."""

    def at(self, pico: Fraction) -> str:
        """Place of an amount."""
        return self.axis.at(pico)


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action."""

    what: str
    workload: str
    lever: Lever | None
    grade: Grade | None
    worth: Amount | None
    why: str
    owner: str
    due: str
    overdue: bool


def progress_of(progress: Progress) -> ProgressRows:
    """Printed parts add up to what the month could have cost less."""
    unit = unit_for(progress.billed)
    levers = progress.levers
    saving = progress.billed - progress.best
    left = unit.steps(progress.billed) - unit.steps(saving)
    further = footed([one.further for one in levers], unit, unit.steps(saving))
    more = sum((one.potential for one in levers), Fraction(0))
    potential = footed([one.potential for one in levers], unit, unit.steps(more))
    live = sum((one.live or Fraction(0) for one in levers), Fraction(0))
    own = footed([one.live or Fraction(0) for one in levers], unit, unit.steps(live))
    rows = tuple(
        _row(one, unit, steps) for one, *steps in zip(levers, own, further, potential, strict=True)
    )
    efficiency = progress.efficiency
    return ProgressRows(
        axis=axis_over(end for row in rows for end in (row.live_end, row.further_end)),
        rows=rows,
        further=amount(saving, unit),
        potential=amount(more, unit),
        live=amount(live, unit),
        billed=amount(progress.billed, unit),
        best=amount(progress.best, unit, left),
        efficiency="none" if efficiency is None else percent(efficiency)[:-2],
        score="" if progress.score is None else percent(progress.score),
    )


def actions_of(review: Review) -> tuple[ActionRow, ...]:
    """In the order of the record."""
    unit = unit_for(review.progress.billed)
    return tuple(
        ActionRow(
            one.what,
            one.workload,
            one.lever,
            one.grade,
            None if one.worth is None else amount(one.worth, unit),
            one.why,
            one.owner,
            period(one.due, one.due) if one.due else "",
            one.overdue,
        )
        for one in review.actions
    )


def _row(one: LeverProgress, unit: Unit, steps: list[int]) -> ProgressRow:
    live = max(one.live or Fraction(0), Fraction(0))
    own, further, potential = steps
    return ProgressRow(
        lever=one.lever,
        name=NAMES[one.lever],
        live=None if one.live is None else amount(one.live, unit, own),
        further=amount(one.further, unit, further),
        potential=amount(one.potential, unit, potential),
        grade=one.grade,
        score="" if one.score is None else percent(one.score),
        basis=one.basis,
        live_end=live,
        further_end=live + max(one.further, Fraction(0)),
    )
