"""Predicted tokens and own servers in the logs of gateways that speak OpenAI's dialect."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.trace import (
    OTHER_MODEL,
    OTHER_MODEL_PREDICTED,
    OWN_HARDWARE,
    Aside,
    Call,
    Outcome,
    Rejected,
)
from connectors.endpoints import on_own_hardware

Read = Callable[[Path], list[Outcome]]
LITELLM = Path(__file__).parents[2] / "sample_logs" / "traps" / "litellm" / "shown.jsonl"


def litellm(details: dict[str, Any], **told: Any) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(LITELLM.read_text().partition("\n")[0])
    row["metadata"]["usage_object"]["completion_tokens_details"] = details
    return {**row, **told}


def portkey(model: str, provider: str, **details: int) -> dict[str, Any]:
    usage = {
        "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "completion_tokens_details": details,
    }  # fmt: skip
    return {
        "id": f"log-{model}", "ai_model": model, "ai_org": provider, "is_success": "true",
        "created_at": "2026-10-20T12:00:00Z", "response_time": 900,
        "request": {"body": {"model": model, "messages": []}},
        "response": {"body": {"id": "chatcmpl-1", "model": model, "usage": usage}},
    }  # fmt: skip


@pytest.fixture
def told(tmp_path: Path, read: Read) -> Callable[..., list[Outcome]]:
    def of(*rows: dict[str, Any]) -> list[Outcome]:
        path = tmp_path / "log.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return read(path)

    return of


def test_litellm_tells_predicted_tokens_of_its_calls(told: Callable[..., list[Outcome]]) -> None:
    seen = {"accepted_prediction_tokens": 6, "rejected_prediction_tokens": 3}
    predicted, silent = told(litellm(seen), litellm({}, litellm_call_id="b", id="msg_b"))
    assert isinstance(predicted, Call)
    assert isinstance(silent, Call)
    assert (predicted.accepted_prediction, predicted.rejected_prediction) == (6, 3)
    # part of output, and so in no other bucket: the source's 10 tokens stay 10
    assert predicted.tokens.output == silent.tokens.output == 10
    assert (silent.accepted_prediction, silent.rejected_prediction) == (None, None)


def test_a_negative_count_of_predictions_is_a_fault(told: Callable[..., list[Outcome]]) -> None:
    (fault,) = told(litellm({"rejected_prediction_tokens": -1}))
    assert isinstance(fault, Rejected)
    assert "rejected_prediction_tokens" in fault.detail


def test_litellm_lines_of_other_makers_are_told_apart(
    told: Callable[..., list[Outcome]],
) -> None:
    found = told(
        litellm({}),
        litellm({}, model="gpt-5", custom_llm_provider="openai"),
        litellm({"rejected_prediction_tokens": 9}, model="gpt-5", custom_llm_provider="openai"),
        litellm({}, model="llama-3", custom_llm_provider="hosted_vllm"),
    )[1:]
    assert found == [
        Aside(2, OTHER_MODEL), Aside(3, OTHER_MODEL_PREDICTED), Aside(4, OWN_HARDWARE),
    ]  # fmt: skip


def test_a_body_in_openais_shape_tells_predicted_tokens(
    told: Callable[..., list[Outcome]],
) -> None:
    call, other, own = told(
        portkey("claude-sonnet-4-5", "anthropic", accepted_prediction_tokens=5,
                rejected_prediction_tokens=2),
        portkey("gpt-4o", "openai", rejected_prediction_tokens=8),
        portkey("llama3", "ollama"),
    )  # fmt: skip
    assert isinstance(call, Call)
    assert (call.accepted_prediction, call.rejected_prediction) == (5, 2)
    assert (other, own) == (Aside(2, OTHER_MODEL_PREDICTED), Aside(3, OWN_HARDWARE))


@pytest.mark.parametrize(
    ("provider", "own"),
    [
        ("hosted_vllm", True), ("vLLM", True), ("sglang", True), ("ollama_chat", True),
        ("llama.cpp", True), ("tgi", True), ("openai", False), ("anthropic", False), (None, False),
        ("vllm-as-a-service", False),
    ],
)  # fmt: skip
def test_names_of_model_servers_are_known(provider: str | None, *, own: bool) -> None:
    assert on_own_hardware(provider) is own
