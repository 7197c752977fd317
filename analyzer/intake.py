"""Outcomes of connectors become the store's rows; every line is counted on the way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import polars as pl

from analyzer.trace import (
    Aside,
    Attempt,
    Call,
    CostRow,
    Node,
    Outcome,
    Rejected,
    Reported,
    Tokens,
    UsageRow,
)

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
    "usage_basis": _TEXT, "sampling": pl.Float64,
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
    "file_bytes": pl.Int64, "missing": pl.Int64, "lines": pl.Int64, "call_lines": pl.Int64,
    "calls": pl.Int64,
}  # fmt: skip
_PICO = pl.Decimal(38, 0)
"""Arrow carries no 128-bit integers; DuckDB takes these into its HUGEINT."""
_CELL: dict[str, Any] = {
    "source_id": _TEXT, "start_us": pl.Int64, "end_us": pl.Int64, "model": _TEXT, "tier": _TEXT,
    "speed": _TEXT, "geo": _TEXT, "context_window": _TEXT, "workspace": _TEXT, "api_key": _TEXT,
}  # fmt: skip
USAGE_ROWS: dict[str, Any] = {
    **_CELL, "actor": _TEXT, "requests": pl.Int64,
    **dict.fromkeys(_COUNTS, pl.Int64), "web_searches": pl.Int64,
}  # fmt: skip
COST_ROWS: dict[str, Any] = {
    **_CELL, "kind": _TEXT, "token_type": _TEXT, "charged_pico": _PICO,
    "list_pico": _PICO, "quantity": pl.Int64, "currency": _TEXT, "invoice": _TEXT,
    "correction": pl.Boolean,
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
        self.usage_rows: list[tuple[Any, ...]] = []
        self.cost_rows: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        reported = len(self.usage_rows) + len(self.cost_rows)
        return len(self.requests) + len(self.nodes) + len(self.rejects) + reported

    def extend(self, other: "Batch") -> None:
        """Add another batch's rows."""
        self.add_nodes(other.nodes.values())
        for name in _LISTS:
            getattr(self, name).extend(getattr(other, name))

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        """Add prompt nodes, each once."""
        for node in nodes:
            known = self.nodes.get(node.node)
            if known is None or _names_earlier(node.produced_by, known.produced_by):
                self.nodes[node.node] = node

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
            "usage_rows": _frame(self.usage_rows, USAGE_ROWS),
            "cost_rows": _frame(self.cost_rows, COST_ROWS),
        }


_LISTS = (
    "requests", "attempts", "rejects", "reasons", "sources", "usage_rows", "cost_rows",
)  # fmt: skip


class FileCount:
    """Sorts the outcomes of one file into a batch and counts its lines by fate."""

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id
        self.calls = 0
        self.call_lines = 0
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.first_fault: Rejected | None = None
        self.reported = 0
        """Cells of vendor reports."""

    @property
    def lines(self) -> int:
        """Lines accounted for so far."""
        return self.call_lines + self.reasons.total()

    @property
    def faults(self) -> int:
        """Lines that could not be read."""
        return sum(lines for (kind, _), lines in self.reasons.items() if kind == "fault")

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Take one outcome; one whose numbers the store cannot hold is a fault of its lines."""
        match outcome:
            case Call():
                batch.add_nodes(outcome.nodes)  # later prompts of the file may stand on them
                self._sound(batch, outcome)
            case Attempt():
                self._sound(batch, outcome)
            case Rejected():
                self._fault(batch, outcome)
            case Aside():
                self.reasons["aside", outcome.kind] += 1
            case Reported():
                self._report(batch, outcome)

    def close(self, batch: Batch, source: Sequence[Any]) -> None:
        """Add the file's own row: connector, path, sha256, bytes, missing side objects."""
        batch.sources.append((self.source_id, *source, self.lines, self.call_lines, self.calls))
        batch.reasons.extend(
            (self.source_id, kind, reason, lines)
            for (kind, reason), lines in sorted(self.reasons.items())
        )

    def _sound(self, batch: Batch, outcome: Call | Attempt) -> None:
        if fault := _excess(outcome):
            self._fault(batch, fault, outcome.lines if isinstance(outcome, Call) else 1)
        elif isinstance(outcome, Call):
            self._call(batch, outcome)
        else:
            self._attempt(batch, outcome)

    def _report(self, batch: Batch, outcome: Reported) -> None:
        self.reported += len(outcome.usage) + len(outcome.cost)
        self.reasons["aside", outcome.report] += 1
        batch.usage_rows.extend(_usage_row(self.source_id, row) for row in outcome.usage)
        batch.cost_rows.extend(_cost_row(self.source_id, row) for row in outcome.cost)

    def _call(self, batch: Batch, call: Call) -> None:
        self.calls += 1
        self.call_lines += call.lines
        batch.requests.append(_request(self.source_id, call))

    def _attempt(self, batch: Batch, attempt: Attempt) -> None:
        self.reasons["unbilled", attempt.error] += 1
        batch.attempts.append((self.source_id, *_attempt(attempt)))
        batch.rejects.append((self.source_id, attempt.line, "unbilled", attempt.error, ""))

    def _fault(self, batch: Batch, fault: Rejected, lines: int = 1) -> None:
        self.first_fault = self.first_fault or fault
        self.reasons["fault", fault.reason] += lines
        batch.rejects.append((self.source_id, fault.line, "fault", fault.reason, fault.detail))


def _names_earlier(producer: str | None, known: str | None) -> bool:
    """Tell which of two calls made a block that both answered: the order of files never does."""
    return producer is not None and (known is None or producer < known)


MOST_TOKENS = 10**9
"""More than any model takes or gives in one call; past it a cost would not fit its column."""
_END_OF_TIME_US = 253_402_300_800_000_000
"""1 January 10000: calendars end here."""
_TIMES = ("start_us", "first_us", "end_us")
_BITS = {"attempt": 31, "status": 31, "max_tokens": 63}


def _excess(outcome: Call | Attempt) -> Rejected | None:
    """Give the fault of a number that no log of calls can hold, though JSON can."""
    for name in _TIMES:
        time_us = getattr(outcome, name, None)
        if time_us is not None and not 0 <= time_us < _END_OF_TIME_US:
            return Rejected(
                outcome.line, "bad time", f"{name}: not between the years 1970 and 9999"
            )
    for name, bits in _BITS.items():
        if (getattr(outcome, name, None) or 0).bit_length() > bits:
            return Rejected(outcome.line, "bad field", f"{name}: a number past {bits + 1} bits")
    if isinstance(outcome, Call) and max(_all_counts(outcome)) > MOST_TOKENS:
        detail = f"usage: more than {MOST_TOKENS:,} in one call"
        return Rejected(outcome.line, "bad count", detail)
    return None


def _all_counts(call: Call) -> Iterator[int]:
    yield call.web_searches
    for tokens in (call.tokens, *(iteration.tokens for iteration in call.iterations)):
        yield from (count or 0 for count in (*_counts(tokens), tokens.thinking))


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
        call.usage_basis, call.sampling,
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


def _usage_row(source_id: str, row: UsageRow) -> tuple[Any, ...]:
    return (
        source_id, row.start_us, row.end_us, row.model, row.tier, row.speed, row.geo,
        row.context_window, row.workspace, row.key, row.actor, row.requests,
        *_counts(row.tokens), row.web_searches,
    )  # fmt: skip


def _cost_row(source_id: str, row: CostRow) -> tuple[Any, ...]:
    return (
        source_id, row.start_us, row.end_us, row.model, row.tier, row.speed, row.geo,
        row.context_window, row.workspace, row.key, row.kind, row.token_type, row.charged_pico,
        row.list_pico, row.quantity, row.currency, row.invoice, row.correction,
    )  # fmt: skip


def _attempt(attempt: Attempt) -> tuple[Any, ...]:
    return (
        attempt.line, attempt.status, attempt.error, attempt.start_us, attempt.end_us,
        attempt.request_id, attempt.model, attempt.attempt,
    )  # fmt: skip


def _frame(rows: Iterable[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")
