"""Outcomes of connectors become the store's rows; every line is counted on the way."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import polars as pl

from analyzer.trace import Aside, Attempt, Call, Node, Outcome, Rejected, Tokens

_COUNTS = ("uncached", "read", "write_5m", "write_1h", "write_unsplit", "output")
_ITERATION = pl.Struct(
    [pl.Field("kind", pl.Utf8), pl.Field("model", pl.Utf8)]
    + [pl.Field(name, pl.Int64) for name in _COUNTS]
)
_TEXT = pl.Utf8
REQUESTS: dict[str, Any] = {
    "key": _TEXT, "source_id": _TEXT, "line": pl.Int64, "lines": pl.Int64,
    "has_stop": pl.Boolean, "line_time_us": pl.Int64, "line_sha256": pl.Binary,
    "message_id": _TEXT, "request_id": _TEXT, "batch_id": _TEXT, "custom_id": _TEXT,
    "gateway_id": _TEXT, "platform": _TEXT, "model": _TEXT, "model_requested": _TEXT,
    "start_us": pl.Int64, "first_us": pl.Int64, "end_us": pl.Int64,
    "time_precision": _TEXT, "time_meaning": _TEXT,
    "stream": pl.Boolean, "max_tokens": pl.Int64, "effort": _TEXT, "tool_choice": _TEXT,
    "tier": _TEXT, "speed": _TEXT, "geo": _TEXT,
    "uncached": pl.Int64, "read": pl.Int64, "write_5m": pl.Int64, "write_1h": pl.Int64,
    "write_unsplit": pl.Int64, "output": pl.Int64, "thinking": pl.Int64,
    "web_searches": pl.Int64, "iterations": pl.List(_ITERATION),
    "usage_final": pl.Boolean, "flags": pl.List(_TEXT), "charged": pl.Boolean,
    "stop_reason": _TEXT, "attempt": pl.Int32,
    "org": _TEXT, "workspace": _TEXT, "api_key": _TEXT, "user_id": _TEXT, "session": _TEXT,
    "agent": _TEXT, "app": _TEXT, "workload": _TEXT, "tags": _TEXT,
    "compaction": pl.Boolean, "resume": pl.Boolean,
    "visibility": _TEXT, "leaf": pl.Binary, "system_end": pl.Binary,
    "mark_nodes": pl.List(pl.Binary), "mark_ttl_s": pl.List(pl.Int32),
    "system_params": pl.Binary, "message_params": pl.Binary, "cost_logged_usd": _TEXT,
}  # fmt: skip
NODES: dict[str, Any] = {
    "node": pl.Binary, "parent": pl.Binary, "position": pl.Int32, "section": _TEXT,
    "chars": pl.Int64, "produced_by": _TEXT,
}  # fmt: skip
ATTEMPTS: dict[str, Any] = {
    "source_id": _TEXT, "line": pl.Int64, "status": pl.Int32, "error": _TEXT,
    "start_us": pl.Int64, "end_us": pl.Int64, "request_id": _TEXT, "model": _TEXT,
    "attempt": pl.Int32,
}  # fmt: skip
REJECTS: dict[str, Any] = {
    "source_id": _TEXT, "line": pl.Int64, "kind": _TEXT, "reason": _TEXT, "detail": _TEXT,
}  # fmt: skip
REASONS: dict[str, Any] = {
    "source_id": _TEXT, "kind": _TEXT, "reason": _TEXT, "lines": pl.Int64,
}  # fmt: skip
SOURCES: dict[str, Any] = {
    "source_id": _TEXT, "connector": _TEXT, "path": _TEXT, "sha256": _TEXT,
    "file_bytes": pl.Int64, "lines": pl.Int64, "call_lines": pl.Int64, "calls": pl.Int64,
}  # fmt: skip


class Batch:
    """Rows on their way into the store, from one or more whole files."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, ...]] = []
        self.nodes: dict[bytes, Node] = {}
        self.attempts: list[tuple[Any, ...]] = []
        self.rejects: list[tuple[Any, ...]] = []
        self.reasons: list[tuple[Any, ...]] = []
        self.sources: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self.requests) + len(self.nodes) + len(self.rejects)

    def frames(self) -> dict[str, pl.DataFrame]:
        """Give the rows as frames, one a table."""
        nodes = [
            (n.node, n.parent, n.position, n.section, n.chars, n.produced_by)
            for n in self.nodes.values()
        ]
        return {
            "requests": _frame(self.requests, REQUESTS),
            "nodes": _frame(nodes, NODES),
            "attempts": _frame(self.attempts, ATTEMPTS),
            "rejects": _frame(self.rejects, REJECTS),
            "reasons": _frame(self.reasons, REASONS),
            "sources": _frame(self.sources, SOURCES),
        }


class FileCount:
    """Sorts the outcomes of one file into a batch and counts its lines by fate."""

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id
        self.calls = 0
        self.call_lines = 0
        self.reasons: Counter[tuple[str, str]] = Counter()

    @property
    def lines(self) -> int:
        """Lines accounted for so far."""
        return self.call_lines + self.reasons.total()

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Take one outcome."""
        match outcome:
            case Call():
                self._call(batch, outcome)
            case Attempt():
                self.reasons["unbilled", outcome.error] += 1
                batch.attempts.append((self.source_id, *_attempt(outcome)))
                batch.rejects.append((self.source_id, outcome.line, "unbilled", outcome.error, ""))
            case Rejected():
                self.reasons["fault", outcome.reason] += 1
                batch.rejects.append(
                    (self.source_id, outcome.line, "fault", outcome.reason, outcome.detail)
                )
            case Aside():
                self.reasons["aside", outcome.kind] += 1

    def close(self, batch: Batch, source: Sequence[Any]) -> None:
        """Add the file's own row: connector, path, sha256, bytes."""
        batch.sources.append((self.source_id, *source, self.lines, self.call_lines, self.calls))
        batch.reasons.extend(
            (self.source_id, kind, reason, lines)
            for (kind, reason), lines in sorted(self.reasons.items())
        )

    def _call(self, batch: Batch, call: Call) -> None:
        self.calls += 1
        self.call_lines += call.lines
        batch.requests.append(_request(self.source_id, call))
        for node in call.nodes:
            known = batch.nodes.get(node.node)
            if known is None or (known.produced_by is None and node.produced_by is not None):
                batch.nodes[node.node] = node


def identity(call: Call) -> str:
    """Key under which a call is one call: the strongest id it has, else its own line."""
    if call.message_id:
        return f"message:{call.message_id}"
    if call.request_id:
        return f"request:{call.request_id}"
    if call.custom_id:
        return f"batch:{call.batch_id or ''}:{call.custom_id}"
    if call.gateway_id:
        return f"gateway:{call.gateway_id}"
    return f"line:{call.line_sha256.hex()}"


def _request(source_id: str, call: Call) -> tuple[Any, ...]:
    marks = call.prompt.breakpoints
    return (
        identity(call), source_id, call.line, call.lines, call.stop_reason is not None,
        call.line_time_us, call.line_sha256, call.message_id, call.request_id, call.batch_id,
        call.custom_id, call.gateway_id, call.platform, call.model, call.model_requested,
        call.start_us, call.first_us, call.end_us, call.time_precision, call.time_meaning,
        call.stream, call.max_tokens, call.effort, call.tool_choice, call.tier, call.speed,
        call.geo, *_counts(call.tokens), call.tokens.thinking, call.web_searches,
        _iterations(call), call.usage_final, list(call.flags), call.charged, call.stop_reason,
        call.attempt, call.org, call.workspace, call.key, call.user, call.session, call.agent,
        call.app, call.workload, msgspec.json.encode(call.tags, order="sorted").decode(),
        call.compaction, call.resume, call.prompt.visibility, call.prompt.leaf,
        call.prompt.system_end, [m.node for m in marks], [m.ttl_s for m in marks],
        call.prompt.system_params, call.prompt.message_params, call.cost_logged_usd,
    )  # fmt: skip


def _counts(tokens: Tokens) -> tuple[int | None, ...]:
    return (
        tokens.uncached,
        tokens.read,
        tokens.write_5m,
        tokens.write_1h,
        tokens.write_unsplit,
        tokens.output,
    )


def _iterations(call: Call) -> list[dict[str, Any]]:
    return [
        {"kind": i.kind, "model": i.model, **dict(zip(_COUNTS, _counts(i.tokens), strict=True))}
        for i in call.iterations
    ]


def _attempt(attempt: Attempt) -> tuple[Any, ...]:
    return (
        attempt.line, attempt.status, attempt.error, attempt.start_us, attempt.end_us,
        attempt.request_id, attempt.model, attempt.attempt,
    )  # fmt: skip


def _frame(rows: Iterable[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")
