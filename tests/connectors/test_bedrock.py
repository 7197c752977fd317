"""Bedrock's invocation log: the golden calls to the token, and each trap worked by hand."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from analyzer.prices import Book
from analyzer.prompts import Hasher
from analyzer.trace import Aside, Attempt, Call, Outcome, Rejected, Tokens
from connectors.bedrock_model import named, place
from connectors.registry import LogFile, connector_for, is_side_object

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
START_US = 1_790_000_000_000_000
"""2026-09-21 14:13:20 UTC, the time of every trap."""


@pytest.fixture(scope="module")
def folder(traps: Path) -> Path:
    return traps / "bedrock"


@pytest.fixture(scope="module")
def records(folder: Path, read: Read) -> dict[int, Outcome]:
    return {outcome.line: outcome for outcome in read(folder / "records.jsonl")}


@pytest.fixture(scope="module")
def golden(traps: Path, calls: Calls) -> list[Call]:
    [log] = (traps.parent / "sources" / "bedrock").rglob("*golden.json.gz")
    return calls(log)


@pytest.fixture(scope="module")
def truth(traps: Path) -> dict[int, dict[str, Any]]:
    rows = json.loads((traps.parent / "sources" / "TRUTH.json").read_text())
    return {int(row["message_id"][-4:]): row for row in rows}


def _call(outcome: Outcome) -> Call:
    assert isinstance(outcome, Call)
    return outcome


def test_the_golden_calls_come_out_to_the_token(
    golden: list[Call], truth: dict[int, dict[str, Any]]
) -> None:
    # number 7 was refused and number 10 searched the web, which Bedrock does not offer
    assert [int((c.request_id or "")[-4:]) for c in golden] == [1, 2, 3, 4, 5, 6, 8, 9, 11]
    for call in golden:
        row = truth[int((call.request_id or "")[-4:])]
        told = {name: getattr(call.tokens, name) for name in ("uncached", "read", "output")}
        assert told == {name: row[name] for name in told}
        assert (call.tokens.write_5m, call.tokens.write_1h) == (row["write_5m"], row["write_1h"])
        assert call.tokens.write_unsplit == 0
        assert call.tokens.thinking is None  # Bedrock's usage does not tell it
        assert call.stop_reason == row["stop_reason"]
        assert call.start_us == row["start_us"] // 1_000_000 * 1_000_000  # whole seconds
        assert Book.load().canonical(call.model) == row["model"].removesuffix("-20251001")
        assert (call.flags, call.prompt.visibility) == ((), "full")


def test_message_ids_are_those_of_the_bodies_and_converse_has_none(golden: list[Call]) -> None:
    assert [call.message_id for call in golden[:5]] == [None] * 4 + ["msg_golden0005"]


def test_converse_and_its_native_twin_give_the_same_blocks(
    traps: Path, calls: Calls, golden: list[Call]
) -> None:
    native = {
        call.message_id: call for call in calls(traps.parent / "sources/messages/recorder.jsonl")
    }
    over_converse, over_invoke, aside = golden[0], golden[5], golden[4]
    for call, number in ((over_converse, 1), (over_invoke, 6), (aside, 5)):
        twin = native[f"msg_golden{number:04}"]
        assert call.prompt.leaf == twin.prompt.leaf
        assert call.prompt.system_end == twin.prompt.system_end
        assert call.prompt.breakpoints == twin.prompt.breakpoints


def test_a_conversation_over_converse_shares_its_prefix(golden: list[Call]) -> None:
    known = {node.node for node in golden[0].nodes}
    assert golden[1].nodes[0].parent in known
    assert all(node.node not in known for node in golden[1].nodes)
    # the answer of a call without a message id is known by its request's id
    assert golden[0].nodes[-1].produced_by == golden[0].request_id


def test_both_lives_of_a_write_come_from_the_body(records: dict[int, Outcome]) -> None:
    native, converse = _call(records[1]), _call(records[3])
    assert native.tokens == Tokens(3, 0, 479, 24_000, 0, 52)
    assert (native.model, native.stream) == ("us.anthropic.claude-sonnet-5-5", False)
    # 3 + 100 + 300 + 600 + 52 = 1055, which the answer calls its total
    assert converse.tokens == Tokens(3, 100, 300, 600, 0, 52)
    assert (converse.max_tokens, converse.flags) == (32, ())


def test_times_are_the_logs_second_and_the_answers_own_latency(
    records: dict[int, Outcome],
) -> None:
    streamed, converse, plain = (_call(records[line]) for line in (2, 3, 1))
    assert (streamed.start_us, streamed.time_precision) == (START_US, "s")
    assert streamed.first_us == START_US + 378_000
    assert streamed.end_us == START_US + 738_000
    assert streamed.stream
    assert (converse.first_us, converse.end_us) == (None, START_US + 3_640_000)
    assert (plain.first_us, plain.end_us) == (None, None)


def test_a_total_that_input_and_output_make_leaves_no_room_for_the_cache(
    records: dict[int, Outcome],
) -> None:
    # 35 + 446 = 481
    assert _call(records[4]).tokens == Tokens(35, 0, 0, 0, 0, 446)
    assert _call(records[16]).flags == ("totalTokens is not the sum of the counts",)


def test_who_asked_and_the_callers_own_tags_are_kept(records: dict[int, Outcome]) -> None:
    call = _call(records[1])
    assert (call.platform, call.org) == ("bedrock", "111122223333")
    assert call.user == "arn:aws:iam::111122223333:user/app"
    regions = {"aws_region": "us-east-1", "aws_inference_region": "us-east-2"}
    assert call.tags == {**regions, "team": "a", "n": "7"}
    assert call.request_id == "00000000-0000-4000-8000-000000000001"


def test_body_and_record_that_disagree_are_flagged_and_the_body_stands(
    records: dict[int, Outcome],
) -> None:
    call = _call(records[5])
    assert call.tokens.uncached == 20
    assert call.flags == ("the body's usage differs from the record's counts",)


def test_a_damaged_body_never_costs_the_records_counts(records: dict[int, Outcome]) -> None:
    cut, damaged = _call(records[10]), _call(records[11])
    assert (cut.tokens, cut.prompt.visibility) == (Tokens(3, 0, None, None, 24_479, 52), "none")
    assert damaged.tokens == Tokens(12, 0, 0, 0, 0, 4)
    assert damaged.flags == ("the body's usage cannot be read; the record's counts stand",)


def test_a_cut_stream_has_the_output_that_the_record_counted(records: dict[int, Outcome]) -> None:
    counted, unknown = _call(records[12]), _call(records[13])
    assert (counted.tokens.output, counted.usage_final, counted.flags) == (77, True, ())
    assert (unknown.tokens.output, unknown.usage_final) == (1, False)


def test_an_error_bills_nothing_unless_output_had_come(records: dict[int, Outcome]) -> None:
    refused, late = records[9], _call(records[21])
    assert isinstance(refused, Attempt)
    assert (refused.status, refused.error) == (429, "ThrottlingException")
    assert late.tokens.output == 19


@pytest.mark.parametrize("line", [8, 14, 23])
def test_other_vendors_models_stand_aside(records: dict[int, Outcome], line: int) -> None:
    assert records[line] == Aside(line, "other model")


@pytest.mark.parametrize(
    ("line", "model", "priced"),
    [
        (6, "application-inference-profile/abc123", None),
        (7, "anthropic.claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        (15, "provisioned-model/own", None),
        (17, "us.anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3-5-haiku"),
        (22, "us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
    ],
)
def test_a_profile_is_its_model_where_something_tells_and_else_its_own_name(
    records: dict[int, Outcome], line: int, model: str, priced: str | None
) -> None:
    assert _call(records[line]).model == model
    assert Book.load().canonical(model) == priced


def test_speed_and_tier_are_told_in_the_traces_words(records: dict[int, Outcome]) -> None:
    call = _call(records[17])
    assert (call.speed, call.tier) == ("optimized", "standard")


def test_a_prompt_whose_image_was_laid_aside_and_lost_is_truncated(
    records: dict[int, Outcome],
) -> None:
    assert _call(records[18]).prompt.visibility == "truncated"


def test_records_without_counts_or_with_bad_ones_are_rejected(records: dict[int, Outcome]) -> None:
    faults = [o for o in records.values() if isinstance(o, Rejected)]
    assert [(o.line, o.reason) for o in faults] == [(19, "no usage"), (20, "bad count")]


def test_cloudwatch_exports_hold_the_same_records(
    folder: Path, read: Read, records: dict[int, Outcome]
) -> None:
    first, second, third, fourth, other, blank, noise = read(folder / "cloudwatch.jsonl")
    for outcome, line in ((first, 1), (second, 2), (third, 3), (fourth, 4)):
        assert _call(outcome).tokens == _call(records[line]).tokens
    assert isinstance(other, Rejected)
    assert blank == Aside(6, "blank")
    assert isinstance(noise, Rejected)
    [row] = read(folder / "insights.csv")
    assert _call(row).message_id == _call(second).message_id


def test_side_objects_are_read_and_missing_or_damaged_ones_counted(folder: Path) -> None:
    log = LogFile(folder / "aside.jsonl")
    whole, *others = map(_call, connector_for(log).read(log, Hasher(b"a key for tests")))
    assert whole.tokens == Tokens(6, 0, 0, 225_913, 0, 167)
    assert (whole.message_id, whole.end_us) == ("msg_bdrk_31", START_US + 738_000)
    assert whole.prompt.visibility == "full"
    assert [mark.ttl_s for mark in whole.prompt.breakpoints] == [3600]
    # not there, an address that leads out of the folder, half a file
    assert log.missing == 3
    assert [call.prompt.visibility for call in others] == ["none"] * 3


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("logs/data/00000000-0000-4000-8000-000000000031_input.json.gz", True),
        ("00000000-0000-4000-8000-000000000031_output.json", True),
        ("logs/data/20260930T120000000Z_golden.json.gz", False),
        ("data/session_input.json", False),
    ],
)
def test_side_objects_are_known_by_their_names(path: str, *, aside: bool) -> None:
    assert is_side_object(Path(path)) is aside


@pytest.mark.parametrize(
    ("model_id", "name", "other"),
    [
        ("anthropic.claude-v2:1", "anthropic.claude-v2:1", False),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1",
         "anthropic.claude-v2:1", False),
        ("arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/us-gov.anthropic.claude-x",
         "us-gov.anthropic.claude-x", False),
        ("meta.llama3-1-8b-instruct-v1:0", "meta.llama3-1-8b-instruct-v1:0", True),
        ("apac.amazon.nova-pro-v1:0", "apac.amazon.nova-pro-v1:0", True),
        ("", "", False),
    ],
)  # fmt: skip
def test_model_ids_are_read_however_they_are_written(model_id: str, name: str, other: bool) -> None:  # noqa: FBT001
    assert named(model_id)[::2] == (name, other)


@pytest.mark.parametrize(
    ("model_id", "region", "kind"),
    [
        ("global.anthropic.claude-opus-5", "us-east-1", "global"),
        ("us.anthropic.claude-opus-5", "us-east-1", "regional"),
        ("in.anthropic.claude-opus-5", None, "regional"),
        ("anthropic.claude-opus-5", "eu-west-1", "regional"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5", None, "regional"),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/global.anthropic.claude-x", None, "global"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a1", "us-east-1", None),
        ("arn:aws:bedrock:us-east-1:1:provisioned-model/own", "us-east-1", None),
        ("us-gov.anthropic.claude-opus-5", None, None),  # the book lacks the name
        ("us-gov.anthropic.claude-opus-5", "us-gov-west-1", "us-gov"),
        ("anthropic.claude-opus-5", "us-gov-east-1", "us-gov"),
        ("", None, None),
    ],
)
def test_an_id_names_the_endpoint_that_decides_the_price(
    model_id: str, region: str | None, kind: str | None
) -> None:
    assert place(model_id, region) == kind


@pytest.mark.parametrize(
    ("line", "geo", "input_pico"),
    [
        # Sonnet 5.5 costs $2 a Mtok of input, 2,000,000 pico-dollars a token: 1.1 times that
        (1, "regional", 2_200_000),
        (2, "global", 2_000_000),
        # a bare Haiku 3 and Haiku 3.5 by a profile: $0.25 and $0.80 everywhere
        (4, "regional", 250_000),
        (17, "regional", 800_000),
        # an application's own profile does not tell where it leads: list, $1 on Haiku 4.5
        (7, None, 1_000_000),
    ],
)
def test_a_record_costs_what_its_endpoint_costs(
    records: dict[int, Outcome], line: int, geo: str | None, input_pico: int
) -> None:
    call, book = _call(records[line]), Book.load()
    day = min(date(2026, 10, 7), book.facts(call.model).retires or date.max)
    assert call.geo == geo
    assert book.quote(call.model, day, geo=call.geo).base.input == input_pico


def test_real_records_reconcile_with_their_own_totals(reference_data: Path, calls: Calls) -> None:
    logs = sorted((reference_data / "log-samples" / "bedrock_invocation_log").glob("*.json"))
    found = [call for log in logs for call in calls(log)]
    sums = [sum(filter(None, msgspec.structs.astuple(c.tokens)[:6])) for c in found]
    # 368 and 24,534 and 481 are the answers' own totals; 6 + 225,913 + 167 the record's counts
    assert sums == [368, 24_534, 226_086, 481]
    assert [call.flags for call in found] == [()] * 4
    assert all(Book.load().canonical(call.model) for call in found)
