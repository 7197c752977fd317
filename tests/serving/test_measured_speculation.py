"""Evidence as run-lengths: which kinds take it, at which costs, with which name."""

import msgspec
import pytest

from analyzer.savings.measured_speculation import with_evidence
from analyzer.simulators.run_lengths import load_table, published
from analyzer.speculative.evidence import Evidence, decode
from analyzer.speculative.journal import SCHEMA


def recording(kind: str, number: int, drafter: str = "prompt-lookup") -> dict[str, object]:
    return {
        "key": f"{drafter}/{kind}-{number}", "prompt": f"{kind}-{number}", "kind": kind,
        "drafter": drafter, "draft_cost": 0.0, "longest": 10, "limit": 160,
        # 9 tokens: the first, then a pass that takes 4 of 4, then one of 3 with 2 taken
        "proposed": [6, 0, 0, 0, 0, 3, 0, 0], "accepted": [6, 0, 0, 0, 0, 2, 0, 0],
    }  # fmt: skip


def pass_time(batch: int, width: int, seconds: float) -> dict[str, object]:
    return {
        "key": f"{batch}/{width}", "model": "llama-8b", "dtype": "bfloat16", "runner": "graph",
        "batch": batch, "width": width, "context": 256, "weight_bytes": 16, "median_s": seconds,
        "p10_s": seconds, "p90_s": seconds, "n": 30,
    }  # fmt: skip


def evidence(kind: str) -> Evidence:
    rows = [recording("extraction", 1), recording("chat", 1), recording("chat", 1, "early-exit-15")]
    shapes = [pass_time(b, w, s) for b, w, s in ((1, 1, 0.006), (1, 5, 0.006), (64, 1, 0.01),
                                                 (64, 5, 0.03))]  # fmt: skip
    told = {
        "schema": SCHEMA,
        "date": "2026-11-24",
        "device": {"kind": kind, "name": "A device", "threads": 1, "memory_bytes": 1},
        "versions": {},
        "sha256": {},
        "acceptance_rule": "greedy",
        "settings": {},
        "complete": True,
        "stages": {
            "recordings": {"state": "done", "seconds": 1.0, "rows": rows},
            "shapes": {"state": "done", "seconds": 1.0, "rows": shapes},
        },
    }
    return decode(msgspec.json.encode(told), "evidence.json")


def test_a_kind_with_published_run_lengths_keeps_them_and_others_are_measured() -> None:
    found = with_evidence(published(), evidence("cpu"))
    assert found.of_kind("chat") is published().of_kind("chat")
    extraction = found.of_kind("extraction")
    assert extraction.tag == "measured-real-weights: SmolLM2-135M, prompt lookup, 1 answers"
    assert found.label("extraction") == "extraction"
    assert found.label("agent") == "agent (general run-lengths)"


def test_the_recorded_passes_are_those_of_the_loop() -> None:
    extraction = with_evidence(published(), evidence("cpu")).recordings[0]
    # 4 of 6 ready drafts are checked, then 2 of 3: 1 + 5 + 3 = 9 tokens
    assert list(extraction.answers[0].passes(4)) == [(4, 4), (2, 2)]


def test_without_a_gpu_passes_cost_what_was_published() -> None:
    found = with_evidence(published(), evidence("cpu"))
    assert not found.cost_tables
    assert found.cost_tag(found.of_kind("extraction")) == published().cost.tag


def test_a_gpus_passes_of_a_served_size_go_before_the_published_fit() -> None:
    found = with_evidence(published(), evidence("cuda"))
    tag = found.cost_tag(found.of_kind("extraction"))
    assert tag == "measured-random-weights: llama-8b, A device, 2026-11-24"
    speed = dict(load_table(found, "measured-extraction"))
    # alone a pass of 5 costs what one of 1 does: 8 tokens in 2 passes
    assert speed[1] == 4
    # at 64: widths 5 and 3 cost 3 and 2 plain passes
    assert float(speed[64]) == pytest.approx(8 / 5)
