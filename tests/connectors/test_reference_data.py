"""Vectors over logs that are not part of the project; skipped where they are not."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.trace import Attempt, Call, Node, Outcome

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]


def _prompt_tokens(call: Call) -> int:
    t = call.tokens
    parts = (t.uncached, t.read, t.write_5m, t.write_1h, t.write_unsplit)
    return sum(part or 0 for part in parts)


def _sums(calls: list[Call]) -> tuple[int, int, int]:
    return len(calls), sum(map(_prompt_tokens, calls)), sum(c.tokens.output or 0 for c in calls)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("session-orchestrator__streaming_golden", (2, 60_365, 1_628)),
        ("margin__session-basic", (2, 67_386, 312)),
        ("session-orchestrator__third_party_no_requestid", (1, 17_000, 900)),
        ("excerpt_v2.1.92_subagent_unfinished_group", (2, 108_138, 109)),
    ],
)
def test_transcript_vectors(
    reference_data: Path, calls: Calls, name: str, expected: tuple[int, int, int]
) -> None:
    folder = reference_data / "log-samples" / "claude_code_transcripts"
    assert _sums(calls(folder / f"{name}.jsonl")) == expected


def test_real_sessions_give_one_call_a_message(reference_data: Path, read: Read) -> None:
    sessions = sorted((reference_data / "claude_code_sessions").glob("*.jsonl"))
    told = [[o for o in read(path) if isinstance(o, Call)] for path in sessions]
    # 180 of the main chain and 16 of a subagent in the third
    assert [len(calls) for calls in told] == [149, 61, 180 + 16, 47, 47, 147]
    assert len({call.message_id for calls in told for call in calls}) == 647


def test_real_prompts_grow_from_the_one_before_except_at_compactions(
    reference_data: Path, calls: Calls
) -> None:
    for path in sorted((reference_data / "claude_code_sessions").glob("*.jsonl")):
        told = [call for call in calls(path) if call.agent is None]
        nodes = {node.node: node for call in told for node in call.nodes}
        for before, after in itertools.pairwise(told):
            assert _holds(nodes, after.prompt.leaf, before.prompt.leaf) != after.compaction


def _holds(nodes: dict[bytes, Node], leaf: bytes | None, wanted: bytes | None) -> bool:
    while leaf is not None and leaf != wanted:
        leaf = nodes[leaf].parent
    return leaf == wanted


def test_recorded_cassettes_give_one_call_each(reference_data: Path, calls: Calls) -> None:
    paths = sorted((reference_data / "log-samples" / "anthropic_messages_api").glob("*.json"))
    told = [call for path in paths for call in calls(path)]
    assert len(told) == len(paths) == 10
    assert _sums(told) == (10, 5_830, 1_817)
    assert {call.platform for call in told} == {"claude_api", "bedrock"}
    # two prompts cached, each written once and read once
    written = [c.tokens.write_unsplit for c in told if c.tokens.write_unsplit]
    assert written == [c.tokens.read for c in told if c.tokens.read]


def test_the_captured_sdk_calls_agree_with_each_other(reference_data: Path, read: Read) -> None:
    folder = reference_data / "log-samples" / "anthropic_sdk_capture"
    outcomes = read(folder / "middleware_capture.jsonl")
    told = [o for o in outcomes if isinstance(o, Call)]
    assert len(told) == 4
    assert {c.tokens for c in told} == {told[0].tokens}
    assert _prompt_tokens(told[0]) == 10 + 22_820 + 9_907
    assert [o.status for o in outcomes if isinstance(o, Attempt)] == [429]
    assert [c.attempt for c in told] == [0, 0, 0, 1]
