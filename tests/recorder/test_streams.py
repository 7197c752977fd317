"""Streams: cut, let go early, dropped, and fifty at once."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.trace import Call
from connectors.answers import from_events
from tests.recorder.conftest import AsyncClient, Client, Make, Read, Written
from tests.recorder.loopback import Loopback, Reply, cut, usual

if TYPE_CHECKING:
    from anthropic import Anthropic

pytestmark = pytest.mark.enable_socket

AT_ONCE = 50


def _asked(words: str = "good morning to you all") -> dict[str, Any]:
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 256,
        "messages": [{"role": "user", "content": words}],
    }


def _what_comes(client: "Anthropic") -> tuple[list[str], str]:
    """Give the kinds of the events that came, and the exception that ended them."""
    kinds: list[str] = []
    try:
        kinds.extend(event.type for event in client.messages.create(**_asked(), stream=True))
    except Exception as error:  # noqa: BLE001 - the test compares whatever it is
        return kinds, repr(error)
    return kinds, ""


def test_a_stream_cut_in_the_middle_fails_the_same_and_the_line_tells_what_came(
    client: Client, recorders: Make, folder: Path, server: Loopback, read: Read, written: Written
) -> None:
    recorder = recorders()
    server.plays += [cut, cut]
    kinds, error = _what_comes(client())
    assert (kinds, error) == _what_comes(client(recorder))
    assert error.startswith("RemoteProtocolError")
    assert kinds == ["message_start", "content_block_start", *["content_block_delta"] * 2]
    (line,) = written(recorder)
    assert (line["ended"], line["exception"]) == (
        "failed",
        "RemoteProtocolError from RemoteProtocolError",
    )
    assert line["sse"].encode() == b"".join(server.replies[1].events()[:4])
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert not call.usage_final
    assert (call.tokens.read, call.tokens.output) == (2000, 1)


def test_a_stream_let_go_early_is_a_line_of_what_came(
    client: Client, recorders: Make, server: Loopback, written: Written
) -> None:
    go_on = threading.Event()

    def slowly(reply: Reply) -> None:
        reply.begin(200, "text/event-stream", transfer_encoding="chunked")
        reply.chunks(reply.events()[:3])
        go_on.wait(5)
        reply.chunks(reply.events()[3:])
        reply.finish()

    recorder = recorders()
    server.plays += [slowly]
    with client(recorder).messages.create(**_asked(), stream=True) as stream:
        for event in stream:
            if event.type == "content_block_delta":
                break
    go_on.set()
    (line,) = written(recorder)
    assert line["ended"] == "closed"
    assert from_events(line["sse"]).content == [{"type": "text", "text": "You"}]


def test_a_stream_nobody_reads_or_closes_is_written_when_it_is_collected(
    client: Client, recorders: Make, written: Written
) -> None:
    recorder = recorders()
    stream: object = client(recorder).messages.create(**_asked(), stream=True)
    assert written(recorder) == []
    del stream
    gc.collect()
    (line,) = written(recorder)
    assert line["ended"] == "closed"
    assert line["status"] == 200


def test_fifty_streams_in_threads_are_fifty_whole_lines(
    client: Client, recorders: Make, folder: Path, server: Loopback, read: Read, written: Written
) -> None:
    recorder, meet = recorders(), threading.Barrier(AT_ONCE)
    server.plays += [_interleaved(meet)] * AT_ONCE
    talker = client(recorder)

    def talk(number: int) -> str:
        with talker.messages.stream(**_asked(f"number {number} of many")) as stream:
            return stream.get_final_text()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(talk, range(AT_ONCE)))
    _each_line_is_whole(answers, written(recorder))
    calls = [outcome for outcome in read(folder) if isinstance(outcome, Call)]
    assert len({call.message_id for call in calls}) == AT_ONCE
    assert all(call.usage_final and call.tokens.output == 42 for call in calls)


def test_fifty_streams_in_one_event_loop_are_fifty_whole_lines(
    async_client: AsyncClient, recorders: Make, server: Loopback, written: Written
) -> None:
    recorder, meet = recorders(), threading.Barrier(AT_ONCE)
    server.plays += [_interleaved(meet)] * AT_ONCE

    async def talk() -> list[str]:
        async with async_client(recorder) as client:

            async def one(number: int) -> str:
                asked = _asked(f"number {number} of many")
                async with client.messages.stream(**asked) as stream:
                    return await stream.get_final_text()

            return await asyncio.gather(*map(one, range(AT_ONCE)))

    answers = asyncio.run(talk())
    _each_line_is_whole(answers, written(recorder))


def _interleaved(meet: threading.Barrier) -> Any:
    """Answer in step: every stream has sent its n-th event before any sends the next."""

    def play(reply: Reply) -> None:
        reply.begin(200, "text/event-stream", transfer_encoding="chunked")
        for event in reply.events():
            meet.wait(10)
            reply.chunks([event])
        reply.finish()

    return play


def _each_line_is_whole(answers: list[str], lines: list[dict[str, Any]]) -> None:
    assert answers == [f"You said: number {number} of many" for number in range(AT_ONCE)]
    assert len(lines) == AT_ONCE
    told = {}
    for line in lines:
        answer = from_events(line["sse"])
        assert answer.final
        told[line["request"]["messages"][0]["content"]] = answer.content[0]["text"]
    assert told == {f"number {n} of many": f"You said: number {n} of many" for n in range(AT_ONCE)}


def test_an_async_stream_cut_or_let_go_is_told_too(
    async_client: AsyncClient, recorders: Make, server: Loopback, written: Written
) -> None:
    recorder = recorders()
    server.plays += [cut, usual]

    async def talk() -> None:
        import httpx2

        async with async_client(recorder) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                async for _ in await client.messages.create(**_asked(), stream=True):
                    pass
            async with await client.messages.create(**_asked(), stream=True) as stream:
                async for _ in stream:
                    break

    asyncio.run(talk())
    first, second = written(recorder)
    assert (first["ended"], second["ended"]) == ("failed", "closed")
    assert from_events(second["sse"]).message_id == "msg_0001"


def test_a_cancelled_async_call_is_an_attempt(
    async_client: AsyncClient, recorders: Make, server: Loopback, written: Written
) -> None:
    recorder, asked = recorders(), threading.Event()
    go_on = threading.Event()

    def stuck(_reply: Reply) -> None:
        asked.set()
        go_on.wait(5)

    server.plays += [stuck]

    async def talk() -> None:
        async with async_client(recorder) as client:
            task = asyncio.create_task(client.messages.create(**_asked()))
            await asyncio.to_thread(asked.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(talk())
    go_on.set()
    (line,) = written(recorder)
    assert (line["exception"], line["request"]) == ("CancelledError", _asked())
