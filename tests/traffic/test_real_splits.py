"""Recorded exchanges: the split of reads and writes comes out exact from earlier exchanges only.

Every sample of both folders stands in one of the tables below, with the reason where it is not
whole or cannot be read. Not whole, yet exact: the recorder of the Bedrock pair put a phrase in the
place of an 18,000-token system prompt; the split rests on billed totals, which the phrase leaves.
"""

from pathlib import Path

import pytest

from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.store import Store
from analyzer.traffic import as_sent, load

Split = tuple[int, int, int, int]
"""Tokens (read, write_5m, write_1h, uncached)."""

WHOLE: dict[str, Split] = {
    "anthropic_messages_api/test_anthropic_message_create_legacy.0": (0, 0, 0, 17),
    "anthropic_messages_api/test_anthropic_prompt_caching_legacy.0": (0, 1_163, 0, 4),
    "anthropic_messages_api/test_anthropic_prompt_caching_legacy.1": (1_163, 0, 0, 4),
    "anthropic_messages_api/test_anthropic_prompt_caching_stream_legacy.0": (0, 1_165, 0, 4),
    "anthropic_messages_api/test_anthropic_prompt_caching_stream_legacy.1": (1_165, 0, 0, 4),
    "anthropic_messages_api/test_anthropic_thinking_legacy.0": (0, 0, 0, 52),
    "anthropic_messages_api/test_anthropic_thinking_streaming_legacy.0": (0, 0, 0, 52),
    "anthropic_messages_api/test_anthropic_tools_legacy.0": (0, 0, 0, 514),
    "anthropic_messages_api/test_anthropic_tools_streaming_legacy.0": (0, 0, 0, 506),
    "anthropic_messages_api/test_async_anthropic_bedrock_regular_create.0": (0, 0, 0, 17),
}
"""Prompt, marks, usage and time are all there."""
CUT: dict[str, Split] = {
    "bedrock_runtime/test_invoke_model_cache_tokens.0": (0, 18_131, 0, 4),
    "bedrock_runtime/test_invoke_model_cache_tokens.1": (18_131, 0, 0, 4),
    "bedrock_runtime/test_prompt_cache.0": (0, 18_131, 0, 4),
    "bedrock_runtime/test_prompt_cache.1": (18_131, 0, 0, 4),
}
"""A phrase stands in the place of the system prompt; the second pair repeats the first's calls."""
UNREAD = {
    "bedrock_runtime/test_anthropic_3_completion_streaming.0": "no_response",
    "bedrock_runtime/test_anthropic_converse_stream_with_tool_use.0": "other endpoint",
    "bedrock_runtime/test_anthropic_cross_region.0": "other endpoint",
}
"""The stream is a list of decoded AWS events, and Converse bodies stand in invocation logs only."""


def splits(logs: list[Path], folder: Path) -> list[tuple[Split, Split]]:
    """What was billed and what is replayed, call by call."""
    with Store.open(folder / "store.duckdb", create=True) as store:
        ingest([str(log) for log in logs], store)
        traffic = load(store, Book.load(), blind=True)
    names = ("read", "write_5m", "write_1h", "uncached")
    billed = traffic.calls.sort("request").select(names).rows()
    replayed = as_sent(traffic).sort("request")
    assert replayed["cacheable"].all()
    return list(zip(billed, replayed.select(names).rows(), strict=True))


def test_the_tables_name_every_sample(reference_data: Path) -> None:
    samples = reference_data / "log-samples"
    found = {
        f"{folder}/{path.stem}"
        for folder in ("anthropic_messages_api", "bedrock_runtime")
        for path in (samples / folder).glob("*.json")
    }
    assert found == WHOLE.keys() | CUT.keys() | UNREAD.keys()


@pytest.mark.parametrize("table", [WHOLE, CUT], ids=["whole", "cut"])
def test_every_split_is_exact(
    table: dict[str, Split], reference_data: Path, tmp_path: Path
) -> None:
    logs = [reference_data / "log-samples" / f"{name}.json" for name in table]
    told = splits(logs, tmp_path)
    assert all(billed == replayed for billed, replayed in told)
    # the second Bedrock pair are copies of the first pair's calls
    assert sorted({split for split, _ in told}) == sorted(set(table.values()))
    assert len(told) == len(table) - 2 * (table is CUT)


@pytest.mark.parametrize("pair", [3, 1], ids=["streamed", "in one piece"])
def test_a_call_that_reads_is_not_told_by_its_own_bill(
    pair: int, reference_data: Path, tmp_path: Path
) -> None:
    # without the call that wrote, the very same call is told to write
    name = sorted(name for name in WHOLE if "prompt_caching" in name)[pair]
    ((billed, replayed),) = splits([reference_data / "log-samples" / f"{name}.json"], tmp_path)
    assert (billed[0], billed[1]) == (replayed[1], replayed[0]) != (0, 0)


def test_samples_that_cannot_be_read_are_said(reference_data: Path, tmp_path: Path) -> None:
    for name, reason in UNREAD.items():
        log = reference_data / "log-samples" / f"{name}.json"
        with Store.open(tmp_path / f"{log.stem}.duckdb", create=True) as store:
            ingest([str(log)], store)
            ledger = store.ledger()
        assert [(one.reason, one.lines) for one in ledger.reasons] == [(reason, 1)]
        assert ledger.kept == 0
