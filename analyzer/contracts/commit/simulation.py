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
    """Commit that no use and no top-up drew, over all intervals; one entry a path."""
    idle: Floats
    """Commit that no use drew: the unused, and what topped months up; one entry a path."""
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
    scale: Floats
    """Part of the commits that each path has signed."""
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
    paths: Floats,
    terms: Terms,
    monthly_rate: float = 0.0,
    price_index: Floats | None = None,
    scale: Floats | None = None,
) -> Outcomes:
    """Settle list-price use, shape (months, paths); the index has the same shape.

    `scale` has one entry a path: the path has signed that part of the commits.
    """
    if len(paths) != terms.months:
        raise ValueError(f"paths of {terms.months} months are needed, not {len(paths)}")
    count = paths.shape[1]
    run = _Run(
        terms,
        price_index if terms.price_protected else None,
        np.ones(count) if scale is None else scale,
    )
    total, value, unused, topped = (np.zeros(count) for _ in range(4))
    monthly = np.zeros(terms.months)
    for place in range(len(terms.commits)):
        first = place * terms.interval_months
        for month, cash in _interval(run, paths, place, unused, topped):
            total += cash
            value += cash * (1 + monthly_rate) ** -(first + month + 1)
            monthly[first + month] = cash.mean()
    committed = float(sum(terms.commits)) * float(run.scale.mean())
    return Outcomes(total, value, unused, unused + topped, monthly, committed)


def _interval(
    run: _Run, paths: Floats, place: int, unused: Floats, topped: Floats
) -> list[tuple[int, Floats]]:
    """Give the cash of each month; what the interval leaves unused and tops up is added."""
    terms = run.terms
    length, commit = terms.interval_months, float(terms.commits[place]) * run.scale
    first = place * length
    upfront = ahead = float(terms.upfront_share) * commit
    fulfilled = np.zeros(paths.shape[1])
    due: Floats = commit
    paid: list[tuple[int, Floats]] = []
    for month in range(length):
        due = _due(run, commit, first, month, due)
        room = np.maximum(due - fulfilled, 0.0)
        own, overage = _drawn(run, place, first + month, paths[first + month], room)
        covered = np.minimum(own, ahead)
        ahead, cash = ahead - covered, own - covered + overage
        if terms.monthly_minimum:
            lacking = np.maximum(float(terms.monthly_minimum) - cash, 0.0)
            top_up = np.minimum(lacking, room - own - ahead)
            cash = cash + top_up
            # beside a part paid upfront it is an instalment, not use
            paid_ahead = top_up if terms.upfront_share else 0.0
            ahead, own = ahead + paid_ahead, own + top_up - paid_ahead
            topped += top_up - paid_ahead
        fulfilled += own
        paid.append((month, cash))
    paid[0] = (0, paid[0][1] + upfront)
    left = np.maximum(due - fulfilled, 0.0)
    paid[-1] = (length - 1, paid[-1][1] + float(1 - terms.refund) * left - ahead)
    unused += left
    if terms.carry and place + 1 < len(terms.commits):
        last = first + length + terms.carry.expiry_months - 1
        run.lots.append(_Lot(float(terms.carry.share) * left, last))
    return paid


def _due(run: _Run, commit: Floats, first: int, month: int, before: Floats) -> Floats:
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
