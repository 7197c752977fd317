"""Calls of the real SDK, recorded and read back: nothing is missing, and nothing is changed."""

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.trace import Attempt, Call, Tokens
from tests.recorder.conftest import AsyncClient, Client, Make, Read, Written
from tests.recorder.loopback import Loopback, Reply, busy, packed

if TYPE_CHECKING:
    from anthropic import Anthropic

pytestmark = pytest.mark.enable_socket

ASKED: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 256,
    "system": [
        {"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}},
    ],
    "tools": [
        {"name": "look", "description": "Looks", "input_schema": {"type": "object"}},
    ],
    "messages": [{"role": "user", "content": "good morning to you all"}],
}
TOKENS = Tokens(uncached=10, read=2000, write_5m=300, write_1h=0, write_unsplit=0, output=42)


def _created(client: "Anthropic") -> str:
    return _text(client.messages.create(**ASKED))


def _helped(client: "Anthropic") -> str:
    with client.messages.stream(**ASKED) as stream:
        return stream.get_final_text()


def _streamed(client: "Anthropic") -> str:
    pieces = [
        event.delta.text
        for event in client.messages.create(**ASKED, stream=True)
        if event.type == "content_block_delta"
    ]
    return "".join(pieces)


def _raw(client: "Anthropic") -> str:
    return _text(client.messages.with_raw_response.create(**ASKED).parse())


def _raw_body(client: "Anthropic") -> str:
    with client.messages.with_streaming_response.create(**ASKED) as response:
        return _text(response.parse())


def _beta(client: "Anthropic") -> str:
    return _text(client.beta.messages.create(**ASKED, betas=["context-1m-2025-08-07"]))


def _text(answer: Any) -> str:
    return str(answer.content[0].text)


WAYS = [_created, _helped, _streamed, _raw, _raw_body, _beta]
every_way = pytest.mark.parametrize("way", WAYS)


@every_way
def test_each_way_to_call_gives_the_same_answer_and_one_whole_line(
    way: Callable[["Anthropic"], str], client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    plain, recorder = client(), recorders()
    assert way(client(recorder)) == way(plain) == "You said: good morning to you all"
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert call.tokens == TOKENS
    assert call.usage_final
    assert (call.model, call.max_tokens) == ("claude-sonnet-5", 256)
    assert (call.request_id, call.org, call.workspace) == ("req_0000", "org-1", "wrkspc_1")
    assert call.stream == (way in {_helped, _streamed})
    assert call.prompt.visibility == "full"
    assert [node.section for node in call.nodes] == ["tools", "system", "messages", "messages"]
    assert [mark.node for mark in call.prompt.breakpoints] == [call.nodes[1].node]


@every_way
def test_times_are_in_order_and_of_this_moment(
    way: Callable[["Anthropic"], str], client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    recorder = recorders(clock=lambda: 1_790_000_000_000_000_000)
    way(client(recorder))
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert call.start_us is not None
    assert call.first_us is not None
    assert call.end_us is not None
    assert 1_790_000_000_000_000 == call.start_us < call.first_us <= call.end_us
    assert call.end_us < call.start_us + 10 * 10**6


def test_the_server_gets_the_same_bytes_with_and_without(
    client: Client, recorders: Make, server: Loopback
) -> None:
    _helped(client())
    _helped(client(recorders()))
    without, with_recorder = server.replies
    assert with_recorder.body == without.body
    ignored = {"X-Stainless-Raw-Response"}  # the SDK adds it as soon as there is any middleware
    assert {k: v for k, v in with_recorder.headers.items() if k not in ignored} == {
        k: v for k, v in without.headers.items() if k not in ignored
    }


def test_the_request_stands_in_the_line_byte_for_byte(
    client: Client, recorders: Make, folder: Path, server: Loopback
) -> None:
    recorder = recorders()
    odd = "ünïcode \u2028 \U0001f600 \x00 \\ud83d </script>"
    client(recorder).messages.create(
        **{**ASKED, "messages": [{"role": "user", "content": odd}]}, extra_body={"z": 1, "a": 2}
    )
    recorder.close()
    (path,) = folder.iterdir()
    assert b'"request":' + server.replies[0].body + b"," in path.read_bytes()


def test_no_secret_reaches_the_file(client: Client, recorders: Make, folder: Path) -> None:
    recorder = recorders(key="sk-ant-secret")
    server: Any = {
        "type": "url",
        "url": "https://mcp",
        "name": "m",
        "authorization_token": "hush-1",
    }
    client(recorder, default_headers={"authorization": "Bearer hush-2"}).beta.messages.create(
        **ASKED, mcp_servers=[server], betas=["mcp-client-2025-11-20"]
    )
    recorder.close()
    (path,) = folder.iterdir()
    text = path.read_text()
    assert "hush" not in text
    assert "sk-ant" not in text
    assert '"betas":"mcp-client-2025-11-20"' in text


def test_a_429_and_its_retry_are_two_lines_and_the_caller_gets_the_answer(
    client: Client, recorders: Make, folder: Path, server: Loopback, read: Read
) -> None:
    recorder = recorders()
    server.plays += [busy, busy]
    assert _created(client(recorder, max_retries=3)).startswith("You said")
    recorder.close()
    first, second, call = read(folder)
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    assert isinstance(call, Call)
    assert [first.attempt, second.attempt, call.attempt] == [0, 1, 2]
    assert (first.status, first.error, first.request_id) == (429, "rate_limit_error", "req_0000")
    assert (first.model, call.message_id) == ("claude-sonnet-5", "msg_0002")


def test_a_stream_that_is_refused_and_retried_is_two_lines(
    client: Client, recorders: Make, folder: Path, server: Loopback, read: Read
) -> None:
    recorder = recorders()
    server.plays += [busy]
    assert _streamed(client(recorder)).startswith("You said")
    recorder.close()
    attempt, call = read(folder)
    assert isinstance(attempt, Attempt)
    assert isinstance(call, Call)
    assert (attempt.status, attempt.error) == (429, "http_429")  # the SDK retried unread


def test_no_connection_leaves_a_line_without_an_answer(
    recorders: Make, folder: Path, read: Read, written: Written
) -> None:
    from anthropic import Anthropic, APIConnectionError

    recorder = recorders()
    gone = Anthropic(
        api_key="k", base_url="http://127.0.0.1:9", middleware=[recorder], max_retries=0
    )
    with gone, pytest.raises(APIConnectionError):
        gone.messages.create(**ASKED)
    (line,) = written(recorder)
    assert line["exception"] == "APIConnectionError from ConnectError"
    assert (line["url"], line["request"]) == ("http://127.0.0.1:9/v1/messages", ASKED)
    (attempt,) = read(folder)
    assert isinstance(attempt, Attempt)
    assert (attempt.status, attempt.error) == (None, "no_response")


@every_way
def test_packed_answers_are_read_as_the_caller_reads_them(
    way: Callable[["Anthropic"], str], client: Client, recorders: Make, folder: Path,
    server: Loopback, read: Read,
) -> None:  # fmt: skip
    recorder = recorders()
    server.plays += [packed]
    assert way(client(recorder)) == "You said: good morning to you all"
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert call.tokens == TOKENS


def test_an_error_page_of_a_proxy_is_an_attempt(
    client: Client, recorders: Make, folder: Path, server: Loopback, read: Read
) -> None:
    from anthropic import InternalServerError

    recorder = recorders()
    server.plays += [lambda reply: reply.send(502, b"<h1>\nBad gateway</h1>", "text/html")]
    with pytest.raises(InternalServerError):
        client(recorder, max_retries=0).messages.create(**ASKED)
    recorder.close()
    (attempt,) = read(folder)
    assert isinstance(attempt, Attempt)
    assert (attempt.status, attempt.error) == (502, "http_502")


def test_an_answer_printed_over_many_lines_stays_one_line(
    client: Client, recorders: Make, folder: Path, server: Loopback, read: Read
) -> None:
    def pretty(reply: Reply) -> None:
        body = json.dumps(reply.message(), indent=2).replace("\n", "\r\n")
        reply.send(200, body.encode(), "application/json")

    recorder = recorders()
    server.plays += [pretty]
    assert _created(client(recorder)) == "You said: good morning to you all"
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert call.tokens == TOKENS


def test_other_endpoints_leave_no_line(
    client: Client, recorders: Make, folder: Path, server: Loopback
) -> None:
    recorder = recorders()
    server.plays += [lambda reply: reply.send(200, b'{"input_tokens":7}', "application/json")]
    counted = client(recorder).messages.count_tokens(
        model="claude-sonnet-5", messages=ASKED["messages"]
    )
    assert counted.input_tokens == 7
    recorder.close()
    assert not folder.exists()


def test_a_conversation_is_one_growing_chain(
    client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    recorder = recorders()
    talker = client(recorder)
    turns: list[dict[str, object]] = [{"role": "user", "content": "one"}]
    for words in ("two", "three"):
        with talker.messages.stream(**{**ASKED, "messages": turns}) as stream:
            answer = stream.get_final_message()
        turns += [
            {"role": "assistant", "content": answer.content},
            {"role": "user", "content": words},
        ]
    talker.messages.create(**{**ASKED, "messages": turns})
    recorder.close()
    calls = [outcome for outcome in read(folder) if isinstance(outcome, Call)]
    known = {node.node: node for call in calls for node in call.nodes}
    for before, after in pairwise(calls):
        leaf = known[after.prompt.leaf or b""]
        answered = known[leaf.parent or b""]
        assert answered.produced_by == before.message_id
        assert answered.parent == before.prompt.leaf


def test_async_calls_are_recorded_in_every_way(
    async_client: AsyncClient, recorders: Make, folder: Path, server: Loopback, read: Read
) -> None:
    recorder = recorders()
    server.plays += [busy]

    async def talk() -> list[str]:
        async with async_client(recorder) as client:
            created = await client.messages.create(**ASKED)
            async with client.messages.stream(**ASKED) as helped:
                text = await helped.get_final_text()
            pieces = [
                event.delta.text
                async for event in await client.messages.create(**ASKED, stream=True)
                if event.type == "content_block_delta"
            ]
            return [created.content[0].text, text, "".join(pieces)]

    assert asyncio.run(talk()) == ["You said: good morning to you all"] * 3
    recorder.close()
    outcomes = read(folder)
    assert [type(outcome) for outcome in outcomes] == [Attempt, Call, Call, Call]
    assert [o.tokens for o in outcomes if isinstance(o, Call)] == [TOKENS] * 3
