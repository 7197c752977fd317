"""Digests of what a baseline was made from, cut so that a change names the day and the file."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import polars as pl

from analyzer.contracts.baseline.records import Rows, Source
from analyzer.contracts.logged import Logged
from analyzer.reconciliation import Reports
from analyzer.traffic import Usage, day_of

_CALL = (
    "message_id", "start_us", "first_us", "end_us", "time_meaning", "platform", "model",
    "max_tokens", "tier", "speed", "geo", "uncached", "read", "write_5m", "write_1h",
    "write_unsplit", "output", "web_searches", "iterations", "usage_final", "charged",
    "stop_reason", "org", "workspace", "api_key", "session", "agent", "app", "named", "tags",
    "visibility", "ttl0", "ttl1", "ttl2", "ttl3",
)  # fmt: skip
_OF_THE_FILE = ("source", "source_id", "connector")
_EVIDENCE = ("key", "connector", "source", "line_sha256", "effort")


def call_digests(logged: Logged, used: Usage) -> tuple[tuple[Rows, ...], tuple[Source, ...]]:
    """Give the digest of each day's calls and of each file's; `used` holds the period's calls.

    Names of workloads are left out: they are the policy's, and the policy has a digest of its own.
    """
    days: dict[str, _Digest] = defaultdict(_Digest)
    sources: dict[tuple[str, str], _Digest] = defaultdict(_Digest)
    for row in _rows(logged, used):
        day = day_of(row.pop("day")).isoformat()
        text = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
        days[day].add(text)
        sources[str(row["connector"]), str(row["source"])].add(text)
    return (
        tuple(Rows(day, one.count, one.hex) for day, one in sorted(days.items())),
        tuple(Source(*key, one.count, one.hex) for key, one in sorted(sources.items())),
    )


def _rows(logged: Logged, used: Usage) -> Iterator[dict[str, Any]]:
    """Calls with their evidence, by day, then key; one day at a time is held as text."""
    calls = used.calls.select("request", "day", *_CALL)
    evidence = logged.evidence.select("request", *_EVIDENCE)
    for day in calls["day"].unique().sort():
        part = calls.filter(pl.col("day") == day).join(evidence, on="request")
        yield from part.sort("key", "connector").drop("request").iter_rows(named=True)


def report_digests(found: Reports) -> tuple[Rows, ...]:
    """Give the digest of each kind of report's rows."""
    return tuple(_reports(found))


def _reports(found: Reports) -> Iterator[Rows]:
    for role, frame in (("usage", found.usage), ("cost", found.cost), ("invoice", found.invoice)):
        if len(frame):
            digest = _Digest()
            for text in sorted(_texts(frame)):
                digest.add(text)
            yield Rows(role, digest.count, digest.hex)


def _texts(frame: pl.DataFrame) -> Iterator[bytes]:
    """Rows without the file's name and number, which would tell of a machine's folders."""
    for row in frame.drop(_OF_THE_FILE, strict=False).iter_rows(named=True):
        yield json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()


class _Digest:
    """SHA-256 over rows, one a line, and their number."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.count = 0

    def add(self, text: bytes) -> None:
        """Add a row."""
        self._hash.update(text + b"\n")
        self.count += 1

    @property
    def hex(self) -> str:
        """The digest of all rows so far."""
        return self._hash.hexdigest()
