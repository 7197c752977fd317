"""LiteLLM's callbacks and SpendLogs: counts, fates, prompts and names, worked by hand."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Outcome, Rejected, Tokens
from connectors.litellm.spend import row_reader
from connectors.registry import CONNECTORS, LogFile, connector_for
from connectors.usage import ITERATIONS_DIFFER, SPLIT_DIFFERS, THINKING_EXCEEDS

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
BUCKETS = ("uncached", "read", "write_5m", "write_1h", "output", "thinking")
PLAIN = {"req_golden0008", "req_golden0009", "req_golden0011"}
"""Golden calls over the chat route, which hides the message id."""
GOLDEN = ("litellm/batch-golden.ndjson", "litellm_spend/spend_logs.csv")


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((SOURCES / "TRUTH.json").read_text())
    return told


def _tokens(call: Call) -> dict[str, int | None]:
    return {name: getattr(call.tokens, name) for name in BUCKETS}


@pytest.mark.parametrize("name", GOLDEN)
def test_every_golden_call_has_the_buckets_that_were_billed(
    name: str, calls: Calls, truth: list[dict[str, Any]]
) -> None:
    told = {call.start_us: call for call in calls(SOURCES / name)}
    assert {*told} == {one["start_us"] for one in truth}
    for one in truth:
        call = told[one["start_us"]]
        assert _tokens(call) == {bucket: one[bucket] for bucket in BUCKETS}
        assert call.tokens.write_unsplit == 0
        assert (call.model, call.stop_reason) == (one["model"], one["stop_reason"])
        assert (call.web_searches, call.flags) == (one["web_searches"], ())
        assert call.usage_basis == "inclusive"
        assert call.cost_logged_usd == "0.001"


@pytest.mark.parametrize("name", GOLDEN)
def test_ids_are_those_that_the_route_shows(
    name: str, calls: Calls, truth: list[dict[str, Any]]
) -> None:
    told = {call.start_us: call for call in calls(SOURCES / name)}
    for one in truth:
        call = told[one["start_us"]]
        plain = one["request_id"] in PLAIN
        assert call.message_id == (None if plain else one["message_id"])
        assert call.request_id == (None if "spend" in name else one["request_id"])
        number = one["message_id"][-4:]
        assert call.gateway_id == (f"chatcmpl-golden{number}" if plain else f"call-golden{number}")


def test_callbacks_and_rows_name_who_asked_alike(calls: Calls) -> None:
    for name in GOLDEN:
        first = calls(SOURCES / name)[0]
        assert (first.key, first.user, first.session) == (
            "golden-key",
            "user_golden_1",
            "ses_golden_a",
        )
        assert (first.app, first.workload) == ("golden-app", "triage")
        assert first.tags == {"workload": "triage", "litellm_team": "team-golden"}
        assert (first.model_requested, first.platform) == ("house-model", "claude_api")


def test_stored_bodies_give_the_nodes_that_a_capture_of_the_same_calls_gives(calls: Calls) -> None:
    captured = {c.start_us: c.prompt for c in calls(SOURCES / "messages" / "recorder.jsonl")}
    for call in calls(SOURCES / "litellm_spend" / "spend_logs.jsonl"):
        assert call.prompt == captured[call.start_us]


def test_callbacks_show_the_whole_prompt_on_the_chat_route_alone(calls: Calls) -> None:
    captured = {c.start_us: c.prompt for c in calls(SOURCES / "messages" / "recorder.jsonl")}
    for call in calls(SOURCES / "litellm" / "batch-golden.ndjson"):
        if call.request_id in PLAIN:
            assert call.prompt == captured[call.start_us]
        else:
            assert call.prompt.visibility == "no_system"


def test_a_first_piece_counts_for_streams_alone(calls: Calls) -> None:
    for name in GOLDEN:
        for call in calls(SOURCES / name):
            first = call.start_us + 400_000 if call.stream and call.start_us else None
            assert call.first_us == first
        assert sum(bool(call.stream) for call in calls(SOURCES / name)) == 4


def test_the_refused_try_is_an_attempt_with_its_request_id(read: Read) -> None:
    for name in GOLDEN:
        (attempt,) = [o for o in read(SOURCES / name) if isinstance(o, Attempt)]
        assert (attempt.status, attempt.error) == (429, "rate_limit_error")
        assert attempt.request_id == "req_golden0007"


def test_the_retry_says_that_it_is_one(calls: Calls) -> None:
    for name in GOLDEN:
        assert sum(call.attempt for call in calls(SOURCES / name)) == 1


MISSING = "cache counts missing: input may hold cached tokens"
EXCEEDS = "cache tokens exceed prompt_tokens, which was taken as uncached"
TOTAL = "total_tokens is not prompt_tokens + completion_tokens"
COPIES = "counts differ between the row and its usage_object"
PARTS = "parts of prompt_tokens do not sum to it"


@pytest.mark.parametrize(
    ("line", "tokens", "flags"),
    [
        # 7,130 in = 5,000 of a hidden compaction + 100 + 2,000 read + 30 written
        (1, (100, 2_000, 30, 0, 0, 50, None), ()),
        # the compaction says 4,000 instead: the sum fails, LiteLLM's totals stay
        (2, (5_100, 2_000, 30, 0, 0, 450, None), (ITERATIONS_DIFFER,)),
        (3, (100, None, None, None, None, 10, None), (MISSING,)),
        (4, (100, 90, None, None, 60, 10, None), (EXCEEDS,)),
        (5, (40, 60, 0, 0, 0, 10, None), (TOTAL,)),
        (6, (40, 60, 0, 0, 0, 10, None), (COPIES,)),
        (7, (40, 60, 0, 0, 0, 10, None), (PARTS,)),
        # all of the prompt is text that was not cached: nothing was read or written
        (8, (100, 0, 0, 0, 0, 10, None), ()),
        # reads known, writes not said
        (9, (40, 60, None, None, None, 10, None), ()),
        # 20 + 20 of 50 written: ten without a life
        (10, (40, 10, 20, 20, 10, 10, None), (SPLIT_DIFFERS,)),
        (11, (100, 0, 0, 0, 0, 10, 11), (THINKING_EXCEEDS,)),
    ],
)
def test_counts_follow_liteLLMs_convention_and_name_what_does_not_fit(  # noqa: N802 - its name
    line: int,
    tokens: tuple[int | None, ...],
    flags: tuple[str, ...],
    traps: Path,
    calls: Calls,
) -> None:
    call = calls(traps / "litellm" / "conventions.jsonl")[line - 1]
    assert (call.line, call.tokens, call.flags) == (line, Tokens(*tokens), flags)


def test_hidden_iterations_are_kept_as_rows_of_their_own(traps: Path, calls: Calls) -> None:
    call = calls(traps / "litellm" / "conventions.jsonl")[0]
    assert [(i.kind, i.tokens.uncached, i.tokens.output) for i in call.iterations] == [
        ("compaction", 5_000, 400),
        ("message", 100, 50),
    ]


def test_lines_that_billed_nothing_say_why(traps: Path, read: Read) -> None:
    outcomes = read(traps / "litellm" / "fates.jsonl")
    assert outcomes[0] == Aside(1, "answered by the gateway's cache")
    assert outcomes[1] == Aside(2, "other model")
    assert outcomes[5] == Rejected(6, "no usage", "a successful call without any tokens")
    assert outcomes[6] == Aside(7, "other endpoint")
    attempts = [o for o in outcomes if isinstance(o, Attempt)]
    assert [(a.line, a.status, a.error, a.request_id) for a in attempts] == [
        (3, 529, "internal_server_error", "req_529"),
        (4, None, "error", "req_trap04"),
    ]


def test_a_stream_that_broke_is_billed_for_what_had_come(traps: Path, calls: Calls) -> None:
    (call,) = [c for c in calls(traps / "litellm" / "fates.jsonl") if c.line == 5]
    assert not call.usage_final
    assert call.flags == ("failed midway: the gateway counted what had come",)
    assert call.tokens.output == 10


def test_a_batch_is_one_row_with_its_tier_and_its_zeros(traps: Path, calls: Calls) -> None:
    (call,) = [c for c in calls(traps / "litellm" / "fates.jsonl") if c.line == 8]
    assert (call.batch_id, call.tier, call.model) == ("msgbatch_1", "batch", "claude-haiku-5")
    assert call.tokens == Tokens(100, 0, 0, 0, 0, 10, None)
    assert call.flags == ("one row tells of a whole batch",)


def test_providers_become_platforms_and_leave_the_models_name(traps: Path, calls: Calls) -> None:
    told = {c.line: (c.platform, c.model) for c in calls(traps / "litellm" / "fates.jsonl")}
    profile = "bedrock/arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123"
    assert told[9] == ("bedrock", profile)
    assert told[10] == ("vertex", "claude-sonnet-4-5@20250929")
    assert told[11] == (None, "claude-sonnet-5-5")


def test_a_bedrock_request_id_stands_for_the_providers(traps: Path, calls: Calls) -> None:
    (call,) = [c for c in calls(traps / "litellm" / "fates.jsonl") if c.line == 9]
    assert (call.request_id, call.gateway_id) == ("aws-9", "chatcmpl-9")


def test_a_refusal_before_output_is_not_charged(traps: Path, calls: Calls) -> None:
    (call,) = [c for c in calls(traps / "litellm" / "fates.jsonl") if c.line == 12]
    assert (call.stop_reason, call.charged) == ("refusal", False)


def test_a_first_piece_before_the_start_is_flagged_and_left_out(traps: Path, calls: Calls) -> None:
    odd, sound = [c for c in calls(traps / "litellm" / "fates.jsonl") if c.line in (13, 14)]
    assert odd.flags == ("first piece outside of start and end",)
    assert (odd.first_us, sound.first_us) == (None, 1_790_769_614_400_000)


def test_visibility_says_how_much_of_the_prompt_a_payload_shows(traps: Path, calls: Calls) -> None:
    told = [c.prompt.visibility for c in calls(traps / "litellm" / "shown.jsonl")]
    assert told == [
        "no_system",
        "full",  # a plain-text system prompt is logged as a first message
        "none",  # redacted
        "truncated",
        "full",  # chat route
        "truncated",  # sound has no shape in the Messages API
        "none",  # responses route
        "none",
        "none",  # a text that is no list of messages
    ]


def test_bad_values_reject_their_line_and_no_other(traps: Path, read: Read) -> None:
    outcomes = read(traps / "litellm" / "bad_values.jsonl")
    assert [(o.line, o.reason) for o in outcomes if isinstance(o, Rejected)] == [
        (2, "bad count"),
        (3, "bad field"),
        (4, "bad time"),
        (5, "bad time"),
        (6, "bad field"),
        (7, "duplicate key"),
        (8, "not an object"),
        (9, "not JSON"),
        (10, "bad field"),
        (12, "bad field"),
    ]


def test_tags_are_split_and_the_client_is_the_app(traps: Path, calls: Calls) -> None:
    call = calls(traps / "litellm" / "bad_values.jsonl")[-1]
    assert call.tags == {"workload": "night", "team": "search", "loud": "true"}
    assert (call.app, call.workload) == ("claude-cli", "night")


def test_rows_of_every_version_and_export_are_read(traps: Path, read: Read) -> None:
    outcomes = read(traps / "litellm_spend" / "rows.jsonl")
    told = {o.line: o for o in outcomes if isinstance(o, Call)}
    assert [o.line for o in outcomes if not isinstance(o, Call)] == [6, 7]
    # before 2025-04 there were messages and no bodies; 100 = 60 read + 5 written + 35
    assert told[2].tokens == Tokens(35, 60, None, None, 5, 10, None)
    assert told[2].prompt.visibility == "messages_only"
    # a table exported as text has the same call in it
    assert (told[3].tokens, told[3].prompt.visibility) == (told[1].tokens, "full")
    assert told[3].prompt.system_end == told[1].prompt.system_end
    assert told[5].prompt.visibility == "none"
    assert told[9].prompt.visibility == "truncated"  # a masked credential
    assert (told[8].start_us, told[8].end_us) == (1_790_769_608_000_000, None)
    assert told[8].time_precision == "ms"


def test_rows_name_the_gateways_own_people_as_tags(traps: Path, calls: Calls) -> None:
    (call,) = [c for c in calls(traps / "litellm_spend" / "rows.jsonl") if c.line == 10]
    assert call.tags == {
        "team": "search",
        "litellm_team": "Search",
        "litellm_org": "o1",
        "litellm_user": "u1",
        "litellm_agent": "a1",
    }
    assert (call.user, call.key, call.org, call.attempt) == ("e1", "alias", None, 2)
    assert (call.model_requested, call.cost_logged_usd) == ("group", "0.0000001")


def test_a_secret_in_place_of_a_key_is_hashed(traps: Path, read: Read) -> None:
    outcomes = read(traps / "litellm_spend" / "rows.jsonl")
    assert b"sk-live" not in msgspec.json.encode(outcomes)
    keys = [o.key for o in outcomes if isinstance(o, Call) and o.line == 4]
    assert keys[0] is not None
    assert keys[0].startswith("key-")


def test_real_payloads_and_rows_give_the_known_buckets(
    reference_data: Path, read: Read, calls: Calls
) -> None:
    # a mock answered 10 uncached, 22,820 read, 9,907 written for an hour, 135 out, 49 thought
    folder = reference_data / "log-samples" / "litellm"
    payloads = folder / "standard_logging_payload_anthropic_v1.106.2.jsonl"
    row = folder / "spend_logs_row_anthropic_messages_v1.106.2.json"
    told = [*calls(payloads), *calls(row)]
    assert len(told) == 5
    assert {call.tokens for call in told} == {Tokens(10, 22_820, 0, 9_907, 0, 135, 49)}
    assert not any(call.flags for call in told)
    (refused,) = [o for o in read(payloads) if isinstance(o, Attempt)]
    assert (refused.status, refused.request_id) == (429, "req_mock0005")
    assert calls(row)[0].prompt.visibility == "truncated"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_SOUND = [SOURCES / "litellm" / "batch-golden.ndjson", SOURCES / "litellm_spend/spend_logs.jsonl"]


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type] # a list then
    for key, child in inner:
        if isinstance(child, (dict, list)):
            yield from _places(child, (*path, key))
        else:
            yield (*path, key)


def _damaged(sound: Any, path: tuple[Any, ...], value: object) -> bytes:
    *parents, last = path
    place = sound
    for parent in parents:
        place = place[parent]
    place[last] = value
    return json.dumps(sound).encode()


def _check_damage(data: st.DataObject, folder: Path) -> None:
    lines = data.draw(st.sampled_from(_SOUND)).read_bytes().splitlines()
    raw = data.draw(st.sampled_from(lines))
    sound = json.loads(raw)
    path = data.draw(st.sampled_from(list(_places(sound))))
    log = folder / "damaged.jsonl"
    log.write_bytes(_damaged(sound, path, data.draw(_JSON)) + b"\n" + raw)
    connector = next(c for c in CONNECTORS if c.detect(raw))
    outcomes = list(connector.read(LogFile(log), Hasher(b"a key for tests")))
    assert [o.line for o in outcomes] == [1, 2]
    assert b"canary-zebra" not in msgspec.json.encode(outcomes)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_gives_an_outcome(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _check_damage(data, tmp_path_factory.mktemp("damaged"))


@pytest.mark.full
@settings(max_examples=10_000, deadline=None)
@given(data=st.data())
def test_ten_thousand_values_in_any_field_give_outcomes(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _check_damage(data, tmp_path_factory.mktemp("damaged"))


def test_each_record_is_told_from_the_other() -> None:
    found = {path.parent.name: connector_for(LogFile(path)).name for path in _SOUND}
    assert found == {"litellm": "litellm", "litellm_spend": "litellm_spend"}
    assert connector_for(LogFile(SOURCES / GOLDEN[1])).name == "litellm_spend"


def test_a_row_of_the_live_table_reads_like_the_exported_one() -> None:
    raw = _SOUND[1].read_bytes().splitlines()[0]
    hasher = Hasher(b"a key for tests")
    assert row_reader(hasher, exported=False)(1, raw) == row_reader(hasher, exported=True)(1, raw)
