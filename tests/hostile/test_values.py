"""Any value in any field of any sound sample: an outcome, never an exception, never a lost line."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.registry import CONNECTORS, Connector
from tests.hostile.corpus import VALUES, content, damaged, holds, samples

LONG = int(os.environ.get("REBILL_FUZZ_CASES", "10000"))
"""Cases a format in the long form; `make fuzz` sets more."""

every_format = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.name)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
cases = given(
    sample=st.integers(0, 2),
    choice=st.integers(0, 10**6),
    value=st.sampled_from(VALUES) | json_values,
)


def _holds(connector: Connector, sample: int, choice: int, value: object) -> None:
    known = samples(connector)
    path = known[sample % len(known)]
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / path.name.removesuffix(".gz")
        place.write_bytes(damaged(content(path), suffix, choice, value))
        holds(place, connector)


@every_format
@settings(max_examples=25, deadline=None)
@cases
def test_any_value_anywhere_is_told_of(
    connector: Connector, sample: int, choice: int, value: object
) -> None:
    _holds(connector, sample, choice, value)


def test_a_response_body_with_a_bad_sequence_is_told_of_once() -> None:
    connector = next(one for one in CONNECTORS if one.name == "claude_code_otel")
    [path] = [one for one in samples(connector) if one.name == "parallel.jsonl"]
    for choice in range(200):  # every value of the sample, the sequences among them
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / path.name
            place.write_bytes(damaged(content(path), path.suffix, choice, -1))
            holds(place, connector)


ONLY_HERE = {"messages", "transcripts", "claude_code_otel", "claude_code_bodies"}
"""Parsers whose 10,000 cases are these; the others have their own in `tests/connectors/`."""


@pytest.mark.full
@every_format
def test_any_value_anywhere_is_told_of_in_ten_thousand_cases(connector: Connector) -> None:
    @settings(max_examples=LONG if connector.name in ONLY_HERE else LONG // 10, deadline=None)
    @cases
    def holds_for(sample: int, choice: int, value: object) -> None:
        _holds(connector, sample, choice, value)

    holds_for()
