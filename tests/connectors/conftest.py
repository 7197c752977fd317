"""What the connector tests share: the trap logs, and a way to read one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.prompts import Hasher
from analyzer.trace import Call, Outcome
from connectors.registry import LogFile, connector_for

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def traps() -> Path:
    return ROOT / "sample_logs" / "traps"


@pytest.fixture(scope="session")
def read() -> Read:
    def outcomes(path: Path) -> list[Outcome]:
        log = LogFile(path)
        return list(connector_for(log).read(log, Hasher(b"a key for tests")))

    return outcomes


@pytest.fixture(scope="session")
def calls(read: Read) -> Calls:
    return lambda path: [outcome for outcome in read(path) if isinstance(outcome, Call)]
