"""What every connector must hold, over every sample and every trap."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prompts import Hasher
from analyzer.trace import Call, Node, Outcome
from connectors.connector import LEVERS
from connectors.registry import (
    CONNECTORS,
    Connector,
    LogFile,
    connector_for,
    find_logs,
    is_side_object,
)

CANARY = b"canary-zebra"
HASHER = Hasher(b"a key for tests")
SAMPLES = Path(__file__).parents[2] / "sample_logs"
NO_FORMAT = {"empty.jsonl", "unknown_format.jsonl"}


def _logs() -> list[tuple[Connector, Path]]:
    folders = [SAMPLES / part / c.name for c in CONNECTORS for part in ("sources", "traps")]
    found = find_logs([str(folder) for folder in folders if folder.is_dir()])
    logs = [log for log in found if not is_side_object(log)]
    paths = [log for log in logs if isinstance(log, Path) and log.name not in NO_FORMAT]
    return [(connector_for(LogFile(path)), path) for path in paths]


def _read(connector: Connector, path: Path) -> tuple[LogFile, list[Outcome]]:
    log = LogFile(path)
    return log, list(connector.read(log, HASHER))


def _told(outcomes: list[Outcome]) -> int:
    return sum(o.lines if isinstance(o, Call) else 1 for o in outcomes)


def _nodes(outcomes: list[Outcome]) -> list[Node]:
    return [node for o in outcomes if isinstance(o, Call) for node in o.nodes]


every_log = pytest.mark.parametrize(
    ("connector", "path"), [pytest.param(c, p, id=p.name) for c, p in _logs()]
)


@every_log
def test_every_line_read_is_told_of_once(connector: Connector, path: Path) -> None:
    log, outcomes = _read(connector, path)
    assert _told(outcomes) == log.lines_read > 0


@every_log
def test_no_prompt_text_reaches_an_outcome(connector: Connector, path: Path) -> None:
    if "traps" in path.parts and path.name not in {"third_party.jsonl", "utf16.jsonl"}:
        assert CANARY in path.read_bytes(), "the trap must hold the word that is searched for"
    _, outcomes = _read(connector, path)
    assert CANARY not in msgspec.json.encode(outcomes)
    assert CANARY.decode() not in repr(outcomes)


API_USAGE = {"batches", "bedrock", "claude_code_bodies", "messages", "transcripts", "vertex"}
"""Connectors that read the API's own usage, which names searches where there were any."""


@every_log
def test_only_the_apis_own_usage_tells_of_no_search(connector: Connector, path: Path) -> None:
    told = {o.web_searches for o in _read(connector, path)[1] if isinstance(o, Call)}
    assert not (connector.name in API_USAGE and None in told)
    assert not (connector.name in {"langfuse", "mooncake", "openrouter"} and told - {None})


@every_log
def test_reading_twice_gives_the_same(connector: Connector, path: Path) -> None:
    assert _read(connector, path)[1] == _read(connector, path)[1]


@every_log
def test_parents_come_before_children_and_every_leaf_is_known(
    connector: Connector, path: Path
) -> None:
    known: set[bytes] = set()
    for outcome in _read(connector, path)[1]:
        if isinstance(outcome, Call):
            for node in outcome.nodes:
                assert node.parent is None or node.parent in known
                known.add(node.node)
            asked = {outcome.prompt.leaf, outcome.prompt.system_end} - {None}
            assert asked | {mark.node for mark in outcome.prompt.breakpoints} <= known


@every_log
def test_calls_hold_at_most_four_breakpoints_and_no_negative_bucket(
    connector: Connector, path: Path
) -> None:
    for outcome in _read(connector, path)[1]:
        if isinstance(outcome, Call):
            assert len(outcome.prompt.breakpoints) <= 4
            for tokens in (outcome.tokens, *(entry.tokens for entry in outcome.iterations)):
                assert all(count is None or count >= 0 for count in msgspec.structs.astuple(tokens))


def test_the_order_of_files_does_not_matter() -> None:
    logs = _logs()
    forwards = [_read(connector, path)[1] for connector, path in logs]
    backwards = [_read(connector, path)[1] for connector, path in reversed(logs)]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.name)
def test_each_connector_says_what_it_is(connector: Connector) -> None:
    assert set(connector.levers) <= set(LEVERS)
    assert connector.title
    assert connector.carries
    assert [c.name for c in CONNECTORS].count(connector.name) == 1


@pytest.mark.full
@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.name)
@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=3)), max_size=4))
def test_damage_anywhere_loses_no_line_and_raises_nothing(
    connector: Connector, cuts: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    # bytes are overwritten at any place of a sound log: each line must still be told of
    sample = _damaged_sample(connector)
    text = bytearray(sample.read_bytes())
    for place, patch in cuts:
        at = place % len(text)
        text[at : at + len(patch)] = patch
    path = tmp_path_factory.mktemp("damaged") / sample.name
    path.write_bytes(bytes(text))
    log, outcomes = _read(connector, path)
    assert _told(outcomes) == log.lines_read


def _damaged_sample(connector: Connector) -> Path:
    chosen = {"messages": "conversation.jsonl", "transcripts": "streamed_group.jsonl"}
    if connector.name in chosen:
        return SAMPLES / "traps" / connector.name / chosen[connector.name]
    return next(path for known, path in _logs() if known.name == connector.name)


def test_equal_prefixes_in_two_files_are_equal_nodes() -> None:
    folder = SAMPLES / "traps" / "transcripts"
    transcripts = next(c for c in CONNECTORS if c.name == "transcripts")
    original = {n.node for n in _nodes(_read(transcripts, folder / "resume_original.jsonl")[1])}
    copy = {n.node for n in _nodes(_read(transcripts, folder / "resume_copy.jsonl")[1])}
    assert original < copy  # the copy holds the whole history and two blocks more
    assert len(copy - original) == 2
