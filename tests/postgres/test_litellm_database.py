"""A live SpendLogs table: read whole, in parts, late, killed, refused; never written to."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer import ingest_database
from analyzer.ingest import Intake, ingest
from analyzer.store import Store

Row = Callable[..., dict[str, object]]
Take = Callable[..., Intake]
Dump = Callable[[Path], dict[str, list[tuple[Any, ...]]]]
NAME = "LiteLLM_SpendLogs"
GENERATED = 20_000


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_database, "PAGE_ROWS", 7)
    monkeypatch.setattr(ingest_database, "_KEY_ROWS", 5)
    monkeypatch.setattr(ingest_database, "RENEW_PAGES", 2)


def _ledger(store: Path) -> tuple[int, int, int, dict[str, int]]:
    with Store.open(store) as opened:
        ledger = opened.ledger()
    reasons = {reason.reason: reason.lines for reason in ledger.reasons}
    return ledger.lines, ledger.kept, ledger.repeats, reasons


def _ids(store: Path) -> list[str]:
    with Store.open(store) as opened:
        return opened.calls()["message_id"].to_list()


def test_a_generated_table_is_read_whole_and_its_ledger_adds_up(
    table: Any, take: Take, tmp_path: Path
) -> None:
    table.fill(0, GENERATED - 1)
    intake = take(tmp_path / "s.duckdb", table.url)
    assert list(intake.rows.values()) == [GENERATED]
    assert not intake.failed
    lines, kept, repeats, reasons = _ledger(tmp_path / "s.duckdb")
    numbers = range(GENERATED)
    cached = {i for i in numbers if i % 97 == 5}
    other = {i for i in numbers if i % 20 == 7} - cached
    failed = {i for i in numbers if i % 50 == 3} - cached - other
    assert reasons == {
        "answered by the gateway's cache": len(cached),
        "other model": len(other),
        "rate_limit_error": len(failed),
    }
    assert (lines, repeats) == (GENERATED, 0)
    assert kept == GENERATED - len(cached) - len(other) - len(failed)


def test_the_buckets_of_each_row_are_disjoint_and_exact(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    split = {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 12}
    details = {"cached_tokens": 50, "cache_creation_tokens": 42}
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 9,
        "prompt_tokens_details": {**details, "cache_creation_token_details": split},
        "completion_tokens_details": {"reasoning_tokens": 4},
        "service_tier": "standard",
    }
    counts = {"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109}
    table.add(row(0, **counts, metadata={"usage_object": usage}, spend=0.0125, team_id="t1"))
    take(tmp_path / "s.duckdb", table.url)
    with Store.open(tmp_path / "s.duckdb") as store:
        (call,) = store.calls().iter_rows(named=True)
    # 100 in all, 50 read, 30 + 12 written: 8 are left
    names = ("uncached", "read", "write_5m", "write_1h", "write_unsplit", "output")
    assert [call[name] for name in names] == [8, 50, 30, 12, 0, 9]
    assert call["tags"] == '{"litellm_team":"t1"}'
    assert call["start_us"] == 1_790_769_600_000_000


def test_reading_again_takes_new_rows_and_nothing_twice(
    table: Any, take: Take, dump: Dump, tmp_path: Path, row: Row
) -> None:
    store = tmp_path / "s.duckdb"
    table.add(*(row(n) for n in range(10)))
    assert list(take(store, table.url).rows.values()) == [10]
    assert list(take(store, table.url).rows.values()) == [0]
    table.add(*(row(n) for n in range(10, 14)))
    assert list(take(store, table.url).rows.values()) == [4]
    take(tmp_path / "at_once.duckdb", table.url)
    assert dump(store) == dump(tmp_path / "at_once.duckdb")


@pytest.mark.usefixtures("small_pages")
def test_rows_that_come_late_are_found_once_however_often_it_runs(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    store = tmp_path / "s.duckdb"
    table.add(*(row(n) for n in range(0, 60, 2)))
    take(store, table.url)
    late = [1, 3, 33, 57]  # begun before row 58, which was the last of the first run
    table.add(*(row(n) for n in late))
    assert list(take(store, table.url).rows.values()) == [4]
    table.add(row(35), row(61))
    assert list(take(store, table.url).rows.values()) == [2]
    assert list(take(store, table.url).rows.values()) == [0]
    assert _ledger(store)[:3] == (36, 36, 0)
    wanted = [*range(0, 60, 2), *late, 35, 61]
    assert sorted(_ids(store)) == sorted(f"msg_{n:05}" for n in wanted)


@pytest.mark.usefixtures("small_pages")
def test_rows_of_one_instant_are_told_apart_by_their_ids(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    store = tmp_path / "s.duckdb"
    noon = {"startTime": "2026-09-30 12:00:00"}
    table.add(*(row(n, **noon) for n in range(5, 45)))
    take(store, table.url)
    table.add(row(3, **noon), row(50, **noon))  # one before and one behind the last id read
    assert list(take(store, table.url).rows.values()) == [2]
    assert len(_ids(store)) == 42


@pytest.mark.usefixtures("small_pages")
def test_a_row_that_comes_more_than_a_day_late_is_missed_and_said_so(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    store = tmp_path / "s.duckdb"
    table.add(row(0), row(1), row(2, startTime="2026-10-02 12:00:00"))
    take(store, table.url)
    table.add(row(3))  # 30 September; the last row read is of 2 October
    intake = take(store, table.url)
    (complaint,) = intake.complaints
    assert "1 row came more than 24 hours late" in complaint
    assert "ingest the table into a new store" in complaint
    assert _ledger(store)[0] == 3


@pytest.mark.parametrize("half", [".5", ".25", ""])
def test_a_row_that_lies_exactly_a_day_back_is_not_taken_again(
    half: str,
    table: Any,
    take: Take,
    tmp_path: Path,
    row: Row,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest_database, "PAGE_ROWS", 1)
    days = (f"2026-09-{day} 12:00:00{half}" for day in (28, 29, 30))
    table.add(*(row(n, startTime=started) for n, started in enumerate(days)))
    take(tmp_path / "s.duckdb", table.url)
    take(tmp_path / "s.duckdb", table.url)
    intake = take(tmp_path / "s.duckdb", table.url)
    assert (list(intake.rows.values()), intake.complaints) == ([0], [])
    assert _ledger(tmp_path / "s.duckdb")[:3] == (3, 3, 0)


def test_rows_that_the_gateway_deleted_change_nothing(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    store = tmp_path / "s.duckdb"
    table.add(*(row(n) for n in range(9)))
    take(store, table.url)
    table.run("""delete from "LiteLLM_SpendLogs" where request_id < 'msg_00005'""")
    intake = take(store, table.url)
    assert (list(intake.rows.values()), intake.complaints) == ([0], [])
    assert _ledger(store)[1] == 9


_KILL_ITSELF = """
import os, signal, sys
from pathlib import Path
from analyzer import ingest, ingest_database
from analyzer.store import Store
ingest_database.PAGE_ROWS, ingest_database.FLUSH_ROWS = 300, 100
pages = 0
take = Store.take
def counted(store, batch):
    global pages
    pages += 1
    take(store, batch)
    if pages == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)  # inside the open transaction
Store.take = counted
with Store.open(Path(sys.argv[2]), create=True) as store:
    ingest.ingest([sys.argv[1]], store)
"""


@pytest.mark.parametrize("stop", [1, 8])
def test_a_killed_run_is_finished_by_the_next(
    stop: int, table: Any, take: Take, dump: Dump, tmp_path: Path
) -> None:
    table.fill(0, 1_199)
    store = tmp_path / "s.duckdb"
    command = [sys.executable, "-c", _KILL_ITSELF, table.url, str(store), str(stop)]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = _ledger(store)[0]
    assert before % 300 == 0
    assert bool(before) == (stop > 4)  # pages of 300 rows go in by at least three takes
    assert list(take(store, table.url).rows.values()) == [1_200 - before]
    take(tmp_path / "undisturbed.duckdb", table.url)
    assert dump(store) == dump(tmp_path / "undisturbed.duckdb")


def test_a_lost_connection_keeps_the_finished_pages(
    table: Any, take: Take, dump: Dump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.fill(0, 1_999)
    monkeypatch.setattr(ingest_database, "PAGE_ROWS", 300)
    ends = (
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rebill'"
    )
    pages = []

    def cut(self: Store, place: str, cursor: str) -> None:
        pages.append(place)
        if len(pages) == 6:  # two cursors a page: after the third
            table.run(ends)
        original(self, place, cursor)

    original = Store.set_cursor
    monkeypatch.setattr(Store, "set_cursor", cut)
    intake = take(tmp_path / "s.duckdb", table.url)
    assert intake.failed
    (complaint,) = intake.complaints
    assert "run the same command again to go on" in complaint
    assert _ledger(tmp_path / "s.duckdb")[0] == 900
    monkeypatch.undo()
    monkeypatch.setenv("REBILL_KEY", "a key for tests that many stores share")
    assert list(take(tmp_path / "s.duckdb", table.url).rows.values()) == [1_100]
    take(tmp_path / "undisturbed.duckdb", table.url)
    assert dump(tmp_path / "s.duckdb") == dump(tmp_path / "undisturbed.duckdb")


def test_rows_that_come_while_it_reads_are_in_it_or_found_next_time(
    table: Any, take: Take, tmp_path: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_database, "PAGE_ROWS", 5)
    table.add(*(row(n) for n in range(0, 40, 2)))
    numbers = iter(range(1, 41, 2))
    original = Store.set_cursor

    def meanwhile(self: Store, place: str, cursor: str) -> None:
        number = next(numbers, None)
        if number is not None:
            table.add(row(number))
        original(self, place, cursor)

    monkeypatch.setattr(Store, "set_cursor", meanwhile)
    take(tmp_path / "s.duckdb", table.url)
    took = _ledger(tmp_path / "s.duckdb")[0]
    take(tmp_path / "s.duckdb", table.url)
    assert _ledger(tmp_path / "s.duckdb")[0] > took >= 20
    table.add(*map(row, numbers))  # those that are left
    take(tmp_path / "s.duckdb", table.url)
    assert _ledger(tmp_path / "s.duckdb")[:3] == (40, 40, 0)


def test_bodies_give_the_prompt_and_one_bad_row_stops_nothing(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    body = {
        "model": "claude",
        "max_tokens": 64,
        "system": "canary-zebra system",
        "messages": [{"role": "user", "content": "canary-zebra question"}],
    }
    bad = {"metadata": {"usage_object": {"prompt_tokens": -4, "completion_tokens": 2}}}
    table.add(row(0, proxy_server_request=body), row(1, **bad), row(2))
    store = tmp_path / "s.duckdb"
    take(store, table.url)
    with Store.open(store) as opened:
        assert opened.calls()["visibility"].to_list() == ["full", "none"]
        (fault,) = opened.rejects().iter_rows(named=True)
        assert opened.ledger().usage_like == 1
    assert fault["detail"].startswith("row msg_00001: prompt_tokens: a negative number")
    assert b"canary-zebra" not in store.read_bytes()


def test_an_older_table_is_read_with_its_missing_columns_unknown(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    table.add(row(0, session_id="ses", litellm_call_id="call"))
    for column in ("session_id", "status", "proxy_server_request", "litellm_call_id", "agent_id"):
        table.run(f'alter table "{NAME}" drop column {column}')
    take(tmp_path / "s.duckdb", table.url)
    with Store.open(tmp_path / "s.duckdb") as opened:
        (call,) = opened.calls().iter_rows(named=True)
    assert (call["session"], call["uncached"], call["read"]) == (None, 40, 60)


def test_the_schema_of_a_prisma_address_is_read_and_its_other_settings_do_no_harm(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    table.add(row(0))
    table.run("create schema gateway")
    table.run(f'alter table "{NAME}" set schema gateway')
    url = f"{table.url}?schema=gateway&connection_limit=10&pgbouncer=true"
    assert list(take(tmp_path / "s.duckdb", url).rows.values()) == [1]


_WRITES = """
create table witness (x int);
create function leave_trace() returns text language sql volatile
    as $$ insert into witness values (1) returning 'claude-sonnet-5-5' $$;
alter table "LiteLLM_SpendLogs" rename to hidden;
create view "LiteLLM_SpendLogs" as select
    request_id, "startTime", leave_trace() as model, prompt_tokens, completion_tokens from hidden
"""


def test_the_session_may_write_nothing_even_where_reading_would(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    table.add(row(0))
    table.run(_WRITES)
    complaint = _refused(take(tmp_path / "s.duckdb", table.url))
    assert "cannot execute INSERT in a read-only transaction" in complaint
    assert not table.connection.execute("select * from witness").fetchall()


def test_times_with_a_zone_are_read_right_whatever_zone_the_server_keeps(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    table.run("alter database postgres set timezone to 'Asia/Tokyo'")
    for column in ("startTime", "endTime"):
        table.run(f'alter table "{NAME}" alter "{column}" type timestamptz')
    table.add(
        row(0, startTime="2026-09-30 12:00:00+00"), row(1, startTime="2026-09-30 21:00:01+09")
    )
    take(tmp_path / "s.duckdb", table.url)
    table.add(row(2, startTime="2026-09-30 11:00:00+00"))
    assert list(take(tmp_path / "s.duckdb", table.url).rows.values()) == [1]
    table.run("alter database postgres reset timezone")
    with Store.open(tmp_path / "s.duckdb") as opened:
        seconds = [us / 1e6 - 1_790_769_600 for us in opened.calls()["start_us"]]
    assert seconds == [-3_600, 0, 1]


def _refused(intake: Intake) -> str:
    assert intake.failed
    (complaint,) = intake.complaints
    assert "\n" not in complaint
    return complaint


def test_a_server_that_is_down_is_one_line(take: Take, tmp_path: Path) -> None:
    complaint = _refused(take(tmp_path / "s.duckdb", "postgresql://me:s3cret@127.0.0.1:1/litellm"))
    assert complaint.startswith("postgresql://me@127.0.0.1:1/litellm: ")
    assert complaint.endswith("check host and port, and that the server is up")
    assert "s3cret" not in complaint


def test_a_wrong_password_is_one_line_without_it(table: Any, take: Take, tmp_path: Path) -> None:
    table.run("create role analyst login password 'right'")
    url = table.url.replace("rebill@", "analyst:wr0ng@")
    complaint = _refused(take(tmp_path / "s.duckdb", url))
    assert 'password authentication failed for user "analyst"' in complaint
    assert "wr0ng" not in complaint
    store = (tmp_path / "s.duckdb").read_bytes()
    assert b"wr0ng" not in store
    table.run("drop role analyst")


def test_the_right_password_is_stored_nowhere(
    table: Any, take: Take, tmp_path: Path, row: Row, capfd: pytest.CaptureFixture[str]
) -> None:
    table.run("create role reader login password 'sw0rdfish'")
    table.run(f'grant select on "{NAME}" to reader')
    table.add(row(0))
    intake = take(tmp_path / "s.duckdb", table.url.replace("rebill@", "reader:sw0rdfish@"))
    assert list(intake.rows.values()) == [1]
    assert "sw0rdfish" not in repr(intake)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"sw0rdfish" not in written
    assert "sw0rdfish" not in "".join(capfd.readouterr())
    table.run("drop owned by reader")
    table.run("drop role reader")


def test_a_reader_without_rights_is_told_what_to_ask_for(
    table: Any, take: Take, tmp_path: Path
) -> None:
    table.run("create role stranger login password 'x'")
    complaint = _refused(take(tmp_path / "s.duckdb", table.url.replace("rebill@", "stranger:x@")))
    assert f'grant select on public."{NAME}" to USER' in complaint
    table.run("drop role stranger")


def test_a_database_without_the_table_says_which_there_are(
    table: Any, take: Take, tmp_path: Path
) -> None:
    table.run(f'alter table "{NAME}" rename to calls')
    table.run("create table other (x int)")
    complaint = _refused(take(tmp_path / "s.duckdb", table.url))
    assert f"no table {NAME}; there are public.calls, public.other" in complaint


def test_an_empty_database_and_a_missing_one_are_told_apart(
    table: Any, take: Take, tmp_path: Path
) -> None:
    table.run(f'drop table "{NAME}"')
    assert "this user sees no tables there" in _refused(take(tmp_path / "s.duckdb", table.url))
    missing = _refused(take(tmp_path / "s.duckdb", f"{table.server}/nowhere"))
    assert 'database "nowhere" does not exist; check the name' in missing


def test_a_table_without_a_required_column_is_refused_by_name(
    table: Any, take: Take, tmp_path: Path
) -> None:
    table.run(f'alter table "{NAME}" drop column prompt_tokens')
    assert "lacks the columns prompt_tokens" in _refused(take(tmp_path / "s.duckdb", table.url))


def test_a_statement_timeout_says_how_to_get_more_time(
    table: Any, take: Take, tmp_path: Path
) -> None:
    table.fill(0, 4_999)
    url = f"{table.url}?options=-c%20statement_timeout%3D1"
    complaint = _refused(take(tmp_path / "s.duckdb", url))
    assert "canceling statement due to statement timeout" in complaint
    assert "alter role USER set statement_timeout = '5min'" in complaint


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pa/ss@host/db",
        "postgresql://u:pa%zz@host/db",
        "postgresql://u:p@host:port/db",
        "postgresql://[::1/db",
    ],
)
def test_an_address_that_cannot_be_read_is_not_printed(
    url: str, take: Take, tmp_path: Path
) -> None:
    complaint = _refused(take(tmp_path / "s.duckdb", url))
    assert complaint.startswith("postgresql://…: not an address; write postgresql://USER:PASSWORD@")


def test_without_a_driver_one_line_says_what_to_install(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    complaint = _refused(take(tmp_path / "s.duckdb", "postgresql://me:s3cret@host/litellm"))
    assert complaint.endswith("reading a database needs a driver: pip install 'rebill[postgres]'")
    assert "s3cret" not in complaint


@pytest.mark.usefixtures("small_pages")
def test_progress_is_told_in_rows_of_about_how_many(table: Any, tmp_path: Path, row: Row) -> None:
    table.add(*(row(n) for n in range(16)))
    table.run("analyze")
    told: list[tuple[int, int]] = []
    with Store.open(tmp_path / "s.duckdb", create=True) as store:
        ingest([table.url], store, rows=lambda done, expected: told.append((done, expected)))
    assert told == [(7, 16), (14, 16), (16, 16)]


def test_another_format_cannot_be_asked_of_a_database(
    table: Any, take: Take, tmp_path: Path
) -> None:
    complaint = _refused(take(tmp_path / "s.duckdb", table.url, "messages"))
    assert complaint == "--source messages: databases are read as litellm_spend; leave it out"


def test_a_table_of_which_nothing_can_be_used_fails(
    table: Any, take: Take, tmp_path: Path, row: Row
) -> None:
    table.add(row(0, metadata=[1, 2]))
    complaint = _refused(take(tmp_path / "s.duckdb", table.url))
    assert "not an object; row msg_00000: Expected `object`, got `array`" in complaint


def test_the_command_reads_a_table_beside_files_and_says_so(
    table: Any, tmp_path: Path, row: Row
) -> None:
    table.add(row(0), row(1))
    (tmp_path / "rows.json").write_text('{"request_id": "msg_00000", "startTime": "2026-09-30"}')
    code = "import sys; from analyzer.cli import main; main()"
    store = tmp_path / "s.duckdb"
    command = [sys.executable, "-c", code, "ingest", table.url, "--store", str(store)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, *_ = done.stdout.splitlines()
    assert first.startswith("read 2 new rows of postgresql://rebill@/tmp/pg-")
    assert second.lstrip().startswith("lines read 2 = kept 2 + repeats 0 + rejected 0")
