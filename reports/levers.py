"""What a lever is worth beside the others, and the 16 joint replays behind the switches."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from analyzer.results import LEVERS, Grade, Lever, LeverShare, Savings, Subset
from reports.axes import Axis, axis_over
from reports.bridge import NAMES, by_lever
from reports.numbers import Amount, amount, apportion, percent
from reports.totals import Total, Totals, column, column_alone


@dataclass(frozen=True, slots=True)
class Worth:
    """One lever: its range of worth and four amounts."""

    lever: Lever
    name: str
    grade: Grade | None
    basis: str
    low: str
    high: str
    last_at: str
    fair_at: str
    alone_at: str
    added_last: Amount
    fair_share: Amount
    alone: Amount
    in_order: Amount


@dataclass(frozen=True, slots=True)
class WorthTable:
    """All levers, and the sum row: only two of its columns add up to the joint saving."""

    axis: Axis
    rows: tuple[Worth, ...]
    added_last: Amount
    fair_share: Amount
    alone: Amount
    in_order: Amount
    overlap: Amount
    """What the levers claim alone, less what they bring together."""
    compared: int
    """1: worth more apart than together; 0: the same; -1: worth more together."""


@dataclass(frozen=True, slots=True)
class Room:
    """What some levers could save with perfect foresight, and what of it the policy captures."""

    names: str
    room: Amount
    saving: Amount
    captured: str


def rooms_of(savings: Savings, totals: Totals) -> tuple[Room, ...]:
    """Printed rows of the clairvoyant bound."""
    return tuple(
        Room(
            names=", ".join(NAMES[lever] for lever in one.levers),
            room=amount(one.room, totals.unit),
            saving=amount(one.saving, totals.unit),
            captured="no room" if one.captured is None else percent(one.captured),
        )
        for one in savings.foresight
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the 16 combinations, ready to print."""

    key: str
    """One digit a lever, in the order of record."""
    names: str
    say: str
    bill: Amount
    bill_at: str
    saving: Amount
    steps: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Switches:
    """The full policy, one lever switched on or off at a time."""

    axis: Axis
    base: Amount
    base_at: str
    answers: tuple[Answer, ...]

    @property
    def all_on(self) -> Answer:
        """The combination the page opens with."""
        return next(answer for answer in self.answers if "0" not in answer.key)

    @property
    def data(self) -> dict[str, Any]:
        """What the switches look up; nothing in it is added or rounded in the page."""
        return {
            answer.key: {
                "say": answer.say,
                "bill": {"text": answer.bill.text, "usd": answer.bill.usd, "at": answer.bill_at},
                "steps": list(answer.steps),
            }
            for answer in self.answers
        }


def worth_of(shares: tuple[LeverShare, ...], joint: Total) -> WorthTable:
    """The four views of a joint saving."""
    levers = list(by_lever(shares).values())
    fair = column([share.fair_share for share in levers], joint)
    order = column([share.in_order for share in levers], joint)
    last = column_alone([share.added_last for share in levers], joint.unit)
    alone = column_alone([share.alone for share in levers], joint.unit)
    axis = axis_over(
        value for share in levers for value in (share.added_last, share.fair_share, share.alone)
    )
    rows = tuple(
        _worth(share, axis, (last.parts[i], fair.parts[i], alone.parts[i], order.parts[i]))
        for i, share in enumerate(levers)
    )
    apart = sum((share.alone for share in levers), Fraction(0))
    gap = sum(alone.steps) - joint.steps
    overlap = amount(abs(apart - joint.pico), joint.unit, abs(gap))
    compared = (apart > joint.pico) - (apart < joint.pico)
    return WorthTable(
        axis, rows, last.total, fair.total, alone.total, order.total, overlap, compared
    )


def switches_of(savings: Savings, totals: Totals) -> Switches | None:
    """The 16 replays; None where the result does not hold them all."""
    found = {key_of(subset): subset for subset in savings.subsets}
    if len(found) != 2 ** len(LEVERS):
        return None
    base = found["0000"].bill
    paths = {key: _path(key, found) for key in found}
    axis = axis_over(base - saved for path in paths.values() for saved in path)
    answers = (_answer(found[key], key, paths[key], axis, totals) for key in sorted(found))
    shown = Total(base, totals.unit.steps(base), totals.unit)
    return Switches(axis, shown.amount, axis.at(base), tuple(answers))


def key_of(subset: Subset) -> str:
    """One digit a lever, in the order of record: 1 is on."""
    return "".join("1" if lever in subset.levers else "0" for lever in LEVERS)


def _worth(share: LeverShare, axis: Axis, printed: tuple[Amount, Amount, Amount, Amount]) -> Worth:
    worths = (share.added_last, share.fair_share, share.alone)
    last, fair, alone = (axis.at(worth) for worth in worths)
    low, high = axis.at(min(worths)), axis.at(max(worths))
    name = NAMES[share.lever]
    return Worth(
        share.lever, name, share.grade, share.basis, low, high, last, fair, alone, *printed
    )


def _path(key: str, found: dict[str, Subset]) -> list[Fraction]:
    """Saving with the first 0, 1 .. 4 levers of the combination: each one a replay of its own."""
    prefixes = [key[:length].ljust(len(LEVERS), "0") for length in range(len(LEVERS) + 1)]
    return [found[prefix].saving for prefix in prefixes]


def _answer(subset: Subset, key: str, path: list[Fraction], axis: Axis, totals: Totals) -> Answer:
    unit = totals.unit
    base = subset.bill + subset.saving
    whole = totals.joint.steps if path[-1] == totals.joint.pico else unit.steps(path[-1])
    saved = Total(path[-1], whole, unit)
    bill = Total(subset.bill, unit.steps(base) - whole, unit)
    parts = [after - before for before, after in pairwise(path)]
    printed = apportion(parts, unit, whole)
    steps = []
    for lever, part, shown, end in zip(LEVERS, parts, printed, path[1:], strict=True):
        on = lever in subset.levers
        places = (base - end, base - end + part)
        text = Total(part, shown, unit).step
        steps.append(
            {
                "lever": lever,
                "text": text.text if on else "off",
                "usd": text.usd,
                "left": axis.at(min(places)),
                "right": axis.at(max(places)),
                "link": axis.at(base - end),
            }
        )
    return Answer(
        key=key,
        names=", ".join(NAMES[lever] for lever in subset.levers) or "none",
        say=_say(subset, saved),
        bill=bill.amount,
        bill_at=axis.at(subset.bill),
        saving=saved.amount,
        steps=tuple(steps),
    )


def _say(subset: Subset, saved: Total) -> str:
    if not subset.levers:
        return "No lever: the bill as it was"
    names = [NAMES[lever].lower() for lever in subset.levers]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    who = "All four levers" if len(names) == len(LEVERS) else f"With {listed} only"
    size = amount(abs(saved.pico), saved.unit, abs(saved.steps))
    if not saved.pico:
        return f"{who}: the bill does not change"
    return f"{who}: {size.text} {'less' if saved.pico > 0 else 'more'}, potential included"
