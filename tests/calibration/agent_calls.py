"""Reads a published corpus of agent calls (numbers only, one Parquet row a call) into a store.

The corpus lies in the folder named by REBILL_REFERENCE_DATA. Its times count seconds from the first
call; usage of a row never repeats, and there is no text: sessions are billed chains.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from analyzer.intake import Batch, FileCount
from analyzer.store import Store
from analyzer.trace import Call, Prompt, Tokens

START_US = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000


def take(store: Store, path: Path) -> None:
    """Take every row of the corpus into a store."""
    batch, count = Batch(), FileCount("agent-calls", "agent_calls")
    for call in _calls(path):
        count.add(batch, call)
    count.close(batch, ("agent_calls", path.name, sha256(path.read_bytes()).hexdigest(), 0, 0, 0))
    with store.transaction():
        store.take(batch)


def _calls(path: Path) -> Iterator[Call]:
    for number, row in enumerate(pl.read_parquet(path).iter_rows(named=True), start=1):
        yield _call(number, row)


def _call(number: int, row: dict[str, Any]) -> Call:
    start, first, end = (START_US + round(row[n] * 1e6) for n in ("t_req", "t_first", "t_last"))
    return Call(
        line=number,
        line_sha256=sha256(str(number).encode()).digest(),
        message_id=f"call-{number}",
        platform="claude_api",
        model=row["model"],
        start_us=start,
        first_us=first,
        end_us=end,
        time_precision="ms",
        time_meaning="line",
        tokens=Tokens(row["inp"], row["cr"], row["cw5"], row["c1h"], 0, row["out"]),
        stop_reason=row["stop"],
        usage_final=row["stop"] is not None,
        workspace=f"person-{row['usr']}",
        session=f"session-{row['session']}",
        app="agent",
        tags={"version": row["ver"]},
        compaction=row["compaction"],
        resume=row["resume"],
        prompt=Prompt(visibility="none", turn="user" if row["user_turn"] else "tool"),
    )
