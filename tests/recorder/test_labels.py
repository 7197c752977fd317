"""Names of calls: fixed, asked at each call, and given around calls, in threads and tasks alike."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.trace import Call
from connectors.recorder import Recorder, labels
from tests.recorder.conftest import AsyncClient, Client, Make, Read, Written

pytestmark = pytest.mark.enable_socket

ASKED: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "hello"}],
}


def test_every_name_reaches_the_reader(
    client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    recorder = recorders(
        app="desk", workload=lambda: "triage", session="s-1", user="u-1", key="ci key",
        tags={"team": "blue", "tries": 3, "ratio": 0.5, "beta": True, "none": None, "list": [1]},
    )  # fmt: skip
    client(recorder).messages.create(**ASKED)
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert (call.app, call.workload, call.session) == ("desk", "triage", "s-1")
    assert (call.user, call.key) == ("u-1", "ci key")
    assert call.tags == {
        "team": "blue", "tries": "3", "ratio": "0.5", "beta": "True", "list": "[1]",
    }  # fmt: skip


def test_names_given_around_a_call_win_and_tags_add_up(
    client: Client, recorders: Make, written: Written
) -> None:
    recorder = recorders(app="desk", workload="other", tags={"team": "blue", "ring": 1})
    talker = client(recorder)
    with labels(workload="triage", tags={"ring": 2}):
        with Recorder.labels(session="s-1", tags={"step": lambda: "draft"}):
            talker.messages.create(**ASKED)
        talker.messages.create(**ASKED)
    talker.messages.create(**ASKED)
    inner, middle, outer = written(recorder)
    assert (inner["app"], inner["workload"], inner["session"]) == ("desk", "triage", "s-1")
    assert inner["tags"] == {"team": "blue", "ring": 2, "step": "draft"}
    assert (middle["workload"], middle["tags"]) == ("triage", {"team": "blue", "ring": 2})
    assert "session" not in middle
    assert (outer["workload"], outer["tags"]) == ("other", {"team": "blue", "ring": 1})


def test_tasks_side_by_side_keep_their_own_names(
    async_client: AsyncClient, recorders: Make, written: Written
) -> None:
    recorder = recorders()

    async def talk() -> None:
        async with async_client(recorder) as client:

            async def one(number: int) -> None:
                with labels(session=f"s-{number}"):
                    await asyncio.sleep(0)
                    asked = {**ASKED, "messages": [{"role": "user", "content": f"{number}"}]}
                    async with client.messages.stream(**asked) as stream:
                        await stream.get_final_text()

            await asyncio.gather(*map(one, range(5)))

    asyncio.run(talk())
    told = {
        line["request"]["messages"][0]["content"]: line["session"] for line in written(recorder)
    }
    assert told == {f"{number}": f"s-{number}" for number in range(5)}


def test_names_odd_in_every_way_are_written_so_that_they_can_be_read(
    client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    odd: dict[Any, object] = {"half \ud83d": "half \ud83d", 7: 2**70, "nan": float("nan")}
    recorder = recorders(app="half \ud83d", workload="", session=12, tags=odd)
    client(recorder).messages.create(**ASKED)
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert (call.app, call.workload, call.session) == ("half ?", None, "12")
    assert call.tags == {"half ?": "half ?", "7": "1180591620717411303424", "nan": "nan"}


def test_a_generator_closed_elsewhere_does_not_fail() -> None:
    def inside() -> Iterator[int]:
        with labels(app="x"):
            yield 1

    import contextvars

    walk = inside()
    contextvars.copy_context().run(next, walk)
    walk.close()  # type: ignore[attr-defined]  # a generator, declared as what it yields
