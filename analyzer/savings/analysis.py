"""The savings analysis: from a store to everything the savings report prints."""

from dataclasses import dataclass, replace

from analyzer.billing import PriceBasis
from analyzer.prices import Book
from analyzer.reconciled import Reconciliation
from analyzer.reconciliation import in_force, reconcile, stored_reports
from analyzer.replay import Replays
from analyzer.results import (
    Savings,
)
from analyzer.savings.account import account
from analyzer.savings.assumptions import register
from analyzer.savings.effective import effective
from analyzer.savings.lost import lost_cache
from analyzer.savings.proof import prove
from analyzer.savings.study import Question, Say, Study, prepare, settled
from analyzer.savings.summary import summarise
from analyzer.store import Store


@dataclass(frozen=True, slots=True)
class Examined:
    """What a savings report prints, with the replays that other reports ask further."""

    savings: Savings
    study: Study
    replays: Replays


def analyse(store: Store, book: Book, question: Question, say: Say = lambda _text: None) -> Savings:
    """Replay a store's traffic under a policy and attribute the saving.

    Raises:
        InputError: the store holds no call with a time, or none with a price.
    """
    return examine(store, book, question, say).savings


def examine(
    store: Store, book: Book, question: Question, say: Say = lambda _text: None
) -> Examined:
    """Do the same and keep what it was found with.

    Raises:
        InputError: the store holds no call with a time, or none with a price.
    """
    proof = prove(store, book, prepare(store, book, question, say), say)
    study, calibration = settled(proof.study, question, say), proof.calibration
    replays = Replays(study.scene)
    say("replaying 16 combinations of levers")
    found = summarise(study, replays, calibration, store, question)
    matched = reconciled(store, study, question)
    known = question.contract or (in_force(matched.discounts) if matched else ())
    paid = effective(study, replays, study.policy.accepted(), known)
    say("looking for reads that missed")
    lost = lost_cache(study.scene.traffic, study.scene.basis)
    stated = register(study.scene, study.policy, calibration, known)
    savings = replace(found, reconciliation=matched, effective=paid, lost=lost, assumptions=stated)
    return Examined(savings, study, replays)


def reconciled(store: Store, study: Study, question: Question) -> Reconciliation | None:
    """Match the store with the vendor's reports it holds; None when it holds none."""
    held = stored_reports(store)
    if not held.any:
        return None
    book = study.scene.basis.book
    billed = account(study.scene.traffic, PriceBasis(book, None))
    return reconcile(billed.rows, held, book, question.contract)
