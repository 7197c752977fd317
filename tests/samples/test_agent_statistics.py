"""The agent loops follow the figures measured on real sessions; tolerances stand in each test."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

Row = dict[str, Any]


def _quantiles(values: list[float], *shares: float) -> list[float]:
    ordered = sorted(values)
    return [ordered[int(share * len(ordered))] for share in shares]


def _near(*expected: float, within: float) -> object:
    return pytest.approx(list(expected), rel=within)


@pytest.fixture(scope="module")
def main_chains(sessions: dict[str, list[Row]]) -> list[list[Row]]:
    """Sessions without subagents, the checkpoint copy, and what the fork copied."""
    paths = [p for p in sessions if "/subagents/" not in p and "/checkpoints/" not in p]
    first_seen: set[str] = set()
    chains = []
    for path in sorted(paths, key=lambda p: ("-fork" in p, p)):
        chains.append([call for call in sessions[path] if call["id"] not in first_seen])
        first_seen |= {call["id"] for call in chains[-1]}
    return chains


@pytest.fixture(scope="module")
def calls(main_chains: list[list[Row]]) -> list[Row]:
    return [call for chain in main_chains for call in chain]


@pytest.fixture(scope="module")
def pairs(main_chains: list[list[Row]]) -> list[tuple[Row, Row]]:
    return [pair for chain in main_chains for pair in pairwise(chain)]


def test_calls_in_a_session(main_chains: list[list[Row]]) -> None:
    # Measured p10/50/90: 9/46/169; twenty-one sessions cannot come closer than a third.
    assert _quantiles([len(c) for c in main_chains], 0.1, 0.5, 0.9) == _near(9, 46, 169, within=0.3)


def test_calls_in_a_turn(calls: list[Row]) -> None:
    turns = sum(call["cause"] != "tool" for call in calls)
    assert len(calls) / turns == pytest.approx(9.5, rel=0.1)


def test_prompt_sizes(calls: list[Row], main_chains: list[list[Row]]) -> None:
    prompts = [call["prompt"] for call in calls]
    expected = _near(43_000, 94_000, 151_000, within=0.1)
    assert _quantiles(prompts, 0.05, 0.5, 0.95) == expected
    firsts = [c[0]["prompt"] for c in main_chains if c[0]["cause"] == "user"]
    assert _quantiles(firsts, 0.5) == _near(41_000, within=0.1)


def test_growth_from_call_to_call(pairs: list[tuple[Row, Row]]) -> None:
    growth = [b["prompt"] - a["prompt"] for a, b in pairs if b["cause"] != "compaction"]
    assert _quantiles(growth, 0.5) == _near(606, within=0.1)
    assert sum(growth) / len(growth) == pytest.approx(1324, rel=0.1)


def test_a_prompt_holds_the_last_prompt_and_the_last_answer(pairs: list[tuple[Row, Row]]) -> None:
    for before, after in pairs:
        if after["cause"] != "compaction":
            assert after["prompt"] > before["prompt"] + before["output"]
            # So does what is cached of it: a breakpoint never lies before an earlier one.
            assert after["prompt"] - after["uncached"] >= before["prompt"] + before["output"]


def test_output_sizes(calls: list[Row]) -> None:
    outputs = [call["output"] for call in calls]
    assert _quantiles(outputs, 0.5, 0.9, 0.99) == _near(282, 1692, 6171, within=0.1)


def test_waiting_before_a_tool_step(pairs: list[tuple[Row, Row]]) -> None:
    gaps = [b["start_s"] - a["end_s"] for a, b in pairs if b["cause"] == "tool"]
    assert _quantiles(gaps, 0.5, 0.9) == _near(0.26, 12, within=0.1)
    assert _quantiles(gaps, 0.99) == _near(282, within=0.3)


def test_waiting_before_a_user_turn(pairs: list[tuple[Row, Row]]) -> None:
    gaps = [b["start_s"] - a["end_s"] for a, b in pairs if b["cause"] == "user"]
    expected = _near(19, 48, 113, 298, 939, within=0.2)
    assert _quantiles(gaps, 0.1, 0.25, 0.5, 0.75, 0.9) == expected
    assert sum(gap > 300 for gap in gaps) / len(gaps) == pytest.approx(0.25, abs=0.04)
    assert sum(gap > 3600 for gap in gaps) / len(gaps) == pytest.approx(0.03, abs=0.02)


def test_duration_of_a_call(calls: list[Row]) -> None:
    durations = [call["end_s"] - call["start_s"] for call in calls]
    assert _quantiles(durations, 0.5, 0.99) == _near(5.3, 45, within=0.1)


def test_shares_of_read_written_and_uncached_tokens(calls: list[Row]) -> None:
    total = sum(call["prompt"] for call in calls)
    written = sum(call["write_5m"] + call["write_1h"] for call in calls)
    assert sum(call["read"] for call in calls) / total == pytest.approx(0.957, abs=0.005)
    assert written / total == pytest.approx(0.0424, abs=0.005)
    assert sum(call["uncached"] for call in calls) / total == pytest.approx(0.0002, abs=0.0001)


def test_hit_share_of_a_session(main_chains: list[list[Row]]) -> None:
    hits = [sum(c["read"] for c in m) / sum(c["prompt"] for c in m) for m in main_chains]
    assert _quantiles(hits, 0.05, 0.5, 0.95) == pytest.approx([0.82, 0.95, 0.98], abs=0.09)


def test_compactions_come_as_often_as_measured(calls: list[Row]) -> None:
    # 81 of 1,749 turns measured, so 4.6 %; eleven here of about 140.
    turns = sum(call["cause"] != "tool" for call in calls)
    compacted = sum(call["cause"] == "compaction" for call in calls)
    assert compacted / turns == pytest.approx(0.046, abs=0.04)


def test_lines_for_one_answer(sessions: dict[str, list[Row]]) -> None:
    lines = [call["lines"] for chain in sessions.values() for call in chain]
    assert sum(lines) / len(lines) == pytest.approx(2.2, abs=0.1)


def test_most_steps_read_exactly_what_the_step_before_read_and_wrote(
    pairs: list[tuple[Row, Row]],
) -> None:
    kept = [
        b["read"] == a["read"] + a["write_5m"] + a["write_1h"]
        for a, b in pairs
        if b["cause"] == "tool"
    ]
    assert sum(kept) / len(kept) > 0.97


def test_living_entries_are_lost_at_user_turns_as_often_as_measured(
    pairs: list[tuple[Row, Row]],
) -> None:
    """Measured: 2 to 12 % of user turns within the life of their entry lose the messages."""
    within = [
        (a, b)
        for a, b in pairs
        if b["cause"] == "user"
        and b["start_s"] - a["start_s"] < (3600 if a["write_1h"] or b["write_1h"] else 300)
    ]
    lost = sum(b["read"] < a["read"] + a["write_5m"] + a["write_1h"] for a, b in within)
    assert 0.02 < lost / len(within) < 0.12


def test_an_entry_older_than_its_life_is_never_read(pairs: list[tuple[Row, Row]]) -> None:
    for before, after in pairs:
        life_s = 3600 if after["write_1h"] else 300
        if after["start_s"] - before["end_s"] > life_s and after["write_1h"] + after["write_5m"]:
            # Nothing of the messages: what is read is the system prompt that others keep alive.
            assert after["read"] <= 23_800


def test_one_life_for_each_project(sessions: dict[str, list[Row]]) -> None:
    writes: Counter[tuple[str, str]] = Counter()
    for path, chain in sessions.items():
        for call in chain:
            writes.update({(path.split("/")[0], k): call[k] for k in ("write_5m", "write_1h")})
    assert writes["billing-service", "write_5m"] == writes["data-pipeline", "write_1h"] == 0
    assert min(writes["billing-service", "write_1h"], writes["data-pipeline", "write_5m"]) > 0


def test_the_fork_and_the_checkpoint_repeat_calls(sessions: dict[str, list[Row]]) -> None:
    seen = Counter(call["id"] for chain in sessions.values() for call in chain)
    repeated = {path for path, chain in sessions.items() if any(seen[c["id"]] > 1 for c in chain)}
    assert len(repeated) == 4
    assert sum("checkpoints" in path for path in repeated) == 1
    (fork,) = (path for path in repeated if "-fork" in path)
    # Its own calls follow the copied ones and are told apart by their session.
    assert [call["session"][-5:] == "-fork" for call in sessions[fork]].count(True) == 14
