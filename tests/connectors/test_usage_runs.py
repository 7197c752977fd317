"""Usage-only lines read a run at a time say what they say one at a time, whatever they hold."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from analyzer.ingest import ingest
from analyzer.intake import Batch, FileCount
from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.trace import Calls
from connectors import messages
from connectors.messages import usage_block
from connectors.reading import runs
from connectors.reading.files import LogFile

Json = dict[str, object]
Told = tuple[dict[str, pl.DataFrame], tuple[int, int, int], int]


class _LineByLine(LogFile):
    """A log that hands out no runs."""

    def runs(self) -> Iterator[runs.Run | tuple[int, bytes]]:
        return self.lines(mend=False)


def usage_line(number: int, **changed: object) -> Json:
    """Give a line; tokens, time, ids and tag follow from its number."""
    usage: Json = {
        "input_tokens": number, "cache_creation_input_tokens": 2 * number,
        "cache_read_input_tokens": 10**number % 10**9,
        "cache_creation": {
            "ephemeral_5m_input_tokens": number, "ephemeral_1h_input_tokens": number,
        },
        "output_tokens": 7 + number, "service_tier": "standard",
    }  # fmt: skip
    line: Json = {
        "timestamp": f"2026-09-01T00:{number % 60:02d}:00.{number % 1000:03d}+02:00",
        "id": f"msg_{number}", "request_id": f"req_{number}", "model": "claude-opus-5",
        "stop_reason": "end_turn", "user": f"ü{number}", "latency_ms": number,
        "tags": {"team": f"t{number}", "env": "x"}, "usage": usage,
    }  # fmt: skip
    return line | changed


def dumped(line: Json) -> bytes:
    """Give a line as most programs write it."""
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode()


def told(log: LogFile) -> Told:
    """Give the rows of one log, its lines by fate, and how many calls came as columns."""
    batch, count, columns = Batch(), FileCount("source", "messages"), 0
    for outcome in messages.CONNECTOR.read(log, Hasher(b"a key for tests")):
        columns += len(outcome.values) if isinstance(outcome, Calls) else 0
        count.add(batch, outcome)
    assert count.lines == log.lines_read
    count.close(batch, ("messages", "log", log.sha256, log.file_bytes, 0, log.usage_like))
    frames = batch.frames()
    frames["requests"] = frames["requests"].sort("key")
    return frames, (count.lines, count.call_lines, count.calls), columns


def same(path: Path) -> int:
    """Hold a log read in runs against the log read by lines; give the calls told as columns."""
    got, want = told(LogFile(path)), told(_LineByLine(path))
    assert got[1] == want[1]
    for name, frame in want[0].items():
        assert_frame_equal(got[0][name], frame)
    assert want[2] == 0
    return got[2]


REGULAR = [dumped(usage_line(number)) for number in range(60)]


def with_lines(path: Path, *others: bytes) -> Path:
    """Write sixty regular lines with others among them."""
    lines = [*REGULAR[:20], *others, *REGULAR[20:]]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_regular_lines_come_as_columns(tmp_path: Path) -> None:
    assert same(with_lines(tmp_path / "log.jsonl")) == 60


def test_two_programs_in_one_file_come_as_columns_both(tmp_path: Path) -> None:
    others = [usage_line(n, id=f"other_{n}", user="u") for n in range(60)]
    spaced = [json.dumps(line).encode() for line in others]
    assert same(with_lines(tmp_path / "log.jsonl", *spaced)) == 120


def _changed(find: str, put: str) -> bytes:
    line = dumped(usage_line(99))
    assert find.encode() in line
    return line.replace(find.encode(), put.encode(), 1)


ODD = {
    "blank": b"",
    "spaces": b"   ",
    "cut": REGULAR[5][:200],
    "not an object": b"[1]",
    "byte order mark": b"\xef\xbb\xbf" + dumped(usage_line(98)),
    "key twice": _changed('"model"', '"id":"msg_98","model"'),
    "count twice": _changed('"output_tokens"', '"output_tokens":1,"output_tokens"'),
    "key twice for another": _changed('"request_id"', '"id"'),
    "spaced colon": _changed('"model":', '"model" :'),
    "negative": _changed('"input_tokens":99', '"input_tokens":-9'),
    "fraction": _changed('"input_tokens":99', '"input_tokens":9.5'),
    "exponent": _changed('"input_tokens":99', '"input_tokens":9e1'),
    "leading zero": _changed('"input_tokens":99', '"input_tokens":099'),
    "no digits": _changed('"input_tokens":99', '"input_tokens":'),
    "null": _changed('"input_tokens":99', '"input_tokens":null'),
    "too many tokens": _changed('"input_tokens":99', '"input_tokens":1000000001'),
    "past 64 bits": _changed('"input_tokens":99', '"input_tokens":99999999999999999999'),
    "count as text": _changed('"input_tokens":99', '"input_tokens":"99"'),
    "text as number": _changed('"model":"claude-opus-5"', '"model":5'),
    "odd unread number": _changed('"latency_ms":99', '"latency_ms":9,"x":[9]'),
    "broken unread number": _changed('"latency_ms":99', '"latency_ms":0x9'),
    "split differs": _changed(
        '"cache_creation_input_tokens":198', '"cache_creation_input_tokens":9'
    ),
    "no model": _changed('"claude-opus-5"', '""'),
    "no id": _changed('"msg_99"', '""'),
    "null id": _changed('"msg_99"', "null"),
    "Bedrock": _changed("msg_99", "msg_bdrk_99"),
    "refusal": _changed("end_turn", "refusal"),
    "bad day": _changed("2026-09-01", "2026-02-30"),
    "leap second": _changed(":00.099", ":60.099"),
    "before 1970": _changed("2026-09-01", "1969-09-01"),
    "no year": _changed("2026-09-01", "0000-09-01"),
    "far year": _changed("2026-09-01", "9999-12-31"),
    "other zone": _changed("+02:00", "+03:00"),
    "no zone": _changed("+02:00", ""),
    "letter in a time": _changed("2026-09", "2O26-09"),
    "empty tag": _changed('"t99"', '""'),
    "usage gone": _changed('"usage"', '"usage_"'),
    "an exchange": _changed('"latency_ms":99', '"response":99'),
    "key that looks like a value": _changed('"latency_ms"', '":5,"'),
    "colon text": _changed('"t99"', '":"'),
    "two lines in one": REGULAR[3] + REGULAR[4],
    "not UTF-8": dumped(usage_line(97)).replace("ü".encode(), b"\xff"),
    "control": _changed('"t99"', '"\x01"'),
    "escape": _changed('"t99"', '"a\\"b"'),
    "surrogate": _changed('"t99"', '"\\ud83d"'),
    "carriage return": dumped(usage_line(96)) + b"\r",
    "the same call again": REGULAR[3].replace(b'"output_tokens":10', b'"output_tokens":11'),
}
STOPS_RUN = {"not UTF-8", "control", "escape", "surrogate", "carriage return"} | {
    "bad day", "leap second",
}  # fmt: skip
"""What is looked for in a whole run alone."""


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_line_among_regular_ones_says_what_it_says_alone(tmp_path: Path, odd: str) -> None:
    columns = same(with_lines(tmp_path / "log.jsonl", ODD[odd]))
    assert columns == 0 if odd in STOPS_RUN else columns >= 60


KEYS = st.sampled_from([
    "timestamp", "start", "end", "first_token", "id", "message_id", "request_id", "custom_id",
    "api_key", "model", "stop_reason", "attempt", "org", "user", "tags", "note", "size",
])  # fmt: skip
COUNTED = st.sampled_from([
    "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation", "speed",
    "output_tokens_details", "server_tool_use", "inference_geo",
])  # fmt: skip
NAMES = st.sampled_from(["a", "b", "msg_bdrk_1", "sk-x", "refusal", "", "ü", "-5"])
COUNTS = st.sampled_from([0, 0, 1, 2, 3, 10**9, 10**9 + 1])
SECONDS = st.integers(0, 61).map("2026-09-01T00:00:{:02d}.000Z".format)


@st.composite
def _line(draw: st.DrawFn, keys: list[str], counted: list[str]) -> Json:
    """Give a line of these keys; its values are often unsound."""
    value: dict[str, st.SearchStrategy[object]] = {
        **dict.fromkeys(("timestamp", "start", "end", "first_token"), SECONDS),
        "attempt": COUNTS, "size": COUNTS,
        "tags": st.fixed_dictionaries({"k": NAMES, "n": COUNTS}),
        "cache_creation": st.fixed_dictionaries(
            {"ephemeral_5m_input_tokens": COUNTS, "ephemeral_1h_input_tokens": COUNTS}
        ),
        "output_tokens_details": st.fixed_dictionaries({"thinking_tokens": COUNTS}),
        "server_tool_use": st.fixed_dictionaries({"web_search_requests": COUNTS}),
        "cache_creation_input_tokens": COUNTS, "cache_read_input_tokens": COUNTS,
    }  # fmt: skip
    line = {key: draw(value.get(key, NAMES)) for key in keys}
    usage = {key: draw(value.get(key, NAMES)) for key in counted}
    return line | {"usage": {"input_tokens": draw(COUNTS), "output_tokens": draw(COUNTS)} | usage}


@st.composite
def _logs(draw: st.DrawFn) -> bytes:
    """Give lines of two programs, some of them damaged."""
    shapes = [
        (draw(st.lists(KEYS, unique=True)), draw(st.lists(COUNTED, unique=True))) for _ in range(2)
    ]
    lines = []
    for _ in range(draw(st.integers(4, 12))):
        line = dumped(draw(_line(*draw(st.sampled_from(shapes)))))
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(0, len(line)))
            line = (
                line[:at]
                + draw(st.sampled_from([b"", b" ", b'"', b"0", b"}", b"-"]))
                + line[at + 1 :]
            )
        lines.append(line)
    return b"\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(text=_logs(), size=st.sampled_from([1, 200, 2**21]))
def test_any_lines_say_in_runs_what_they_say_alone(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, size: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    path.write_bytes(text)
    with mock.patch.object(usage_block, "FEWEST", 2), mock.patch.object(runs, "RUN_BYTES", size):
        same(path)


def test_a_rule_left_out_is_seen(tmp_path: Path) -> None:
    refusals = [dumped(usage_line(n, id=f"r{n}", stop_reason="refusal")) for n in range(60)]
    path = with_lines(tmp_path / "log.jsonl", *refusals)
    assert same(path) == 60
    with mock.patch.object(usage_block, "_MEANT_OTHERWISE", ()), pytest.raises(AssertionError):
        same(path)


def test_packed_and_damaged_files_give_what_stands_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(REGULAR * 40))[:-12])
    assert same(path) >= 60


def test_the_store_is_the_same_either_way_and_a_share_logged_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_lines(tmp_path / "log.jsonl", *ODD.values())
    calls = []
    for name in ("runs", "lines"):
        with Store.open(tmp_path / f"{name}.duckdb", create=True) as store:
            ingest([str(path)], store, sampling=0.5)
            calls.append((store.calls(), store.rejects(), store.ledger()))
        monkeypatch.setattr(LogFile, "runs", _LineByLine.runs)
    assert_frame_equal(calls[0][0], calls[1][0])
    assert_frame_equal(calls[0][1].sort("line"), calls[1][1].sort("line"))
    assert calls[0][2] == calls[1][2]
