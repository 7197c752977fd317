"""Many paths settled at once: the rules of `settlement.py` on arrays of floats.

The two are written apart and tested against each other, path by path.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analyzer.contracts.commit.terms import Terms

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What each path pays under one contract, USD."""

    total: Floats
    """Sum of payments; one entry a path."""
    value: Floats
    """Present value of the payments; one entry a path."""
    unused: Floats
    """Commit that nothing drew, over all intervals; one entry a path."""
    monthly: Floats
    """Mean payment over the paths; one entry a month."""
    committed: float
    """Commit of all intervals, before any price protection."""


@dataclass(slots=True)
class _Lot:
    left: Floats
    last_month: int


@dataclass(slots=True)
class _Run:
    """What moves from month to month."""

    terms: Terms
    price_index: Floats | None
    lots: list[_Lot] = field(default_factory=list)

    def burn(self, month: int, wanted: Floats) -> Floats:
        """Draw on credit that lives, oldest first."""
        drawn = np.zeros_like(wanted)
        for lot in self.lots:
            if lot.last_month >= month:
                part = np.minimum(lot.left, wanted - drawn)
                lot.left -= part
                drawn += part
        return drawn


def simulate(
    paths: Floats, terms: Terms, monthly_rate: float = 0.0, price_index: Floats | None = None
) -> Outcomes:
    """Settle list-price use, shape (months, paths); the index has the same shape."""
    if len(paths) != terms.months:
        raise ValueError(f"paths of {terms.months} months are needed, not {len(paths)}")
    run = _Run(terms, price_index if terms.price_protected else None)
    count = paths.shape[1]
    total, value, unused = np.zeros(count), np.zeros(count), np.zeros(count)
    monthly = np.zeros(terms.months)
    for place in range(len(terms.commits)):
        first = place * terms.interval_months
        for month, cash in _interval(run, paths, place, unused):
            total += cash
            value += cash * (1 + monthly_rate) ** -(first + month + 1)
            monthly[first + month] = cash.mean()
    return Outcomes(total, value, unused, monthly, float(sum(terms.commits)))


def _interval(run: _Run, paths: Floats, place: int, unused: Floats) -> list[tuple[int, Floats]]:
    """Give the cash of each month; what the interval leaves unused is added to `unused`."""
    terms = run.terms
    length, commit = terms.interval_months, float(terms.commits[place])
    first = place * length
    ahead = float(terms.upfront_share) * commit
    fulfilled = np.zeros(paths.shape[1])
    due: Floats = np.full_like(fulfilled, commit)
    paid: list[tuple[int, Floats]] = []
    for month in range(length):
        due = _due(run, commit, first, month, due)
        room = np.maximum(due - fulfilled, 0.0)
        own, overage = _drawn(run, place, first + month, paths[first + month], room)
        cash = own + overage
        if terms.monthly_minimum:
            lacking = np.maximum(float(terms.monthly_minimum) - cash, 0.0)
            top_up = np.minimum(lacking, room - own)
            own, cash = own + top_up, cash + top_up
        if ahead:
            cash = cash - np.clip(ahead - fulfilled, 0.0, own) + (ahead if month == 0 else 0.0)
        fulfilled += own
        paid.append((month, cash))
    left = np.maximum(due - fulfilled, 0.0)
    paid[-1] = (length - 1, paid[-1][1] + left - np.maximum(ahead - fulfilled, 0.0))
    unused += left
    if terms.carry and place + 1 < len(terms.commits):
        last = first + length + terms.carry.expiry_months - 1
        run.lots.append(_Lot(float(terms.carry.share) * left, last))
    return paid


def _due(run: _Run, commit: float, first: int, month: int, before: Floats) -> Floats:
    if run.price_index is None:
        return before
    index = np.minimum(run.price_index[first : first + month + 1], 1.0)
    length = run.terms.interval_months
    due: Floats = commit / length * (index.sum(axis=0) + (length - month - 1) * index[-1])
    return due


def _drawn(
    run: _Run, place: int, month: int, listed: Floats, room: Floats
) -> tuple[Floats, Floats]:
    """Split a month's use into commit and overage, as invoiced; credit takes the rest."""
    kept = float(1 - run.terms.discounts[place])
    beyond = float(1 - run.terms.overage_discounts[place]) / kept
    net = kept * listed
    if not run.lots:
        own = np.minimum(net, room)
        return own, beyond * (net - own)
    if run.terms.carry and run.terms.carry.burns == "last":
        own = np.minimum(net, room)
        rest = net - own
        return own, beyond * (rest - run.burn(month, rest))
    rest = net - run.burn(month, net)
    own = np.minimum(rest, room)
    return own, beyond * (rest - own)
