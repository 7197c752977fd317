"""Batch calls cost half, all of them and once; those that did not succeed cost nothing."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.regression.lines import OPUS, capture, log, usage, written


def _batch(folder: Path, created: str, *results: dict[str, Any]) -> Path:
    """A batch as the API gives it out: the batch object, and the results beside it."""
    ended = created.replace("T12:00", "T12:40")
    told = {
        "id": "msgbatch_1",
        "type": "message_batch",
        "processing_status": "ended",
        "request_counts": {},
    }
    log(folder / "msgbatch_1.json", [{**told, "created_at": created, "ended_at": ended}])
    log(folder / "msgbatch_1_results.jsonl", results)
    return folder


def _succeeded(name: str, counts: dict[str, Any], model: str = OPUS) -> dict[str, Any]:
    message = {
        "id": f"msg_{name}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "answer"}],
        "stop_reason": "end_turn",
        "usage": counts,
    }
    return {"custom_id": name, "result": {"type": "succeeded", "message": message}}


def test_a_batch_of_september_cost_half_as_well(tmp_path: Path, bill: Any) -> None:
    # genai-prices 0.2.3 knows batch prices from 2026-10-14 on, and bills earlier ones in full
    counts = usage(10_000, 1_000, service_tier="batch")
    for day, model in (("2026-09-24", OPUS), ("2026-10-13", OPUS), ("2026-10-14", OPUS),
                       ("2026-03-20", "claude-opus-4-6")):  # fmt: skip
        folder = tmp_path / day
        _batch(folder, f"{day}T12:00:00Z", _succeeded(day, counts, model))
    # half of 10,000 x $4 + 1,000 x $20 a million; of Opus 4.6 of $5 and $25
    assert bill(tmp_path).each() == {
        "msg_2026-09-24": Decimal("0.03"),
        "msg_2026-10-13": Decimal("0.03"),
        "msg_2026-10-14": Decimal("0.03"),
        "msg_2026-03-20": Decimal("0.0375"),
    }


def test_cached_tokens_of_a_batch_cost_half_of_their_own_rates(tmp_path: Path, bill: Any) -> None:
    # peers.md 3, measured: LiteLLM took the hour's writes of a batch at half of the 5-minute rate
    # (-34 %) on one way and everything in full on the others; Helicone PR#4211 left them out
    cached = usage(100, 1_000, **written(0, 50_000, read=100_000))
    tiered = usage(20_000, 1_000, **written(0, 90_000))
    dear = _succeeded("dear", tiered, "claude-haiku-5-5")
    _batch(tmp_path, "2026-11-03T12:00:00Z", _succeeded("cached", cached), dear)
    log(tmp_path / "capture.jsonl", [capture("sync", {**cached, "service_tier": "standard"})])
    assert bill(tmp_path).each() == {
        # 100 x $4 + 1,000 x $20 + 50,000 x $8 + 100,000 x $0.20 a million = $0.4404, halved
        "msg_cached": Decimal("0.2202"),
        # 110,000 of prompt is past 100,000: 20,000 x $0.50 + 90,000 x $1 + 1,000 x $2.50, halved
        "msg_dear": Decimal("0.05125"),
        "msg_sync": Decimal("0.4404"),
    }


def test_only_results_that_succeeded_cost_and_fetching_them_again_adds_nothing(
    tmp_path: Path, bill: Any
) -> None:
    # the Batches API bills succeeded requests alone; LiteLLM#12084: the spend of a batch was added
    # again each time that its results were fetched
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    others = [
        {"custom_id": "b", "result": {"type": "errored", "error": error}},
        {"custom_id": "c", "result": {"type": "expired"}},
        {"custom_id": "d", "result": {"type": "canceled"}},
    ]
    for fetched in ("monday", "tuesday"):
        told = [_succeeded("a", usage(10_000, 1_000)), *others]
        _batch(tmp_path / fetched, "2026-11-03T12:00:00Z", *told)
    found = bill(tmp_path)
    assert (found.usd, found.ledger.kept, found.ledger.repeats) == (Decimal("0.03"), 1, 1)
    reasons = sorted((row["line"], row["kind"], row["reason"]) for row in found.rejects)
    assert reasons[::2] == [
        (2, "unbilled", "invalid_request_error"),
        (3, "unbilled", "expired"),
        (4, "unbilled", "canceled"),
    ]
