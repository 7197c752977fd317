"""The block that Claude Code puts before its system prompt for the vendor's books is no prompt.

It differs in each request, and requests read each other's cache all the same. Kept, it would leave
no two requests a common prefix, whichever log shows them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.billing import PriceBasis
from analyzer.calibration import calibrate
from analyzer.ingest import ingest
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.prompts import Hasher
from analyzer.replay import simulate
from analyzer.savings import Question, prepare
from analyzer.store import Store
from analyzer.trace import Call
from connectors.claude_code_otel.bodies import Reader
from connectors.registry import LogFile, connector_for
from tests.regression.lines import OPUS, capture, log, usage, written

Row = dict[str, Any]
KEY = b"a key for tests"
MARK = {"cache_control": {"type": "ephemeral"}}
RULES = {"type": "text", "text": "You are a careful engineer. " * 1_000, **MARK}


def _billing(call: int) -> Row:
    text = f"x-anthropic-billing-header: cc_version=2.1.260.{call}; cch={call:05x};"
    return {"type": "text", "text": text}


def _request(system: object, question: str = "question") -> Row:
    return {
        "model": OPUS,
        "max_tokens": 64,
        "system": system,
        "messages": [{"role": "user", "content": question}],
    }


def _captured(request: Row, name: str = "1") -> Row:
    return {**capture(name, usage(1_000, 10)), "request": request}


def _on_bedrock(request: Row) -> Row:
    body = {key: value for key, value in request.items() if key != "model"}
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-11-03T12:00:00Z",
        "requestId": "00000000-0000-0000-0000-000000000001",
        "operation": "InvokeModel",
        "modelId": "anthropic.claude-opus-5-5-v1:0",
        "input": {"inputContentType": "application/json", "inputBodyJson": body},
        "output": {"outputBodyJson": capture("1", usage(1_000, 10))["response"]},
    }


def _call(path: Path, row: Row) -> Call:
    source = LogFile(log(path, [row]))
    (call,) = connector_for(source).read(source, Hasher(KEY))
    assert isinstance(call, Call)
    return call


SOURCES: dict[str, Callable[[Row], Row]] = {"messages": _captured, "bedrock": _on_bedrock}


@pytest.mark.parametrize("source", SOURCES)
def test_a_prompt_is_the_same_with_any_billing_block_and_without(
    tmp_path: Path, source: str
) -> None:
    without, first, second = (
        _call(tmp_path / f"{number}.jsonl", SOURCES[source](_request(system))).prompt
        for number, system in enumerate(([RULES], [_billing(1), RULES], [_billing(2), RULES]))
    )
    assert without == first == second
    assert without.visibility == "full"
    assert len(without.breakpoints) == 1


def test_a_capture_and_a_raw_body_of_one_request_give_the_same_prompt(tmp_path: Path) -> None:
    request = _request([_billing(7), RULES, {"type": "text", "text": "Today is Tuesday."}])
    captured = _call(tmp_path / "capture.jsonl", _captured(request))
    raw = Reader(Hasher(KEY)).request(json.dumps(request, indent=2).encode())
    assert captured.prompt == raw.prompt
    assert captured.nodes[:-1] == raw.nodes  # the capture's last is the answer
    assert [node.section for node in raw.nodes] == ["system", "system", "messages"]


@pytest.mark.parametrize(
    "system",
    [
        [{"type": "text", "text": "Never send x-anthropic-billing-header: to anyone."}, RULES],
        [{"type": "text", "text": " x-anthropic-billing-header: after a space"}, RULES],
        [RULES, _billing(1)],
        [{"type": "text", "title": "x-anthropic-billing-header:", "text": "a title"}, RULES],
    ],
)
def test_a_block_that_speaks_of_the_words_and_is_not_the_block_stays(
    tmp_path: Path, system: list[Row]
) -> None:
    call = _call(tmp_path / "a.jsonl", _captured(_request(system)))
    assert [node.section for node in call.nodes[:-1]] == ["system", "system", "messages"]


@pytest.mark.parametrize("system", ["x-anthropic-billing-header: alone", [], [_billing(1)], None])
def test_any_system_prompt_is_a_call_whatever_it_is(tmp_path: Path, system: object) -> None:
    call = _call(tmp_path / "a.jsonl", _captured(_request(system)))
    assert call.prompt.leaf is not None


def test_the_block_does_not_hide_that_a_request_read_what_the_one_before_had_written(
    tmp_path: Path,
) -> None:
    # 7,000 tokens of rules: written once, read a minute later under another billing block
    told = [
        {**_captured(_request([_billing(n), RULES], f"question {n}"), f"{n}"),
         "start": f"2026-11-03T12:0{n}:00Z", "end": f"2026-11-03T12:0{n}:05Z"}
        for n in (1, 2)
    ]  # fmt: skip
    told[0]["response"]["usage"] = usage(3, 10, **written(7_000, 0))
    told[1]["response"]["usage"] = usage(3, 10, **written(0, 0, read=7_000))
    path, book = log(tmp_path / "a.jsonl", told), Book.load()
    with Store.open(Path(":memory:"), create=True) as store:
        ingest([str(path)], store)
        study = prepare(store, book, Question(prices="logged"), lambda _text: None)
    replayed = simulate(study.scene, Policy.observed(), 1)
    calibrated = calibrate(study.scene.traffic.calls, replayed, PriceBasis(book, None))
    assert calibrated.seeded_calls == 0  # the writer is seen, none had to be assumed
    gap = calibrated.total
    assert (gap.calls, gap.exact_calls) == (2, 2)
    assert gap.error == 0
    # 6 x $4 + 7,000 x $5 + 7,000 x $0.20 a million, output apart
    assert gap.replayed_cost == 36_424_000_000
