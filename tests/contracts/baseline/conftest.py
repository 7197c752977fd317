"""Traffic of a few weeks, with the vendor's own report of it."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from analyzer.intake import Batch, FileCount
from analyzer.store import Store
from analyzer.trace import Call, Reported, Tokens, UsageRow

FIRST = date(2026, 8, 3)
DAY_US = 86_400_000_000
Weeks = Callable[..., list[Call]]
Filled = Callable[..., AbstractContextManager[Store]]


def _us(day: date, hour: int = 12) -> int:
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture
def weeks() -> Weeks:
    """Two chat calls a day on Opus 4.8 ($5 in, $25 out): 1,000 + 100 tokens each."""

    def made(days: int = 28, first: date = FIRST, **fields: Any) -> list[Call]:
        return [
            Call(
                **{
                    "line": number,
                    "line_sha256": sha256(f"{first} {number}".encode()).digest(),
                    "message_id": f"m {first} {number}",
                    "model": "claude-opus-4-8",
                    "start_us": _us(first + timedelta(number // 2)) + number,
                    "tier": "standard",
                    "workload": "chat",
                    "session": f"s{number}",
                    "tokens": Tokens(uncached=1_000, read=0, write_5m=0, write_1h=0, output=100),
                    **fields,
                }
            )
            for number in range(2 * days)
        ]

    return made


@pytest.fixture
def told() -> Callable[..., Reported]:
    """The vendor's usage report of these calls, a cell a day."""

    def made(calls: Iterable[Call], *, by_workspace: bool = False) -> Reported:
        rows: dict[tuple[int, str, str, str | None], list[int]] = {}
        for call in calls:
            start = (call.start_us or 0) // DAY_US * DAY_US
            workspace = call.workspace if by_workspace else None
            counts = rows.setdefault((start, call.model, call.tier or "", workspace), [0, 0])
            counts[0] += call.tokens.uncached or 0
            counts[1] += call.tokens.output or 0
        return Reported(
            line=1,
            report="usage report",
            usage=tuple(
                UsageRow(
                    start_us=start,
                    end_us=start + DAY_US,
                    model=model,
                    tier=tier,
                    workspace=workspace,
                    tokens=Tokens(uncached=into, read=0, write_5m=0, write_1h=0, output=out),
                )
                for (start, model, tier, workspace), (into, out) in rows.items()
            ),
        )

    return made


@pytest.fixture
def filled(told: Callable[..., Reported]) -> Filled:
    """A store of these calls; with `reported`, the vendor's report of others beside them."""

    @contextmanager
    def opened(
        calls: list[Call], reported: list[Call] | None = None, *, by_workspace: bool = False
    ) -> Any:
        with Store.open(Path(":memory:"), create=True) as store:
            take_all(store, "messages", calls)
            if reported is not None:
                take_all(store, "admin_reports", [told(reported, by_workspace=by_workspace)])
            yield store

    return opened


def take_all(store: Store, connector: str, outcomes: Iterable[Any]) -> None:
    batch, count = Batch(), FileCount(connector)
    for outcome in outcomes:
        count.add(batch, outcome)
    digest = sha256(connector.encode()).hexdigest()
    count.close(batch, (connector, connector, digest, 0, 0, 0))
    with store.transaction():
        store.take(batch)
