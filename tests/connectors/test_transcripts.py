"""Each trap of `sample_logs/traps/transcripts`, with its numbers worked by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.trace import Attempt, Call, Node, Outcome, Rejected, Tokens
from connectors.times import from_iso

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
TEN_US = from_iso("2026-09-21T10:00:00Z", "timestamp")
SECOND_US = 1_000_000


@pytest.fixture(scope="module")
def folder(traps: Path) -> Path:
    return traps / "transcripts"


def _prompt(calls: list[Call], call: Call) -> list[Node]:
    nodes = {node.node: node for c in calls for node in c.nodes}
    found, at = [], call.prompt.leaf
    while at is not None:
        found.append(nodes[at])
        at = nodes[at].parent
    return found[::-1]


def test_of_a_streamed_group_the_final_line_counts_and_the_rest_are_repeats(
    folder: Path, calls: Calls
) -> None:
    first, second = calls(folder / "streamed_group.jsonl")
    # lines 3, 4 and 6: out 1, 1, 108; keeping the first would say 1, adding up 110
    assert (first.line, first.lines, first.tokens.output) == (6, 3, 108)
    assert first.tokens == Tokens(3, 50_000, 0, 600, 0, 108)
    assert (second.lines, second.tokens.output) == (2, 20)  # the same line twice


def test_times_are_of_lines_and_the_start_is_the_line_before(folder: Path, calls: Calls) -> None:
    first, second = calls(folder / "streamed_group.jsonl")
    assert (first.start_us, first.first_us, first.end_us) == (
        TEN_US,
        TEN_US + 4 * SECOND_US,
        TEN_US + 7 * SECOND_US,
    )
    assert second.start_us == TEN_US + 8 * SECOND_US
    assert (first.time_meaning, first.time_precision) == ("line", "ms")


def test_an_answer_told_in_pieces_is_laid_down_before_its_results(
    folder: Path, calls: Calls
) -> None:
    told = calls(folder / "streamed_group.jsonl")
    prompt = _prompt(told, told[1])
    # question | text, tool 1, tool 2 of msg_1 | result 1, result 2; each run is one position
    assert [n.produced_by for n in prompt] == [None, "msg_1", "msg_1", "msg_1", None, None]
    assert [n.position for n in prompt] == [1, 2, 3, 3, 4, 4]


def test_a_group_without_its_final_line_is_a_lower_bound(folder: Path, calls: Calls) -> None:
    final, unfinished = calls(folder / "unfinished_group.jsonl")
    assert (final.usage_final, final.tokens.output) == (True, 108)
    assert (unfinished.usage_final, unfinished.tokens.output, unfinished.lines) == (False, 1, 2)


def test_another_makers_model_needs_no_request_id_and_keeps_one_line_whole(
    folder: Path, calls: Calls
) -> None:
    (call,) = calls(folder / "third_party.jsonl")
    # 12 + 14,988 + 2,000 = 17,000; the largest of each field would say 31,988
    assert call.tokens == Tokens(12, 14_988, None, None, 2_000, 900)
    assert (call.lines, call.request_id, call.start_us) == (3, None, None)
    assert call.prompt.visibility == "none"


def test_synthetic_and_error_lines_are_attempts_and_their_sentences_are_dropped(
    folder: Path, read: Read
) -> None:
    outcomes = read(folder / "errors.jsonl")
    assert [(o.status, o.error, o.attempt) for o in outcomes if isinstance(o, Attempt)] == [
        (429, "rate_limit", 0),
        (None, "synthetic", 0),
        (529, "overloaded_error", 2),
        (None, "api_error", 0),
    ]
    (call,) = [o for o in outcomes if isinstance(o, Call)]
    assert call.start_us == TEN_US + 6 * SECOND_US  # the last failed try
    assert call.prompt.leaf is not None  # the chain runs through the failed tries


def test_a_side_question_that_repeats_a_message_leaves_it_on_the_main_chain(
    folder: Path, calls: Calls
) -> None:
    main, side = calls(folder / "side_question.jsonl")
    assert (main.lines, main.agent, main.request_id) == (2, None, "req_msg_1")
    assert main.end_us == TEN_US + 4 * SECOND_US
    assert (side.agent, side.tokens.output) == ("side", 12)


def test_the_copy_of_a_session_tells_the_same_calls_and_resumes_at_the_new_one(
    folder: Path, calls: Calls
) -> None:
    original = calls(folder / "resume_original.jsonl")
    copy = calls(folder / "resume_copy.jsonl")
    assert [c.message_id for c in copy] == ["msg_1", "msg_2", "msg_3"]
    assert [c.resume for c in copy] == [False, False, True]
    assert not any(c.resume for c in original)
    assert [c.prompt.leaf for c in copy][:2] == [c.prompt.leaf for c in original]


def test_a_summary_of_another_session_marks_a_resume_and_one_of_this_does_not(
    folder: Path, calls: Calls
) -> None:
    (call,) = calls(folder / "resume_summary.jsonl")
    assert call.resume


def test_a_compaction_starts_a_new_root_and_marks_one_call(folder: Path, calls: Calls) -> None:
    told = calls(folder / "compaction.jsonl")
    assert [c.compaction for c in told] == [False, True, False, True]
    before, after, later, again = (_prompt(told, call) for call in told)
    assert before[0] != after[0]
    assert len(after) == 2  # summary and question
    assert later[:2] == after
    assert len(again) == 1  # a summary without a boundary cuts its parent off too


def test_parallel_tools_lose_no_block_though_parents_fork(folder: Path, calls: Calls) -> None:
    told = calls(folder / "parallel_tools.jsonl")
    prompt = _prompt(told, told[1])
    # question, two tool uses, two results in the order in which they came
    assert [n.produced_by for n in prompt] == [None, "msg_1", "msg_1", None, None]
    assert [n.position for n in prompt] == [1, 2, 2, 3, 3]
    assert _prompt(told, told[2])[:5] == prompt


def test_spaces_microseconds_and_time_zones_are_read(folder: Path, calls: Calls) -> None:
    (call,) = calls(folder / "spaces_microseconds.jsonl")
    assert call.start_us == TEN_US + SECOND_US // 2
    assert call.end_us == TEN_US + 4_123_456


def test_a_subagent_is_told_by_its_folder(folder: Path, calls: Calls) -> None:
    (call,) = calls(folder / "subagents" / "agent-a17.jsonl")
    assert (call.agent, call.resume) == ("a17", False)


def test_a_subagents_answer_inside_a_progress_line_is_a_call(folder: Path, calls: Calls) -> None:
    main, inside = calls(folder / "agent_progress.jsonl")
    assert (main.message_id, inside.message_id) == ("msg_1", "msg_7")
    assert (inside.agent, inside.session, inside.usage_final) == ("a99", "sess-1", False)


def test_bad_lines_are_rejected_by_what_is_wrong_with_them(folder: Path, read: Read) -> None:
    outcomes = read(folder / "bad_lines.jsonl")
    assert [(o.line, o.reason) for o in outcomes if isinstance(o, Rejected)] == [
        (3, "no usage"),
        (4, "bad time"),
        (5, "bad count"),
        (6, "duplicate key"),
        (9, "not JSON"),
    ]
    told = [o for o in outcomes if isinstance(o, Call)]
    assert [(c.message_id, c.request_id) for c in told] == [
        ("msg_1", "req_msg_1"),
        (None, None),  # empty ids are none; the line stands for itself
        ("msg_8", "req_msg_8"),
    ]
    assert told[2].flags == ("thinking exceeds output",)


def test_attribution_comes_from_the_session_and_its_folder(folder: Path, calls: Calls) -> None:
    call = calls(folder / "streamed_group.jsonl")[0]
    assert (call.app, call.session, call.user) == ("claude-code", "sess-1", None)
    assert call.tags == {"project": "shop", "version": "2.1.233"}
    assert call.prompt.visibility == "messages_only"
    assert call.prompt.breakpoints == ()
