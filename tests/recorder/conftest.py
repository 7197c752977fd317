"""What the recorder's tests share: a server, clients on it, and ways to read a recording."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.prompts import Hasher
from analyzer.trace import Outcome
from connectors.recorder import Recorder
from connectors.registry import LogFile, connector_for
from tests.recorder.loopback import Loopback

if TYPE_CHECKING:
    from anthropic import Anthropic, AsyncAnthropic

ROOMY: dict[str, Any] = {"min_free_bytes": 0}
"""Tests do not depend on how full the disk is."""

Make = Callable[..., Recorder]
Written = Callable[[Recorder | Path], list[dict[str, Any]]]
Read = Callable[[Path], list[Outcome]]
Client = Callable[..., "Anthropic"]
AsyncClient = Callable[..., "AsyncAnthropic"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "traffic"


@pytest.fixture
def recorders(folder: Path) -> Iterator[Make]:
    """Makes recorders, on one folder unless told otherwise, and closes them."""
    made: list[Recorder] = []

    def make(where: Path = folder, **options: Any) -> Recorder:
        made.append(Recorder(where, **{**ROOMY, **options}))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close()


@pytest.fixture
def client(server: Loopback) -> Iterator[Client]:
    """Makes sync clients of the server."""
    from anthropic import Anthropic

    made: list[Anthropic] = []

    def make(*middleware: Any, **options: Any) -> Anthropic:
        made.append(
            Anthropic(
                api_key="sk-ant-secret", base_url=server.url, middleware=middleware, **options
            )
        )
        return made[-1]

    yield make
    for opened in made:
        opened.close()


@pytest.fixture
def async_client(server: Loopback) -> AsyncClient:
    """Makes async clients of the server; used as `async with`, in the loop that calls."""
    from anthropic import AsyncAnthropic

    return lambda *middleware, **options: AsyncAnthropic(
        api_key="sk-ant-secret", base_url=server.url, middleware=middleware, **options
    )


@pytest.fixture
def written(folder: Path) -> Written:
    """Gives the lines of the recording, once everything is written."""

    def lines(recorder: Recorder | Path) -> list[dict[str, Any]]:
        if isinstance(recorder, Recorder):
            assert recorder.flush()
        where = recorder if isinstance(recorder, Path) else folder
        texts = [path.read_text() for path in sorted(where.glob("*.jsonl"))]
        return [json.loads(line) for text in texts for line in text.split("\n") if line]

    return lines


@pytest.fixture(scope="session")
def read() -> Read:
    """Reads every file of a folder as `rebill ingest` does."""

    def outcomes(where: Path) -> list[Outcome]:
        found: list[Outcome] = []
        for path in sorted(where.iterdir()):
            log = LogFile(path)
            connector = connector_for(log)
            assert connector.name == "messages"
            found += connector.read(log, Hasher(b"a key for tests"))
        return found

    return outcomes
