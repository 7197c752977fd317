"""Any JSON value in any field of a sound line: an outcome, no exception, no other line lost."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prompts import Hasher
from analyzer.trace import Call
from connectors.registry import LogFile, connector_for

SAMPLES = Path(__file__).parents[2] / "sample_logs"
LOGS = {
    "bedrock": "traps/bedrock/records.jsonl",
    "vertex": "traps/vertex/rows.jsonl",
    "batches": "traps/batches/plain/results.jsonl",
    "mooncake": "traps/mooncake/requests.jsonl",
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def _rows(name: str) -> list[Any]:
    rows = []
    for line in (SAMPLES / LOGS[name]).read_bytes().splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:  # a trap of its own
            continue
    return rows


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(place for key, inner in items for place in _places(inner, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    key, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = _with(value[key], tuple(rest), new)
    return changed


def _damage_any_field(name: str, data: st.DataObject, folder: Path) -> None:
    rows = _rows(name)
    row = data.draw(st.sampled_from(rows))
    damaged = _with(row, data.draw(st.sampled_from(_places(row))), data.draw(VALUES))
    path = folder / "damaged.jsonl"
    # a sound line first, so that a value with line ends or none never makes another kind of file
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in (rows[0], damaged, *rows)))
    log = LogFile(path)
    outcomes = list(connector_for(log, name).read(log, Hasher(b"a key for tests")))
    assert [outcome.line for outcome in outcomes] == list(range(1, len(rows) + 3))
    known: set[bytes] = set()
    for call in (outcome for outcome in outcomes if isinstance(outcome, Call)):
        known |= {node.node for node in call.nodes}
        assert {call.prompt.leaf} - {None} <= known


@pytest.mark.parametrize("name", LOGS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_gives_an_outcome_and_harms_no_other_line(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _damage_any_field(name, data, tmp_path_factory.mktemp(name))


@pytest.mark.full
@pytest.mark.parametrize("name", LOGS)
@settings(max_examples=10_000, deadline=None)
@given(data=st.data())
def test_ten_thousand_damaged_fields_harm_no_other_line(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / f"damaged-{name}"
    folder.mkdir(exist_ok=True)
    _damage_any_field(name, data, folder)
