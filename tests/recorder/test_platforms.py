"""The SDK's clients of other clouds: their addresses name the model, Bedrock streams in frames."""

import base64
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.trace import Call
from connectors.answers import from_events
from connectors.recorder.eventstream import MEDIA_TYPE, as_events
from tests.recorder.conftest import Make, Read, Written
from tests.recorder.loopback import Loopback, Reply

pytestmark = pytest.mark.enable_socket

MODEL = "anthropic.claude-sonnet-5-v1:0"
ASKED: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "good morning"}],
}


def _frame(headers: dict[str, str], payload: bytes) -> bytes:
    """Write a frame as AWS does: a header is its name, the type 7 (text), and its value."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\7" + len(value).to_bytes(2) + value.encode()
        for name, value in headers.items()
    )
    prelude = (16 + len(head) + len(payload)).to_bytes(4) + len(head).to_bytes(4)
    frame = prelude + zlib.crc32(prelude).to_bytes(4) + head + payload
    return frame + zlib.crc32(frame).to_bytes(4)


def _framed(events: Iterable[bytes]) -> list[bytes]:
    """Pack events as Bedrock does: the data of each, in base64, in JSON, in a frame."""
    headers = {":message-type": "event", ":event-type": "chunk"}
    datas = [event.split(b"data: ")[1].strip() for event in events]
    return [
        _frame(headers, json.dumps({"bytes": base64.b64encode(data).decode()}).encode())
        for data in datas
    ]


def _bedrock_stream(reply: Reply) -> None:
    reply.begin(200, MEDIA_TYPE, transfer_encoding="chunked", x_amzn_requestid="aws-1")
    reply.chunks(_framed(reply.events()))
    reply.finish()


def test_bedrock_calls_and_streams_are_read_like_any_other(
    recorders: Make, server: Loopback, folder: Path, read: Read
) -> None:
    from anthropic import AnthropicBedrock

    recorder = recorders()
    with AnthropicBedrock(
        api_key="k", aws_region="us-east-1", base_url=server.url, middleware=[recorder]
    ) as client:
        client.messages.create(**ASKED)
        server.plays += [_bedrock_stream]
        # read as bytes: decoding the frames takes botocore, which is not installed here
        with client.messages.with_streaming_response.create(**ASKED, stream=True) as response:
            frames = b"".join(response.iter_bytes())
    recorder.close()
    assert frames == b"".join(_framed(server.replies[1].events()))
    calls = [outcome for outcome in read(folder) if isinstance(outcome, Call)]
    for call in calls:
        assert call.model_requested == MODEL
        assert (call.tokens.read, call.tokens.output) == (2000, 42)
        assert call.usage_final
        assert call.prompt.visibility == "full"
    assert [call.stream for call in calls] == [False, True]
    # equal prefixes are told of once: the question, and "You said: good morning"
    assert [node.chars for call in calls for node in call.nodes] == [12, 22]


def test_vertex_calls_keep_their_address(
    recorders: Make, server: Loopback, folder: Path, read: Read
) -> None:
    from anthropic import AnthropicVertex

    recorder = recorders()
    with AnthropicVertex(
        access_token="hush",  # noqa: S106 - looked for below
        project_id="p",
        region="us-east5",
        base_url=server.url,
        middleware=[recorder],
    ) as client:
        client.messages.create(**{**ASKED, "model": "claude-sonnet-5@20260901"})
    recorder.close()
    (call,) = read(folder)
    assert isinstance(call, Call)
    assert (call.platform, call.model_requested) == ("vertex", "claude-sonnet-5@20260901")
    assert "hush" not in next(folder.iterdir()).read_text()


def test_an_address_with_a_password_is_written_without_it(
    recorders: Make, server: Loopback, written: Written
) -> None:
    from anthropic import Anthropic

    recorder = recorders()
    url = server.url.replace("http://", "http://me:hush@")
    with Anthropic(
        api_key="k", base_url=url, middleware=[recorder], default_query={"token": "hush"}
    ) as client:
        client.messages.create(**ASKED)
    (line,) = written(recorder)
    assert line["url"] == f"{server.url}/v1/messages"
    assert "hush" not in json.dumps(line)


def test_a_failure_inside_the_frames_is_an_error_event() -> None:
    headers = {":message-type": "exception", ":exception-type": "throttlingException"}
    sse = as_events(_frame(headers, b'{"message":"canary"}'))
    assert from_events(sse).error == "stream_exception"
    assert "canary" not in sse


@settings(max_examples=50, deadline=None)
@given(cut=st.integers(0, 400), patch=st.binary(max_size=6), at=st.integers(0, 400))
def test_damaged_frames_give_the_events_before_the_damage(cut: int, patch: bytes, at: int) -> None:
    frames = _framed([b'event: x\ndata: {"type":"ping"}'] * 4)
    whole = b"".join(frames)
    stream = (whole[:at] + patch + whole[at + len(patch) :])[:cut]
    sound = min(at, cut) // len(frames[0])
    assert as_events(stream).startswith('event: ping\ndata: {"type":"ping"}\n\n' * sound)
