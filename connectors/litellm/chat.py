"""Chat requests become Messages requests, block by block as LiteLLM sends them to Claude.

Source of the rules: LiteLLM 1.106.2, `anthropic_messages_pt`, `translate_system_message`,
`_map_tool_helper`, `_map_tool_choice`; the tests compare with recorded outputs of that code.
"""

import json
import re
from collections.abc import Mapping
from itertools import groupby, takewhile
from typing import NamedTuple

Block = dict[str, object]

_DATA_URL = re.compile(r"data:(image/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
_CHOICES = {"auto": "auto", "required": "any", "any": "any", "none": "none"}
_OWN_PARTS = frozenset({"document", "thinking", "redacted_thinking", "tool_use", "tool_result"})
"""Parts of the Messages API that LiteLLM passes on as they are."""
_REWRITTEN = ("response_format", "web_search_options", "functions", "mcp_servers")
"""Parameters from which LiteLLM makes tools of its own."""


class Translated(NamedTuple):
    """A request in the shape of the Messages API."""

    request: dict[str, object]
    exact: bool
    """False when a part was kept as the client wrote it: equal prefixes stay equal, no more."""


def translated(chat: Mapping[str, object]) -> Translated:
    """Give the Messages request that LiteLLM made of a chat request."""
    messages = _objects(chat.get("messages"))
    walk = _Walk(exact=not (any(chat.get(name) for name in _REWRITTEN) or _adds(chat, messages)))
    system = [b for m in messages if _role(m) == "system" for b in walk.parts(m)]
    others = [m for m in messages if _role(m) != "system"]
    turns = [
        {"role": role, "content": [b for m in run for b in walk.turn(m)]}
        for role, run in groupby(others, key=_role)
    ]
    request: dict[str, object] = {
        "tools": [walk.tool(tool) for tool in _listed(chat.get("tools"))],
        "system": system,
        "messages": turns,
        "tool_choice": _tool_choice(chat.get("tool_choice")),
        "thinking": chat.get("thinking"),
        "output_config": chat.get("output_config") or _effort(chat.get("reasoning_effort")),
    }
    return Translated({key: value for key, value in request.items() if value}, walk.exact)


class _Walk:
    """Remembers whether every part had a known shape."""

    def __init__(self, *, exact: bool) -> None:
        self.exact = exact

    def turn(self, message: Block) -> list[Block]:
        """Give the blocks of one message that is no system message."""
        if message.get("role") in ("tool", "function"):
            return [self._tool_result(message)]
        parts = self.parts(message)
        if message.get("role") != "assistant":
            return parts
        thinking = [dict(block) for block in _objects(message.get("thinking_blocks"))]
        inline = any(part.get("type") in ("thinking", "redacted_thinking") for part in parts)
        calls = [self._tool_use(call) for call in _objects(message.get("tool_calls"))]
        return [*([] if inline else thinking), *parts, *calls]

    def parts(self, message: Block) -> list[Block]:
        """Give the content of a message as blocks; a string is one text block."""
        content = message.get("content")
        if isinstance(content, str):
            return [_marked({"type": "text", "text": content}, message)] if content else []
        return [self._part(part) for part in _objects(content) if part.get("text") != ""]

    def tool(self, tool: object) -> object:
        """Give a tool's definition; those of the Messages API stay as they are."""
        if not isinstance(tool, dict):
            self.exact = False
            return tool
        function = tool.get("function")
        if not isinstance(function, dict):
            self.exact = self.exact and isinstance(tool.get("name"), str)
            return tool
        schema = function.get("parameters") or {"type": "object", "properties": {}}
        self.exact = self.exact and isinstance(schema, dict) and schema.get("type") == "object"
        made: Block = {"name": function.get("name"), "input_schema": schema, "type": "custom"}
        if function.get("description") is not None:
            made["description"] = function["description"]
        return _marked(_marked(made, function), tool)

    def _part(self, part: Block) -> Block:
        kind = part.get("type")
        if kind == "text":
            return _marked({"type": "text", "text": part.get("text")}, part)
        if kind == "image_url" and (source := _image_source(part.get("image_url"))):
            return _marked({"type": "image", "source": source}, part)
        self.exact = self.exact and isinstance(kind, str) and kind in _OWN_PARTS
        return part

    def _tool_use(self, call: Block) -> Block:
        function = call.get("function")
        named = function if isinstance(function, dict) else {}
        name = str(call.get("id") or "")
        if name.startswith("srvtoolu_") or not named:
            self.exact = False
        made: Block = {
            "type": "tool_use",
            "id": _NOT_IN_IDS.sub("_", name),
            "name": named.get("name"),
            "input": self._arguments(named.get("arguments")),
        }
        return _marked(made, call)

    def _arguments(self, text: object) -> object:
        try:
            return json.loads(text) if isinstance(text, str) and text.strip() else {}
        except (ValueError, RecursionError):
            self.exact = False
            return text

    def _tool_result(self, message: Block) -> Block:
        content = message.get("content")
        told = content if isinstance(content, str) else [self._part(p) for p in _objects(content)]
        use = _NOT_IN_IDS.sub("_", str(message.get("tool_call_id") or ""))
        self.exact = self.exact and message.get("role") == "tool"
        return _marked({"type": "tool_result", "tool_use_id": use, "content": told}, message)


def answer_blocks(message: Mapping[str, object]) -> list[Block]:
    """Give an answer's blocks, which the next request will carry back."""
    told = dict(message) | {"role": "assistant"}
    fields = message.get("provider_specific_fields")
    if not told.get("thinking_blocks") and isinstance(fields, dict):
        told["thinking_blocks"] = fields.get("thinking_blocks")
    return _Walk(exact=True).turn(told)


def _adds(chat: Mapping[str, object], messages: list[Block]) -> bool:
    """Tell whether LiteLLM puts in words of its own, which change with its version.

    It turns a system message between others into a note, and adds a tool where calls of tools
    stand without one.
    """
    leading = len(list(takewhile(lambda m: _role(m) == "system", messages)))
    late = any(_role(message) == "system" for message in messages[leading:])
    called = any(m.get("tool_calls") or m.get("role") == "tool" for m in messages)
    return late or (called and not chat.get("tools"))


def _role(message: Block) -> str:
    role = message.get("role")
    if role in ("system", "developer"):
        return "system"
    return "assistant" if role == "assistant" else "user"


def _image_source(image: object) -> Block | None:
    url = image.get("url") if isinstance(image, dict) else image
    if not isinstance(url, str):
        return None
    if data := _DATA_URL.fullmatch(url):
        return {"type": "base64", "media_type": data[1], "data": data[2]}
    return {"type": "url", "url": url} if url.startswith("https://") else None


def _tool_choice(choice: object) -> Block | None:
    if isinstance(choice, str):
        return {"type": _CHOICES[choice]} if choice in _CHOICES else None
    if not isinstance(choice, dict):
        return None
    function = choice.get("function")
    if isinstance(function, dict):
        return {"type": "tool", "name": function.get("name")}
    return choice if choice.get("name") else _tool_choice(choice.get("type"))


def _effort(effort: object) -> Block | None:
    return {"effort": effort} if isinstance(effort, str) and effort else None


def _marked(block: Block, source: Mapping[str, object]) -> Block:
    mark = source.get("cache_control")
    return {**block, "cache_control": mark} if isinstance(mark, dict) else block


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[Block]:
    return [item for item in _listed(value) if isinstance(item, dict)]
