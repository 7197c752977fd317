"""Sources that count cache tokens inside their input, or say so and do not."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.regression.lines import OPUS, log

# langfuse#12306: 10 tokens outside the cache, 22,820 read, 9,907 written, 135 of output
PROMPT, READ, WRITTEN, OUTPUT = 32_737, 22_820, 9_907, 135
# 10 x $4 + 22,820 x $0.20 + 9,907 x $5 + 135 x $20 a million
TRUE = Decimal("0.056839")


def _span(name: str, counts: dict[str, int]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": OPUS,
        "gen_ai.response.id": f"msg_{name}",
    }
    texts = [{"key": key, "value": {"stringValue": value}} for key, value in told.items()]
    numbers = [
        {"key": f"gen_ai.usage.{key}", "value": {"intValue": str(count)}}
        for key, count in counts.items()
    ]
    span = {
        "traceId": name.encode().hex().rjust(32, "0"),
        "spanId": name.encode().hex().rjust(16, "0")[-16:],
        "name": "chat",
        "startTimeUnixNano": "1793707200000000000",  # 2026-11-03 12:00 UTC
        "endTimeUnixNano": "1793707202000000000",
        "attributes": [*texts, *numbers],
    }
    return {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [span]}]}]}


def test_cache_tokens_inside_the_input_of_a_span_are_billed_once(tmp_path: Path, bill: Any) -> None:
    # langfuse#12306, #10592: the cache's tokens were billed at their own rates and again as input,
    # which is $0.187747 here
    cache = {"cache_read.input_tokens": READ, "cache_creation.input_tokens": WRITTEN}
    alone = PROMPT - READ - WRITTEN
    cases = {
        "inside": {"input_tokens": PROMPT, **cache, "output_tokens": OUTPUT},
        "older": {
            "input_tokens": PROMPT,
            "cache_read_input_tokens": READ,
            "cache_creation_input_tokens": WRITTEN,
            "output_tokens": OUTPUT,
        },
        # pydantic-ai#3850: an emitter that counts beside must not come out negative
        "beside": {"input_tokens": alone, **cache, "output_tokens": OUTPUT},
    }
    found = bill(log(tmp_path / "spans.jsonl", [_span(n, told) for n, told in cases.items()]))
    assert found.each() == {f"msg_{name}": TRUE for name in cases}


def _observation(name: str, **counts: int) -> dict[str, Any]:
    return {
        "id": name,
        "trace_id": f"trace {name}",
        "type": "GENERATION",
        "parent_observation_id": None,
        "start_time": "2026-11-03 12:00:00.000000",
        "end_time": "2026-11-03 12:00:02.000000",
        "provided_model_name": OPUS,
        "usage_details": counts,
        "input": "question",
        "metadata": {"message_id": f"msg_{name}"},
    }


def test_an_export_of_spans_with_cache_inside_the_input_is_billed_once(
    tmp_path: Path, bill: Any
) -> None:
    cache = {"cache_read_input_tokens": READ, "cache_creation_input_tokens": WRITTEN}
    told = [
        # the total says that the cache is inside; in the second it was added again by the export
        _observation("inside", input=PROMPT, **cache, output=OUTPUT, total=PROMPT + OUTPUT),
        _observation("outside", input=10, **cache, output=OUTPUT, total=PROMPT + OUTPUT),
    ]
    found = bill(log(tmp_path / "observations.jsonl", told))
    assert found.each() == {"msg_inside": TRUE, "msg_outside": TRUE}


def _portkey(name: str, **usage: object) -> dict[str, Any]:
    body = {
        "id": name,
        "object": "chat.completion",
        "model": OPUS,
        "choices": [{"index": 0, "message": {"role": "assistant"}, "finish_reason": "stop"}],
        "usage": usage,
    }
    return {
        "id": name,
        "created_at": "2026-11-03T12:00:00.000Z",
        "ai_org": "anthropic",
        "ai_model": OPUS,
        "request": {"body": {"model": OPUS, "messages": [{"role": "user", "content": "question"}]}},
        "response": {"body": body},
        "response_status_code": 200,
        "response_time": 2_000,
        "is_success": True,
        "metadata": {},
    }


def test_a_gateway_whose_total_holds_the_cache_and_whose_prompt_does_not(
    tmp_path: Path, bill: Any
) -> None:
    # Portkey gateway PR#1754: prompt_tokens leaves the cache out, total_tokens holds it; after the
    # change prompt_tokens holds it too, and both ways are in the logs
    cache = {
        "prompt_tokens_details": {"cached_tokens": READ},
        "cache_read_input_tokens": READ,
        "cache_creation_input_tokens": WRITTEN,
    }
    total = PROMPT + OUTPUT
    told = [
        _portkey("before", prompt_tokens=10, completion_tokens=OUTPUT, total_tokens=total, **cache),
        _portkey(
            "after", prompt_tokens=PROMPT, completion_tokens=OUTPUT, total_tokens=total, **cache
        ),
    ]
    found = bill(log(tmp_path / "logs.jsonl", told))
    assert found.usd == 2 * TRUE
    assert (found.tokens("uncached"), found.tokens("read")) == (20, 2 * READ)
