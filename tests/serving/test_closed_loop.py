"""Starts moved by what faster answers save, worked by hand and by law."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.simulators.closed_loop import sooner

SCHEMA = {
    "request": pl.Int64, "session": pl.Utf8, "agent": pl.Utf8, "start_us": pl.Int64,
    "first_us": pl.Int64, "end_us": pl.Int64, "ready_us": pl.Int64, "clock_us": pl.Int64,
    "time_meaning": pl.Utf8, "latency_after_us": pl.Int64,
}  # fmt: skip
Call = tuple[str | None, str | None, int | None, int | None, int | None]
"""Session, agent, start, end, latency after."""


def calls_of(*calls: Call, meaning: str = "start") -> pl.DataFrame:
    rows = [
        (n, session, agent, start, None, end, end, start, meaning, after)
        for n, (session, agent, start, end, after) in enumerate(calls)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def starts(*calls: Call) -> list[int | None]:
    return sooner(calls_of(*calls))["start_us"].to_list()


def test_a_chain_moves_by_all_that_was_saved_before_and_keeps_its_gaps() -> None:
    # 10 -> 4 saves 6: 12 becomes 6. 10 -> 3 saves 7 more: 25 becomes 25 - 13 = 12
    chain = (("s", None, 0, 10, 4), ("s", None, 12, 22, 3), ("s", None, 25, 30, 5))
    assert starts(*chain) == [0, 6, 12]
    assert sooner(calls_of(*chain))["end_us"].to_list() == [4, 9, 17]


def test_slower_answers_move_the_next_call_later() -> None:
    assert starts(("s", None, 0, 10, 15), ("s", None, 11, 20, 9)) == [0, 16]


def test_a_call_beside_another_is_held_by_the_last_that_had_ended() -> None:
    # the second ran beside the first, so nothing had ended; the third waits for the first alone
    held = starts(("s", None, 0, 10, 4), ("s", None, 5, 30, 20), ("s", None, 12, 13, 1))
    assert held == [0, 5, 6]


def test_no_call_overtakes_another_of_its_lane() -> None:
    # the second ends at 2 and not 20, so the fourth could begin at 3; but the third, which
    # waits for the first alone, begins at 15 - 1 = 14 and ends at 15
    calls = (
        ("s", None, 0, 10, 9),
        ("s", None, 1, 20, 1),
        ("s", None, 15, 16, 1),
        ("s", None, 21, 22, 1),
    )
    assert starts(*calls) == [0, 1, 14, 15]


def test_lanes_do_not_wait_for_each_other_and_lone_calls_stay() -> None:
    calls = (
        ("s", None, 0, 10, 1),
        ("s", "sub", 12, 14, 2),
        ("t", None, 12, 14, 2),
        (None, None, 20, 22, 1),
    )
    assert starts(*calls) == [0, 12, 12, 20]


def test_calls_without_times_stay_and_nobody_waits_for_one_without_an_end() -> None:
    calls = (
        ("s", None, 0, 10, 4), ("s", None, None, None, None), ("s", None, 12, None, None),
        ("s", None, 20, 25, 5),
    )  # fmt: skip
    assert starts(*calls) == [0, None, 6, 14]
    assert sooner(calls_of(*calls))["end_us"].to_list() == [4, None, None, 19]


def test_a_transcripts_clock_moves_with_its_last_line() -> None:
    calls = calls_of(("s", None, 0, 10, 4), ("s", None, 12, 22, 3), meaning="line")
    # ends 10 -> 4 and 22 -> 9
    assert sooner(calls)["clock_us"].to_list() == [0 - 6, 12 - 13]


times = st.integers(0, 60)
lanes = st.lists(
    st.tuples(
        st.sampled_from(["s", "t", None]),
        st.sampled_from([None, "sub"]),
        st.none() | times,
        times,
        st.integers(0, 100),
    ),
    max_size=12,
)


def logged(drawn: list[tuple[str | None, str | None, int | None, int, int]]) -> list[Call]:
    """Calls in start order; the last number is the share of each answer's time that is left."""
    rows = sorted(drawn, key=lambda row: -1 if row[2] is None else row[2])
    return [
        (s, a, b, None if b is None else b + n, None if b is None else n * share // 100)
        for s, a, b, n, share in rows
    ]


@given(lanes)
@settings(deadline=None)
def test_order_stays_and_nobody_begins_before_what_had_ended(
    drawn: list[tuple[str | None, str | None, int | None, int, int]],
) -> None:
    calls = logged(drawn)
    frame = calls_of(*calls)
    after = sooner(frame)
    kept = ("request", "session", "agent", "time_meaning", "latency_after_us")
    assert after.select(kept).equals(frame.select(kept))
    new, ends = after["start_us"].to_list(), after["end_us"].to_list()
    for at, (session, agent, start, _, _) in enumerate(calls):
        if session is None or start is None:
            assert new[at] == start
            continue
        assert new[at] <= start
        for before, (other, sub, begun, end, _) in enumerate(calls[:at]):
            if (other, sub or "") != (session, agent or "") or begun is None:
                continue
            assert new[before] <= new[at]
            if end is not None and end <= start:
                assert ends[before] <= new[at]


@given(lanes)
@settings(deadline=None)
def test_answers_as_fast_as_before_move_nothing(
    drawn: list[tuple[str | None, str | None, int | None, int, int]],
) -> None:
    frame = calls_of(*logged([(s, a, b, n, 100) for s, a, b, n, _ in drawn]))
    assert sooner(frame).select(frame.columns).equals(frame)
