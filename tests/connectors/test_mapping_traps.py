"""What the trap tables show, row by row."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.trace import Aside, Attempt, Call, Outcome, Rejected
from connectors.mapping.calls import CELL_UNREAD, PROMPT_UNREAD
from connectors.mapping.rows import BODY_DIFFERS, ESTIMATED, FAILED_YET_COUNTED, SEVERAL
from connectors.mapping.times import ENDS_EARLY, FIRST_OUTSIDE
from connectors.mapping.usage import LEFT_OVER, MAY_HIDE, MAY_HOLD, TOO_SMALL, TOTAL_DIFFERS, UNSAID
from connectors.usage import SPLIT_ONE_SIDED

Read = Callable[[Path], list[Outcome]]


def told(outcome: Outcome) -> object:
    """Sum an outcome up."""
    match outcome:
        case Call(tokens=t):
            writes = t.write_unsplit if t.write_5m is None else (t.write_5m, t.write_1h)
            return (t.uncached, t.read, writes, t.output, outcome.flags)
        case Attempt():
            return outcome.error
        case Aside():
            return outcome.kind
        case Rejected():
            return (outcome.reason, outcome.detail)
    raise AssertionError(outcome)


def by_id(outcomes: list[Outcome]) -> dict[str, Call]:
    return {o.gateway_id or "": o for o in outcomes if isinstance(o, Call)}


def test_langfuse_decides_row_by_row_whether_input_holds_cached_tokens(
    traps: Path, read: Read
) -> None:
    rows = [told(outcome) for outcome in read(traps / "langfuse" / "basis.jsonl")]
    cached = (22_820, 9_907, 135)
    assert rows == [
        # 32,872 = 32,737 + 135: inside; 32,737 - 22,820 - 9,907 = 10 (langfuse#12306)
        (10, *cached, ()),
        # 65,599 = everything: perhaps Langfuse's own sum over a gross input
        (32_737, *cached, (MAY_HOLD,)),
        # the span says 32,737 for the whole prompt: gross after all
        (10, *cached, ()),
        # the span says 32,737 = 9,917 + 22,820: cached tokens stand apart
        (9_917, 22_820, None, 135, ()),
        # 10 cannot hold 32,727
        (10, *cached, ()),
        (32_737, *cached, (MAY_HOLD,)),
        # 145 = 10 + 135 leaves 22,820 out
        (10, 22_820, None, 135, (TOO_SMALL,)),
        (10, 0, 500, 5, (SPLIT_ONE_SIDED,)),
        (100, None, None, 5, (UNSAID,)),
        (12, None, None, 7, (UNSAID,)),
    ]


def test_langfuse_keeps_the_leaves_of_nested_generations(traps: Path, read: Read) -> None:
    outcomes = read(traps / "langfuse" / "nesting.jsonl")
    kept = {name: call.lines for name, call in by_id(outcomes).items()}
    # `agent` sums up call-a and call-b, `outer-b` repeats call-b; a judge is a call of its own;
    # a circle of parents and true twins stay; the later version of `again` counts
    assert kept == {
        "call-a": 2, "call-b": 2, "judge": 1, "judged": 1, "ring-1": 1, "ring-2": 1, "self": 1,
        "twin-1": 1, "twin-2": 1, "again": 2,
    }  # fmt: skip
    assert by_id(outcomes)["again"].tokens.uncached == 80


def test_numbers_in_tables_are_read_strictly_and_never_quoted(traps: Path, read: Read) -> None:
    outcomes = read(traps / "langfuse" / "bad_rows.csv")
    faults = {o.line: (o.reason, o.detail) for o in outcomes if isinstance(o, Rejected)}
    where = "usage.input (usage_details.input or 3 more)"
    counts = "counts are whole numbers from 0"
    assert faults == {
        3: ("bad count", f"{where}: a fraction; {counts}"),
        4: ("bad count", f"{where}: no whole number; {counts}"),
        5: ("bad count", f"{where}: a negative number; {counts}"),
        6: ("bad count", f"{where}: true or false; {counts}"),
        7: ("no usage", faults[7][1]),  # Python's way of writing an object is no JSON
        8: ("bad time", "times.start (start_time or 1 more): not an ISO 8601 time"),
        9: ("no usage", faults[7][1]),  # zeros: the source did not count
        10: ("duplicate key", "a key stands twice in one object"),
        11: ("bad count", f"{where}: a number past 64 bits; {counts}"),
        12: ("bad row", "2 cells under 10 column names"),
    }
    assert "nothing is counted in this row" in faults[7][1]
    assert [told(o) for o in outcomes if o.line in (13, 16)] == ["no model call", "error"]
    assert by_id(outcomes)["c15"].flags == (UNSAID, FAILED_YET_COUNTED)


def test_helicone_counts_by_the_body_and_says_where_columns_differ(traps: Path, read: Read) -> None:
    outcomes = read(traps / "helicone" / "rows.jsonl")
    calls = by_id(outcomes)
    assert told(calls["h1"]) == (10, 5, (0, 7), 3, ())
    assert (calls["h2"].message_id, calls["h2"].lines) == ("msg_h2", 2)  # pending, then answered
    assert calls["h4"].flags == (BODY_DIFFERS,)
    assert (calls["h5"].message_id, calls["h5"].tokens.output) == ("msg_h5", 9)
    assert calls["h7"].flags == (FAILED_YET_COUNTED,)
    assert told(calls["h9"]) == (10, 5, 7, 3, ())
    assert calls["h10"].flags == (PROMPT_UNREAD,)
    assert calls["h10"].tags == {"Helicone-Session-Id": "s1", "key": "value"}
    assert calls["h12"].flags == (FIRST_OUTSIDE,)
    assert calls["h12"].first_us is None
    assert (calls["h13"].flags, calls["h13"].end_us) == ((ENDS_EARLY,), None)
    others = [told(o) for o in outcomes if not isinstance(o, Call)]
    assert others[:3] == ["unfinished", "api_error", "answered by the gateway's cache"]
    assert others[3] == (
        "bad count",
        "usage.output_tokens: a negative number; counts are whole numbers from 0",
    )


def test_portkey_totals_that_hold_what_prompt_tokens_leave_out(traps: Path, read: Read) -> None:
    rows = {o.line: told(o) for o in read(traps / "portkey" / "totals.jsonl")}
    assert rows == {
        # 3,202 = 12 + 3,000 + 150 + 40: cached tokens stand apart (gateway#1754)
        1: (12, 3_000, 150, 40, ()),
        # 3,202 - 12 - 40 - 3,000 = 150 were written and are named nowhere
        2: (12, 3_000, 150, 40, (LEFT_OVER,)),
        # 3,202 = 3,162 + 40: they are inside; 3,162 - 3,000 - 150 = 12
        3: (12, 3_000, 150, 40, ()),
        # 3,202 - 52 = 3,150 cached tokens of which nobody says what they were
        4: (12, None, None, 40, (TOTAL_DIFFERS, UNSAID)),
        5: (12, None, None, 40, (MAY_HIDE,)),
        6: (12, None, None, 40, (MAY_HIDE,)),
        7: "overloaded_error",
        8: (12, None, None, 40, (MAY_HIDE,)),
        9: (3, None, None, 4, ()),
        10: ("no usage", rows[10][1] if isinstance(rows[10], tuple) else ""),
        11: (
            "bad count",
            "response: usage.prompt_tokens: no whole number; counts are whole numbers from 0",
        ),
    }
    calls = by_id(read(traps / "portkey" / "totals.jsonl"))
    assert (calls["p1"].cost_logged_usd, calls["p8"].cost_logged_usd) == ("0.015", None)
    assert (calls["p1"].stop_reason, calls["p6"].stop_reason) == ("max_tokens", "end_turn")
    assert calls["p9"].prompt.visibility == "full"
    assert calls["p1"].prompt.visibility == "none"


def test_kong_lines_of_both_versions_and_of_other_traffic(traps: Path, read: Read) -> None:
    outcomes = read(traps / "kong" / "lines.jsonl")
    calls = by_id(outcomes)
    assert told(calls["k1"]) == (28, None, None, 20, (MAY_HIDE,))
    assert told(calls["k2"]) == (30, None, None, 40, (MAY_HIDE, SEVERAL))
    assert calls["k3"].platform == "bedrock"
    assert told(calls["k6"]) == (10, 20, (0, 0), 40, ())
    assert calls["k6"].prompt.visibility == "full"
    assert [told(o) for o in outcomes if not isinstance(o, Call)] == [
        "answered by the gateway's cache",
        "http_503",
        "other model",
        "no model call",
        ("bad time", "times.start (started_at): past every calendar; is its unit ms?"),
    ]


def test_databricks_rows_whose_answer_was_not_logged_are_faults(traps: Path, read: Read) -> None:
    outcomes = read(traps / "databricks" / "payload.jsonl")
    calls = by_id(outcomes)
    assert told(calls["d2"]) == (5, 15, None, 5, (MAY_HIDE,))  # 20 - 15
    assert (calls["d3"].sampling, calls["d4"].sampling) == (None, 0.25)
    assert calls["d3"].flags == (MAY_HIDE, CELL_UNREAD)
    lost = ("no usage", "body.response (response): nothing is counted in this row")
    assert [told(o) for o in outcomes if not isinstance(o, Call)] == [
        lost, "http_429", lost, "other model",
    ]  # fmt: skip


def test_cloudflare_bodies_count_where_they_are_whole(traps: Path, read: Read) -> None:
    outcomes = read(traps / "cloudflare" / "entries.jsonl")
    calls = by_id(outcomes)
    assert told(calls["f1"]) == (20, None, None, 5, (UNSAID,))
    assert told(calls["f2"]) == (20, 400, (0, 0), 5, ())
    assert calls["f7"].tags == {"team": "a", "flag": "true", "n": "3"}
    assert calls["f8"].tags == {}
    assert [told(o) for o in outcomes if not isinstance(o, Call)][:3] == [
        "answered by the gateway's cache", "http_529", "other model",
    ]  # fmt: skip


def test_openrouter_says_what_hides_in_its_input(traps: Path, read: Read) -> None:
    outcomes = read(traps / "openrouter" / "activity.csv")
    calls = by_id(outcomes)
    g2 = calls["g2"]
    assert told(g2) == (100, 900, None, 50, (MAY_HIDE, ESTIMATED))  # 1,000 - 900
    assert g2.model == "claude-sonnet-4-5-20250929"
    assert (g2.key or "").startswith("key-"), "a secret is kept as a hash alone"
    assert told(calls["g3"]) == (100, 900, None, 50, (TOO_SMALL, ESTIMATED))
    assert calls["g6"].stop_reason is None, "a sentence is no stop reason"
    assert CELL_UNREAD in calls["g6"].flags
    assert "thinking exceeds output" in calls["g7"].flags


@pytest.mark.parametrize("name", ["langfuse", "helicone", "portkey", "databricks", "cloudflare"])
def test_rows_in_one_array_on_one_line_are_told_of_one_by_one(
    name: str, traps: Path, tmp_path: Path, read: Read
) -> None:
    source = next(path for path in sorted((traps / name).glob("*.jsonl")))
    rows = source.read_text().splitlines()
    (tmp_path / "rows.json").write_text(f"[{','.join(rows)}]")
    expected = [told(outcome) for outcome in read(source)]
    assert [told(outcome) for outcome in read(tmp_path / "rows.json")] == expected
