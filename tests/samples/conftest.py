import gzip
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Row = dict[str, Any]

_FOLDER = Path(__file__).parents[2] / "sample_logs"


@pytest.fixture(scope="session")
def folder() -> Path:
    return _FOLDER


@pytest.fixture(scope="session")
def generator() -> Iterator[Callable[[str], ModuleType]]:
    """Gives a module of the generator, which lives beside its output, outside the packages."""
    sys.path.insert(0, str(_FOLDER))
    yield lambda name: importlib.import_module(f"generator.{name}")
    sys.path.remove(str(_FOLDER))


@pytest.fixture(scope="session")
def captures() -> dict[str, list[Row]]:
    """Attempts by API key, in file order, read here without the project's connectors."""
    paths = sorted((_FOLDER / "captures").glob("*.jsonl.gz"))
    return {path.name.removesuffix(".jsonl.gz"): [*map(_attempt, _rows(path))] for path in paths}


@pytest.fixture(scope="session")
def sessions() -> dict[str, list[Row]]:
    """Calls of each transcript by path below `claude_code`, the last line of a message winning."""
    root = _FOLDER / "claude_code"
    return {
        str(path.relative_to(root)): _calls(list(_rows(path)))
        for path in sorted(root.rglob("*.jsonl.gz"))
    }


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path) as lines:
        for line in lines:
            yield json.loads(line)


def _attempt(row: Row) -> Row:
    answer, final = _answer(row)
    return {
        **{key: row.get(key) for key in ("status", "attempt", "org", "workspace", "workload")},
        "model": row["request"]["model"],
        "blocks": _blocks(row["request"]),
        "marked": "cache_control" in json.dumps(row["request"]),
        "start_s": row["t_start_ns"] / 1e9,
        "month": datetime.fromtimestamp(row["t_start_ns"] / 1e9, UTC).strftime("%Y-%m"),
        "stop": answer.get("stop_reason"),
        "final": final,
        **_counts(answer.get("usage", {})),
    }


def _answer(row: Row) -> tuple[Row, bool]:
    if "response" in row:
        return row["response"], True
    events = [json.loads(text[6:]) for text in row["sse"].split("\n") if text.startswith("data: ")]
    answer = events[0]["message"]
    last = [event for event in events if event["type"] == "message_delta"]
    for event in last:
        answer = {**answer, **event["delta"], "usage": {**answer["usage"], **event["usage"]}}
    return answer, bool(last)


def _blocks(request: Row) -> list[int]:
    """Characters of each block of text in a prompt: tools, system, messages."""
    contents = [request.get("system", ""), *(m["content"] for m in request["messages"])]
    texts = [
        part["text"] if isinstance(part, dict) else part
        for content in contents
        for part in (content if isinstance(content, list) else [content])
    ]
    return [len(json.dumps(tool)) for tool in request.get("tools", [])] + [len(t) for t in texts]


def _counts(usage: Row) -> Row:
    split = usage.get("cache_creation", {})
    return {
        "uncached": usage.get("input_tokens", 0),
        "read": usage.get("cache_read_input_tokens", 0),
        "write_5m": split.get("ephemeral_5m_input_tokens", 0),
        "write_1h": split.get("ephemeral_1h_input_tokens", 0),
        "prompt": usage.get("input_tokens", 0)
        + usage.get("cache_read_input_tokens", 0)
        + usage.get("cache_creation_input_tokens", 0),
        "output": usage.get("output_tokens", 0),
        "tier": usage.get("service_tier"),
        "geo": usage.get("inference_geo"),
        "speed": usage.get("speed"),
        "searches": usage.get("server_tool_use", {}).get("web_search_requests", 0),
    }


def _calls(rows: list[Row]) -> list[Row]:
    calls: dict[str, Row] = {}
    cause, asked_s = "user", 0.0
    for row in rows:
        if row.get("subtype") == "compact_boundary":
            cause = "compaction"
        elif row["type"] == "user" and not row.get("isCompactSummary"):
            asked_s = _seconds(row)
            is_result = isinstance(row["message"]["content"], list)
            cause = cause if cause == "compaction" else ("tool" if is_result else "user")
        elif row["type"] == "assistant" and "usage" in row["message"]:
            known = calls.get(row["message"]["id"], {"cause": cause, "start_s": asked_s})
            cause = "tool"
            calls[row["message"]["id"]] = {
                **known,
                "id": row["message"]["id"],
                "session": row["sessionId"],
                "model": row["message"]["model"],
                "lines": known.get("lines", 0) + 1,
                "end_s": _seconds(row),
                "month": row["timestamp"][:7],
                **_counts(row["message"]["usage"]),
            }
    return list(calls.values())


def _seconds(row: Row) -> float:
    return datetime.fromisoformat(row["timestamp"]).timestamp()
