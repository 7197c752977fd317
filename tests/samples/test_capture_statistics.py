"""The captured workloads follow the figures measured on their kinds of traffic."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from statistics import mean, pstdev
from types import ModuleType
from typing import Any

import pytest

Row = dict[str, Any]
Captures = dict[str, list[Row]]

CACHING_LIVE_S = 1_789_948_800
"""2026-09-21 00:00 UTC."""


def _answered(captures: Captures, key: str) -> list[Row]:
    return [row for row in captures[key] if row["status"] == 200]


def _quantiles(values: list[float], *shares: float) -> list[float]:
    ordered = sorted(values)
    return [ordered[int(share * len(ordered))] for share in shares]


def _variation(starts: list[float], longest_s: float = float("inf")) -> float:
    gaps = [b - a for a, b in pairwise(starts) if b - a < longest_s]
    return pstdev(gaps) / mean(gaps)


def test_chat_prompts_beside_the_shared_prefix(
    captures: Captures, generator: Callable[[str], ModuleType]
) -> None:
    calls = _answered(captures, "support-prod")
    first = generator("support").calls(generator("sample").SEED)[0]
    # Six tools and the system prompt come before the messages.
    shared = generator("settle").prompt_of(first).prefixes[6].tokens
    assert shared > 2000
    own = [call["prompt"] - shared for call in calls]
    # Measured: p50 1,020, mean 1,155, p99 4,142.
    assert [*_quantiles(own, 0.5), mean(own)] == pytest.approx([1020, 1155], rel=0.1)
    assert _quantiles(own, 0.99) == pytest.approx([4142], rel=0.2)


def test_chat_answers_and_arrivals(captures: Captures) -> None:
    calls = _answered(captures, "support-prod")
    outputs = [call["output"] for call in calls]
    assert [*_quantiles(outputs, 0.5), mean(outputs)] == pytest.approx([129, 211], rel=0.1)
    # Measured 1.1 in continuous service; here the desk is open two hours a day, nights left out.
    in_a_day = _variation([call["start_s"] for call in calls], longest_s=4 * 3600)
    assert in_a_day == pytest.approx(1.1, abs=0.3)


def test_chat_caching_goes_live_on_one_day(captures: Captures) -> None:
    calls = _answered(captures, "support-prod")
    marked = {(call["start_s"] > CACHING_LIVE_S, call["marked"]) for call in calls}
    assert marked == {(False, False), (True, True)}
    assert not any(c["read"] + c["write_5m"] for c in calls if c["start_s"] < CACHING_LIVE_S)
    hit = sum(call["read"] for call in calls) / sum(call["prompt"] for call in calls)
    assert 0.25 < hit < 0.40


def test_completion_sizes_and_bursts(captures: Captures) -> None:
    calls = _answered(captures, "ide-plugin")
    prompts = [call["prompt"] for call in calls]
    outputs = [call["output"] for call in calls]
    assert _quantiles(prompts, 0.5, 0.99) == pytest.approx([1469, 7436], rel=0.05)
    assert mean(prompts) == pytest.approx(2048, rel=0.05)
    assert [*_quantiles(outputs, 0.5), mean(outputs)] == pytest.approx([13, 28], rel=0.05)
    assert _variation([call["start_s"] for call in calls]) == pytest.approx(13, rel=0.1)
    assert not any(call["marked"] for call in calls)


def test_documents_are_long_and_asked_again_within_minutes(captures: Captures) -> None:
    calls = _answered(captures, "contract-reader")
    prompts = [call["prompt"] for call in calls]
    outputs = [call["output"] for call in calls]
    assert _quantiles(prompts, 0.5, 0.9) == pytest.approx([6909, 27_367], rel=0.1)
    assert _quantiles(prompts, 0.99) == pytest.approx([85_400], rel=0.25)
    assert _quantiles(outputs, 0.5, 0.9, 0.99) == pytest.approx([350, 597, 1119], rel=0.1)
    last: dict[int, float] = {}
    gaps = []
    for call in calls:
        document = call["blocks"][1]
        gaps += [call["start_s"] - last[document]] if document in last else []
        last[document] = call["start_s"]
    assert _quantiles(gaps, 0.5, 0.8, 0.9) == pytest.approx([114, 324, 519], rel=0.15)
    assert not any(call["marked"] for call in calls)


def test_the_digest_runs_in_one_burst_after_two_at_night(captures: Captures) -> None:
    calls = _answered(captures, "nightly-digest")
    assert all(2 * 3600 <= call["start_s"] % 86_400 < 2 * 3600 + 120 for call in calls)
    assert len({call["start_s"] // 86_400 for call in calls}) == 77
    assert {call["tier"] for call in calls} == {"standard"}


def test_characters_agree_with_billed_tokens(captures: Captures) -> None:
    """A replay spreads billed tokens over characters: 3.6 to 4 for each token, and little else."""
    for key in ("ide-plugin", "nightly-digest", "contract-reader", "support-prod"):
        for call in _answered(captures, key):
            # Tools add what the vendor writes around them: 354 tokens; JSON keys are not counted.
            hidden = 354 if key == "support-prod" else 0
            assert 3.55 < sum(call["blocks"]) / (call["prompt"] - hidden) < 4.05, key


def test_rare_cases_are_there(captures: Captures) -> None:
    every = [row for rows in captures.values() for row in rows]
    statuses = Counter(row["status"] for row in every)
    assert min(statuses[429], statuses[529], statuses[400]) >= 3
    assert sum(row["attempt"] == 1 for row in every) >= statuses[429] - 2
    assert sum(row["stop"] == "refusal" for row in every) == 1
    assert sum(not row["final"] for row in every) == 1
    assert sum(row["model"] == "claude-experimental-9" for row in every) == 7
    assert sum(row["speed"] == "fast" for row in every) == 24
    assert sum(row["searches"] for row in every) >= 14
    assert {row["workspace"] for row in every if row["geo"] == "us"} == {"wrkspc_syn_legal_us"}
    assert {row["tier"] for row in captures["labelling-batch"]} == {"batch"}
    assert {row["month"] for row in captures["labelling-batch"]} == {"2026-10", "2026-11"}
    assert {row["workload"] for row in every} == {"support-chat", "nightly-digest", None}
