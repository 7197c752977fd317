"""The registers of a review: what each assumption is worth in its days, who owns what."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from analyzer.contracts.owners import Owners
from analyzer.contracts.review.levers import caching_spread
from analyzer.contracts.review.months import Days
from analyzer.results import NOTHING, Pico
from analyzer.results.register import Registered, Subject
from analyzer.results.review import Action, Units
from analyzer.savings import Examined
from analyzer.savings.assumptions import registered

_POINT = Fraction(1, 100)


def assumptions(
    examined: Examined, units: Units, days: Days, worth: Mapping[str, tuple[Pico, Pico]]
) -> tuple[Registered, ...]:
    """Give the savings report's statements, each with what it moves in these days."""
    study, savings = examined.study, examined.savings
    known = savings.effective.discounts if savings.effective else ()
    rows = registered(study.scene, study.policy, savings.calibration, known)
    return tuple(_weighed(row, examined, units, days, worth) for row in rows)


def owned(actions: tuple[Action, ...], owners: Owners | None, last_day: date) -> tuple[Action, ...]:
    """Name each action's owner and the day it is due, past or not on the log's last day."""
    return tuple(_owned(one, owners, last_day) for one in actions) if owners else actions


def _weighed(
    row: Registered,
    examined: Examined,
    units: Units,
    days: Days,
    worth: Mapping[str, tuple[Pico, Pico]],
) -> Registered:
    match row.subject.topic:
        case "prices":
            return replace(
                row, sensitivity=-units.at_list * _POINT, moved="on the bill, a point more off list"
            )
        case "losses":
            spread = caching_spread(examined, days)
            if spread is None:
                return replace(row, moved="no caching line was replayed under several models")
            return replace(row, sensitivity=spread, moved="greatest saving over the least, at list")
        case "lever":
            return _by_lever(row, examined, worth)
        case _:
            return replace(row, moved="not worked out")


def _by_lever(
    row: Registered, examined: Examined, worth: Mapping[str, tuple[Pico, Pico]]
) -> Registered:
    """What a workload's lines of the same standing save together: they were replayed together."""
    own = {
        standing: worth.get(row.subject.workload, (NOTHING, NOTHING))[place]
        for place, standing in enumerate((True, False))
        if standing in set(_standings(row, examined))
    }
    if not own:
        return replace(row, moved="it acts on no call of these workloads")
    (accepted, saved), *_ = own.items()
    lines = "accepted" if accepted else "assumed"
    return replace(row, sensitivity=saved, moved=f"not saved without the workload's {lines} lines")


def _standings(row: Registered, examined: Examined) -> Iterator[bool]:
    for work in examined.savings.workloads:
        if work.name == row.subject.workload:
            yield from (one.accepted for one in work.lines if one.lever == row.subject.lever)


def _owned(action: Action, owners: Owners, last_day: date) -> Action:
    owner = owners.of(Subject(action.topic, action.workload, action.lever))
    if owner is None:
        return action
    return replace(
        action,
        owner=owner.name,
        due=owner.due.isoformat() if owner.due else "",
        overdue=owner.due is not None and owner.due < last_day,
    )
