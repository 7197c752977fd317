"""The closed loop's room and what lies outside the claim, in dollars worked by hand."""

from dataclasses import replace
from fractions import Fraction

import msgspec

from analyzer.policy import Policy, ServingRule
from analyzer.replay import Replays
from analyzer.results import Ledger, Reason, Serving
from analyzer.savings import serving_effect
from analyzer.trace import OTHER_MODEL_PREDICTED, OWN_HARDWARE, Call, Tokens
from tests.replay.log_builder import NOON_US, SECOND_US, Block, Log, study_of

POLICY = Policy(serving=(ServingRule("*", "chat"),))
EMPTY = Ledger(0, 0, 0, 0, 0, ())


def measured(calls: list[Call], ledger: Ledger = EMPTY) -> Serving:
    return serving_effect.measure(Replays(study_of(calls).scene), POLICY, ledger)


def a_session(gap_s: int) -> list[Call]:
    """Two calls with one prompt of 5,000 marked tokens, `gap_s` from the first's start."""
    log = Log()
    prompt = [Block("system", 5_000, "system", ttl="5m"), Block("q", 100)]
    for at in (0, gap_s):
        start = NOON_US + at * SECOND_US
        log.call(
            at, prompt, Tokens(uncached=100, read=0, write_5m=5_000, write_1h=0, output=2_001),
            session="s", stream=True, first_us=start + SECOND_US, end_us=start + 61 * SECOND_US,
        )  # fmt: skip
    return log.calls


def test_a_faster_answer_brings_the_next_call_inside_the_life_of_the_entry() -> None:
    # 310 s apart the entry of 300 s is gone; 60 s of decoding become about 39 (1.55 times), so the
    # second call starts about 289 s after the first and reads: 5,000 x ($1.25 - $0.10) a million
    found = measured(a_session(310))
    assert found.closed_loop is not None
    assert found.closed_loop.room == 5_000 * 1_150_000
    assert (found.closed_loop.moved_calls, found.closed_loop.lanes) == (1, 1)
    assert 15_000 < found.closed_loop.earlier_ms < 27_000
    assert found.invoice_change == found.largest_change == 0
    assert found.calls_compared == 2


def test_a_call_that_read_anyway_gives_no_room() -> None:
    loop = measured(a_session(200)).closed_loop
    assert loop is not None
    assert loop.room == 0


def test_calls_without_a_session_move_nothing() -> None:
    calls = [msgspec.structs.replace(call, session=None) for call in a_session(310)]
    assert measured(calls).closed_loop is None


def test_sold_speed_is_priced_beside_standard_speed_at_the_calls_own_day() -> None:
    log = Log()
    tokens = Tokens(uncached=1_000, read=0, write_5m=0, write_1h=0, output=1_000)
    log.call(0, [Block("q", 1_000)], tokens, model="claude-opus-5", speed="fast")
    log.call(9, [Block("q", 1_000)], tokens, speed="fast")
    log.call(20, [Block("q", 1_000)], tokens)
    sold = measured(log.calls).outside.sold_speed
    # Opus 5 fast is 2 x $5 and $25: (10 + 50) x 1,000 / 1e6 = $0.06 against $0.03
    assert sold.calls == 2
    assert (sold.billed, sold.at_standard) == (
        Fraction(6, 100) * 10**12,
        Fraction(3, 100) * 10**12,
    )
    assert sold.premium == Fraction(3, 100) * 10**12
    (lost,) = sold.unpriced
    assert (lost.requests, lost.tokens) == (1, 2_000)
    assert "haiku" in lost.what


def test_rejected_predictions_are_priced_as_output_or_named() -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)], accepted_prediction=70, rejected_prediction=30)
    log.call(1, [Block("q", 1_000)], model="gpt-5.6-sol", rejected_prediction=40)
    log.call(2, [Block("q", 1_000)], rejected_prediction=0)
    reasons = (Reason("aside", OTHER_MODEL_PREDICTED, 5), Reason("aside", OWN_HARDWARE, 7))
    outside = measured(log.calls, replace(EMPTY, reasons=reasons)).outside
    told = outside.predictions
    # 30 tokens at Haiku 4.5's $5 a million
    assert (told.calls, told.accepted, told.rejected) == (2, 70, 70)
    assert told.cost == 30 * 5_000_000
    (lost,) = told.unpriced
    assert (lost.requests, lost.tokens) == (1, 40)
    assert "gpt-5.6-sol" in lost.what
    assert (told.other_lines, outside.own_hardware_lines) == (5, 7)
