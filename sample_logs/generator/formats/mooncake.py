"""The golden calls as a Mooncake trace: when, how long, which blocks of 512 tokens are shared."""

import json

from generator.exchanges import Json
from generator.golden import NOON_US, Golden, golden_calls

_BLOCK = 512


def files() -> dict[str, bytes]:
    """Give one trace; prompts of one model and cap begin alike."""
    ids: dict[tuple[object, ...], int] = {}
    calls = [call for call in golden_calls() if call.failure is None]
    rows = "".join(f"{json.dumps(_request(call, ids))}\n" for call in calls)
    return {"sources/mooncake/trace.jsonl": rows.encode()}


def _request(call: Golden, ids: dict[tuple[object, ...], int]) -> Json:
    ends = [*range(_BLOCK, call.prompt_total, _BLOCK), call.prompt_total]
    keys = [(call.model, call.request["max_tokens"], end) for end in ends]
    return {
        "timestamp": (call.start_us - NOON_US) // 1_000,
        "input_length": call.prompt_total,
        "output_length": call.output,
        "hash_ids": [ids.setdefault(key, len(ids)) for key in keys],
    }
