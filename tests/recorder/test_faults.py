"""Whatever goes wrong in the recorder, the call goes on; it is said once and losses are counted."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.trace import Call, Rejected
from connectors.recorder import Recorder
from tests.recorder.conftest import Client, Make, Read, Written
from tests.recorder.loopback import Loopback, Reply

if TYPE_CHECKING:
    from anthropic import Anthropic

pytestmark = pytest.mark.enable_socket

ASKED: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "canary-zebra"}],
}
CALLS = 4

Talk = Callable[[Recorder], None]
Said = Callable[[], list[str]]


@pytest.fixture
def talk(client: Client) -> Talk:
    """Calls a few times, streamed and not; every answer must come."""

    clients: dict[int, Anthropic] = {}

    def talked(recorder: Recorder) -> None:
        talker = clients.setdefault(id(recorder), clients.get(id(recorder)) or client(recorder))
        for _ in range(CALLS // 2):
            assert talker.messages.create(**ASKED).content[0].text == "You said: canary-zebra"
            with talker.messages.stream(**ASKED) as stream:
                assert stream.get_final_text() == "You said: canary-zebra"

    return talked


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Said:
    """Gives what the recorder logged, which never holds a prompt."""

    def messages() -> list[str]:
        found = [r.getMessage() for r in caplog.records if r.name == "rebill.recorder"]
        assert "canary" not in " ".join(found)
        return found

    return messages


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of its own with the options given."""
    where = tmp_path / "disk"

    def mounted(options: str) -> Path:
        where.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(where)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a disk takes root")
        return where

    yield mounted
    if where.is_mount():
        subprocess.run(["umount", "--lazy", str(where)], check=True)  # noqa: S607 - where it is varies


def test_a_full_disk_is_said_once_and_the_calls_go_on(
    disk: Callable[[str], Path], recorders: Make, talk: Talk, said: Said, written: Written
) -> None:
    small_disk = disk("size=64k")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(56 * 1024))
    recorder = recorders(small_disk / "traffic")
    for _ in range(10):
        talk(recorder)
    assert recorder.flush()
    (message,) = said()
    assert "No space left on device" in message
    ballast.unlink()
    talk(recorder)
    recorder.close()
    lines = written(small_disk / "traffic")
    calls = [line for line in lines if "url" in line]
    lost = [line for line in lines if "lost" in line]
    assert sum(line["lost"] for line in lost) == 11 * CALLS - len(calls) > CALLS
    assert {reason for line in lost for reason in line["reasons"]} == {"not written"}
    assert len(said()) == 1


def test_a_disk_full_from_the_start_is_left_without_an_empty_file(
    disk: Callable[[str], Path], recorders: Make, talk: Talk, said: Said
) -> None:
    where = disk("size=64k")
    (where / "traffic").mkdir()
    with pytest.raises(OSError, match="No space left"):
        (where / "ballast").write_bytes(bytes(65 * 1024))
    talk(recorder := recorders(where / "traffic"))
    assert recorder.flush()
    assert list((where / "traffic").iterdir()) == []
    assert len(said()) == 1


def test_little_free_space_stops_the_recording_and_leaves_no_file(
    recorders: Make, talk: Talk, said: Said, folder: Path
) -> None:
    recorder = recorders(min_free_bytes=2**60)
    talk(recorder)
    recorder.close()
    assert list(folder.iterdir()) == []
    assert ["min_free_bytes" in message for message in said()] == [True]


def test_a_folder_that_cannot_be_made_is_said_once(
    recorders: Make, talk: Talk, said: Said, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    recorder = recorders(tmp_path / "file" / "traffic")
    talk(recorder)
    recorder.close()
    (message,) = said()
    assert str(tmp_path / "file" / "traffic") in message


def test_a_disk_that_is_read_only_is_said_once(
    disk: Callable[[str], Path], recorders: Make, talk: Talk, said: Said
) -> None:
    talk(recorder := recorders(disk("ro") / "traffic"))
    recorder.close()
    assert ["Read-only file system" in message for message in said()] == [True]


def test_a_folder_that_is_removed_is_made_again(
    recorders: Make, talk: Talk, folder: Path, written: Written, said: Said
) -> None:
    recorder = recorders()
    talk(recorder)
    assert recorder.flush()
    shutil.rmtree(folder)
    talk(recorder)
    assert len(written(recorder)) == CALLS
    assert said() == []


def test_labels_that_fail_are_left_out_and_the_line_is_kept(
    recorders: Make, talk: Talk, said: Said, written: Written
) -> None:
    class Untold:
        def __str__(self) -> str:
            raise RuntimeError("canary-label")

    def failing() -> dict[str, object]:
        raise ValueError("canary-label")

    recorder = recorders(tags=failing, session=lambda: 1 // 0, user=Untold(), app="kept")
    talk(recorder)
    assert [line.get("app") for line in written(recorder)] == ["kept"] * CALLS
    assert all({"tags", "session", "user"}.isdisjoint(line) for line in written(recorder))
    assert sorted(message.split(":")[0] for message in said()) == [
        "label session", "label tags", "label user",
    ]  # fmt: skip


def test_a_failing_redact_writes_nothing_and_counts(
    recorders: Make, talk: Talk, said: Said, written: Written
) -> None:
    def redact(line: dict[str, object]) -> dict[str, object]:
        raise KeyError(str(line))

    recorder = recorders(redact=redact)
    talk(recorder)
    (line,) = written(recorder)
    assert (line["lost"], line["reasons"]) == (CALLS, {"fault": CALLS})
    (message,) = said()
    assert "KeyError in " in message
    assert message.endswith("(said once; your calls go on)")


def test_a_slow_disk_costs_lines_and_never_time(
    recorders: Make, talk: Talk, said: Said, written: Written
) -> None:
    unstuck = threading.Event()

    def redact(line: dict[str, object]) -> dict[str, object]:
        unstuck.wait(10)
        return line

    recorder = recorders(redact=redact, max_queued_bytes=6_000)
    for _ in range(5):
        talk(recorder)
    assert not recorder.flush(0.01)
    unstuck.set()
    lines = written(recorder)
    calls = [line for line in lines if "url" in line]
    assert [line["reasons"] for line in lines if "lost" in line] == [
        {"queue full": 5 * CALLS - len(calls)}
    ]
    assert 0 < len(calls) < 5 * CALLS
    assert ["too slow" in message for message in said()] == [True]


def test_a_broken_log_handler_breaks_no_call(
    recorders: Make, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_record: object) -> bool:
        raise RuntimeError

    caplog.handler.addFilter(refuse)
    try:
        talk(recorder := recorders(tags=lambda: 1 // 0))
        assert recorder.flush()
    finally:
        caplog.handler.removeFilter(refuse)


def test_an_answer_that_is_no_json_is_a_line_the_reader_rejects(
    client: Client, recorders: Make, server: Loopback, folder: Path, read: Read
) -> None:
    def half(reply: Reply) -> None:
        reply.send(200, b'{"id":"msg_1",', "application/json")

    recorder = recorders()
    server.plays += [half]
    with pytest.raises(ValueError, match="Expecting"):
        client(recorder).messages.create(**ASKED)
    recorder.close()
    (outcome,) = read(folder)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "no usage"


def test_a_middleware_that_answers_itself_behind_the_recorder_is_said(
    client: Client, recorders: Make, said: Said, written: Written
) -> None:
    recorder = recorders()
    answered = client(recorder, lambda _request, _next: "from a cache").messages.create(**ASKED)
    assert answered == "from a cache"
    (line,) = written(recorder)
    assert line["reasons"] == {"fault": 1}
    assert ["put the recorder last" in message for message in said()] == [True]


def test_a_middleware_that_raises_behind_the_recorder_is_an_attempt(
    client: Client, recorders: Make, written: Written
) -> None:
    class DeniedError(PermissionError):
        response = request = "not of this library"

    def deny(_request: object, _next: object) -> None:
        raise DeniedError("canary-denied")

    recorder = recorders()
    with pytest.raises(PermissionError, match="canary-denied"):
        client(recorder, deny).messages.create(**ASKED)
    (line,) = written(recorder)
    assert (line["exception"], line["request"]) == ("DeniedError", ASKED)


def test_losses_are_rejected_lines_to_the_reader_and_calls_stay_calls(
    client: Client, recorders: Make, folder: Path, read: Read
) -> None:
    recorder = recorders(redact=lambda line: None if line["app"] == "secret" else line, app="open")
    talker = client(recorder)
    with Recorder.labels(app="secret"):
        talker.messages.create(**ASKED)
    talker.messages.create(**ASKED)
    recorder.close()
    assert sorted(type(outcome).__name__ for outcome in read(folder)) == [
        Call.__name__,
        Rejected.__name__,
    ]


def test_a_file_of_losses_alone_is_still_known_as_a_recording(
    talk: Talk, recorders: Make, folder: Path, read: Read
) -> None:
    talk(recorder := recorders(redact=lambda _line: None))
    recorder.close()
    assert [type(outcome) for outcome in read(folder)] == [Rejected]
