"""A wrong --source must not pass billed calls off as lines that hold none."""

from pathlib import Path

import pytest

from analyzer.prompts import Hasher
from analyzer.trace import Outcome, Rejected
from connectors.registry import LogFile, connector_for


def read_as(path: Path, name: str) -> list[Outcome]:
    log = LogFile(path)
    return list(connector_for(log, name).read(log, Hasher(b"a key for tests")))


def test_a_capture_read_as_a_transcript_is_a_fault_on_every_line(traps: Path) -> None:
    outcomes = read_as(traps / "messages" / "conversation.jsonl", "transcripts")
    assert outcomes
    assert {type(outcome) for outcome in outcomes} == {Rejected}


@pytest.mark.parametrize("name", ["messages", "transcripts"])
def test_a_line_of_something_else_is_a_fault_and_not_a_free_call(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n')
    assert [type(outcome) for outcome in read_as(path, name)] == [Rejected]


def test_an_address_of_another_kind_is_refused_with_the_kinds_that_are_read() -> None:
    from analyzer.errors import InputError
    from connectors.registry import find_logs

    with pytest.raises(InputError, match="known are s3://"):
        find_logs(["https://logs.example/a.jsonl"])
