"""Mooncake traces in and out: what goes in comes out, and prefixes are shared to the token."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import cli
from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.store import Store
from analyzer.trace import Call, Outcome, Rejected, Tokens
from analyzer.traffic import Traffic, load

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]


@pytest.fixture(scope="module")
def requests(traps: Path, read: Read) -> list[Outcome]:
    return read(traps / "mooncake" / "requests.jsonl")


def _exported(logs: list[str], folder: Path, *options: str) -> tuple[list[Any], str]:
    store, trace = folder / "store.duckdb", folder / "trace.jsonl"
    with Store.open(store, create=True) as opened:
        ingest(logs, opened)
    asked = ["export", "mooncake", "--store", str(store), "-o", str(trace), *options]
    result = CliRunner().invoke(cli, asked, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in trace.read_text().splitlines()], result.output


def _loaded(log: Path, folder: Path) -> Traffic:
    with Store.open(folder / "loaded.duckdb", create=True) as store:
        ingest([str(log)], store)
        return load(store, Book.load())


def test_lengths_are_estimates_of_a_model_that_nothing_names(requests: list[Outcome]) -> None:
    first = requests[0]
    assert isinstance(first, Call)
    # no word of a cache: what it would have read is unknown, and not 0
    assert first.tokens == Tokens(uncached=1024, output=5)
    assert (first.usage_basis, first.model) == ("estimated", "unknown")
    assert Book.load().canonical(first.model) is None
    assert (first.start_us, first.time_precision) == (0, "ms")


def test_equal_ids_after_equal_ids_are_one_block(requests: list[Outcome]) -> None:
    first, longer, same, alone = (o for o in requests[:4] if isinstance(o, Call))
    assert len(first.nodes) == 2
    assert [node.parent for node in longer.nodes] == [first.prompt.leaf]
    assert (same.nodes, same.prompt.leaf) == ((), longer.prompt.leaf)
    # id 8 without id 7 before it is another prefix
    assert [node.parent for node in alone.nodes] == [None]
    assert alone.prompt.leaf not in {node.node for node in first.nodes}


def test_equal_lines_are_different_requests(requests: list[Outcome]) -> None:
    calls = [outcome for outcome in requests if isinstance(outcome, Call)]
    assert len({call.gateway_id for call in calls}) == len(calls) == 5
    assert (calls[3].start_us, calls[4].start_us) == (27_500, None)


def test_blocks_of_another_size_and_bad_numbers_are_rejected(requests: list[Outcome]) -> None:
    faults = {o.line: o.detail for o in requests if isinstance(o, Rejected)}
    assert list(faults) == [6, 7, 8, 9, 10]
    assert faults[6] == "hash_ids: 4 for input_length; blocks of 512 tokens make 1"


def test_every_whole_block_ends_at_a_multiple_of_512_tokens(traps: Path, tmp_path: Path) -> None:
    traffic = _loaded(traps.parent / "sources" / "mooncake" / "trace.jsonl", tmp_path)
    calls = traffic.calls.sort("request")
    tokens = traffic.trie.tokens[calls["family"][0]]
    for leaf, prompt in calls.select("leaf", "prompt").iter_rows():
        assert tokens[leaf] == prompt
        node, place = traffic.trie.parent[leaf], (prompt - 1) // 512
        while node >= 0:
            assert tokens[node] == 512 * place
            node, place = traffic.trie.parent[node], place - 1
    assert traffic.conflicts == 0


def test_a_trace_that_goes_in_comes_out_the_same(traps: Path, tmp_path: Path) -> None:
    log = traps.parent / "sources" / "mooncake" / "trace.jsonl"
    rows, said = _exported([str(log)], tmp_path)
    given = [json.loads(line) for line in log.read_text().splitlines()]
    begin = given[0]["timestamp"]  # times count from the first request
    assert rows == [row | {"timestamp": row["timestamp"] - begin} for row in given]
    # 6 + 3 x 7 + 2 x 8 + 3 x 1 + 5 = 51 blocks
    assert "10 requests, 51 blocks of 512 tokens, 25 of them distinct" in said


def test_captures_become_blocks_that_are_shared_as_far_as_the_prompts_are(
    traps: Path, tmp_path: Path
) -> None:
    recorder = traps.parent / "sources" / "messages" / "recorder.jsonl"
    rows, _ = _exported([str(recorder)], tmp_path, "--model", "claude-sonnet-5-5")
    first, second, third, fourth, _search = rows
    assert [row["input_length"] for row in rows] == [3012, 3162, 3232, 3272, 2300]
    assert [row["timestamp"] for row in rows[:4]] == [0, 20_001, 80_002, 480_003]
    assert [len(row["hash_ids"]) for row in rows] == [6, 7, 7, 7, 5]
    # five whole blocks lie in the first prompt; the sixth ends inside what the second turn added
    assert first["hash_ids"][:5] == second["hash_ids"][:5] == fourth["hash_ids"][:5]
    assert first["hash_ids"][5] != second["hash_ids"][5]
    assert second["hash_ids"][:6] == third["hash_ids"][:6]
    assert second["hash_ids"][6] != third["hash_ids"][6]


def test_models_share_no_block_and_an_unknown_one_is_refused(traps: Path, tmp_path: Path) -> None:
    recorder = traps.parent / "sources" / "messages" / "recorder.jsonl"
    first = recorder.read_text().splitlines()[0]
    log = tmp_path / "twice.jsonl"
    other = first.replace("claude-sonnet-5-5", "claude-opus-5-5").replace(
        "golden0001", "golden0099"
    )
    log.write_text(f"{first}\n{other}\n")  # the same prompt on two models
    rows, _ = _exported([str(log)], tmp_path)
    assert sorted(row["hash_ids"] for row in rows) == [[*range(6)], [*range(6, 12)]]
    store = str(tmp_path / "store.duckdb")
    asked = ["export", "mooncake", "--store", store, "--model", "claude-x"]
    result = CliRunner().invoke(cli, asked)
    assert "its models are claude-opus-5-5, claude-sonnet-5-5" in str(result.exception)


def test_hidden_prompts_share_nothing_and_are_counted(traps: Path, tmp_path: Path) -> None:
    rows, said = _exported([str(traps / "batches" / "ambiguous" / "x1.jsonl")], tmp_path)
    assert rows == []
    assert "left out: 1 call without a time in the log" in said
    log = tmp_path / "hidden.jsonl"
    record = json.loads((traps / "bedrock" / "records.jsonl").read_text().splitlines()[9])
    log.write_text(json.dumps(record) + "\n")
    rows, said = _exported([str(log)], tmp_path)
    # 3 + 24,479 = 24,482 tokens are 48 blocks
    assert [(row["input_length"], row["hash_ids"]) for row in rows] == [(24_482, list(range(48)))]
    assert "1 request with a prompt that the log does not show" in said


def test_the_published_trace_comes_out_byte_for_byte_with_its_known_reuse(
    reference_data: Path, tmp_path: Path, calls: Calls
) -> None:
    log = reference_data / "mooncake_synthetic_trace.jsonl"
    rows, said = _exported([str(log)], tmp_path)
    assert (tmp_path / "trace.jsonl").read_bytes() == log.read_bytes()
    # third-party figures: 43,924 unique of 121,877 blocks; mean hit of a request 0.4232...
    assert "121,877 blocks of 512 tokens, 43,924 of them distinct" in said
    shares = [
        1 - len(call.nodes) / len(row["hash_ids"])
        for call, row in zip(calls(log), rows, strict=True)
    ]
    assert sum(shares) / len(shares) == pytest.approx(0.42323532378348516, abs=1e-12)
