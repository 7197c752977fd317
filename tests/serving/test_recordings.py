"""Recorded run-lengths and measured pass costs, worked by hand on answers of six tokens."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import PolicyError, SpeculativeError
from analyzer.policy import ServingRule
from analyzer.policy.schema import ServingTable
from analyzer.simulators.pass_costs import CostTable, Point
from analyzer.simulators.passes import Asked, count_passes
from analyzer.simulators.recordings import RecordedAnswer, Recording
from analyzer.simulators.run_lengths import (
    KINDS,
    Speculation,
    load_by_kind,
    load_table,
    published,
    read,
)
from analyzer.simulators.serving import serve

SECOND = 1_000_000
SIX = RecordedAnswer(proposed=(0, 3, 0, 2, 0, 0), accepted=(0, 2, 0, 1, 0, 0))
"""Places 1 to 5 are decoded: 3 drafts of which 2 are taken lead to place 4, then one plain pass."""


def recording(*answers: RecordedAnswer, drafted: int = 4, **told: object) -> Recording:
    plain = Recording(
        id="six", tag="measured:six", drafted=drafted, answers=answers, measured_on="", source=""
    )
    return msgspec.structs.replace(plain, **told)


def speculation(drawn: Recording, *tables: CostTable) -> Speculation:
    return msgspec.structs.replace(
        published(),
        kinds={**published().kinds, "json": drawn.id},
        recordings=(drawn,),
        cost_tables=tables,
    )


def table(*points: tuple[int, int, str]) -> CostTable:
    made = tuple(Point(batch, width, Decimal(seconds)) for batch, width, seconds in points)
    return CostTable(id="bench", tag="measured:bench", points=made, measured_on="", source="")


def counts(
    drawn: Recording, tokens: list[int], requests: list[int], seed: int = 1
) -> list[list[int]]:
    asked = Asked(np.array(requests), np.array(tokens), np.zeros(len(tokens), np.int64))
    return [[*map(int, row)] for row in count_passes(asked, [drawn], seed)]


def test_a_recorded_answer_walks_its_own_passes() -> None:
    # place 1: min(4, 3, 6 - 1 - 1) = 3 checked, 2 taken; place 4: nothing ready; place 5 as well
    assert list(SIX.passes(4)) == [(3, 2), (0, 0), (0, 0)]
    # two drafts at most: 2 checked, 2 taken; one draft: place 1 -> 3 (1 taken) -> 5 (1 of 1 taken)
    assert list(SIX.passes(2)) == [(2, 2), (0, 0), (0, 0)]
    assert list(SIX.passes(1)) == [(1, 1), (1, 1), (0, 0)]
    assert list(SIX.passes(0)) == [(0, 0)] * 5


def test_a_call_walks_a_recorded_answer_from_a_drawn_place_and_goes_on_with_the_next() -> None:
    # Every place but one takes nothing: passes by drafts checked show the place a call began at.
    answer = RecordedAnswer(proposed=(0, 0, 3, 0, 0, 0), accepted=(0, 0, 3, 0, 0, 0))
    found = counts(recording(answer), [10] * 4000, list(range(4000)))
    # From place 1, 10 tokens: 1 plain, 3 of 3 (to the end, 5 so far), 1 plain, 3 of 3: 10
    assert [2, 0, 0, 2] in found
    begun = [sum(row) for row in found]
    # From place 1: 4 passes. From 2: 4 tokens, 1, 4, 1 plain: 4. From 3: 3 plain, 1, 4, 1, then
    # 1 left of 3 ready, min(3, 0) checked: 7. From 4: 2 plain, 1, 4, 1, 2 left: 1 of 3 checked: 6.
    # From 5: 1 plain, 1, 4, 1, 3 left: 2 of 3 checked: 5.
    assert {n: round(begun.count(n) / 4000, 1) for n in {*begun}} == {
        4: 0.4,
        5: 0.2,
        6: 0.2,
        7: 0.2,
    }


def test_draws_hang_on_seed_and_request_alone() -> None:
    answers = [RecordedAnswer((0, n, 0, 0, 0, 0), (0, n, 0, 0, 0, 0)) for n in range(4)]
    drawn, numbers = recording(*answers), list(range(50))
    there = counts(drawn, [9] * 50, numbers)
    assert counts(drawn, [9] * 50, numbers[::-1]) == there[::-1]
    assert counts(drawn, [9] * 50, numbers, seed=2) != there


runs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


@given(runs, st.integers(0, 5))
def test_every_token_is_made_by_one_pass(places: list[tuple[int, int]], drafted: int) -> None:
    length = len(places)
    taken = [min(run, ready, length - at) for at, (ready, run) in enumerate(places)]
    answer = RecordedAnswer(tuple(ready for ready, _ in places), tuple(taken))
    passes = list(answer.passes(drafted))
    assert sum(run + 1 for _, run in passes) == length - 1
    assert all(run <= checked <= drafted for checked, run in passes)
    recording(answer).refuse_faults()


@given(runs, st.integers(0, 5), st.integers(0, 2**60))
def test_a_call_as_long_as_the_recorded_answer_walks_exactly_its_passes_from_its_start(
    places: list[tuple[int, int]], drafted: int, request: int
) -> None:
    # An answer of two tokens begins at its only place; the rest of the call is the next one, whole.
    length = len(places)
    taken = tuple(min(run, ready, length - at) for at, (ready, run) in enumerate(places))
    answer = RecordedAnswer(tuple(ready for ready, _ in places), taken)
    if length > 2:
        whole = [0] * (min(drafted, max(answer.proposed)) + 1)
        for checked, _ in answer.passes(drafted):
            whole[checked] += 1
        drawn = recording(answer, drafted=drafted)
        found = {tuple(counts(drawn, [length - 1], [request], seed)[0]) for seed in range(200)}
        assert tuple(whole) in found
    else:
        assert sum(counts(recording(answer), [1], [request])[0]) == 1


def test_a_call_pays_each_pass_by_its_width_and_the_drafter_apart() -> None:
    # one place, three ready, three taken: 8 tokens are two passes of 3 drafts
    answer = RecordedAnswer((0, 3, 0, 0, 0), (0, 3, 0, 0, 0))
    costs = table((64, 1, "0.010"), (64, 4, "0.012"))
    drawn = recording(answer, cost="bench", draft_token_us=Decimal(100))
    calls = pl.DataFrame(
        {
            "request": range(400), "workload": ["w"] * 400, "start_us": [0] * 400,
            "first_us": [SECOND] * 400, "end_us": [9 * SECOND] * 400, "output": [9] * 400,
            "speed": pl.Series([None] * 400, dtype=pl.Utf8),
        }
    )  # fmt: skip
    served = serve(calls, {"w": "json"}, {}, 1, speculation(drawn, costs))
    # (12 ms + 3 x 0.1 ms) / 10 ms = 1.23 a pass; 8 s x 2 x 1.23 / 8 = 2.46 s after the first second
    assert 3_460_000 in served.calls["latency_after_us"]
    assert served.lines[0].source == "measured:six; measured:bench"
    assert served.lines[0].kind == "json"


def test_without_a_table_a_recording_takes_the_fit_without_its_drafter() -> None:
    drawn, model = recording(SIX), speculation(recording(SIX))
    # at one call and 256 cached tokens a plain step is 7,123.80863 us; 3 drafts add 3 x 21.0103129
    plain = Fraction("5885.90713") + Fraction("1206.83946") + Fraction("21.0103129")
    plain += 256 * Fraction("0.0392645679")
    assert model.relative(drawn, 3, 1, 256) == 1 + 3 * Fraction("21.0103129") / plain
    assert model.relative(drawn, 0, 64, 256) == 1


def test_the_load_table_of_a_recording_by_hand() -> None:
    costs = table((1, 1, "1"), (1, 4, "1.5"), (64, 1, "2"), (64, 4, "8"))
    model = speculation(recording(SIX, cost="bench"), costs)
    # 5 tokens in a pass of 3 drafts and two plain ones: at 1 call 5 / (1.5 + 2), at 64 5 / (4 + 2)
    found = dict(load_table(model, "six"))
    assert (found[1], found[64]) == (Fraction(10, 7), Fraction(5, 6))
    # at 16: plain 1 + 15/63, wide 1.5 + 6.5 x 15/63
    plain, wide = 1 + Fraction(15, 63), Fraction(3, 2) + Fraction(13, 2) * Fraction(15, 63)
    assert found[16] == 5 / (wide / plain + 2)
    # beyond 64 both lines go on: plain 2 + 192/63, wide 8 + 6.5 x 192/63
    beyond = (8 + Fraction(13, 2) * Fraction(192, 63)) / (2 + Fraction(192, 63))
    assert found[256] == 5 / (beyond + 2)
    own = {line.kinds: line for line in load_by_kind(model)}
    assert own["json",].source == "measured:six; measured:bench"
    assert own["general", "chat"].borrowed_by == (
        "extraction", "summary", "code", "retrieval", "maths", "agent",
    )  # fmt: skip


def test_a_width_between_two_measured_ones_lies_on_the_line_between_them() -> None:
    costs = table((1, 1, "1"), (1, 5, "3"))
    assert costs.widened(1, 2) == 2
    with pytest.raises(SpeculativeError, match=r"no pass of width 6 was measured \(up to 5\)"):
        costs.widened(1, 5)


def test_a_recording_comes_back_from_json() -> None:
    model = speculation(recording(SIX, cost="bench"), table((1, 1, "1"), (1, 4, "2")))
    assert read(msgspec.json.encode(model), "evidence.json") == model


BAD = {
    "lists of two lengths": (recording(RecordedAnswer((0, 1), (0,))), "2 places proposed and 1"),
    "more taken than ready": (recording(RecordedAnswer((0, 1, 0), (0, 2, 0))), "accepted 2 of 1"),
    "taken past the end": (recording(RecordedAnswer((0, 9), (0, 2))), "accepted 2, past its end"),
    "no decoding": (recording(RecordedAnswer((0,), (0,))), "no place after its first token"),
    "no answer": (recording(), "needs an answer"),
    "costs that are not there": (recording(SIX, cost="x"), "needs pass costs `x` measured up to"),
}


@pytest.mark.parametrize(("drawn", "says"), BAD.values(), ids=BAD)
def test_a_recording_at_fault_is_refused_with_its_place(drawn: Recording, says: str) -> None:
    with pytest.raises(SpeculativeError, match=rf"^evidence.json: .*{says}"):
        read(msgspec.json.encode(speculation(drawn)), "evidence.json")


TABLES = {
    "no plain pass": (table((1, 4, "1")), "no point of width 1"),
    "no time": (table((1, 1, "0")), "numbers above 0"),
    "a point twice": (table((1, 1, "1"), (1, 1, "2")), "a point stands twice"),
    "too narrow": (table((1, 1, "1"), (1, 3, "2")), "measured up to width 4"),
}


@pytest.mark.parametrize(("costs", "says"), TABLES.values(), ids=TABLES)
def test_a_cost_table_at_fault_is_refused(costs: CostTable, says: str) -> None:
    model = speculation(recording(SIX, cost="bench"), costs)
    with pytest.raises(SpeculativeError, match=says):
        read(msgspec.json.encode(model), "evidence.json")


@dataclass(frozen=True, slots=True)
class Loose:
    change: dict[str, object]
    says: str


@pytest.mark.parametrize(
    "loose",
    [
        Loose({"kinds": {"general": "eagle3-llama-3.1-8b", "song": "six"}}, "`song` draws from"),
        Loose({"kinds": {"chat": "eagle3-llama-3.1-8b"}}, "`general` must be there"),
        Loose({"batch": 0}, "count from 1"),
        Loose({"recordings": (recording(SIX), recording(SIX))}, "two run-lengths have one id"),
    ],
)
def test_loose_ends_are_refused(loose: Loose) -> None:
    model = msgspec.structs.replace(speculation(recording(SIX)), **loose.change)
    with pytest.raises(SpeculativeError, match=loose.says):
        read(msgspec.json.encode(model), "evidence.json")
    with pytest.raises(SpeculativeError, match=r"evidence.json: not run-lengths"):
        read(b"{", "evidence.json")


def test_the_policy_names_the_kinds_there_are() -> None:
    for kind in KINDS:
        assert ServingTable.model_validate({"workload": "w", "kind": kind}).kind == kind
        published().of_kind(kind)
    with pytest.raises(PolicyError, match="kind `song`"):
        published().of_kind("song")
    assert ServingRule("w", "json").kind in KINDS
