"""Each preset tells the golden calls as they were billed, or says that it does not know."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyzer.trace import Aside, Attempt, Call, Outcome
from connectors.mapping import PRESET_NAMES
from connectors.mapping.usage import MAY_HIDE, UNSAID
from connectors.registry import CONNECTORS, LogFile, connector_for

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]
Billed = dict[str, int]

SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
TRUTH = {row["start_us"]: row for row in json.loads((SOURCES / "TRUTH.json").read_bytes())}
FILES = {
    "langfuse/observations.csv": "split",
    "langfuse/spans/observations.jsonl": "whole writes",
    "helicone/requests.jsonl": "split",
    "helicone/table/request_response_rmt.csv": "whole writes",
    "portkey/logs.jsonl": "either",
    "kong/ai.jsonl": "prompt",
    "databricks/payload.csv": "reads",
    "cloudflare/logs.jsonl": "uncached",
    "openrouter/activity.csv": "reads",
    "openrouter/api/generations.jsonl": "reads",
}
"""What each file can express of the input: see `assert_counts`."""
every_file = pytest.mark.parametrize("name", FILES)


def written(call: Call) -> int:
    tokens = call.tokens
    return (tokens.write_5m or 0) + (tokens.write_1h or 0) + (tokens.write_unsplit or 0)


def assert_counts(call: Call, billed: Billed, kind: str) -> None:
    """Compare every bucket with what was billed, as far as the file can tell it."""
    tokens, writes = call.tokens, billed["write_5m"] + billed["write_1h"]
    assert tokens.output == billed["output"]
    if kind == "prompt":  # one number for the whole prompt, and it says so
        assert tokens.uncached == billed["uncached"] + billed["read"] + writes
        assert (tokens.read, written(call), call.usage_basis) == (None, 0, "inclusive")
        assert MAY_HIDE in call.flags
    elif kind == "uncached":
        assert (tokens.uncached, tokens.read, written(call)) == (billed["uncached"], None, 0)
        assert UNSAID in call.flags
    elif kind == "reads":  # writes are in the input and nobody says how many
        assert tokens.uncached == billed["uncached"] + writes
        assert (tokens.read, tokens.write_unsplit, tokens.write_5m) == (billed["read"], None, None)
        assert MAY_HIDE in call.flags
    else:
        assert (tokens.uncached, tokens.read) == (billed["uncached"], billed["read"])
        assert written(call) == writes
        split = (tokens.write_5m, tokens.write_1h) == (billed["write_5m"], billed["write_1h"])
        assert split or (kind != "split" and tokens.write_unsplit == writes)
        assert not call.flags


@every_file
def test_every_golden_call_is_told_once_with_what_was_billed(name: str, calls: Calls) -> None:
    told = calls(SOURCES / name)
    assert sorted(call.start_us or 0 for call in told) == sorted(TRUTH)
    for call in told:
        billed = TRUTH[call.start_us]
        assert_counts(call, billed, FILES[name])
        assert call.model == billed["model"]
        assert call.message_id in (billed["message_id"], None)
        assert call.request_id in (billed["request_id"], None)
        assert call.stop_reason in (billed["stop_reason"], None)
        assert call.end_us == billed["start_us"] + 2_500_000
        assert call.first_us in (billed["start_us"] + 400_000, None)


@every_file
def test_the_failed_try_and_what_is_no_claude_call_are_told_apart(name: str, read: Read) -> None:
    others = [outcome for outcome in read(SOURCES / name) if not isinstance(outcome, Call)]
    assert {type(outcome) for outcome in others} <= {Aside, Attempt}
    attempts = [outcome for outcome in others if isinstance(outcome, Attempt)]
    # OpenRouter lists generations, and the spans of Langfuse tell of finished calls alone
    expected = 0 if name.startswith(("openrouter", "langfuse/spans")) else 1
    assert len(attempts) == expected
    kinds = [outcome.kind for outcome in others if isinstance(outcome, Aside)]
    assert set(kinds) <= {"other model", "no model call", "answered by the gateway's cache"}


def test_bodies_of_the_messages_route_give_the_nodes_of_the_capture(calls: Calls) -> None:
    captured = {c.message_id: c for c in calls(SOURCES / "messages" / "recorder.jsonl")}
    for name in ("helicone/requests.jsonl", "portkey/logs.jsonl"):
        seen = [call for call in calls(SOURCES / name) if call.prompt.visibility == "full"]
        assert len(seen) >= 5
        for call in seen:
            twin = captured[call.message_id].prompt
            assert (call.prompt.leaf, call.prompt.system_end) == (twin.leaf, twin.system_end)
            assert call.prompt.breakpoints == twin.breakpoints


def test_settings_names_and_labels_are_carried(calls: Calls) -> None:
    helicone = calls(SOURCES / "helicone" / "requests.jsonl")[0]
    assert (helicone.session, helicone.user) == ("ses_golden_a", "user_golden_1")
    assert helicone.tags["Workload"] == "triage"
    assert (helicone.max_tokens, helicone.platform) == (1_024, "claude_api")
    portkey = calls(SOURCES / "portkey" / "logs.jsonl")[0]
    # 0.0123 cents are 0.000123 dollars
    assert (portkey.cost_logged_usd, portkey.key) == ("0.000123", "golden-key")
    databricks = calls(SOURCES / "databricks" / "payload.csv")[0]
    assert (databricks.sampling, databricks.gateway_id) == (0.5, "dbx-1")
    langfuse = calls(SOURCES / "langfuse" / "observations.csv")[0]
    assert langfuse.tags == {"triage": "true", "environment": "production"}
    openrouter = calls(SOURCES / "openrouter" / "activity.csv")
    assert {call.usage_basis for call in openrouter} == {"estimated"}
    assert {call.platform for call in openrouter} == {"openrouter"}


@pytest.mark.parametrize("name", ["langfuse/spans/observations.jsonl", "helicone/requests.jsonl"])
def test_a_row_that_repeats_a_call_is_one_of_its_lines(name: str, read: Read) -> None:
    outcomes = read(SOURCES / name)
    lines = [outcome.lines for outcome in outcomes if isinstance(outcome, Call)]
    # every framework row wraps its SDK row; of Helicone's rows the first stands in two versions
    assert lines == ([2] * 10 if name.startswith("langfuse") else [2] + [1] * 9)


def test_parquet_says_what_json_lines_say(tmp_path: Path, calls: Calls) -> None:
    source = SOURCES / "langfuse" / "spans" / "observations.jsonl"
    rows = [json.loads(line) for line in source.read_text().splitlines()]
    counts = [list(row.pop("usage_details").items()) for row in rows]
    for row in rows:  # as Langfuse writes them: usage is a map, what is free text is text
        for key in ("input", "output", "metadata", "model_parameters", "total_cost"):
            row[key] = json.dumps(row[key])
    usage = pa.array(counts, pa.map_(pa.string(), pa.uint64()))
    table = pa.Table.from_pylist(rows).append_column("usage_details", usage)
    pq.write_table(table, tmp_path / "o.parquet")
    parquet, lines = calls(tmp_path / "o.parquet"), calls(source)
    assert [c.tokens for c in parquet] == [c.tokens for c in lines]
    assert [(c.message_id, c.start_us, c.end_us, c.lines) for c in parquet] == [
        (c.message_id, c.start_us, c.end_us, c.lines) for c in lines
    ]


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_a_preset_is_a_connector_that_knows_its_own_files(name: str) -> None:
    assert name in [connector.name for connector in CONNECTORS]
    for file in FILES:
        assert (connector_for(LogFile(SOURCES / file)).name == name) == file.startswith(name)


def test_no_preset_takes_another_formats_files() -> None:
    for folder in SOURCES.iterdir():
        for path in sorted(folder.rglob("*")) if folder.name not in PRESET_NAMES else []:
            if path.is_file():
                head = LogFile(path).sniff()
                takers = [c.name for c in CONNECTORS if c.name in PRESET_NAMES and c.detect(head)]
                assert takers == [], path


def test_the_documented_kong_line_is_another_makers_model(reference_data: Path, read: Read) -> None:
    outcomes = read(reference_data / "log-samples" / "kong" / "ai_log.json")
    assert outcomes == [Aside(1, "other model")]


def test_the_real_openrouter_header_has_every_column_of_the_sample(reference_data: Path) -> None:
    real = reference_data / "log-samples" / "openrouter" / "activity_export_header.csv"
    sample = SOURCES / "openrouter" / "activity.csv"
    assert real.read_text().splitlines()[0] == sample.read_text().splitlines()[0]
