"""The proof and the evidence run on the real weights, small."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from analyzer.cli.speculative import speculative
from analyzer.speculative.evidence import load
from analyzer.speculative.figures.acceptance import acceptance
from analyzer.speculative.figures.identity import identity
from analyzer.speculative.figures.speed import passes
from analyzer.speculative.settings import settings_for
from analyzer.speculative.weights import pieces, wheel

if TYPE_CHECKING:
    from analyzer.speculative.weights.gguf import Gguf

Say = Callable[[str], None]
SMALL = settings_for(
    "cpu", limit=6, widths=(1, 3), drafted=(2,), batches=(1,), repeats=2, runs=1,
    speed_drafted=(2,), speed_limit=4, speed_batches=(1,), context=64, head_tokens=16,
    head_seconds=1.0, head_batch=32, shapes=("tiny",), shape_batches=(2,),
)  # fmt: skip


@pytest.fixture
def asked(tmp_path: Path, gguf: "Gguf") -> Path:
    del gguf  # skips where there are no weights
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"kind": "extraction", "text": "Repeat: one two three one two three"}\n')
    return path


@pytest.fixture
def silent() -> Say:
    return lambda _: None


def test_a_whole_run_is_evidence_that_the_reader_takes(
    asked: Path, tmp_path: Path, silent: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    from analyzer.speculative import proof
    from analyzer.speculative.stages import head

    monkeypatch.setattr(head, "LENGTH", 8)
    with asked.open("a") as more:  # a head learns on texts about pieces of several prompts
        more.write('{"kind": "extraction", "text": "Say these again: red green blue red green"}\n')
    bench = proof.open_bench(None, asked, SMALL, wheel.checked())
    path = tmp_path / "evidence.json"
    assert proof.measure(bench, path, 600, date(2026, 11, 24), silent)
    found = load(path)
    assert found.complete
    assert {line.dtype for line in identity(found)} == {"float32", "bfloat16"}
    assert all(line.proven for line in identity(found))
    assert found.stages.recordings is not None
    assert all(row.looks_ahead in {0, None} for row in found.stages.recordings.rows)
    drafters = {line.drafter: line.acceptance_rate for line in acceptance(found, (2,))}
    assert drafters["second-model"] == 1  # the model itself, so every draft is its own choice
    assert {"prompt-lookup", "early-exit-15", "head"} <= drafters.keys()
    assert found.stages.head_training is not None
    assert found.sha256["draft_weights"] == found.sha256["weights"]
    (shape, _) = (line for line in passes(found) if line.model == "tiny")
    assert (shape.batch, shape.provenance) == (2, "measured-random-weights")
    assert not found.open_stages()


def test_prove_exits_0_and_prints_the_difference_of_the_invoices(asked: Path) -> None:
    done = CliRunner().invoke(speculative, _words(asked))
    assert done.exit_code == 0, done.output
    assert "PROVEN here" in done.output
    assert "difference $0.000000" in done.output


def test_prove_exits_1_when_speculation_changes_a_token(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analyzer.speculative.llama.engine import Engine

    sound = Engine.choose

    def faulty(engine: Engine, cached: Any, tokens: Any) -> list[list[int]]:
        """A fault that only passes with drafts meet."""
        choices = sound(engine, cached, tokens)
        drafted = len(tokens[0]) > 1 and tokens[0][1] != 0
        return [[choice + 1 if drafted else choice for choice in row] for row in choices]

    monkeypatch.setattr(Engine, "choose", faulty)
    done = CliRunner().invoke(speculative, _words(asked))
    assert done.exit_code == 1
    assert "NOT PROVEN" in done.output


def _words(asked: Path) -> list[str]:
    return [
        "prove", "--prompts", str(asked), "--limit", "10", "--dtype", "float32",
        "--on", "2026-11-20",
    ]  # fmt: skip


def test_the_bare_machine_begins_when_all_pieces_are_there(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analyzer.speculative import packing, proof
    from analyzer.speculative.__main__ import MISSING, main
    from analyzer.speculative.stages import STAGES

    packed, kept = tmp_path / "packed", tmp_path / "kept"
    listed = packing.pack(packed, None, asked)
    assert max(path.stat().st_size for path in listed) <= pieces.LIMIT
    second = next(path for path in listed if path.name.endswith(".001"))
    away = second.rename(tmp_path / second.name)
    monkeypatch.setattr(proof, "settings_of", lambda _device: SMALL)
    monkeypatch.setattr(proof, "STAGES", STAGES[:1])
    words = ["--pieces", str(packed), "--keep", str(kept), "-o", str(tmp_path / "e.json")]
    assert main(words) == MISSING
    assert not (tmp_path / "e.json").exists()
    away.rename(second)
    assert main(words) == 0
    assert json.loads((tmp_path / "e.json").read_text())["complete"]


def test_a_prompt_longer_than_the_model_reads_is_refused_at_once(
    asked: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"id": "book", "kind": "summary", "text": "word " * 9000}))
    done = CliRunner().invoke(speculative, [*_words(asked)[:2], str(path)])
    assert "prompt book: 9," in str(done.exception)


def test_a_draft_wider_than_any_timed_pass_has_room_to_the_last_token(tmp_path: Path) -> None:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.prompts import Prompt

    asked = (Prompt("a", "chat", "four", (1, 2, 3, 4)),)
    wide = settings_for("cpu", limit=200, drafted=(32,))
    # prompt, answer, and the 33 tokens that a pass scores
    assert Bench(wide, asked, tmp_path).positions == 4 + 200 + 33
    narrow = settings_for("cpu", limit=200, drafted=(2,))
    assert Bench(narrow, asked, tmp_path).positions == 4 + 200 + max(narrow.widths)


def test_an_answer_that_does_not_fit_is_named_before_anything_is_decoded(
    asked: Path, silent: Say
) -> None:
    from analyzer.speculative import proof

    bench = proof.open_bench(None, asked, SMALL)
    bench.__dict__["positions"] = 20
    with pytest.raises(Exception, match="positions, the cache has 20"):
        proof.prove(bench, silent)
