"""The savings analysis: from a store to everything the savings report prints."""

from analyzer.calibrate import calibrate
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.replay import Replays, simulate
from analyzer.results import (
    Savings,
)
from analyzer.savings.study import Question, Say, prepare, settled
from analyzer.savings.summary import summarise
from analyzer.store import Store


def analyse(store: Store, book: Book, question: Question, say: Say = lambda _text: None) -> Savings:
    """Replay a store's traffic under a policy and attribute the saving.

    Raises:
        InputError: the store holds no call with a time, or none with a price.
    """
    study = settled(prepare(store, book, question, say), question, say)
    replays = Replays(study.scene)
    say("replaying the observed policy")
    calibration = calibrate(
        study.scene.traffic.calls,
        simulate(study.scene, Policy.observed(), study.policy.seeds[0]),
        study.scene.basis,
    )
    say("replaying 16 combinations of levers")
    return summarise(study, replays, calibration, store, question)
