"""Buckets from a row's counts: every case of the basis, with its sum."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.faults import LineError
from connectors.mapping.usage import (
    LEFT_OVER,
    MAY_HIDE,
    MAY_HOLD,
    TOO_SMALL,
    TOTAL_DIFFERS,
    UNSAID,
    Counted,
    Counts,
    counted,
)

CACHED = {"read": 700, "write": 200}


def shown(found: Counted) -> tuple[object, ...]:
    tokens = found.billed.tokens
    return (tokens.uncached, found.basis, found.billed.flags)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # 1,000 holds 700 + 200: 100 are left
        (Counts(input=1_000, output=5, **CACHED, total=1_005), (100, "inclusive", ())),
        # 1,905 = 1,000 + 700 + 200 + 5
        (Counts(input=1_000, output=5, **CACHED, total=1_905), (1_000, "exclusive", ())),
        (Counts(input=1_000, output=5, **CACHED), (1_000, "exclusive", (MAY_HOLD,))),
        (Counts(input=1_000, output=5, **CACHED, total=7), (1_000, "exclusive", (TOTAL_DIFFERS,))),
        # 800 cannot hold 900
        (Counts(input=800, output=5, **CACHED), (800, "exclusive", ())),
        (Counts(input=800, output=5, **CACHED, total=805), (800, "exclusive", (TOO_SMALL,))),
        (Counts(input=900, output=5, **CACHED, total=905), (0, "inclusive", ())),
        (
            Counts(input=1_000, output=5, **CACHED, prompt_total=1_000, total=1_905),
            (100, "inclusive", ()),
        ),
        (
            Counts(input=1_000, output=5, **CACHED, prompt_total=1_900, total=1_005),
            (1_000, "exclusive", ()),
        ),
        (Counts(prompt_total=1_000, output=5, **CACHED), (100, "inclusive", ())),
        (Counts(prompt_total=800, output=5, **CACHED), (800, "exclusive", (TOO_SMALL,))),
        (Counts(input=10, output=5), (10, "exclusive", (UNSAID,))),
        (Counts(input=10, output=5, total=15), (10, "inclusive", (MAY_HIDE,))),
        (Counts(input=10, output=5, read=0, write=0, total=15), (10, "inclusive", ())),
        (Counts(input=10, output=5, total=99), (10, "exclusive", (TOTAL_DIFFERS, UNSAID))),
    ],
)
def test_auto_decides_by_the_totals_of_the_row(
    counts: Counts, expected: tuple[object, ...]
) -> None:
    assert shown(counted(counts, "auto")) == expected


def test_a_total_that_the_source_may_have_summed_proves_less() -> None:
    summed = counted(Counts(input=1_000, output=5, **CACHED, total=1_905), "auto", summed=True)
    assert shown(summed) == (1_000, "exclusive", (MAY_HOLD,))
    # a small input cannot hold them, so nothing is in doubt
    small = counted(Counts(input=10, output=5, **CACHED, total=915), "auto", summed=True)
    assert shown(small) == (10, "exclusive", ())
    plain = counted(Counts(input=10, output=5, total=15), "auto", summed=True)
    assert shown(plain) == (10, "exclusive", (UNSAID,))


def test_declared_inclusive_takes_cached_tokens_out_and_keeps_what_cannot_hold_them() -> None:
    assert shown(counted(Counts(input=1_000, output=5, **CACHED), "inclusive")) == (
        100, "inclusive", (),
    )  # fmt: skip
    assert shown(counted(Counts(input=899, output=5, **CACHED), "inclusive")) == (
        899, "exclusive", (TOO_SMALL,),
    )  # fmt: skip
    reads = counted(Counts(input=1_000, output=5, read=700), "inclusive")
    assert shown(reads) == (300, "inclusive", (MAY_HIDE,))
    assert reads.billed.tokens.write_unsplit is None, "unknown is not 0"


def test_declared_exclusive_is_taken_at_its_word() -> None:
    counts = Counts(input=1_000, output=5, **CACHED, total=1_005)
    assert shown(counted(counts, "exclusive")) == (1_000, "exclusive", ())


def test_what_a_total_leaves_over_was_written_when_reads_are_named() -> None:
    found = counted(Counts(input=12, output=40, read=3_000, total=3_202), "auto")
    # 3,202 - 12 - 40 - 3,000 = 150
    assert (found.billed.tokens.write_unsplit, found.billed.flags) == (150, (LEFT_OVER,))


def test_a_split_of_writes_needs_both_sides() -> None:
    both = counted(Counts(input=1, output=1, write_5m=3, write_1h=4), "exclusive").billed.tokens
    assert (both.write_5m, both.write_1h, both.write_unsplit) == (3, 4, 0)
    one = counted(Counts(input=1, output=1, write=9, write_1h=4), "exclusive").billed.tokens
    assert (one.write_5m, one.write_1h, one.write_unsplit) == (None, None, 9)


def test_a_row_that_counts_nothing_tells_of_no_usage() -> None:
    assert not Counts(0, 0, 0, None, output=0).any
    with pytest.raises(LineError, match="no usage"):
        counted(Counts(total=7), "auto")


COUNT = st.none() | st.integers(0, 2_000)


def test_a_total_that_is_the_input_and_cannot_hold_the_cached_tokens_is_flagged() -> None:
    found = counted(Counts(input=0, prompt_total=0, write_5m=1, write_1h=0, output=0), "auto")
    assert (found.basis, found.billed.tokens.uncached) == ("exclusive", 0)
    assert found.billed.flags == (TOO_SMALL,)


@settings(max_examples=50, deadline=None)
@example(Counts(0, 0, None, None, None, 1), "auto")
@given(st.builds(Counts, *[COUNT] * 10), st.sampled_from(["exclusive", "inclusive", "auto"]))
def test_no_bucket_is_ever_negative_and_nothing_is_invented(counts: Counts, declared: str) -> None:
    if counts.input is None and counts.prompt_total is None and counts.output is None:
        return
    found = counted(counts, declared)  # type: ignore[arg-type]  # sampled from the three words
    tokens = found.billed.tokens
    buckets = (tokens.uncached, tokens.read, tokens.write_5m, tokens.write_1h, tokens.write_unsplit)
    assert all(count is None or count >= 0 for count in buckets)
    whole = counts.input if counts.input is not None else counts.prompt_total
    if found.basis == "inclusive":
        assert sum(count or 0 for count in buckets) == whole
    else:
        assert tokens.uncached == whole
