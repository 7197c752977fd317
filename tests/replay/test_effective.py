"""Effective dollars: list dollars less each model's share, on bill and replays alike."""

from fractions import Fraction

from analyzer.policy import Policy, RoutingRule
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.replay import Replays
from analyzer.savings import Question, Study, prepare
from analyzer.savings.effective import effective
from analyzer.trace import Tokens
from tests.replay.log_builder import Log, store_of

CENT = 10**10
OPUS, HAIKU = "claude-opus-4-8", "claude-haiku-4-5"


def _study() -> Study:
    log = Log()
    log.call(0, model=OPUS, tokens=Tokens(uncached=100_000, output=0))  # $0.50 at list
    log.call(60, tokens=Tokens(uncached=200_000, output=0))  # $0.20
    rule = RoutingRule(
        workload="*", from_model=OPUS, to_model=HAIKU, evidence="assumed", basis="test"
    )
    with store_of(log.calls) as store:
        policy = Policy(routing=(rule,))
        return prepare(store, Book.load(), Question(policy=policy, prices="logged"), lambda _: None)


def _off(model: str, share: str) -> Discount:
    return Discount(model, Fraction(share), "a test")


def test_a_share_comes_off_each_models_own_dollars() -> None:
    study = _study()
    found = effective(study, Replays(study.scene), study.policy.accepted(), (_off(OPUS, "0.2"),))
    assert found is not None
    # $0.50 x 0.8 + $0.20 = $0.60; moved to Haiku the tokens cost Haiku's list price
    assert found.billed == 60 * CENT
    listed = Replays(study.scene).saving(study.policy)
    assert listed > 0
    assert found.potential == listed - 10 * CENT  # the old side shrinks, the new side does not
    assert found.saving == 0
    assert [(one.model, one.at_list, one.paid) for one in found.models] == [
        (OPUS, Fraction(50 * CENT), Fraction(40 * CENT)),
        (HAIKU, Fraction(20 * CENT), Fraction(20 * CENT)),
    ]


def test_one_share_for_all_scales_every_figure() -> None:
    study = _study()
    replays = Replays(study.scene)
    found = effective(study, replays, study.policy.accepted(), (_off("*", "0.15"),))
    assert found is not None
    assert found.billed == study.billed.total * Fraction(85, 100)
    assert found.potential == replays.saving(study.policy) * Fraction(85, 100)
    assert found.after == found.billed - found.saving


def test_without_a_discount_there_are_no_effective_dollars() -> None:
    study = _study()
    assert effective(study, Replays(study.scene), study.policy.accepted(), ()) is None


def test_a_policy_that_changes_nothing_saves_nothing_as_paid() -> None:
    study = _study()
    found = effective(study, Replays(study.scene), Policy.observed(), (_off("*", "0.3"),))
    assert found is not None
    assert found.saving == 0
