"""Outcomes of connectors become the store's rows; every line is counted on the way."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import polars as pl

from analyzer.call_columns import (
    COUNTS,
    Source,
    call_columns,
    like_columns,
    node_columns,
    winners,
)
from analyzer.trace import (
    Aside,
    Attempt,
    Call,
    Calls,
    CostRow,
    Node,
    Outcome,
    Rejected,
    Reported,
    Tokens,
    UsageRow,
)

_TEXT = pl.Utf8
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
    "file_bytes": pl.Int64, "missing": pl.Int64, "usage_like": pl.Int64, "lines": pl.Int64,
    "call_lines": pl.Int64, "calls": pl.Int64,
}  # fmt: skip
_PICO = pl.Decimal(38, 0)
"""Arrow carries no 128-bit integers; DuckDB takes these into its HUGEINT."""
_CELL: dict[str, Any] = {
    "source_id": _TEXT, "start_us": pl.Int64, "end_us": pl.Int64, "model": _TEXT, "tier": _TEXT,
    "speed": _TEXT, "geo": _TEXT, "context_window": _TEXT, "workspace": _TEXT, "api_key": _TEXT,
}  # fmt: skip
USAGE_ROWS: dict[str, Any] = {
    **_CELL, "actor": _TEXT, "requests": pl.Int64,
    **dict.fromkeys(COUNTS, pl.Int64), "web_searches": pl.Int64,
}  # fmt: skip
COST_ROWS: dict[str, Any] = {
    **_CELL, "kind": _TEXT, "token_type": _TEXT, "charged_pico": _PICO,
    "list_pico": _PICO, "quantity": pl.Int64, "currency": _TEXT, "invoice": _TEXT,
    "correction": pl.Boolean,
}  # fmt: skip


class Batch:
    """Rows on their way into the store, from one or more whole files."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.call_sources: list[Source] = []
        self.alike: list[pl.DataFrame] = []
        """Calls that came as columns."""
        self.nodes: dict[bytes, Node] = {}
        self.attempts: list[tuple[Any, ...]] = []
        self.rejects: list[tuple[Any, ...]] = []
        self.reasons: list[tuple[Any, ...]] = []
        self.sources: list[tuple[Any, ...]] = []
        self.usage_rows: list[tuple[Any, ...]] = []
        self.cost_rows: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        reported = len(self.usage_rows) + len(self.cost_rows)
        calls = len(self.calls) + sum(map(len, self.alike))
        return calls + len(self.nodes) + len(self.rejects) + reported

    def extend(self, other: "Batch") -> None:
        """Add another batch's rows."""
        if self.nodes:
            self.add_nodes(other.nodes.values())
        else:
            self.nodes = other.nodes
        for name in _LISTS:
            getattr(self, name).extend(getattr(other, name))

    def _requests(self) -> pl.DataFrame:
        told = call_columns(self.call_sources, self.calls)
        return pl.concat([told, *self.alike], rechunk=False) if self.alike else told

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        """Add prompt nodes, each once."""
        for node in nodes:
            known = self.nodes.get(node.node)
            if known is None or _names_earlier(node.produced_by, known.produced_by):
                self.nodes[node.node] = node

    def frames(self) -> dict[str, pl.DataFrame]:
        """Give the rows as frames, one a table."""
        return {
            "requests": winners(self._requests()),
            "nodes": node_columns(list(self.nodes.values())),
            "attempts": _frame(self.attempts, ATTEMPTS),
            "rejects": _frame(self.rejects, REJECTS),
            "reasons": _frame(self.reasons, REASONS),
            "sources": _frame(self.sources, SOURCES),
            "usage_rows": _frame(self.usage_rows, USAGE_ROWS),
            "cost_rows": _frame(self.cost_rows, COST_ROWS),
        }


_LISTS = (
    "calls", "call_sources", "alike", "attempts", "rejects", "reasons", "sources", "usage_rows",
    "cost_rows",
)  # fmt: skip


class FileCount:
    """Sorts the outcomes of one file into a batch and counts its lines by fate."""

    def __init__(self, source_id: str, connector: str = "") -> None:
        self.source_id = source_id
        self.connector = connector
        """Whose calls these are: calls of one connector never merge by what they look like."""
        self.sampling: float | None = None
        """Share of calls that the user says is logged; a call that tells its own share keeps it."""
        self.calls = 0
        self.call_lines = 0
        self._like: tuple[Call, pl.DataFrame] | None = None
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
            case Aside():
                self.reasons["aside", outcome.kind] += 1
            case Call():
                batch.add_nodes(outcome.nodes)  # later prompts of the file may stand on them
                self._sound(batch, outcome)
            case Calls():
                self._alike(batch, outcome)
            case Attempt():
                self._sound(batch, outcome)
            case Rejected():
                self._fault(batch, outcome)
            case Reported():
                self._report(batch, outcome)

    def close(self, batch: Batch, source: Sequence[Any]) -> None:
        """Add the file's own row: connector, path, sha256, bytes, missing, usage-like."""
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
        if self.sampling is not None and call.sampling is None:
            call = msgspec.structs.replace(call, sampling=self.sampling)
        batch.calls.append(call)
        batch.call_sources.append((self.source_id, self.connector))

    def _alike(self, batch: Batch, calls: Calls) -> None:
        """Take calls whose reader gives no number that a call cannot have."""
        self.calls += len(calls.values)
        self.call_lines += len(calls.values)
        if self._like is None or self._like[0] is not calls.like:  # sixty columns, for every run
            source = self.source_id, self.connector
            self._like = calls.like, call_columns([source], [calls.like])
        told = like_columns(self._like[1], calls)
        if self.sampling is not None:
            told = told.with_columns(pl.col("sampling").fill_null(self.sampling))
        batch.alike.append(told)

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
    if isinstance(outcome, Call) and _most_tokens(outcome) > MOST_TOKENS:
        detail = f"usage: more than {MOST_TOKENS:,} in one call"
        return Rejected(outcome.line, "bad count", detail)
    return None


def _most_tokens(call: Call) -> int:
    """Give the largest count of a call."""
    most = max(
        call.web_searches or 0, *(count or 0 for count in msgspec.structs.astuple(call.tokens))
    )
    for entry in call.iterations:
        most = max(most, *(count or 0 for count in msgspec.structs.astuple(entry.tokens)))
    return most


def _counts(tokens: Tokens) -> tuple[int | None, ...]:
    return (
        tokens.uncached,
        tokens.read,
        tokens.write_5m,
        tokens.write_1h,
        tokens.write_unsplit,
        tokens.output,
    )


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
