"""The table of vendor rules, read and sent: rows become recorder lines as a client would leave."""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analyzer.prompts import characters

TABLE = Path(__file__).with_name("vendor_rules.toml")
USER = ("user", "image", "result", "cite")
URLS = {
    "claude_api": "https://api.anthropic.com/v1/messages",
    "foundry": "https://one.services.ai.azure.com/anthropic/v1/messages",
    "bedrock": "https://bedrock-runtime.us-east-1.amazonaws.com/model/x/invoke",
    "vertex": "https://aiplatform.googleapis.com/v1/models/x:rawPredict",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of a row: `kind.name:tokens/life`."""

    kind: str
    name: str
    tokens: int
    ttl: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the table."""

    rule: str
    says: str
    unsure: int
    """Calls with a mark on a day on which the minimum is not certain."""
    calls: list[dict[str, Any]]
    """Each with what its row and the table's defaults say for all."""


def rows() -> list[Row]:
    """Every case, in the order of the file."""
    told = tomllib.loads(TABLE.read_text("utf-8"))
    found = []
    for case in told["case"]:
        calls, rule, says = case.pop("calls"), case.pop("rule"), case.pop("says")
        shared = told["defaults"] | case
        found.append(Row(rule, says, case.get("unsure", 0), [shared | call for call in calls]))
    return found


def pieces(text: str) -> list[Piece]:
    """The blocks of a prompt; `name.x3` stands for three of them."""
    found: list[Piece] = []
    for word in text.split():
        name, tokens, ttl = re.fullmatch(r"([\w.]+):(\d+)(?:/(\w+))?", word).groups()  # type: ignore[union-attr]  # a bad word fails the test
        kind = name.split(".")[0]
        times = re.search(r"\.x(\d+)$", name)
        names = [f"{name}.{n}" for n in range(int(times[1]))] if times else [name]
        marks = [None] * (len(names) - 1) + [ttl]
        found += [Piece(kind, n, int(tokens), m) for n, m in zip(names, marks, strict=True)]
    return found


def line_of(number: int, call: dict[str, Any]) -> bytes:
    """The exchange as the recorder writes it: billed in whole and uncached unless the row says."""
    start_ns = int((datetime.fromisoformat(call["day"]).replace(tzinfo=UTC)).timestamp()) * 10**9
    start_ns += 43_200 * 10**9 + round(call["at"] * 10**6) * 1_000
    read, short, long, plain = call.get("billed", (0, 0, 0, sum(call["bill"])))
    usage = {
        "input_tokens": plain,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + long,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": 0 if call.get("max_tokens") == 0 else 10,
        "service_tier": call.get("tier", "standard"),
        "speed": call.get("speed", "standard"),
    }
    answer = [block_of(piece) for piece in pieces(call.get("answer", ""))]
    exchange = {
        "url": URLS[call.get("platform", "claude_api")],
        "org": call.get("org", "org"),
        "workspace": call.get("workspace", "one"),
        "t_start_ns": start_ns,
        "t_first_byte_ns": start_ns + round(call.get("first", 1) * 10**9),
        "t_end_ns": start_ns + 10 * 10**9,
        "request": {"model": call["model"], **_settings(call), **_prompt(call)},
        "response": {
            "id": f"msg_{number}",
            "type": "message",
            "model": call["model"],
            "stop_reason": "end_turn",
            "content": answer,
            "usage": usage,
        },
    }
    return json.dumps(exchange).encode()


def _settings(call: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"max_tokens": call.get("max_tokens", 1024)}
    if "tool_choice" in call:
        told["tool_choice"] = {"type": call["tool_choice"]}
    if "thinking" in call:
        told["thinking"] = {"type": "enabled", "budget_tokens": call["thinking"]}
    if "effort" in call:
        told["output_config"] = {"effort": call["effort"]}
    if "auto" in call:
        told["cache_control"] = {"type": "ephemeral", "ttl": call["auto"]}
    return told


def _prompt(call: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, list[Any]] = {"tools": [], "system": [], "messages": []}
    for piece in pieces(call["prompt"]):
        block = block_of(piece)
        if piece.kind in ("tool", "search"):
            told["tools"].append(block)
        elif piece.kind == "sys":
            told["system"].append(block)
        else:
            role = "user" if piece.kind in USER else "assistant"
            if not told["messages"] or told["messages"][-1]["role"] != role:
                told["messages"].append({"role": role, "content": []})
            told["messages"][-1]["content"].append(block)
    if not told["messages"]:
        told["messages"] = [{"role": "user", "content": []}]
    return {name: value for name, value in told.items() if value}


def block_of(piece: Piece) -> dict[str, Any]:
    """A block of its kind, filled up until the token map counts its tokens exactly."""
    source = {"type": "base64", "media_type": "image/png", "data": piece.name}
    shapes: dict[str, dict[str, Any]] = {
        "tool": {"name": piece.name},
        "search": {"type": "web_search_20250305", "name": "web_search"},
        "image": {"type": "image", "source": source},
        "cite": {"type": "document", "title": piece.name, "citations": {"enabled": True}},
        "think": {"type": "thinking", "thinking": piece.name, "signature": ""},
        "call": {"type": "tool_use", "id": piece.name, "name": "run", "input": {}},
        "search_call": {"type": "server_tool_use", "id": piece.name, "name": "web_search"},
        "result": {"type": "tool_result", "tool_use_id": piece.name, "content": "ok"},
        "found": {"type": "web_search_tool_result", "tool_use_id": piece.name, "content": []},
    }
    block = shapes.get(piece.kind, {"type": "text", "text": piece.name})
    # tokens are spread by characters plus one; the key is no word of the vendor's
    block["filling"] = "." * (piece.tokens - 1 - characters(block))
    if piece.ttl:
        block["cache_control"] = {"type": "ephemeral", "ttl": piece.ttl}
    return block
