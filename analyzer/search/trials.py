"""Replays of many states: one replay of the trace tries a state of every component at once."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from analyzer.policy import Policy
from analyzer.replay import Scene, outcomes
from analyzer.search.alternatives import Component, State, policy_of
from analyzer.search.windows import Window

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Ask:
    """States a search needs, under the first loss model alone or under all."""

    states: Sequence[State]
    every_model: bool = True


Search = Generator[Ask, None, Found]
"""One component's search: it says what it needs replayed and is resumed when that is known."""


@dataclass(frozen=True, slots=True)
class Daily:
    """Cost of a component by day, pico-dollars times `unit`."""

    days: Mapping[int, int]
    unit: int

    def within(self, window: Window) -> Fraction:
        """Cost in a window."""
        own = sum(pico for day, pico in self.days.items() if window.holds(day))
        return Fraction(own, self.unit)


class Trials:
    """Costs of states, each replayed once; components share no cache entries, so none disturbs."""

    def __init__(
        self,
        scene: Scene,
        components: Sequence[Component],
        base: Policy,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.scene = scene
        self.components = components
        self.replays = 0
        self._base = base
        self._say = say
        self._known: dict[tuple[int, State], tuple[Daily, ...]] = {}
        self._owner = {
            name: place for place, one in enumerate(components) for name in one.workloads
        }

    def cost(self, place: int, state: State) -> tuple[Daily, ...]:
        """Cost of a state by day, under the loss models replayed so far."""
        return self._known[place, state]

    def side_by_side(self, searches: Sequence[Search[Found]]) -> list[Found]:
        """Run one search for each component, answering what they ask together."""
        found: dict[int, Found] = {}
        running = dict(enumerate(searches))
        while running:
            asked = {}
            for place, search in list(running.items()):
                try:
                    asked[place] = next(search)
                except StopIteration as done:
                    found[place] = done.value
                    del running[place]
            self._answer(asked)
        return [found[place] for place in range(len(searches))]

    def _answer(self, asked: Mapping[int, Ask]) -> None:
        for every in (False, True):
            models = len(self.scene.losses) if every else 1
            queues = {
                place: self._unknown(place, ask.states, models)
                for place, ask in asked.items()
                if ask.every_model == every
            }
            for turn in range(max(map(len, queues.values()), default=0)):
                self._replay({p: q[turn] for p, q in queues.items() if turn < len(q)}, models)

    def _unknown(self, place: int, states: Sequence[State], models: int) -> list[State]:
        return [
            state
            for state in dict.fromkeys(states)
            if len(self._known.get((place, state), ())) < models
        ]

    def _replay(self, states: Mapping[int, State], models: int) -> None:
        self.replays += 1
        if self.replays % 100 == 0:
            self._say(f"{self.replays:,} replays")
        rules = [
            rule for place, state in states.items() for rule in self.components[place].rules(state)
        ]
        policy = policy_of(rules, self._base)
        costs: dict[int, list[Daily]] = {place: [] for place in states}
        for outcome in outcomes(self.scene, policy, self.scene.losses[:models]):
            days: dict[int, dict[int, int]] = {place: {} for place in states}
            for (name, day, _model), pico in outcome.cells.items():
                place = self._owner.get(name, -1)
                if place in days:
                    days[place][day] = days[place].get(day, 0) + pico
            for place, own in days.items():
                costs[place].append(Daily(own, outcome.unit))
        for place, state in states.items():
            self._known[place, state] = tuple(costs[place])
