"""Expected buckets of single calls, worked by hand: 1,000 tokens of prompt, 100 of them new."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.simulators.losses import NO_LOSSES, PARTS, LossModel, Shares, expected

INPUT = ("uncached", "read", "write_5m", "write_1h")


def event(**told: Any) -> pl.DataFrame:
    """A call that reads 800 of 900 cached tokens, 300 of them the system prompt."""
    row = {
        "uncached": 100, "read": 800, "write_5m": 100, "write_1h": 0, "prompt": 1_000,
        "system_tokens": 300, "hour_tokens": 0, "cacheable": True, "occasion": "user",
        "idle_us": 2_000_000, "ttl0": 300, "ttl1": 300, "ttl2": 0, "ttl3": 0, **told,
    }  # fmt: skip
    return pl.DataFrame([row], schema_overrides={"idle_us": pl.Int64})


def tokens(events: pl.DataFrame, model: LossModel) -> tuple[float, ...]:
    row = expected(events, model).select(INPUT).row(0)
    return tuple(value / PARTS for value in row)


def model(shares: Shares, *keys: str, **by: Any) -> LossModel:
    return LossModel("planted", keys, {tuple(by.values()): shares} if by else {(): shares})


def test_without_losses_the_kernel_stands() -> None:
    assert tokens(event(), NO_LOSSES) == (100, 800, 100, 0)


def test_each_outcome_bills_what_it_reads() -> None:
    # a tenth loses the history and reads 300 of 900; a twentieth loses all; a twentieth reads all
    shares = (8_000, 500, 1_000, 500)
    # reads 0.8 x 800 + 0.05 x 900 + 0.1 x 300 = 715; the rest of 900 is written: 185
    assert tokens(event(), model(shares)) == (100, 715, 185, 0)


def test_what_is_read_no_more_is_written_for_an_hour_up_to_the_last_such_mark() -> None:
    hour = event(write_5m=40, write_1h=60, hour_tokens=860, ttl0=3600)
    # half of the calls read 300: 560 for an hour and 40 for five minutes; the others 60 and 40
    assert tokens(hour, model((5_000, 0, 5_000, 0))) == (100, 550, 40, 310)


def test_the_longest_known_situation_decides() -> None:
    keys = ("state", "occasion")
    both = LossModel(
        "planted",
        keys,
        {("continued",): (0, 0, 0, PARTS), ("continued", "tool"): (0, PARTS, 0, 0)},
    )
    assert tokens(event(occasion="tool"), both) == (100, 900, 0, 0)
    assert tokens(event(), both) == (100, 0, 900, 0)
    assert tokens(event(read=300, write_5m=600), both) == (100, 300, 600, 0)  # another state


@pytest.mark.parametrize("told", [{"cacheable": False}, {"uncached": 1_000, "read": 0}])
def test_calls_that_cache_nothing_stay_as_they_are(told: dict[str, Any]) -> None:
    told = {"write_5m": 0, "read": 0, "uncached": 1_000, **told}
    assert tokens(event(**told), model((0, 0, 0, PARTS))) == (1_000, 0, 0, 0)


@given(
    st.integers(0, 900), st.integers(0, 900), st.integers(0, 900),
    st.lists(st.integers(0, PARTS), min_size=3, max_size=3),
)  # fmt: skip
def test_no_token_is_lost_or_made(read: int, system: int, hour: int, cuts: list[int]) -> None:
    first, second, third = sorted(cuts)
    shares = (first, second - first, third - second, PARTS - third)
    told = event(read=read, write_5m=900 - read, system_tokens=system, hour_tokens=hour)
    row = expected(told, model(shares)).select(INPUT).row(0)
    assert sum(row) == 1_000 * PARTS
    assert min(row) >= 0
