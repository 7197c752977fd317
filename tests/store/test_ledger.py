import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.results import Ledger, Reason
from analyzer.store import Store

SAMPLES = Path(__file__).parents[2] / "sample_logs"


def _ledger(store: Path) -> Ledger:
    with Store.open(store) as opened:
        return opened.ledger()


def _copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def test_the_ledger_of_the_traps_adds_up_and_every_reject_has_its_file_and_line(
    tmp_path: Path, traps: Path, take: Any
) -> None:
    store = tmp_path / "s.duckdb"
    take(store, traps)
    with Store.open(store) as opened:
        ledger, rejects = opened.ledger(), opened.rejects()
    assert ledger.lines == ledger.kept + ledger.repeats + ledger.rejected > 100
    assert ledger.kept > 0
    assert ledger.repeats > 0
    named = [reason for reason in ledger.reasons if reason.kind != "aside"]
    assert len(rejects) == sum(reason.lines for reason in named) > 20
    assert all(Path(path).is_file() for path in rejects["path"].unique())
    for path, line, kind, reason, _detail in rejects.iter_rows():
        assert line >= 1, path
        assert any((kind, reason) == (known.kind, known.reason) for known in named)


def test_a_small_log_is_counted_by_hand(tmp_path: Path, capture: Any, take: Any) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    failed = capture(3, response=None, status=429)
    text = capture(1) + capture(2) + b"\n" + b"garbage\n" + capture(1) + failed
    log.write_bytes(text)
    take(store, log)
    # six lines: two calls, one of them again, a blank, a fault, an error that billed nothing
    assert _ledger(store) == Ledger(
        files=1,
        file_bytes=len(text),
        lines=6,
        kept=2,
        repeats=1,
        reasons=(
            Reason("aside", "blank", 1),
            Reason("fault", "not JSON", 1),
            Reason("unbilled", "http_429", 1),
        ),
    )


def test_ingesting_again_changes_nothing(tmp_path: Path, traps: Path, take: Any, dump: Any) -> None:
    store = tmp_path / "s.duckdb"
    first = take(store, traps)
    before = dump(store)
    again = take(store, traps)
    assert dump(store) == before
    assert len(again.unchanged) + again.files == first.files
    assert len(again.unchanged) > 20


def test_a_copy_of_a_file_counts_as_repeats(
    tmp_path: Path, capture: Any, take: Any, calls_and_nodes: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1) + capture(2))
    take(store, log)
    alone = calls_and_nodes(store)
    shutil.copy(log, tmp_path / "backup.jsonl")
    take(store, tmp_path / "backup.jsonl")
    ledger = _ledger(store)
    assert (ledger.files, ledger.lines, ledger.kept, ledger.repeats) == (2, 4, 2, 2)
    assert calls_and_nodes(store) == alone


def test_a_checkpoint_copy_of_a_sample_session_adds_no_call(tmp_path: Path, take: Any) -> None:
    project = SAMPLES / "claude_code" / "billing-service"
    session = project / "session-05.jsonl.gz"
    take(tmp_path / "alone.duckdb", session)
    take(tmp_path / "both.duckdb", session, project / "checkpoints")
    alone, both = _ledger(tmp_path / "alone.duckdb"), _ledger(tmp_path / "both.duckdb")
    assert (both.kept, both.files) == (alone.kept, 2)
    assert both.repeats > alone.repeats


def test_a_link_to_a_log_is_the_same_log(tmp_path: Path, capture: Any, take: Any) -> None:
    logs, store = tmp_path / "logs", tmp_path / "s.duckdb"
    logs.mkdir()
    (logs / "session.jsonl").write_bytes(capture(1) + b"garbage\n")
    (logs / "latest.jsonl").symlink_to("session.jsonl")
    take(store, logs)
    ledger = _ledger(store)
    assert (ledger.files, ledger.lines, ledger.kept, ledger.repeats) == (1, 2, 1, 0)
    with Store.open(store) as opened:
        assert len(opened.rejects()) == 1


def test_the_order_of_files_does_not_matter(
    tmp_path: Path, traps: Path, take: Any, dump: Any
) -> None:
    names = ["resume_copy", "resume_original", "side_question"]
    logs = [traps / "transcripts" / f"{name}.jsonl" for name in names]
    seen = []
    for number, order in enumerate(itertools.permutations(logs)):
        store = tmp_path / f"{number}.duckdb"
        for log in order:
            take(store, log)
        seen.append(dump(store))
    assert len(seen) == 6
    assert all(rows == seen[0] for rows in seen)


def test_of_two_calls_with_one_answer_the_same_one_owns_it_in_any_order(
    tmp_path: Path, capture: Any, take: Any, calls_and_nodes: Any
) -> None:
    # the same prompt answered alike: who wrote the block must not depend on who was read first
    told = {
        "request": {"messages": [{"role": "user", "content": "q"}]},
        "response__content": [{"type": "text", "text": "yes"}],
    }
    logs = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for number, log in zip((2, 1), logs, strict=True):
        log.write_bytes(capture(number, **told))
    seen = []
    for number, order in enumerate((logs, logs[::-1])):
        for log in order:
            take(tmp_path / f"{number}.duckdb", log)
        seen.append(calls_and_nodes(tmp_path / f"{number}.duckdb"))
    take(tmp_path / "at_once.duckdb", *logs)
    assert seen[0] == seen[1] == calls_and_nodes(tmp_path / "at_once.duckdb")
    assert "msg_1" in {row[-1] for row in seen[0]["nodes"]}


def test_one_run_over_all_files_and_one_run_a_file_give_the_same(
    tmp_path: Path, traps: Path, take: Any, dump: Any
) -> None:
    take(tmp_path / "at_once.duckdb", traps / "transcripts")
    for log in sorted((traps / "transcripts").rglob("*.jsonl"), reverse=True):
        take(tmp_path / "one_by_one.duckdb", log)
    assert dump(tmp_path / "at_once.duckdb") == dump(tmp_path / "one_by_one.duckdb")


@pytest.mark.parametrize(
    "name", ["messages/conversation.jsonl", "transcripts/streamed_group.jsonl"]
)
@settings(max_examples=3, deadline=None)
@given(share=st.floats(0, 1))
def test_a_file_that_grew_is_as_if_it_had_always_been_whole(
    name: str, share: float, traps: Path, take: Any, dump: Any, tmp_path_factory: Any
) -> None:
    # cut anywhere, in the middle of a line too: the half line's fault goes when the rest is there
    folder = tmp_path_factory.mktemp("grown")
    text = (traps / name).read_bytes()
    log = folder / "log.jsonl"
    log.write_bytes(text[: int(share * len(text))])
    take(folder / "grown.duckdb", log)
    log.write_bytes(text)
    take(folder / "grown.duckdb", log)
    take(folder / "whole.duckdb", log)
    grown, whole = dump(folder / "grown.duckdb"), dump(folder / "whole.duckdb")
    # a half answer may leave a block behind that no call's prompt leads to
    assert set(grown.pop("nodes")) >= set(whole.pop("nodes"))
    assert grown == whole


def test_a_file_too_large_for_memory_goes_in_by_parts_and_may_grow_too(
    tmp_path: Path, traps: Path, take: Any, dump: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.jsonl"
    text = (traps / "messages" / "conversation.jsonl").read_bytes()
    log.write_bytes(text)
    take(tmp_path / "at_once.duckdb", log)
    monkeypatch.setattr("analyzer.ingest.FLUSH_ROWS", 3)
    take(tmp_path / "by_parts.duckdb", log)
    log.write_bytes(text[: len(text) // 2])
    take(tmp_path / "grown.duckdb", log)
    log.write_bytes(text)
    take(tmp_path / "grown.duckdb", log)
    assert dump(tmp_path / "by_parts.duckdb") == dump(tmp_path / "at_once.duckdb")
    assert dump(tmp_path / "grown.duckdb") == dump(tmp_path / "at_once.duckdb")


def test_a_file_that_was_rotated_keeps_the_calls_it_told_of_before(
    tmp_path: Path, capture: Any, take: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1) + capture(2))
    take(store, log)
    log.write_bytes(capture(3))
    take(store, log)
    ledger = _ledger(store)
    assert (ledger.files, ledger.lines, ledger.kept, ledger.repeats) == (2, 3, 3, 0)


@pytest.mark.parametrize("first", [None, "transcripts"])
def test_a_file_that_could_not_be_used_is_read_again_under_another_name(
    first: str | None,
    tmp_path: Path,
    capture: Any,
    take: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analyzer.ingest.FLUSH_ROWS", 1_000)
    # what told the format apart stands after 64 kB of something else
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(b'{"level":"info"}\n' * 5_000 + capture(1))
    take(store, log, source=first)
    assert _ledger(store).kept == 0
    assert not take(store, log, source="messages").failed
    ledger = _ledger(store)
    assert (ledger.files, ledger.lines, ledger.kept) == (1, 5_001, 1)
    with Store.open(store) as opened:
        assert len(opened.rejects()) == 5_000
    assert take(store, log).unchanged == [str(log)]
