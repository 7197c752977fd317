import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.journal import Journal, Row
from analyzer.speculative.run import Stage, run

HEAD = {"date": "2026-11-24", "sha256": {"weights": "a"}, "settings": {"widths": (1, 5)}}
BENCH = cast("Any", None)


def said() -> tuple[list[str], Callable[[str], None]]:
    words: list[str] = []
    return words, words.append


def stage(name: str, keys: str, fails_at: str = "") -> Stage:
    def rows(_bench: object, known: frozenset[str]) -> Iterator[Row]:
        for key in keys:
            if key in known:
                continue
            if key == fails_at:
                raise RuntimeError("CUDA error: device lost\nwith a second line")
            yield {"key": key, "value": ord(key)}

    return Stage(name, rows)


def told(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_every_row_is_on_disk_before_the_next_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    journal, seen = Journal(path, HEAD), []

    def rows(_bench: object, _known: frozenset[str]) -> Iterator[Row]:
        for number in range(3):
            seen.append(len(told(path)["stages"]["one"]["rows"]) if path.exists() else 0)
            yield {"key": str(number)}

    run(journal, [Stage("one", rows)], BENCH, 100, said()[1])
    assert seen == [0, 1, 2]


def test_a_device_lost_midway_keeps_its_rows_and_the_next_run_goes_on_behind_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "evidence.json"
    words, say = said()
    assert not run(Journal(path, HEAD), [stage("a", "xyz", "z"), stage("b", "q")], BENCH, 100, say)
    left = told(path)
    assert not left["complete"]
    assert left["stages"]["a"]["state"] == "failed"
    assert left["stages"]["a"]["why"] == "RuntimeError: CUDA error: device lost"
    assert [row["key"] for row in left["stages"]["a"]["rows"]] == ["x", "y"]
    assert left["stages"]["b"]["state"] == "done"
    assert run(Journal(path, HEAD), [stage("a", "xyz"), stage("b", "q")], BENCH, 100, say)
    whole = told(path)
    assert [row["key"] for row in whole["stages"]["a"]["rows"]] == ["x", "y", "z"]
    assert whole["complete"]
    assert "why" not in whole["stages"]["a"]
    assert "b: already there" in words


def test_a_budget_that_is_used_up_cuts_the_run_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    words, say = said()
    assert not run(Journal(path, HEAD), [stage("a", "xyz")], BENCH, 0, say)
    assert told(path)["stages"]["a"]["state"] == "cut"
    assert words == ["a: not begun, the time is used up; run again to go on"]


def test_a_stage_that_cannot_run_here_says_why_and_leaves_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    absent = Stage("library", stage("library", "x").rows, lambda _: "not installed")
    assert run(Journal(path, HEAD), [absent], BENCH, 100, said()[1])
    assert told(path)["stages"]["library"] == {
        "state": "skipped", "seconds": 0.0, "rows": [], "why": "not installed",
    }  # fmt: skip


def test_a_run_never_goes_on_with_a_file_of_other_weights(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    run(Journal(path, HEAD), [stage("a", "x")], BENCH, 100, said()[1])
    Journal(path, HEAD | {"date": "2026-11-25"})  # another day may go on
    with pytest.raises(SpeculativeError, match="made with other sha256; name a new file"):
        Journal(path, HEAD | {"sha256": {"weights": "b"}})


def test_a_file_that_is_no_evidence_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text("{}")
    with pytest.raises(SpeculativeError, match="made with other sha256, settings"):
        Journal(path, HEAD)
    path.write_text("shopping")
    with pytest.raises(SpeculativeError, match="no evidence file to go on with"):
        Journal(path, HEAD)
    assert path.read_text() == "shopping"


def test_rows_stand_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    run(Journal(path, HEAD), [stage("a", "xyz")], BENCH, 100, said()[1])
    assert '{"key": "x", "value": 120},' in path.read_text().splitlines()
