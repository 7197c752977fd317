"""What `rebill speculative` does without torch; decoding itself is tested with the model."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.speculative.journal import SCHEMA

ROW = {
    "key": "float32/4/chat-1", "prompt": "chat-1", "kind": "chat", "dtype": "float32",
    "drafted": 4, "temperature": 0.0, "prompt_tokens": 50, "tokens": [60, 60, 60],
    "ended": [True, True, True], "same_as_width_matched": True, "same_as_ordinary": True,
    "first_difference": None, "first_unspeculated_difference": None, "margin": None,
    "shift": None, "least_margin": 1.0, "largest_shift": 0.25, "certified": True,
    "per_step_drafted": [4], "per_step_accepted": [2],
}  # fmt: skip
EVIDENCE = {
    "schema": SCHEMA,
    "date": "2026-11-24",
    "device": {"kind": "cuda", "name": "A card", "threads": 0, "memory_bytes": 2**36},
    "versions": {"torch": "2.13.0"},
    "sha256": {"weights": "aa"},
    "acceptance_rule": "greedy",
    "settings": {},
    "complete": False,
    "stages": {"identity": {"state": "cut", "seconds": 1.0, "why": "time", "rows": [ROW]}},
}


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.mark.parametrize("command", ["prove", "measure"])
@pytest.mark.usefixtures("without_torch")
def test_without_torch_one_line_says_what_to_install(
    rebill: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    fault = rebill("speculative", command).fault
    assert fault.startswith("torch is not installed: pip install 'rebill[speculative]'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("without_torch")
def test_a_model_without_a_price_is_told_before_anything_is_decoded(
    rebill: Callable[..., Any],
) -> None:
    fault = rebill("speculative", "prove", "--model", "gpt-9").fault
    assert fault.startswith("gpt-9: not in the book")
    early = ("--model", "claude-opus-5-5", "--on", "2024-01-01")
    assert "name a model that is sold on that day" in rebill("speculative", "prove", *early).fault


@pytest.mark.usefixtures("without_torch")
def test_evidence_is_shown_without_torch(rebill: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(EVIDENCE))
    done = rebill("speculative", "show", path)
    assert done.status == 0
    assert "A card, 2026-11-24 (INCOMPLETE)" in done.out
    assert "part identity: cut: time" in done.out
    assert "part speeds: no part of this run" in done.out
    assert "sha256 of weights: aa" in done.out
    assert "1 of 1" in done.out
    assert done.out.rstrip().endswith("GPU evidence: A card, 2026-11-24 (incomplete)")


def test_evidence_for_programs_holds_the_same_figures(
    rebill: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(EVIDENCE))
    (told,) = json.loads(rebill("speculative", "show", path, "--json").out)["evidence"]
    assert told["identity"][0]["same_as_width_matched"] == 1
    assert told["open"]["identity"] == "cut: time"


def test_what_ships_is_shown_without_a_file(rebill: Callable[..., Any]) -> None:
    out = rebill("speculative", "show").out
    assert "acceptance rule: greedy" in out
    assert "GPU evidence: " in out


def test_a_servers_records_are_shown_beside_evidence(
    rebill: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "vllm.jsonl"
    record = {
        "num_spec_steps": 4, "num_accepted_draft_tokens": 6, "num_draft_tokens": 12,
        "num_spec_tokens": 3, "mean_acceptance_length": 2.5, "draft_acceptance_rate": 0.5,
        "acceptance_histogram": [1, 1, 1, 1],
    }  # fmt: skip
    path.write_text(json.dumps({"metrics": {"speculative_decoding": record}}) + "\n")
    out = rebill("speculative", "show", path).out
    assert "1 (vllm)" in out
    assert "2.500" in out
    assert "not told" in out  # vLLM leaves out passes without drafts
    evidence = tmp_path / "evidence.json"
    evidence.write_text(json.dumps(EVIDENCE))
    told = json.loads(rebill("speculative", "show", evidence, path, "--json").out)
    assert (len(told["evidence"]), len(told["records"])) == (1, 1)


def test_a_file_of_neither_kind_is_one_line(rebill: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("shopping")
    assert str(path) in rebill("speculative", "show", path).fault
