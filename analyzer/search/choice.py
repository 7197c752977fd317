"""The best state of a component in the fit window, and the order in which to reach it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Literal

from analyzer.policy import CachingRule
from analyzer.search.alternatives import Component, Slot, State
from analyzer.search.trials import Ask, Search, Trials
from analyzer.search.windows import Evidence, Windows, weigh, widened

MOST_COMBINATIONS = 4_096
"""Beyond this a component is searched slot by slot, and the result is labelled `local`."""
MOST_ROUNDS = 8
"""Rounds over the slots of a local search; it ends sooner when a round changes nothing."""

Verdict = Literal["take", "do not", "no recommendation", "potential"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The state with the largest lower bound of its saving in the fit window."""

    state: State
    local: bool
    """Found slot by slot: another combination may save more."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the adoption path, worth what it adds to those taken before it."""

    place: int
    """Number of its component."""
    slot: Slot
    option: int
    evidence: Evidence
    verdict: Verdict


class Judge:
    """What changes of one component are worth, from replays that are known."""

    def __init__(
        self, trials: Trials, place: int, windows: Windows, apart: Fraction = Fraction(0)
    ) -> None:
        self.component: Component = trials.components[place]
        self.place = place
        self._trials = trials
        self._windows = windows
        self._apart = apart
        """How far the back-test is off between lives, as a share of cost; see `_unknown`."""

    def evidence(self, before: State, after: State) -> Evidence:
        """Judge going from one state to another under every loss model."""
        windows = self._windows
        every = [windows.fit, *windows.folds, *([windows.kept] if windows.kept else [])]
        pairs = zip(
            self._trials.cost(self.place, before),
            self._trials.cost(self.place, after),
            strict=True,
        )
        savings = [{w: old.within(w) - new.within(w) for w in every} for old, new in pairs]
        return widened(weigh(windows, savings), self._unknown(before, after))

    def _unknown(self, before: State, after: State) -> Fraction:
        """What a change of lives may be off by: a difference between lives is known no better."""
        if not self._apart or not self._changes_lives(before, after):
            return Fraction(0)
        observed = self._trials.cost(self.place, self.component.observed)[0]
        return self._apart * observed.within(self._windows.fit)

    def _changes_lives(self, before: State, after: State) -> bool:
        return any(
            isinstance(rule, CachingRule)
            and (rule.ttl not in ("observed", "none") or rule.keep_alive_pings)
            for slot, old, new in zip(self.component.slots, before, after, strict=True)
            if old != new
            for rule in (slot.options[option - 1] for option in (old, new) if option)
        )

    def mean(self, after: State) -> Fraction:
        """Saving of a state in the fit window under the first loss model."""
        fit, observed = self._windows.fit, self.component.observed
        first = [self._trials.cost(self.place, state)[0] for state in (observed, after)]
        return first[0].within(fit) - first[1].within(fit)

    def lower(self, after: State) -> Fraction:
        """Lower bound of a state's saving."""
        return self.evidence(self.component.observed, after).lower


def best_state(judge: Judge, most: int = MOST_COMBINATIONS) -> Search[Chosen]:
    """Find the best state: of all combinations, or slot by slot where there are too many."""
    component = judge.component
    yield Ask([component.observed])
    if component.combinations <= most:
        return Chosen((yield from _exhaustive(judge)), local=False)
    return Chosen((yield from _local(judge)), local=True)


def _exhaustive(judge: Judge) -> Search[State]:
    """Try every combination; a mean no larger than the best bound needs no further replay."""
    states = list(_states(judge.component))
    yield Ask(states, every_model=False)
    means = {state: judge.mean(state) for state in states}
    best, bound = judge.component.observed, Fraction(0)
    for state in sorted(states, key=lambda one: (-means[one], _changes(one))):
        if means[state] <= bound:
            break
        yield Ask([state])
        lower = judge.lower(state)
        if lower > bound:
            best, bound = state, lower
    return best


def _local(judge: Judge) -> Search[State]:
    """Improve one slot after the other until a round changes nothing."""
    component = judge.component
    best, bound = component.observed, Fraction(0)
    for _round in range(MOST_ROUNDS):
        before = best
        for number, slot in enumerate(component.slots):
            if slot.listed:
                continue
            tried = [at(best, number, option) for option in range(len(slot.options) + 1)]
            yield Ask(tried)
            for state in tried:
                lower = judge.lower(state)
                if lower > bound:
                    best, bound = state, lower
        if best == before:
            break
    return best


def _states(component: Component) -> Iterator[State]:
    sizes = [1 if slot.listed else len(slot.options) + 1 for slot in component.slots]
    return product(*(range(size) for size in sizes))


def _changes(state: State) -> tuple[int, State]:
    """Fewer changes first, then those named first."""
    return sum(option > 0 for option in state), state


def at(state: State, number: int, option: int) -> State:
    """Give a state with another option in one slot."""
    return (*state[:number], option, *state[number + 1 :])


def path(judge: Judge, chosen: State) -> Search[list[Step]]:
    """Take the lines of a state one by one, each time the one with the largest lower bound.

    A line that loses in the weeks kept aside is not taken, nor is one whose bound is not above 0.
    """
    taken = judge.component.observed
    left = [number for number, option in enumerate(chosen) if option]
    steps: list[Step] = []
    while left:
        yield Ask([taken, *(at(taken, number, chosen[number]) for number in left)])
        found = {n: judge.evidence(taken, at(taken, n, chosen[n])) for n in left}
        best = max(left, key=lambda number: (found[number].lower, -number))
        verdict = judged(found[best])
        steps.append(_step(judge, best, chosen[best], found[best], verdict))
        left.remove(best)
        if verdict == "take":
            taken = at(taken, best, chosen[best])
    return steps + (yield from _listed(judge, taken))


def judged(evidence: Evidence) -> Verdict:
    """Say what to do about a line."""
    if evidence.fit.mean < 0 or (evidence.kept is not None and evidence.kept.mean < 0):
        return "do not"
    return "take" if evidence.lower > 0 else "no recommendation"


def _listed(judge: Judge, taken: State) -> Search[list[Step]]:
    """What lines without evidence would add to all that is taken."""
    numbers = [number for number, slot in enumerate(judge.component.slots) if slot.listed]
    yield Ask([taken, *(at(taken, number, 1) for number in numbers)])
    return [
        _step(judge, n, 1, judge.evidence(taken, at(taken, n, 1)), "potential") for n in numbers
    ]


def _step(judge: Judge, number: int, option: int, evidence: Evidence, verdict: Verdict) -> Step:
    return Step(judge.place, judge.component.slots[number], option, evidence, verdict)


def merged(paths: Sequence[Sequence[Step]]) -> list[Step]:
    """Merge the components' paths: always the step with the largest lower bound among the next.

    Components do not touch each other, so this is the order one search over all would give.
    """
    after = {"take": 0, "no recommendation": 1, "do not": 1, "potential": 2}
    heads = {place: 0 for place, steps in enumerate(paths) if steps}
    found = []
    while heads:
        nexts = {place: paths[place][at_] for place, at_ in heads.items()}
        best = min(nexts, key=lambda p: (after[nexts[p].verdict], -nexts[p].evidence.lower, p))
        found.append(nexts[best])
        heads[best] += 1
        if heads[best] == len(paths[best]):
            del heads[best]
    return sorted(found, key=lambda step: after[step.verdict])
