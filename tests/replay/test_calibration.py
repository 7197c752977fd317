"""The observed policy against the bill: Haiku 4.5, $1 plain, $0.1 read, $1.25 written."""

from fractions import Fraction

import pytest

from analyzer.calibration import calibrate
from analyzer.policy import Policy
from analyzer.replay import simulate
from analyzer.results import Calibration
from analyzer.savings.audit import audit
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Log, store_of, study_of

HOUR = 3_600
RULES = Block("rules", 5_000, "system", ttl="5m")
PICO = 10**6


def compared(calls: list[Call]) -> Calibration:
    scene = study_of(calls).scene
    return calibrate(scene.traffic.calls, simulate(scene, Policy.observed(), 1), scene.basis)


@pytest.fixture
def honest() -> Log:
    """One call to burn in; after an hour a write and a read, billed as the rules say."""
    log = Log()
    log.call(0, [Block("early", 700)])
    asked = [RULES, Block("q", 1_000)]
    log.call(2 * HOUR, asked, Tokens(uncached=1_000, write_5m=5_000))
    log.call(2 * HOUR + 60, asked, Tokens(uncached=1_000, read=5_000))
    return log


def test_a_bill_by_the_rules_comes_back_exactly(honest: Log) -> None:
    found = compared(honest.calls)
    # 2,000 x $1 + 5,000 x $1.25 + 5,000 x $0.1 a million, and 700 x $1 in the first hour
    assert found.total.billed_cost == found.total.replayed_cost == 9_450 * PICO
    assert (found.total.calls, found.total.exact_calls, found.burn_in_calls) == (3, 3, 1)
    assert found.after_burn_in.billed_cost == 8_750 * PICO
    assert {gap.group for gap in found.by_ttl} == {"5 min writes", "reads only", "no cache use"}


def test_an_entry_that_the_vendor_lost_is_an_error_of_the_replay(honest: Log) -> None:
    lost = Tokens(uncached=1_000, write_5m=5_000)
    honest.call(2 * HOUR + 120, [RULES, Block("q", 1_000)], lost)
    found = compared(honest.calls)
    # billed 7,250 more; the replay reads for 500 and asks for 1,000: 5,750 too little of 16,700
    assert found.total.billed_cost == 16_700 * PICO
    assert found.total.replayed_cost == 10_950 * PICO
    assert found.total.error == Fraction(-5_750, 16_700)
    assert found.after_burn_in.error == Fraction(-5_750, 16_000)
    assert found.total.exact_calls == 3


def test_calls_that_cannot_be_replayed_are_counted_apart(honest: Log) -> None:
    honest.call(3 * HOUR, [RULES], tier="batch", custom_id="row", message_id=None)
    honest.call(3 * HOUR, [], Tokens(uncached=10), message_id=None, request_id="row")
    found = compared(honest.calls)
    assert (found.not_replayed_calls, found.total.calls) == (2, 3)


def test_an_honest_log_passes_every_gate_and_a_lost_entry_fails_one(honest: Log) -> None:
    def failed() -> list[str]:
        with store_of(honest.calls) as store:
            scene = study_of(honest.calls).scene
            found = audit(store, scene.basis.book, "logged").findings
        return [finding.gate for finding in found if not finding.passed]

    assert failed() == []
    lost = Tokens(uncached=1_000, write_5m=5_000)
    honest.call(2 * HOUR + 120, [RULES, Block("q", 1_000)], lost)
    assert failed() == ["the replay of the observed policy meets the bill"]
