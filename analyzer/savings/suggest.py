"""The policy a log supports: chosen on its first weeks, checked on the rest."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import polars as pl

from analyzer.policy import Policy, RoutingRule
from analyzer.prices import Book
from analyzer.replay import Replays, Scene
from analyzer.results import Calibration
from analyzer.savings import default_policy
from analyzer.savings.proof import prove
from analyzer.savings.study import Question, Say, prepare
from analyzer.search.alternatives import slots
from analyzer.search.bound import captured, clairvoyant
from analyzer.search.searching import Searched, search
from analyzer.simulators.losses import NO_LOSSES
from analyzer.store import Store
from analyzer.traffic import Workload

NO_MODELS = (
    "No other model was tried: list those you would accept as `allowed_models` under "
    "[constraints] of a policy file, and name it with --policy."
)
NO_OUTPUT = "Shorter answers were not tried: no log says how short an answer may be."


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the search found, and on what traffic."""

    searched: Searched
    policy: Policy
    """The lines to take, with what the base policy says besides lever rules."""
    scene: Scene
    calibration: Calibration
    workloads: tuple[Workload, ...]
    prices: str
    captured: Fraction | None
    """Share of what perfect foresight could save with the levers that were searched."""
    notes: tuple[str, ...]


def suggest(
    store: Store, book: Book, question: Question, say: Say = lambda _text: None
) -> Suggestion:
    """Search the cheapest policy under the constraints and lines of a base policy.

    Raises:
        InputError: the store holds no call with a time, or none with a price.
    """
    base = question.policy or Policy.observed()
    study = prepare(store, book, replace(question, policy=_with_targets(base)), say)
    proof = prove(store, book, study, say)
    scene = proof.study.scene
    stated = replace(study.policy, routing=study.policy.routing[: len(base.routing)])
    listed = _with_listed(stated, scene.traffic.calls, book, study.last_day)
    found = {
        name: slots(scene.traffic.calls, name, listed, scene.targets) for name in scene.workloads
    }
    tested = proof.calibration.back_test
    apart = (tested.between_lives if tested else None) or Fraction(0)
    searched = search(scene, found, stated, say, apart=apart)
    return Suggestion(
        searched=searched,
        policy=searched.policy,
        scene=scene,
        calibration=proof.calibration,
        workloads=study.workloads,
        prices=study.price_label,
        captured=_captured(scene, searched.policy, study.policy),
        notes=tuple(_notes(stated, searched, proof.calibration)),
    )


def _captured(scene: Scene, policy: Policy, space: Policy) -> Fraction | None:
    """Hold the policy against the bound over every line that could have been chosen."""
    replays = Replays(scene)
    observed = replace(Policy.observed(), seeds=policy.seeds)
    return captured(
        replays.cost(observed, NO_LOSSES).total,
        replays.cost(policy, NO_LOSSES).total,
        clairvoyant(scene, space).total,
    )


def _with_targets(base: Policy) -> Policy:
    """Name every allowed model once, so that the scene holds its facts."""
    named = (
        RoutingRule(workload="*", to_model=name, evidence="assumed", basis="to be searched")
        for name in base.constraints.allowed_models or ()
    )
    return replace(base, routing=(*base.routing, *named))


def _with_listed(base: Policy, calls: pl.DataFrame, book: Book, last_day: date) -> Policy:
    """Add batch lines that a schedule alone speaks for: they are shown and never chosen."""
    inferred = default_policy.candidates(calls, book, None, last_day).batch
    return replace(base, batch=(*base.batch, *inferred))


def _notes(stated: Policy, searched: Searched, calibration: Calibration) -> list[str]:
    notes = [calibration.note]
    if searched.windows.note:
        notes.append(searched.windows.note)
    if not (stated.constraints.allowed_models or stated.routing):
        notes.append(NO_MODELS)
    if not stated.output:
        notes.append(NO_OUTPUT)
    if searched.local:
        notes.append(
            f"Local search, another combination may save more: {', '.join(searched.local)}."
        )
    return notes
