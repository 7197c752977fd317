"""The levers that demand counts on, in the order in which they go live, each worth what it adds.

A step is one lever of one workload: its accepted lines (grade E4 or better), or any line of the
policy that an `[[adoption]]` names, since to name a day for it is to accept it. Steps stand in the
order of their days (earliest, then latest), then in the levers' order of record. Each is the
difference of two joint replays, with and without it, on top of the steps before it.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import sqrt
from typing import Any

from analyzer.contracts.commit.demand import Step
from analyzer.contracts.commit.history import PICO_PER_USD, Weeks
from analyzer.contracts.commit.offers_file import Adoption
from analyzer.errors import ContractError
from analyzer.policy import CachingRule, LeverRule, Policy
from analyzer.replay import Cells, Outcome, Scene, outcomes
from analyzer.results import LEVERS, Lever
from analyzer.results.commit import LeftOut, LeverStep

_MOST_VARIANCE = Fraction(1, 2)
"""Of what a share with that mean can have at most: a beta drawn with more is all or nothing."""
_ROUNDING = 1e-9
"""Below this a spread is that of whole pico-dollars."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A lever of a workload with its lines and its days."""

    lever: Lever
    workload: str
    rules: tuple[LeverRule, ...]
    named: bool
    earliest: dt.date
    latest: dt.date


@dataclass(frozen=True, slots=True)
class Adopted:
    """The steps, what is left out, and the policy of all steps together."""

    steps: tuple[LeverStep, ...]
    left_out: tuple[LeftOut, ...]
    policy: Policy

    @property
    def drawn(self) -> tuple[Step, ...]:
        """The same as demand paths read it."""
        return tuple(
            Step(one.lever, one.workload, one.share, one.share_sd, one.earliest, one.latest)
            for one in self.steps
        )


def plan(
    policy: Policy, scene: Scene, adoptions: Sequence[Adoption], start: dt.date
) -> tuple[tuple[Planned, ...], tuple[LeftOut, ...]]:
    """Give the steps to try, in their order, and the lines that nobody accepted.

    Raises:
        ContractError: an adoption names no lever of the policy.
    """
    accepted = policy.accepted()
    days = {(each.lever, each.workload): each for each in adoptions}
    pairs = [
        (lever, name) for name in scene.workloads for lever in LEVERS if policy.rules(lever, name)
    ]
    _check(adoptions, pairs)
    planned, left = [], []
    for lever, name in pairs:
        day, kept = days.get((lever, name)), accepted.rules(lever, name)
        if day is not None:
            rules = kept or policy.rules(lever, name)
            planned.append(Planned(lever, name, rules, True, day.earliest, day.latest))  # noqa: FBT003 - a field
        elif kept:
            planned.append(Planned(lever, name, kept, False, start, start))  # noqa: FBT003 - a field
        else:
            grade = max(rule.grade for rule in policy.rules(lever, name))
            left.append(
                LeftOut(lever, name, f"rests on assumptions ({grade}); no adoption names it")
            )
    planned.sort(key=lambda one: (one.earliest, one.latest, LEVERS.index(one.lever), one.workload))
    return tuple(planned), tuple(left)


def adopt(
    planned: Sequence[Planned], policy: Policy, scene: Scene, weeks: Weeks, apart: Fraction
) -> Adopted:
    """Replay the steps one on top of the other; one that saves nothing is left out.

    `apart` is how far the back-test is off between cache lives, as a share of cost.
    """
    taken: list[Planned] = []
    steps, left = [], []
    before = outcomes(scene, _joint(policy, ()), scene.losses)
    for one in planned:
        found = outcomes(scene, _joint(policy, (*taken, one)), scene.losses)
        savings = [
            _weekly(old, new, weeks) for old, new in zip(before, found, strict=True)
        ]  # fmt: skip
        why = _unfit(sum(savings[0], Fraction(0)), weeks.use.get(one.workload))
        if why:
            left.append(LeftOut(one.lever, one.workload, why))
            continue
        steps.append(_step(one, savings, weeks, apart))
        taken.append(one)
        before = found
    return Adopted(tuple(steps), tuple(left), _joint(policy, taken))


def _check(adoptions: Sequence[Adoption], pairs: Sequence[tuple[Lever, str]]) -> None:
    known = ", ".join(f"{lever} of {name}" for lever, name in pairs)
    there = f"name one of: {known}" if known else "it has no line: remove the adoption"
    for place, each in enumerate(adoptions):
        if (each.lever, each.workload) not in pairs:
            raise ContractError(
                f"adoption[{place}]: the policy has no {each.lever} of {each.workload}; {there}"
            )


def _joint(policy: Policy, taken: Sequence[Planned]) -> Policy:
    """Give the policy with these lines alone, each told for its own workload."""
    own: dict[Lever, list[Any]] = {lever: [] for lever in LEVERS}
    for one in taken:
        own[one.lever] += [replace(rule, workload=one.workload) for rule in one.rules]
    return Policy(
        seeds=policy.seeds,
        constraints=policy.constraints,
        **{lever: tuple(own[lever]) for lever in LEVERS},  # type: ignore[arg-type]  # each lever's own rules
    )


def _weekly(old: Outcome, new: Outcome, weeks: Weeks) -> list[Fraction]:
    """Saving of each week over all workloads, pico-dollars."""
    sums = [Fraction(0)] * weeks.count
    for cells, unit, sign in ((old.cells, old.unit, 1), (new.cells, new.unit, -1)):
        for place, pico in _placed(cells, weeks):
            sums[place] += Fraction(sign * pico, unit)
    return sums


def _placed(cells: Cells, weeks: Weeks) -> Iterator[tuple[int, int]]:
    sums = [0] * weeks.count
    for (_, day, _), pico in cells.items():
        place = weeks.place(day)
        if place is not None:
            sums[place] += pico
    return enumerate(sums)


def _unfit(saved: Fraction, use: tuple[int, ...] | None) -> str | None:
    if use is None:
        return "no priced use in these weeks"
    if saved < 0:
        return "costs more than it saves, given the steps before it"
    if not saved:
        return "changes nothing in these weeks"
    if saved >= sum(use):
        return "saves as much as its workload uses: part of it falls on others, size it by hand"
    return None


def _step(
    one: Planned, savings: Sequence[Sequence[Fraction]], weeks: Weeks, apart: Fraction
) -> LeverStep:
    totals = [sum(each, Fraction(0)) for each in savings]
    use = weeks.use[one.workload]
    slack = apart * sum(use) if _changes_lives(one.rules) else Fraction(0)
    share = totals[0] / sum(use)
    return LeverStep(
        lever=one.lever,
        workload=one.workload,
        grade=max(rule.grade for rule in one.rules),
        named=one.named,
        earliest=one.earliest,
        latest=one.latest,
        share=float(share),
        share_sd=_spread(share, savings[0], use, (min(totals) - slack, max(totals) + slack)),
        saved_usd=totals[0] / PICO_PER_USD,
        least_usd=(min(totals) - slack) / PICO_PER_USD,
        most_usd=(max(totals) + slack) / PICO_PER_USD,
    )


def _changes_lives(rules: Sequence[LeverRule]) -> bool:
    return any(
        isinstance(rule, CachingRule)
        and (rule.ttl not in ("observed", "none") or bool(rule.keep_alive_pings))
        for rule in rules
    )


def _spread(
    share: Fraction,
    saved: Sequence[Fraction],
    use: Sequence[int],
    ends: tuple[Fraction, Fraction],
) -> float:
    """Standard deviation of the share: weeks and loss models, as if independent.

    Weeks: the standard error of a ratio of sums (Cochran, Sampling Techniques, 1977, 6.4). Models:
    a uniform draw over the range of savings has a twelfth of its square as variance.
    """
    whole, count = sum(use), len(use)
    rest = sum(((s - share * u) ** 2 for s, u in zip(saved, use, strict=True)), Fraction(0))
    of_weeks = rest * count / (count - 1) / whole**2
    of_models = ((ends[1] - ends[0]) / whole) ** 2 / 12
    found = sqrt(min(of_weeks + of_models, share * (1 - share) * _MOST_VARIANCE))
    return found if found > _ROUNDING else 0.0
