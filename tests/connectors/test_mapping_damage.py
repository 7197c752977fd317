"""Any JSON value in any cell becomes an outcome: never an exception, never a lost row."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prompts import Hasher
from analyzer.trace import Call, Outcome, Rejected
from connectors.mapping import PRESET_NAMES
from connectors.mapping.paths import Path as CellPath
from connectors.mapping.paths import Row, opened
from connectors.registry import CONNECTORS, Connector, LogFile

SAMPLES = Path(__file__).parents[2] / "sample_logs"
PRESETS = {connector.name: connector for connector in CONNECTORS if connector.name in PRESET_NAMES}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "12.0", "1,234", "1e400", "2026-09-30", "{", "[1]", "null", "data: {}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def rows_of(name: str) -> list[dict[str, object]]:
    """Give the sample's rows, from whichever format it has."""
    paths = sorted((SAMPLES / "sources" / name).rglob("*.*"))
    return [json.loads(raw) for path in paths for _, raw in LogFile(path).lines()]


ROWS = {name: rows_of(name) for name in PRESETS}


def places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Give every place of a JSON value, JSON inside text included."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


PLACES = {name: list(places(rows[0])) for name, rows in ROWS.items()}


def damaged(row: dict[str, object], path: tuple[object, ...], value: object) -> dict[str, object]:
    copy: dict[str, object] = json.loads(json.dumps(row))
    inner = copy
    for key in path[:-1]:
        below = inner.get(str(key))
        if not isinstance(below, dict):
            return copy
        inner = below
    inner[str(path[-1])] = value
    return copy


def told(connector: Connector, folder: Path, rows: list[dict[str, object]]) -> list[Outcome]:
    path = folder / "rows.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    log = LogFile(path)
    outcomes = list(connector.read(log, Hasher(b"a key for tests")))
    count = sum(o.lines if isinstance(o, Call) else 1 for o in outcomes)
    assert count == log.lines_read == len(rows)
    return outcomes


def check(name: str, folder: Path, draw: Callable[..., object]) -> None:
    rows = [*ROWS[name][:2]]
    for _ in range(3):
        path = draw(st.sampled_from(PLACES[name]))
        rows.append(damaged(rows[0], path, draw(JSON)))  # type: ignore[arg-type]  # a place
    assert isinstance(told(PRESETS[name], folder, rows), list)


every_preset = pytest.mark.parametrize("name", PRESET_NAMES)


@every_preset
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_value_in_any_cell_is_an_outcome(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(name, tmp_path_factory.mktemp("damaged"), data.draw)


@pytest.mark.full
@every_preset
@settings(max_examples=10_000, deadline=None)
@given(data=st.data())
def test_any_value_in_any_cell_is_an_outcome_at_length(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(name, tmp_path_factory.mktemp("damaged"), data.draw)


@every_preset
def test_a_line_of_something_else_is_a_fault_and_not_a_free_call(name: str, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"a": 1}, {"request": {"model": "claude-x"}, "usage": {}}]
    assert {type(o) for o in told(PRESETS[name], tmp_path, rows)} == {Rejected}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("c.d", 2),  # a key with dots in it stands before the keys it seems to spell
        ("text.x.0", 3),
        ("*.every", 4),
        ("list.1.n", 5),
        ("c", None),
        ("empty", None),
        ("broken.x", None),
    ],
)
def test_paths_go_through_objects_lists_and_text(path: str, value: object) -> None:
    row = opened(
        json.dumps(
            {
                "a": {"b": 1}, "c.d": 2, "c": {"d": 9} if path == "c.d" else None,
                "text": '{"x": [3]}', "deep": {"every": 4}, "list": [0, {"n": 5}],
                "empty": "", "broken": "{",
            }
        ).encode()
    )  # fmt: skip
    assert isinstance(row, Row)
    raw = row.find((CellPath(path),))
    assert (msgspec.json.decode(raw) if raw is not None else None) == value
