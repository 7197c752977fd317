"""The whole sample: every file's path and content, made from one seed."""

import hashlib
from collections.abc import Iterable

from generator import agents, completion, console, documents, nightly, support
from generator.agent_bill import billed_sessions
from generator.agents import Session
from generator.captures import dumps, line
from generator.exchanges import ORGANISATION, Exchange, Json
from generator.formats import source_files
from generator.list_price import list_price
from generator.settle import settle
from generator.transcripts import lines
from generator.truth import Billed, billed_captures
from generator.vendor_reports import cost_report, invoice, unlogged, usage_report

SEED = 20260824
MONTHS = ("2026-09", "2026-10")
CHECKPOINTED = "session-05"
"""Its first third stands a second time, as a tool that saves checkpoints leaves it."""


def files(seed: int = SEED) -> dict[str, bytes]:
    """Give path and uncompressed content of every file; paths in `.gz` are to be compressed."""
    captured = settle(captured_calls(seed))
    sessions, billed = billed_sessions(seed, agents.sessions(seed))
    truth = sorted([*billed, *billed_captures(captured)], key=lambda call: call.start_ms)
    result = {**transcript_files(seed, sessions), **_vendor_files(truth)}
    by_key: dict[str, list[Json]] = {}
    for call, buckets in captured:
        if call.logged:
            by_key.setdefault(call.caller.key, []).append(line(call, buckets))
    for key, rows in by_key.items():
        result[f"captures/{key}.jsonl.gz"] = _jsonl(rows)
    result.update(source_files())
    result["MANIFEST.json"] = _manifest(seed, result)
    return result


def captured_calls(seed: int) -> list[Exchange]:
    """Give every call over the Messages API, not billed yet."""
    sources = (support, completion, nightly, documents, console)
    return [call for source in sources for call in source.calls(seed)]


def transcript_files(seed: int, sessions: Iterable[Session]) -> dict[str, bytes]:
    """Give the transcript folder: projects, sessions, subagents, a fork and a checkpoint copy."""
    result: dict[str, bytes] = {}
    for session in sessions:
        rows = lines(seed, session)
        folder = f"claude_code/{session.project.name}"
        inside = (
            f"{session.name}/subagents/agent-{session.agent}" if session.agent else session.name
        )
        result[f"{folder}/{inside}.jsonl.gz"] = _jsonl(rows)
        if session.name == CHECKPOINTED and not session.agent:
            copy = _jsonl(rows[: len(rows) // 3])
            result[f"{folder}/checkpoints/{session.name}.jsonl.gz"] = copy
    return result


def _vendor_files(truth: list[Billed]) -> dict[str, bytes]:
    price = list_price()
    reports = {
        "vendor/usage_report.json": usage_report(truth),
        "vendor/cost_report.json": cost_report(truth, price),
        **{f"vendor/invoice_{month}.json": invoice(month, truth, price) for month in MONTHS},
    }
    written = {path: f"{dumps(report)}\n".encode() for path, report in reports.items()}
    return {**written, "vendor/not_in_logs.jsonl": _jsonl(unlogged(truth))}


def _jsonl(rows: Iterable[Json]) -> bytes:
    return "".join(f"{dumps(row)}\n" for row in rows).encode()


def _manifest(seed: int, contents: dict[str, bytes]) -> bytes:
    entries = {
        path: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(contents.items())
    }
    manifest = {
        "synthetic": True,
        "company": "Example Corp (synthetic)",
        "organization": ORGANISATION,
        "seed": seed,
        "note": "size and sha256 of each file's content before compression",
        "files": entries,
    }
    return f"{dumps(manifest)}\n".replace('},"', '},\n"').encode()
