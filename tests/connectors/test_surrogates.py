import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.prompts import Hasher
from analyzer.trace import Call
from connectors.reading.json_scan import mended
from connectors.registry import LogFile, connector_for


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        (rb'"cut \ud83d"', rb'"cut \ufffd"'),
        (rb'"\ud83d\ude00 pair"', rb'"\ud83d\ude00 pair"'),
        (rb'"\uDE00 low half"', rb'"\ufffd low half"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"an escaped backslash: \\ud83d"', rb'"an escaped backslash: \\ud83d"'),
    ],
)
def test_half_an_emoji_is_replaced_and_nothing_else(line: bytes, whole: bytes) -> None:
    assert mended(line) == whole


@given(st.text())
def test_sound_text_stays_as_it_is(text: str) -> None:
    line = json.dumps(text).encode()
    if all(not 0xD800 <= ord(c) <= 0xDFFF for c in text):
        assert mended(line) == line


def test_a_billed_call_with_half_an_emoji_in_its_prompt_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    exchange = {
        "request": {"model": "m", "messages": [{"role": "user", "content": "TEXT"}]},
        "response": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                     "content": [], "usage": {"input_tokens": 5, "output_tokens": 2}},
        "status": 200, "t_start_ns": 1_790_000_000_000_000_000,
    }  # fmt: skip
    path.write_bytes(json.dumps(exchange).encode().replace(b"TEXT", rb"smile \ud83d"))
    log = LogFile(path)
    outcomes = list(connector_for(log).read(log, Hasher(b"k" * 32)))
    assert [type(outcome) for outcome in outcomes] == [Call]
