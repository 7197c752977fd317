"""What the replay of a study is worth: its error, its back-test, the losses it goes with.

The loss models are fitted on the whole log, as it is replayed; which of them may be believed is
decided by the back-test, whose halves never see what they predict.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import polars as pl

from analyzer.calibration import CHOSEN, back_test, calibrate, fit_all
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.replay import Scene, simulate
from analyzer.results import BackTest, Calibration
from analyzer.savings.study import Say, Study
from analyzer.simulators.losses import NO_LOSSES, LossModel, situations
from analyzer.store import Store
from analyzer.traffic import load

GATE = Fraction(5, 100)
"""Largest error of a replay in total (ASHRAE Guideline 14's limit for the bias of a month)."""
HALVES = range(1, 11)
"""Seeds of the random halves."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A study whose scene holds fitted loss models, and how far it is from the bill."""

    study: Study
    calibration: Calibration


def prove(store: Store, book: Book, study: Study, say: Say, halves: range = HALVES) -> Proof:
    """Compare the observed policy with the bill, back-test it, and fit its losses."""
    say("replaying the observed policy")
    scene = study.scene
    replayed = simulate(scene, Policy.observed(), study.policy.seeds[0])
    found = calibrate(scene.traffic.calls, replayed, scene.basis)
    say("back-testing the replay")
    tested = _back_tested(store, book, scene, halves)
    models = _admissible(scene, replayed, tested)
    calibration = replace(
        found, back_test=tested, loss_models=tuple(model.name for model in models)
    )
    return Proof(replace(study, scene=replace(scene, losses=models)), calibration)


def _back_tested(store: Store, book: Book, scene: Scene, halves: range) -> BackTest | None:
    """Back-test the observed policy on the trace as no call's own read shaped it."""
    blind = load(store, book, blind=True)
    named = scene.traffic.calls.select("request", "workload", "priced", "batchable")
    calls = blind.calls.join(named, on="request", maintain_order="left")
    shown = replace(scene, traffic=replace(blind, calls=calls))
    return back_test(calls, simulate(shown, Policy.observed(), 1), scene.basis, halves)


def _admissible(
    scene: Scene, replayed: pl.DataFrame, tested: BackTest | None
) -> tuple[LossModel, ...]:
    """Give the fitted models that pass the back-test, that of the printed means first."""
    if tested is None:
        return (NO_LOSSES,)
    reads = scene.traffic.calls.select("request", billed_read="read")
    own = (pl.col("reason") == "original") & pl.col("cacheable")
    told = situations(replayed.filter(own)).join(reads, on="request", maintain_order="left")
    passed = {one.name: one.worst for one in tested.models if one.worst <= GATE}
    if not passed:
        return (NO_LOSSES,)
    first = CHOSEN if CHOSEN in passed else min(passed, key=lambda name: passed[name])
    fitted = [model for model in fit_all(told) if model.name in passed]
    return tuple(sorted(fitted, key=lambda model: model.name != first))
