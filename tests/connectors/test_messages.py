"""Each trap of `sample_logs/traps/messages`, with its numbers worked by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.trace import Aside, Attempt, Call, Node, Outcome, Rejected, Tokens
from connectors.answers import from_events
from connectors.endpoints import bills_tokens, model_in, platform_of
from connectors.times import from_iso

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
START_US = 1_790_000_000_000_000


@pytest.fixture(scope="module")
def folder(traps: Path) -> Path:
    return traps / "messages"


def _faults(outcomes: list[Outcome]) -> list[tuple[int, str]]:
    return [(o.line, o.reason) for o in outcomes if isinstance(o, Rejected)]


def test_a_cut_last_line_is_rejected_and_the_one_before_kept(folder: Path, read: Read) -> None:
    first, second = read(folder / "truncated_line.jsonl")
    assert isinstance(first, Call)
    assert isinstance(second, Rejected)
    assert (second.line, second.reason) == (2, "not JSON")


def test_lines_that_are_no_objects_are_rejected_and_blanks_are_not(
    folder: Path, read: Read
) -> None:
    outcomes = read(folder / "garbage_line.jsonl")
    assert _faults(outcomes) == [(1, "not an object"), (4, "not an object"), (5, "not an object")]
    assert [o.line for o in outcomes if isinstance(o, Call)] == [2, 6]
    assert Aside(3, "blank") in outcomes


def test_bytes_that_are_not_utf_8_reject_their_line_alone(folder: Path, read: Read) -> None:
    assert _faults(read(folder / "latin1.jsonl")) == [(2, "not UTF-8")]


def test_byte_order_mark_and_windows_line_ends_change_nothing(folder: Path, calls: Calls) -> None:
    assert [c.message_id for c in calls(folder / "bom_crlf.jsonl")] == ["msg_a", "msg_b"]


def test_every_bad_count_is_rejected_and_the_good_line_kept(folder: Path, read: Read) -> None:
    outcomes = read(folder / "bad_counts.jsonl")
    assert _faults(outcomes)[:-1] == [(line, "bad count") for line in range(2, 8)]
    assert _faults(outcomes)[-1] == (8, "not JSON")
    assert len([o for o in outcomes if isinstance(o, Call)]) == 1


def test_a_line_without_usage_is_rejected_and_half_a_usage_flagged(
    folder: Path, read: Read
) -> None:
    *without, half = read(folder / "missing_usage.jsonl")
    assert _faults(without) == [(line, "no usage") for line in (1, 2, 3, 4)]
    assert isinstance(half, Call)
    assert half.flags == ("output_tokens missing",)
    assert half.tokens.output is None


def test_a_key_twice_is_rejected_where_it_counts_and_not_inside_text(
    folder: Path, read: Read
) -> None:
    outcomes = read(folder / "duplicate_keys.jsonl")
    assert _faults(outcomes) == [(line, "duplicate key") for line in (1, 2, 3, 4)]
    assert isinstance(outcomes[4], Call)


def test_a_cassette_tells_platform_model_request_id_and_end(folder: Path, calls: Calls) -> None:
    (call,) = calls(folder / "pretty_cassette.json")
    assert (call.platform, call.model) == ("bedrock", "claude-haiku-5")
    assert call.model_requested == "anthropic.claude-haiku-5-v1:0"
    assert call.request_id == "aws-1"
    assert call.tokens == Tokens(uncached=17, output=50)
    assert (call.start_us, call.end_us) == (None, from_iso("2026-09-21T10:00:00Z", "end"))
    assert (call.time_precision, call.time_meaning) == ("s", "end")


def test_an_array_gives_each_cassette_and_headers_give_the_owner(
    folder: Path, calls: Calls
) -> None:
    first, second = calls(folder / "array_of_cassettes.json")
    assert (first.org, first.workspace) == (None, None)
    assert (second.platform, second.org, second.workspace) == ("claude_api", "org-1", "wrkspc-1")


def test_errors_are_attempts_and_the_retry_is_the_call(folder: Path, read: Read) -> None:
    limited, retried, lost, counted, overloaded = read(folder / "retry.jsonl")
    assert isinstance(limited, Attempt)
    assert (limited.status, limited.error) == (429, "rate_limit_error")
    assert limited.start_us == START_US + 1_000_000
    assert isinstance(retried, Call)
    assert (retried.attempt, retried.message_id) == (1, "msg_a")
    assert isinstance(lost, Attempt)
    assert (lost.status, lost.error) == (None, "no_response")
    assert counted == Aside(4, "other endpoint")
    assert isinstance(overloaded, Attempt)
    assert overloaded.status == 529


def test_a_recorders_clock_gives_start_first_byte_and_end(folder: Path, calls: Calls) -> None:
    call = calls(folder / "streams.jsonl")[0]
    assert call.start_us == START_US + 1_000_000
    assert call.first_us == START_US + 1_450_000
    assert call.end_us == START_US + 1_500_000
    assert (call.stream, call.time_precision, call.time_meaning) == (True, "us", "start")


def test_a_whole_stream_takes_final_output_and_keeps_the_split_of_its_start(
    folder: Path, calls: Calls
) -> None:
    call = calls(folder / "streams.jsonl")[0]
    # start: 10 in, 100 read, 20 written for 1h, 1 out; end: 42 out of which 12 thinking
    assert call.tokens == Tokens(10, 100, 0, 20, 0, 42, 12)
    assert (call.usage_final, call.stop_reason) == (True, "tool_use")


def test_a_stream_cut_after_its_start_is_a_lower_bound_and_before_it_nothing(
    folder: Path, read: Read
) -> None:
    _, cut, before, error_first, error_later, _ = read(folder / "streams.jsonl")
    for call in (cut, error_later):
        assert isinstance(call, Call)
        assert (call.usage_final, call.tokens.output, call.stop_reason) == (False, 1, None)
    assert isinstance(before, Attempt)
    assert before.error == "cut_before_usage"
    assert isinstance(error_first, Attempt)
    assert error_first.error == "overloaded_error"


def test_a_stream_whose_last_event_brings_no_counts_is_not_final() -> None:
    start = '{"type":"message_start","message":{"id":"m","usage":{"output_tokens":1}}}'
    end = '{"type":"message_delta","delta":{"stop_reason":"end_turn"}}'
    answer = from_events(f"data: {start}\n\ndata: {end}\n\n")
    assert (answer.final, answer.stop_reason) == (False, "end_turn")


def test_a_streamed_answer_carried_back_is_the_same_prefix(folder: Path, calls: Calls) -> None:
    streamed, *_, after = calls(folder / "streams.jsonl")
    made = [node for node in streamed.nodes if node.produced_by == "msg_s1"]
    assert len(made) == 2  # text and tool use, rebuilt from their deltas
    assert after.nodes[0].parent == made[-1].node


def test_iterations_are_carried_with_their_models(folder: Path, calls: Calls) -> None:
    compacted, advised, unsound = calls(folder / "iterations.jsonl")
    assert [(i.kind, i.tokens.write_5m) for i in compacted.iterations] == [
        ("compaction", 55_000),
        ("message", 0),
    ]
    assert compacted.tokens.uncached == 229
    assert [(i.kind, i.model, i.tokens.uncached) for i in advised.iterations][1] == (
        "advisor_message",
        "claude-opus-5",
        2_500,
    )
    assert advised.flags == ()  # 20 + 30 = 50 in, 15 + 25 = 40 out
    assert unsound.flags == ("message iterations do not sum to the usage",)


def test_only_a_refusal_before_any_output_is_not_charged(folder: Path, calls: Calls) -> None:
    before, amid = calls(folder / "refusal.jsonl")
    assert (before.charged, before.tokens.uncached) == (False, 300)
    assert amid.charged


def test_splits_of_writes_are_taken_only_when_whole(folder: Path, calls: Calls) -> None:
    written = [
        (c.tokens.write_5m, c.tokens.write_1h, c.tokens.write_unsplit)
        for c in calls(folder / "write_split.jsonl")
    ]
    assert written == [
        (None, None, 100),  # no split
        (None, None, 100),  # one side
        (30, 38, 32),  # 100 - 30 - 38
        (None, None, 100),  # 80 + 90 > 100
        (0, 0, 0),  # nothing written
        (None, None, None),  # nothing said
        (100, 0, 0),
        (0, 0, 0),
    ]


def _chain(node: bytes | None, nodes: dict[bytes, Node]) -> list[Node]:
    found = []
    while node is not None:
        found.append(nodes[node])
        node = nodes[node].parent
    return found[::-1]


def test_a_conversation_is_one_chain_of_tools_system_and_messages(
    folder: Path, calls: Calls
) -> None:
    asked = calls(folder / "conversation.jsonl")
    nodes = {node.node: node for call in asked for node in call.nodes}
    first = _chain(asked[0].prompt.leaf, nodes)
    second = _chain(asked[1].prompt.leaf, nodes)
    assert [n.section for n in first] == ["tools", "system", "messages"]
    assert [n.position for n in second] == [1, 2, 3, 4, 5]
    assert second[:3] == first  # the mark moved on; the prefix did not change
    assert second[3].produced_by == "msg_c1"  # the first answer, carried back as a string
    assert asked[0].prompt.system_end == asked[1].prompt.system_end == first[1].node
    assert len("canary-zebra second") == second[4].chars


def test_marks_stand_on_their_blocks_and_an_automatic_one_on_the_last(
    folder: Path, calls: Calls
) -> None:
    asked = calls(folder / "conversation.jsonl")
    first = asked[0].prompt
    assert [(m.node, m.ttl_s) for m in first.breakpoints] == [
        (first.system_end, 3600),
        (first.leaf, 300),
    ]
    automatic = asked[2].prompt
    assert [(m.node, m.ttl_s) for m in automatic.breakpoints] == [(automatic.leaf, 3600)]
    assert len(asked[6].prompt.breakpoints) == 4  # of six


def test_what_of_a_prompt_is_hidden_is_said(folder: Path, calls: Calls) -> None:
    asked = calls(folder / "conversation.jsonl")
    assert [c.prompt.visibility for c in asked][2:5] == ["full", "delta_only", "none"]
    assert asked[3].prompt.leaf is None


def test_a_tool_choice_changes_the_message_parameters_alone(folder: Path, calls: Calls) -> None:
    asked = calls(folder / "conversation.jsonl")
    free, forced = asked[0].prompt, asked[5].prompt
    assert (free.leaf, free.system_params) == (forced.leaf, forced.system_params)
    assert free.message_params != forced.message_params
    assert asked[5].tool_choice == "any"


def test_names_tags_and_iso_times_are_carried(folder: Path, calls: Calls) -> None:
    call = calls(folder / "attribution.jsonl")[0]
    assert (call.org, call.workspace, call.key, call.user) == ("acme", "blue", "ci", "person-2")
    assert (call.session, call.app, call.workload) == ("sess", "bot", "triage")
    assert call.tags == {"team": "x", "n": "1"}
    assert (call.batch_id, call.custom_id, call.effort) == ("batch_1", "row-1", "low")
    assert (call.speed, call.geo, call.tier, call.web_searches) == ("fast", "us", "standard", 3)
    ten = from_iso("2026-09-21T10:00:00Z", "start")
    # 12:00:02.25 at +02:00 is 10:00:02.25 UTC
    assert (call.start_us, call.first_us, call.end_us) == (
        ten + 1,
        ten + 1_500_000,
        ten + 2_250_000,
    )
    assert call.time_precision == "us"


def test_a_secret_in_place_of_a_key_name_is_hashed_and_the_user_is_the_requests(
    folder: Path, calls: Calls, read: Read
) -> None:
    secret = calls(folder / "attribution.jsonl")[1]
    assert secret.key is not None
    assert secret.key.startswith("key-")
    assert secret.user == "person-1"
    assert (secret.time_meaning, secret.time_precision) == ("end", "s")
    assert _faults(read(folder / "attribution.jsonl")) == [(3, "bad time")]


@pytest.mark.parametrize(
    ("url", "platform", "model"),
    [
        ("https://api.anthropic.com/v1/messages", "claude_api", None),
        ("/v1/messages", None, None),
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a-v1%3A0/invoke",
            "bedrock",
            "a-v1:0",
        ),
        (
            "https://east-aiplatform.googleapis.com/v1/models/c-5@20260101:streamRawPredict",
            "vertex",
            "c-5@20260101",
        ),
        ("https://acme.services.ai.azure.com/anthropic/v1/messages", "foundry", None),
    ],
)
def test_an_address_tells_platform_and_model(
    url: str, platform: str | None, model: str | None
) -> None:
    assert platform_of(url, None) == platform
    assert model_in(url) == model
    assert bills_tokens(url)


def test_a_message_id_tells_the_platform_when_the_address_does_not() -> None:
    assert platform_of("/v1/messages", "msg_bdrk_1") == "bedrock"
    assert platform_of(None, "msg_vrtx_1") == "vertex"
    assert platform_of(None, "msg_1") is None


@pytest.mark.parametrize(
    "path", ["/v1/messages/count_tokens", "/v1/models", "/v1/messages/batches"]
)
def test_other_endpoints_bill_no_tokens(path: str) -> None:
    assert not bills_tokens(f"https://api.anthropic.com{path}?beta=true")
    assert bills_tokens("https://api.anthropic.com/v1/messages?beta=true")
