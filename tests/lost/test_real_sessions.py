"""Real coding sessions: where their rewritten tokens went; skipped without reference data."""

import os
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.results import LostCache
from analyzer.savings import Question, prepare
from analyzer.savings.lost import lost_cache
from analyzer.store import Store


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> LostCache:
    folder = os.environ.get("REBILL_REFERENCE_DATA")
    if not folder:
        pytest.skip("REBILL_REFERENCE_DATA names no folder of reference logs")
    place = tmp_path_factory.mktemp("lost") / "s.duckdb"
    with Store.open(place, create=True) as store:
        ingest([str(Path(folder) / "claude_code_sessions")], store)
        study = prepare(store, Book.load(), Question(prices="logged"), lambda _text: None)
    return lost_cache(study.scene.traffic, study.scene.basis)


def test_expiry_compaction_and_unlogged_losses_of_real_sessions(found: LostCache) -> None:
    calls = {line.reason: line.calls for line in found.lines}
    # each of the 34 calls was looked at by hand: gaps over five minutes, compact summaries,
    # prompts billed shorter than the one before, and drops to the hidden system prompt
    assert calls == {
        "expired, idle under an hour": 10,
        "unlogged": 14,
        "compaction": 5,
        "expired, idle over an hour": 2,
        "messages changed": 3,
    }
    assert sum(line.lost for line in found.lines) == found.total
    assert Fraction(1, 5) < found.total / found.input_cost < Fraction(1, 4)
