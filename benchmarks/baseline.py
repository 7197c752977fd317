"""Time `rebill baseline freeze` and `verify` on a store of a million calls over four whole weeks.

`python -m benchmarks.baseline [CALLS]`; the calls are told by their usage alone. Prints a table row
for each command: wall and CPU seconds, peak memory.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - seeded with a number that stands here

from benchmarks.run import REBILL, measured

CALLS = 1_000_000
START, DAYS = datetime(2026, 8, 3, tzinfo=UTC), 28
PERIOD = "2026-08-03..2026-08-30"


def main(calls: int = CALLS) -> None:
    """Fill a store and print a row for each command."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        logged, store, frozen = (
            str(place / name) for name in ("calls.jsonl", "s.duckdb", "b.json")
        )
        with Path(logged).open("w") as file:
            file.writelines(_lines(calls))
        _row(f"ingest {calls:,} calls", ["ingest", logged, "--store", store])
        freeze = ["baseline", "freeze", "--store", store, "--period", PERIOD, "-o", frozen]
        _row("baseline freeze", freeze)
        _row("baseline verify", ["baseline", "verify", frozen, "--store", store])


def _row(name: str, words: list[str]) -> None:
    cost = measured([REBILL, *words])
    print(f"| {name} | {cost.wall_s:.1f} | {cost.cpu_s:.1f} | {cost.peak_mib:.0f} |", flush=True)


def _lines(calls: int) -> Iterator[str]:
    draw = Random(7)  # noqa: S311 - sizes, not secrets
    for number in range(calls):
        at = START + timedelta(days=DAYS) * number / calls
        written = draw.randrange(4_000)
        told = {
            "timestamp": at.isoformat(timespec="milliseconds"), "id": f"msg_{number:024d}",
            "model": draw.choice(("claude-opus-4-8", "claude-haiku-4-5")),
            "stop_reason": "end_turn", "org": "example", "workspace": f"workspace-{number % 9}",
            "session": f"session-{number % 5_000:06d}", "app": f"app-{number % 7}",
            "usage": {
                "input_tokens": draw.randrange(20), "cache_creation_input_tokens": written,
                "cache_read_input_tokens": draw.randrange(150_000),
                "output_tokens": draw.randrange(1, 2_000), "service_tier": "standard",
                "cache_creation": {
                    "ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0
                },
            },
        }  # fmt: skip
        yield json.dumps(told, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
