"""Which spans are one call, and which were billed apart; and that memory has a bound."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.trace import Aside, Call, Outcome
from connectors.otlp import merge as otlp_merge

Read = Callable[[Path], list[Outcome]]
Calls = Callable[[Path], list[Call]]


@pytest.fixture(scope="module")
def found(traps: Path, calls: Calls) -> dict[str, Call]:
    rows = calls(traps / "otlp" / "copies.jsonl")
    return {call.message_id or f"output {call.tokens.output}": call for call in rows}


def test_a_wrapper_with_equal_counts_joins_the_call_inside_it_across_other_spans(
    found: dict[str, Call],
) -> None:
    # the framework's span stands two above the SDK's, an HTTP span between; the agent's is no call
    assert (found["msg_c1"].lines, found["msg_c1"].tokens.read) == (2, 60)
    assert found["msg_c1"].flags == ()


def test_answers_with_different_ids_stay_apart_and_the_wrapper_joins_the_last(
    found: dict[str, Call],
) -> None:
    assert (found["msg_r1"].lines, found["msg_r2"].lines) == (1, 2)


def test_a_span_that_sums_calls_up_is_none(traps: Path, read: Read, found: dict[str, Call]) -> None:
    outcomes = read(traps / "otlp" / "copies.jsonl")
    sums = [o for o in outcomes if isinstance(o, Aside) and o.kind.startswith("sum")]
    # 300 + 400 = 700 in, 30 + 40 = 70 out
    assert [aside.line for aside in sums] == [3]
    assert {"msg_s1", "msg_s2"} <= set(found)


def test_a_wrapper_whose_counts_fit_nothing_is_kept_and_flagged(found: dict[str, Call]) -> None:
    assert found["output 90"].flags == (otlp_merge.WRAPS_OTHERS,)
    assert found["msg_o1"].flags == ()


def test_one_id_in_two_traces_is_one_call_and_the_larger_streamed_output_loses(
    found: dict[str, Call],
) -> None:
    # OpenLLMetry adds the placeholder of the stream's first event: 62 instead of 60
    call = found["msg_t1"]
    assert (call.lines, call.tokens.output, call.flags) == (2, 60, ())


def test_parents_in_a_circle_end(found: dict[str, Call]) -> None:
    assert found["msg_l1"].lines == 2


def _span(trace: int, span: int, parent: int, message: str | None, prompt: int) -> str:
    told = [
        {"key": "gen_ai.system", "value": {"stringValue": "anthropic"}},
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": prompt}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 1}},
    ]
    if message:
        told.append({"key": "gen_ai.response.id", "value": {"stringValue": message}})
    ids = {"traceId": f"{trace:x}", "spanId": f"{span:x}", "parentSpanId": f"{parent:x}"}
    return json.dumps(
        {"resourceSpans": [{"scopeSpans": [{"spans": [ids | {"attributes": told}]}]}]}
    )


def test_a_window_over_a_long_file_gives_the_same_calls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, calls: Calls
) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text(
        "".join(
            f"{_span(n, 2, 1, f'msg_{n}', n)}\n{_span(n, 1, 0, None, n)}\n" for n in range(1, 60)
        )
    )
    whole = calls(path)
    monkeypatch.setattr(otlp_merge, "WINDOW", 8)
    windowed = calls(path)
    assert windowed == whole
    assert [call.lines for call in windowed] == [2] * 59


def test_copies_that_count_differently_are_flagged(tmp_path: Path, calls: Calls) -> None:
    path = tmp_path / "differ.jsonl"
    path.write_text(f"{_span(1, 1, 0, 'msg_a', 10)}\n{_span(2, 1, 0, 'msg_a', 11)}\n")
    [call] = calls(path)
    assert (call.lines, call.flags) == (2, (otlp_merge.COPIES_DIFFER,))
