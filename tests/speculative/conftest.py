"""A small evidence file, worked by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.speculative.journal import SCHEMA


def identity(prompt: str, tokens: tuple[int, int, int], **changed: Any) -> dict[str, Any]:
    return {
        "key": f"bfloat16/4/{prompt}", "prompt": prompt, "kind": "chat", "dtype": "bfloat16",
        "drafted": 4, "temperature": 0.0, "prompt_tokens": 50, "tokens": tokens,
        "ended": [True, True, True], "same_as_width_matched": True, "same_as_ordinary": True,
        "first_difference": None, "first_unspeculated_difference": None, "margin": None,
        "shift": None, "least_margin": 1.0, "largest_shift": 0.25, "certified": True,
        "per_step_drafted": [4], "per_step_accepted": [2], **changed,
    }  # fmt: skip


def speed(run: int, drafted: int, seconds: float) -> dict[str, Any]:
    return {
        "key": f"{run}/{drafted}", "prompt": "chat-1", "kind": "chat", "dtype": "bfloat16",
        "batch": 1, "drafted": drafted, "run": run, "tokens": 60, "first_token_s": 0.5,
        "decode_s": seconds, "steps": 60, "accepted": 0,
    }  # fmt: skip


def pass_time(width: int, batch: int, seconds: float) -> dict[str, Any]:
    return {
        "key": f"{width}/{batch}", "model": "smollm2-135m", "dtype": "bfloat16",
        "runner": "eager", "batch": batch, "width": width, "context": 512,
        "weight_bytes": 270_000_000, "median_s": seconds, "p10_s": seconds, "p90_s": seconds,
        "n": 9,
    }  # fmt: skip


def done(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"state": "done", "seconds": 1.0, "rows": rows}


EVIDENCE: dict[str, Any] = {
    "schema": SCHEMA,
    "date": "2026-11-24",
    "device": {"kind": "cpu", "name": "A processor", "threads": 1, "memory_bytes": 2**34},
    "versions": {"torch": "2.13.0"},
    "sha256": {"weights": "aa", "prompts": "bb", "program": "cc"},
    "acceptance_rule": "greedy",
    "settings": {"limit": 160},
    "complete": False,
    "stages": {
        "ceilings": done({"key": "copy", "value": 2.7e10, "unit": "bytes/s"}),
        "identity": done(
            identity("chat-1", (60, 60, 60)),
            identity(
                "chat-2", (60, 63, 63), same_as_ordinary=False, first_difference=7,
                first_unspeculated_difference=7, margin=0.25, shift=0.5, least_margin=0.25,
                largest_shift=0.75, certified=False,
            ),
        ),
        "recordings": done(
            {
                "key": "prompt-lookup/chat-1", "prompt": "chat-1", "kind": "chat",
                "drafter": "prompt-lookup", "draft_cost": 0.0, "longest": 10, "limit": 160,
                # 7 tokens: passes at 1 (2 of 2 drafted right), 4 (none drafted), 5 (0 of 1)
                "proposed": [2, 0, 3, 0, 1, 0], "accepted": [2, 0, 1, 0, 0, 0],
                "looks_ahead": 0,
            }
        ),
        "pass_times": done(
            pass_time(1, 1, 0.05), pass_time(5, 1, 0.0625), pass_time(1, 4, 0.06),
            pass_time(5, 4, 0.12),
        ),
        "speeds": done(
            speed(0, 0, 3.0), speed(0, 4, 2.0), speed(1, 0, 4.0), speed(1, 4, 5.0),
        ),
        "library": done(
            {
                "key": "plain", "prompt": "chat-1", "kind": "chat", "dtype": "float32",
                "mode": "plain", "tokens": 48, "same": True, "same_as_ours": True, "seconds": 4.0,
                "forwards": 48, "our_seconds": 3.0, "our_tokens": 48,
            }
        ),
        "shapes": {"state": "skipped", "seconds": 0.0, "rows": [], "why": "no GPU"},
    },
}  # fmt: skip


@pytest.fixture
def evidence_file(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(EVIDENCE))
    return path
