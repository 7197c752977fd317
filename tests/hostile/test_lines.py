"""Nasty lines between sound ones, in every format: each is told of, and the sound ones stay."""

from pathlib import Path

import pytest

from analyzer.trace import Aside, Call, Rejected
from connectors.registry import CONNECTORS, Connector
from tests.hostile.corpus import LINES, content, holds, samples

WITH_LINES = [
    connector
    for connector in CONNECTORS
    if any(path.suffix == ".jsonl" for path in samples(connector, 20))
]
every_format = pytest.mark.parametrize("connector", WITH_LINES, ids=lambda one: one.name)


def test_every_connector_has_a_sample_to_be_hostile_with() -> None:
    assert {connector.name for connector in CONNECTORS if not samples(connector)} == set()


@every_format
def test_each_nasty_line_alone_is_a_fault_or_no_call(connector: Connector, tmp_path: Path) -> None:
    for words, line in LINES.items():
        path = tmp_path / "log.jsonl"
        path.write_bytes(line + b"\n" + b'{"x": 1}' + b"\n")
        for outcome in holds(path, connector):
            assert isinstance(outcome, Rejected | Aside), words


@every_format
def test_sound_lines_survive_nasty_neighbours(connector: Connector, tmp_path: Path) -> None:
    sample = next(path for path in samples(connector, 20) if path.suffix == ".jsonl")
    path = tmp_path / sample.name
    path.write_bytes(content(sample))
    before = holds(path, connector)
    path.write_bytes(content(sample) + b"\n".join(LINES.values()) + b"\n")
    after = holds(path, connector)
    calls = [one.message_id for one in before if isinstance(one, Call)]
    assert [one.message_id for one in after if isinstance(one, Call)] == calls
    assert len(after) >= len(before) + len(LINES) - 2  # an array may be cut into its elements
