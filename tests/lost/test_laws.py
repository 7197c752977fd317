"""What must hold for lost cache money on any trace."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.billing import bill
from analyzer.savings.lost import lost_cache
from analyzer.savings.lost.reasons import ADVICE, ALIKE, TOLD, WORDS, Reason
from analyzer.trace import Call
from tests.replay.log_builder import study_of
from tests.replay.random_logs import logs

LAW = settings(
    max_examples=settings().max_examples // 3,  # of the profile, short or long
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
WORD = st.sampled_from((None, None, None, *TOLD, "unavailable"))


@st.composite
def told_logs(draw: st.DrawFn) -> list[Call]:
    """Random logs, some of whose calls the vendor says something of; some share a session."""
    return [
        replace(
            call,
            cache_miss_reason=draw(WORD),
            cache_missed_tokens=draw(st.none() | st.integers(0, 5_000)),
            session=draw(st.sampled_from((call.session, "one session"))),
            compaction=draw(st.booleans()),
        )
        for call in draw(logs())
    ]


@LAW
@given(told_logs())
def test_reasons_sum_to_what_was_lost_and_never_exceed_what_was_billed(calls: list[Call]) -> None:
    study = study_of(calls, prices="logged")
    found = lost_cache(study.scene.traffic, study.scene.basis)
    assert sum(line.lost for line in found.lines) == found.total
    assert all(line.lost > 0 and line.lost.denominator == 1 for line in found.lines)
    assert 0 <= found.total <= found.input_cost
    assert 0 <= found.first_sight <= found.input_cost - found.total
    frame = study.scene.traffic.calls.drop("model").rename({"name": "model"})
    billed = bill(frame, study.scene.basis)
    for name in billed["workload"].unique():
        own = billed.filter(billed["workload"] == name)
        lines = [line for line in found.lines if line.workload == name]
        assert sum(line.lost for line in lines) <= int(own["input_pico"].sum() or 0)
        assert sum(line.uncached for line in lines) <= int(own["uncached"].sum())
        written = int(own["write_5m"].sum()) + int(own["write_1h"].sum())
        assert sum(line.written for line in lines) <= written
    judged = found.calls + sum(one.calls for one in found.unjudged)
    assert judged == len(billed)
    assert found.told_calls == found.agreed_calls + found.open_calls + len(found.differing)


@pytest.mark.full
@LAW
@given(told_logs())
def test_nothing_is_lost_twice_on_one_token(calls: list[Call]) -> None:
    study = study_of(calls, prices="logged")
    found = lost_cache(study.scene.traffic, study.scene.basis)
    tokens = sum(line.tokens for line in found.lines)
    frame = study.scene.traffic.calls
    assert tokens <= int((frame["prompt"] - frame["read"]).sum())


def test_every_reason_has_its_words_and_advice() -> None:
    named = {*Reason} - {Reason.NONE}
    assert {*WORDS} == named
    assert {*ADVICE} == named
    assert len({*WORDS.values()}) == len(named)
    assert {*TOLD} | {"unavailable"} == {*ALIKE}
    assert max(named) < np.iinfo(np.int8).max
