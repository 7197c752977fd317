"""The golden calls as AWS Bedrock's invocation log tells them.

A conversation over Converse, the rest over InvokeModel, one large body laid aside. Call 10 is left
out: Bedrock has no web search.
"""

from generator.calendar import iso
from generator.captures import dumps
from generator.exchanges import Json
from generator.golden import Golden, golden_calls

_FOLDER = "sources/bedrock/AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/09/30/12"
_CONVERSE = range(1, 5)
_LAID_ASIDE = 5
_ARN = "arn:aws:bedrock:us-east-1:111122223333"
_MODELS = {
    "claude-sonnet-5-5": "global.anthropic.claude-sonnet-5-5",
    "claude-opus-5-5": f"{_ARN}:application-inference-profile/golden",
    "claude-haiku-4-5-20251001": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
}


def files() -> dict[str, bytes]:
    """Give one hour's log and the side object of its large request."""
    calls = [call for call in golden_calls() if not call.web_searches]
    rows = "".join(f"{dumps(_record(call))}\n" for call in calls)
    large = next(call for call in calls if call.number == _LAID_ASIDE)
    return {
        f"{_FOLDER}/20260930T120000000Z_golden.json.gz": rows.encode(),
        f"{_FOLDER}/data/{_request_id(large)}_input.json.gz": dumps(_native(large)).encode(),
    }


def _record(call: Golden) -> Json:
    operation = "Converse" if call.number in _CONVERSE else "InvokeModel"
    in_parts = {"Converse": "ConverseStream", "InvokeModel": "InvokeModelWithResponseStream"}
    record: Json = {
        "synthetic": True,
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": f"{iso(call.start_us // 1_000)[:19]}Z",
        "accountId": "111122223333",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/golden/app"},
        "region": "us-east-1",
        "requestId": _request_id(call),
        "operation": in_parts[operation] if call.stream else operation,
        "modelId": _MODELS[call.model],
        "requestMetadata": {"workload": call.workload, "session": call.session},
        "input": _asked(call),
    }
    if call.failure:
        return record | {"errorCode": "ThrottlingException", "status": "429"}
    return record | {"output": _answered(call), "inferenceRegion": "us-east-2"}


def _request_id(call: Golden) -> str:
    return f"00000000-0000-4000-8000-{call.number:012}"


def _asked(call: Golden) -> Json:
    counts: Json = {
        "inputTokenCount": call.uncached,
        "cacheReadInputTokenCount": call.read,
        "cacheWriteInputTokenCount": call.write_5m + call.write_1h,
    }
    if call.number == _LAID_ASIDE:
        name = f"{_FOLDER.removeprefix('sources/bedrock/')}/data/{_request_id(call)}_input.json.gz"
        return {"inputBodyS3Path": f"s3://golden-logs/{name}", **counts}
    body = _converse(call) if call.number in _CONVERSE else _native(call)
    return {"inputContentType": "application/json", "inputBodyJson": body, **counts}


def _answered(call: Golden) -> Json:
    if call.number in _CONVERSE:
        body: object = _converse_answer(call)
    else:
        body = _events(call) if call.stream else _message(call)
    return {
        "outputContentType": "application/json",
        "outputBodyJson": body,
        "outputTokenCount": call.output,
    }


def _native(call: Golden) -> Json:
    kept = {k: v for k, v in call.request.items() if k not in ("model", "stream")}
    return {"anthropic_version": "bedrock-2023-05-31", **kept}


def _message(call: Golden) -> Json:
    known = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    usage = {key: call.usage[key] for key in (*known, "cache_creation", "output_tokens")}
    return {**call.response, "usage": usage}


def _events(call: Golden) -> list[Json]:
    """Give a streamed answer as the log lists it; the last event holds Bedrock's own times."""
    last: Json = {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": call.uncached,
            "outputTokenCount": call.output,
            "invocationLatency": (call.end_us - call.start_us) // 1_000,
            "firstByteLatency": (call.first_us - call.start_us) // 1_000,
        },
    }
    return [*streamed(call, _message(call)), last]


def streamed(call: Golden, message: Json) -> list[Json]:
    """Give the events of an answer of one text block, all but the last."""
    usage = message["usage"]
    assert isinstance(usage, dict)  # noqa: S101 - narrows what _message made
    text = str(call.answer[0]["text"])
    begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    return [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
            for t in (text[:5], text[5:])
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": call.stop_reason, "stop_sequence": None},
            "usage": {"output_tokens": call.output},
        },
    ]


def _converse(call: Golden) -> Json:
    request = call.request
    return {
        "messages": [
            {"role": turn["role"], "content": _blocks(turn["content"])}
            for turn in _list(request["messages"])
        ],
        "system": _blocks(request.get("system")),
        "toolConfig": {"tools": [_tool(tool) for tool in _list(request.get("tools"))]},
        "inferenceConfig": {"maxTokens": request["max_tokens"]},
    }


def _converse_answer(call: Golden) -> Json:
    written = {"5m": call.write_5m, "1h": call.write_1h}
    usage: Json = {
        "inputTokens": call.uncached,
        "outputTokens": call.output,
        "totalTokens": call.prompt_total + call.output,
        # both names of each value, as real answers have them
        "cacheReadInputTokens": call.read,
        "cacheReadInputTokenCount": call.read,
        "cacheWriteInputTokens": call.write_5m + call.write_1h,
        "cacheWriteInputTokenCount": call.write_5m + call.write_1h,
        "cacheDetails": [{"ttl": ttl, "inputTokens": n} for ttl, n in written.items() if n],
    }
    return {
        "output": {"message": {"role": "assistant", "content": _blocks(call.answer)}},
        "stopReason": call.stop_reason,
        "metrics": {"latencyMs": (call.end_us - call.start_us) // 1_000},
        "usage": usage,
    }


def _blocks(content: object) -> list[Json]:
    blocks: list[Json] = []
    for block in _list(content):
        blocks.append(_block(block))
        mark = block.get("cache_control")
        if isinstance(mark, dict):
            ttl = {"ttl": mark["ttl"]} if "ttl" in mark else {}
            blocks.append({"cachePoint": {"type": "default", **ttl}})
    return blocks


def _block(block: Json) -> Json:
    if block["type"] == "tool_use":
        use = {"toolUseId": block["id"], "name": block["name"], "input": block["input"]}
        return {"toolUse": use}
    if block["type"] == "tool_result":
        content = [{"text": block["content"]}]
        return {"toolResult": {"toolUseId": block["tool_use_id"], "content": content}}
    return {"text": block["text"]}


def _tool(tool: Json) -> Json:
    schema = {"json": tool["input_schema"]}
    named = {"name": tool["name"], "description": tool["description"]}
    return {"toolSpec": {**named, "inputSchema": schema}}


def _list(content: object) -> list[Json]:
    return content if isinstance(content, list) else []
