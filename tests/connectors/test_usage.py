import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.trace import Tokens
from connectors.faults import LineError
from connectors.reading.json_scan import object_of, strict_object
from connectors.usage import (
    INPUT_MISSING,
    ITERATIONS_DIFFER,
    SPLIT_DIFFERS,
    SPLIT_ONE_SIDED,
    THINKING_EXCEEDS,
    billed,
    billed_of,
)

counts = st.integers(0, 10**6)


def _split(short: int, long: int) -> dict[str, int]:
    return {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}


def test_the_five_buckets_are_disjoint_as_the_api_writes_them() -> None:
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 22_820,
        "cache_creation_input_tokens": 9_907,
        "cache_creation": _split(907, 9_000),
        "output_tokens": 135,
        "output_tokens_details": {"thinking_tokens": 49},
    }
    assert billed_of(usage).tokens == Tokens(10, 22_820, 907, 9_000, 0, 135, 49)


@pytest.mark.parametrize("part", [{}, {"server_tool_use": None}, {"server_tool_use": {}}])
def test_the_api_names_searches_where_there_were_any_and_other_sources_may_not(
    part: dict[str, object],
) -> None:
    usage = {"input_tokens": 17, "output_tokens": 220, **part}
    assert billed_of(usage).web_searches == 0
    assert billed_of(usage, of_api=False).web_searches is None


@pytest.mark.parametrize("of_api", [True, False])
def test_a_told_number_of_searches_is_kept(of_api: bool) -> None:  # noqa: FBT001 - pytest gives parameters by name
    usage = {"output_tokens": 1, "server_tool_use": {"web_search_requests": 2}}
    assert billed_of(usage, of_api=of_api).web_searches == 2


def test_what_the_source_does_not_say_is_none_and_not_zero() -> None:
    assert billed_of({"input_tokens": 17, "output_tokens": 220}).tokens == Tokens(
        uncached=17, output=220
    )
    assert billed_of({"output_tokens": 5}).flags == (INPUT_MISSING,)


@given(total=st.none() | counts, short=st.none() | counts, long=st.none() | counts)
def test_writes_always_sum_to_the_stated_total(
    total: int | None, short: int | None, long: int | None
) -> None:
    split = {
        key: value
        for key, value in zip(_split(0, 0), (short, long), strict=True)
        if value is not None
    }
    usage = {"input_tokens": 1, "cache_creation_input_tokens": total, "cache_creation": split}
    tokens = billed_of(usage).tokens
    parts = (tokens.write_5m, tokens.write_1h, tokens.write_unsplit)
    written = sum(part or 0 for part in parts)
    assert all(part is None or part >= 0 for part in parts)
    assert written == (total if total is not None else (short or 0) + (long or 0))
    assert (tokens.write_5m is None) == (tokens.write_1h is None)  # both or neither


def test_a_split_counts_only_with_both_sides_and_its_faults_are_flagged() -> None:
    one_sided = {"ephemeral_1h_input_tokens": 60}
    base = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 100}
    assert billed_of({**base, "cache_creation": one_sided}).flags == (SPLIT_ONE_SIDED,)
    assert billed_of({**base, "cache_creation": _split(30, 38)}).flags == (SPLIT_DIFFERS,)
    assert billed_of({**base, "cache_creation": _split(80, 90)}).flags == (SPLIT_DIFFERS,)
    assert billed_of({**base, "cache_creation": _split(40, 60)}).flags == ()


def test_thinking_above_output_is_flagged_and_kept() -> None:
    usage = {"input_tokens": 1, "output_tokens": 5, "output_tokens_details": {"thinking_tokens": 6}}
    assert billed_of(usage).flags == (THINKING_EXCEEDS,)
    assert billed_of(usage).tokens.thinking == 6


def test_message_iterations_must_sum_and_others_are_outside_the_sum() -> None:
    def entry(kind: str, tokens_in: int, tokens_out: int) -> dict[str, object]:
        return {"type": kind, "input_tokens": tokens_in, "output_tokens": tokens_out}

    top = {"input_tokens": 50, "output_tokens": 40}
    # 20 + 30 = 50 in, 15 + 25 = 40 out; the advisor's 2,500 in stand beside them
    sound = [
        entry("message", 20, 15),
        entry("advisor_message", 2_500, 18),
        entry("message", 30, 25),
    ]
    assert billed_of({**top, "iterations": sound}).flags == ()
    assert billed_of({**top, "iterations": sound[:2]}).flags == (ITERATIONS_DIFFER,)
    assert [i.kind for i in billed_of({**top, "iterations": sound}).iterations] == [
        "message",
        "advisor_message",
        "message",
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, "a fraction"),
        (5.0, "a fraction"),
        (-1, "a negative number"),
        ("12", "a string"),
        (True, "true or false"),
        ([1], "a list"),
        ({}, "an object"),
        (2**63, "a number past 64 bits"),
    ],
)
@pytest.mark.parametrize("key", ["input_tokens", "output_tokens", "cache_read_input_tokens"])
def test_a_count_that_is_none_is_rejected_by_key_and_kind(
    key: str, value: object, kind: str
) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, key: value}
    with pytest.raises(LineError) as caught:
        billed(json.dumps(usage).encode())
    assert caught.value.reason == "bad count"
    assert caught.value.detail == f"usage.{key}: {kind}; counts are whole numbers from 0"


def test_counts_inside_iterations_and_splits_are_as_strict() -> None:
    inside = {"input_tokens": 1, "iterations": [{"type": "message", "output_tokens": 1.5}]}
    with pytest.raises(LineError, match=r"usage\.iterations\[0\]\.output_tokens"):
        billed_of(inside)
    with pytest.raises(LineError, match="cache_creation: expected an object"):
        billed_of({"input_tokens": 1, "cache_creation": [1]})


@pytest.mark.parametrize("raw", [None, b"null", b"{}", b'{"service_tier":"standard"}'])
def test_no_usage_is_rejected(raw: bytes | None) -> None:
    with pytest.raises(LineError, match="no usage"):
        billed(raw)


@pytest.mark.parametrize(
    "raw", [b'{"input_tokens":NaN}', b'{"input_tokens":' + b"9" * 5000 + b"}", b"[]"]
)
def test_numbers_that_no_counter_writes_are_rejected(raw: bytes) -> None:
    with pytest.raises(LineError):
        billed(raw)


@given(
    pairs=st.lists(st.tuples(st.text(max_size=3), st.integers() | st.text(max_size=4)), max_size=6),
    spaces=st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :\t"), (",", ": ")]),
    ascii_only=st.booleans(),
)
def test_a_key_that_stands_twice_is_always_seen_and_no_other_is(
    pairs: list[tuple[str, object]],
    spaces: tuple[str, str],
    ascii_only: bool,  # noqa: FBT001 - hypothesis passes by name
) -> None:
    comma, colon = spaces
    body = comma.join(
        json.dumps(key, ensure_ascii=ascii_only) + colon + json.dumps(value) for key, value in pairs
    )
    raw = ("{" + body + "}").encode()
    twice = len({key for key, _ in pairs}) < len(pairs)
    for parse in (object_of, strict_object):
        if twice:
            with pytest.raises(LineError, match="duplicate key"):
                parse(raw)
        else:
            assert len(parse(raw)) == len(pairs)
