"""Bedrock's Converse bodies in the Messages API's words, so that equal blocks are equal nodes.

A `cachePoint` is a mark on the block before it. Shapes: botocore 1.44.5, service `bedrock-runtime`.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from connectors.answers import Block
from connectors.reading.json_scan import Fields

Media = Callable[[str], Block | None]
"""Gives the source of an image or document that lies in object storage; None when it is gone."""

_DOCUMENT_TYPES = {"pdf": "application/pdf", "txt": "text/plain"}
_decode = msgspec.json.Decoder().decode


class Converse(NamedTuple):
    """A Converse request in the Messages API's words."""

    request: Fields
    whole: bool
    """False when an image or document of the prompt was not found."""


def converse(body: Fields, media: Media) -> Converse:
    """Translate a request body."""
    translation = _Translation(media)
    asked = {key: _decode(value) for key, value in body.items()}
    tools = _object(asked.get("toolConfig"))
    settings = _object(asked.get("inferenceConfig"))
    output = _object(asked.get("outputConfig"))
    request: dict[str, object] = {
        "messages": translation.turns(asked.get("messages")),
        "system": translation.blocks(asked.get("system")),
        "tools": translation.blocks(tools.get("tools")),
        "tool_choice": _choice(tools.get("toolChoice")),
        "max_tokens": settings.get("maxTokens"),
        "output_config": {"effort": output["effort"]} if output.get("effort") else None,
        **_object(asked.get("additionalModelRequestFields")),
    }
    fields = {key: msgspec.Raw(msgspec.json.encode(v)) for key, v in request.items() if v}
    return Converse(fields, translation.whole)


def answered(body: Fields) -> list[Block]:
    """Give the blocks of a response body; none when the log cut them to a string."""
    output = _object(_decode(body["output"])) if "output" in body else {}
    message = _object(output.get("message"))
    return _Translation(lambda uri: {"type": "s3", "uri": uri}).blocks(message.get("content"))


class _Translation:
    """Turns the blocks of one body."""

    def __init__(self, media: Media) -> None:
        self.whole = True
        self._media = media

    def turns(self, turns: object) -> list[Block] | None:
        if not isinstance(turns, list):
            return None
        return [
            {"role": turn.get("role", "user"), "content": self.blocks(turn.get("content"))}
            for turn in turns
            if isinstance(turn, dict)
        ]

    def blocks(self, items: object) -> list[Block]:
        blocks: list[Block] = []
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, dict):
                blocks.append({"type": "text", "text": str(item)})
            elif "cachePoint" not in item:
                blocks.append(self._block(item))
            elif blocks:
                blocks[-1] = blocks[-1] | {"cache_control": _mark(_object(item["cachePoint"]))}
        return blocks

    def _block(self, item: Block) -> Block:
        for key, value in item.items():
            if key in _PLAIN:
                return _PLAIN[key](value)
            if key in ("image", "document"):
                return self._media_block(key, _object(value))
            if key == "toolResult":
                return self._tool_result(_object(value))
        return {"type": "unknown", **item}

    def _media_block(self, kind: str, value: Mapping[str, Any]) -> Block:
        named = {"title": value.get("name"), "context": value.get("context")}
        source = self._source(kind, str(value.get("format")), _object(value.get("source")))
        block = {"type": kind, "source": source, "citations": value.get("citations")}
        return _filled(block | (named if kind == "document" else {}))

    def _source(self, kind: str, form: str, source: Mapping[str, Any]) -> Block:
        media_type = f"image/{form}" if kind == "image" else _DOCUMENT_TYPES.get(form, form)
        if isinstance(source.get("text"), str):
            return {"type": "text", "media_type": "text/plain", "data": source["text"]}
        if isinstance(source.get("content"), list):
            return {"type": "content", "content": self.blocks(source["content"])}
        if uri := _object(source.get("s3Location")).get("uri"):
            found = self._media(str(uri))
            self.whole = self.whole and found is not None
            return {"media_type": media_type, **(found or {"type": "not_logged"})}
        return {"type": "base64", "media_type": media_type, "data": source.get("bytes")}

    def _tool_result(self, value: Mapping[str, Any]) -> Block:
        failed = True if value.get("status") == "error" else None
        return _filled(
            {
                "type": "tool_result",
                "tool_use_id": value.get("toolUseId"),
                "content": self.blocks(value.get("content")),
                "is_error": failed,
            }
        )


def _text(value: object) -> Block:
    return {"type": "text", "text": value}


def _tool(value: object) -> Block:
    tool = _object(value)
    return _filled(
        {
            "name": tool.get("name"),
            "description": tool.get("description"),
            "input_schema": _object(tool.get("inputSchema")).get("json"),
            "strict": tool.get("strict"),
        }
    )


def _tool_use(value: object) -> Block:
    use = _object(value)
    kind = use.get("type") or "tool_use"
    return {"type": kind, "id": use.get("toolUseId"), **_some(use, "name", "input")}


def _thinking(value: object) -> Block:
    given = _object(value)
    if "redactedContent" in given:
        return {"type": "redacted_thinking", "data": given["redactedContent"]}
    text = _object(given.get("reasoningText"))
    return {"type": "thinking", "thinking": text.get("text"), **_some(text, "signature")}


def _cited(value: object) -> Block:
    cited = _object(value)
    parts = [_object(part).get("text") or "" for part in _list(cited.get("content"))]
    return _text("".join(map(str, parts))) | _some(cited, "citations")


def _found(value: object) -> Block:
    result = _object(value)
    texts = [_text(_object(part).get("text")) for part in _list(result.get("content"))]
    return {
        "type": "search_result",
        "content": texts,
        **_some(result, "source", "title", "citations"),
    }


_PLAIN: dict[str, Callable[[object], Block]] = {
    "text": _text,
    "json": lambda value: _text(msgspec.json.encode(value).decode()),
    "guardContent": lambda value: _text(_object(_object(value).get("text")).get("text")),
    "toolSpec": _tool,
    "systemTool": lambda value: {"type": "system_tool", **_some(_object(value), "name")},
    "toolUse": _tool_use,
    "reasoningContent": _thinking,
    "citationsContent": _cited,
    "searchResult": _found,
}


def _choice(value: object) -> Block | None:
    for kind, tool in _object(value).items():
        return {"type": kind, **_some(_object(tool), "name")}
    return None


def _mark(point: Mapping[str, Any]) -> Block:
    return {"type": "ephemeral", **_some(point, "ttl")}


def encoded(content: bytes) -> Block:
    """Give the source of an image whose bytes are known, as a client would have sent it."""
    return {"type": "base64", "data": base64.b64encode(content).decode()}


def _some(fields: Mapping[str, Any], *keys: str) -> Block:
    return {key: fields[key] for key in keys if fields.get(key) is not None}


def _filled(block: Block) -> Block:
    return {key: value for key, value in block.items() if value is not None}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
