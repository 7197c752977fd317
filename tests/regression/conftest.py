"""What the regression tests share: one key, the command, and what a store bills."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analyzer.billing import PriceBasis
from analyzer.cli import main
from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.prompts import Hasher
from analyzer.results import Ledger, Unpriced
from analyzer.savings.account import account
from analyzer.store import Store
from analyzer.trace import Call
from analyzer.traffic import load
from connectors.registry import LogFile, connector_for

PICO = 10**12


@dataclass(frozen=True)
class Billed:
    """What a store of some logs holds and costs, each call at the prices of its own day."""

    usd: Decimal
    calls: pl.DataFrame
    """The calls as a replay reads them, and `pico`: what each costs, null without a price."""
    ledger: Ledger
    unpriced: tuple[Unpriced, ...]
    rejects: list[dict[str, Any]]
    complaints: list[str]

    def each(self, column: str = "message_id") -> dict[str | None, Decimal]:
        """Dollars of the calls that share a value of a column; unpriced ones are left out."""
        priced = self.calls.select(column, "pico").drop_nulls("pico")
        sums = priced.group_by(column).sum().iter_rows()
        return {name: Decimal(pico) / PICO for name, pico in sums}

    def tokens(self, bucket: str) -> int:
        """Sum of one bucket over the stored calls."""
        return int(self.calls[bucket].sum())


@dataclass(frozen=True)
class Done:
    """What a run of the command left."""

    status: int | str | None
    out: str
    err: str


Bill = Callable[..., Billed]
Rebill = Callable[..., Done]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REBILL_KEY", "a key for tests")
    monkeypatch.setenv("COLUMNS", "240")


@pytest.fixture
def bill() -> Bill:
    """Take logs into a store in memory, as `rebill ingest` does, and price what it kept."""

    def billed(*paths: Path) -> Billed:
        with Store.open(Path(":memory:"), create=True) as store:
            intake = ingest([str(path) for path in paths], store)
            book = Book.load()
            traffic = load(store, book)
            found = account(traffic, PriceBasis(book, None))
            return Billed(
                usd=Decimal(int(found.total)) / PICO,
                calls=traffic.calls.with_columns(found.by_request(len(traffic.calls))),
                ledger=store.ledger(),
                unpriced=found.unpriced(),
                rejects=list(store.rejects().iter_rows(named=True)),
                complaints=intake.complaints,
            )

    return billed


@pytest.fixture
def flags() -> Callable[[Path], dict[str | None, tuple[str, ...]]]:
    """Give what each call's connector says is wrong with its counts."""

    def named(path: Path) -> dict[str | None, tuple[str, ...]]:
        log = LogFile(path)
        outcomes = connector_for(log).read(log, Hasher(b"a key for tests"))
        return {call.message_id: call.flags for call in outcomes if isinstance(call, Call)}

    return named


@pytest.fixture
def rebill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rebill:
    """Run the command in this process, from its words to its exit status."""

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["rebill", *map(str, words)])
        capsys.readouterr()
        try:
            main()
        except SystemExit as stopped:
            status = stopped.code
        else:
            status = 0
        said = capsys.readouterr()
        return Done(status or 0, said.out, said.err)

    return run
