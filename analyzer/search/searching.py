"""The whole search over one scene: components, their best states, and the adoption path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from analyzer.policy import LeverRule, Policy
from analyzer.replay import Cells, Scene, outcomes
from analyzer.search.alternatives import Slot, policy_of
from analyzer.search.choice import (
    MOST_COMBINATIONS,
    Judge,
    Step,
    best_state,
    merged,
    path,
)
from analyzer.search.components import components
from analyzer.search.trials import Trials
from analyzer.search.windows import Window, Windows, Worth, split


@dataclass(frozen=True, slots=True)
class Bill:
    """Replayed cost of one window under the loss model of printed means, pico-dollars."""

    observed: Fraction
    reached: Fraction


@dataclass(frozen=True, slots=True)
class Searched:
    """What the search found, in the order of adoption."""

    steps: tuple[Step, ...]
    policy: Policy
    """The lines to take alone, under the base policy's names, seeds and constraints."""
    windows: Windows
    whole: Bill
    """Every call of the log, those without a day too."""
    fit: Bill
    fit_worth: Worth
    """Saving of all lines taken, from one joint replay."""
    kept: Bill | None
    kept_worth: Worth | None
    local: tuple[str, ...]
    """Workloads searched slot by slot: another combination may save more."""
    replays: int

    @property
    def chosen(self) -> tuple[Step, ...]:
        """Every line that the fit window alone recommends, those that lose later included."""
        return tuple(s for s in self.steps if s.verdict != "potential" and s.evidence.lower > 0)

    @property
    def cumulative(self) -> tuple[Fraction, ...]:
        """Saving in the fit window after each step; taken steps sum to their joint replay."""
        sums, saved = [], Fraction(0)
        for step in self.steps:
            saved += step.evidence.fit.mean if step.verdict == "take" else 0
            sums.append(saved)
        return tuple(sums)

    @property
    def chosen_kept(self) -> Fraction:
        """What those lines save in the window kept aside."""
        return sum((s.evidence.kept.mean for s in self.chosen if s.evidence.kept), Fraction(0))

    @property
    def losers_kept(self) -> Fraction:
        """What the losers among them lose there; at most 0."""
        lost = (min(s.evidence.kept.mean, Fraction(0)) for s in self.chosen if s.evidence.kept)
        return sum(lost, Fraction(0))


def rule_of(step: Step) -> LeverRule:
    """Give the rule that a step would put into the policy."""
    return step.slot.options[step.option - 1]


def search(
    scene: Scene,
    slots: Mapping[str, tuple[Slot, ...]],
    base: Policy,
    say: Callable[[str], None] = lambda _text: None,
    most: int = MOST_COMBINATIONS,
    apart: Fraction = Fraction(0),
) -> Searched:
    """Choose on the first weeks of a scene, check on the rest, and order what was chosen.

    `apart` is how far the back-test is off between lives, as a share of cost: what a change of
    lives saves below that is no recommendation. The whole trace is replayed causally under each
    policy; a window sums the days inside it.
    """
    windows = split(scene.traffic.calls["day"].drop_nulls().to_list())
    trials = Trials(scene, components(scene, slots), base, say)
    judges = [Judge(trials, place, windows, apart) for place in range(len(trials.components))]
    say(f"searching {sum(one.combinations for one in trials.components):,} combinations")
    chosen = trials.side_by_side([best_state(judge, most) for judge in judges])
    say("ordering what was chosen")
    paths = trials.side_by_side(
        [path(judge, found.state) for judge, found in zip(judges, chosen, strict=True)]
    )
    steps = merged(paths)
    policy = policy_of((rule_of(step) for step in steps if step.verdict == "take"), base)
    whole, fit, kept = _bills(scene, policy, base, windows)
    return Searched(
        steps=tuple(steps),
        policy=policy,
        windows=windows,
        whole=whole,
        fit=fit[0],
        fit_worth=fit[1],
        kept=kept[0] if kept else None,
        kept_worth=kept[1] if kept else None,
        local=tuple(
            name
            for component, found in zip(trials.components, chosen, strict=True)
            for name in component.workloads
            if found.local
        ),
        replays=trials.replays,
    )


def _bills(
    scene: Scene, policy: Policy, base: Policy, windows: Windows
) -> tuple[Bill, tuple[Bill, Worth], tuple[Bill, Worth] | None]:
    """Replay the taken lines jointly; nothing is summed from steps."""
    before = outcomes(scene, policy_of((), base), scene.losses)
    after = outcomes(scene, policy, scene.losses)

    def within(window: Window) -> tuple[Bill, Worth]:
        pairs = [
            (_sum(old.cells, old.unit, window), _sum(new.cells, new.unit, window))
            for old, new in zip(before, after, strict=True)
        ]
        savings = [old - new for old, new in pairs]
        return Bill(*pairs[0]), Worth(savings[0], min(savings), max(savings))

    whole = Bill(before[0].total, after[0].total)
    return whole, within(windows.fit), None if windows.kept is None else within(windows.kept)


def _sum(cells: Cells, unit: int, window: Window) -> Fraction:
    return Fraction(sum(pico for (_, day, _), pico in cells.items() if window.holds(day)), unit)
