"""Any JSON value in any field of a report: an outcome for every line, never an exception."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.intake import Batch, FileCount
from analyzer.prompts import Hasher
from analyzer.trace import Aside, Rejected, Reported
from connectors.registry import LogFile
from connectors.vendor import CONNECTORS

SAMPLES = Path(__file__).parents[2] / "sample_logs"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1e999", "-0", "9999-12-31T23:59:59Z", "0001-01-01", "1,5", "USD", "١٢"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
KNOWN = (Reported, Rejected, Aside)


def lines(path: Path) -> list[dict[str, Any]]:
    """Give the lines of a sample as objects, as the readers see them."""
    return [json.loads(raw) for _, raw in LogFile(path).lines()]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every value inside."""
    keys = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in keys:
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*path, key))


def damaged(line: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    made = copy.deepcopy(line)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return made


def check(name: str, data: st.DataObject, folder: Path) -> None:
    own = lines(data.draw(st.sampled_from(sorted((SAMPLES / "sources" / name).iterdir()))))
    number = data.draw(st.integers(0, len(own) - 1))
    path = data.draw(st.sampled_from(list(places(own[number]))))
    own[number] = damaged(own[number], path, data.draw(VALUES))
    file = folder / "damaged.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in own))
    connector = next(c for c in CONNECTORS if c.name == name)
    log = LogFile(file)
    outcomes = list(connector.read(log, Hasher(b"k")))
    assert len(outcomes) == log.lines_read
    assert all(isinstance(outcome, KNOWN) for outcome in outcomes)
    connector.detect(file.read_bytes())
    count, batch = FileCount("s"), Batch()
    for outcome in outcomes:
        count.add(batch, outcome)
    frames = batch.frames()  # every figure fits its column
    assert len(frames["cost_rows"]) + len(frames["usage_rows"]) == count.reported
    msgspec.json.encode(outcomes)


NAMES = [connector.name for connector in CONNECTORS]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_gives_an_outcome(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(name, data, tmp_path_factory.mktemp("damaged"))


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=1_700, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_gives_an_outcome_ten_thousand_times_over_all(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(name, data, tmp_path_factory.mktemp("damaged"))
