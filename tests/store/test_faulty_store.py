import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from analyzer.errors import StoreError
from analyzer.store import Store


def _statement(store: Path, sql: str) -> None:
    with duckdb.connect(str(store)) as connection:
        connection.execute(sql)


def _refused(store: Path, says: str) -> None:
    before = store.read_bytes()
    for create in (False, True):
        with pytest.raises(StoreError, match=says) as fault:
            Store.open(store, create=create)
        assert str(store) in str(fault.value)
        assert "\n" not in str(fault.value)
    assert store.read_bytes() == before, "what is not ours must stay as it was"


@pytest.mark.parametrize(("version", "says"), [("5", "a newer rebill"), ("3", "an older rebill")])
def test_a_store_of_another_version_is_refused_with_both_versions(
    tmp_path: Path, version: str, says: str
) -> None:
    store = tmp_path / "s.duckdb"
    Store.open(store, create=True).__exit__(None, None, None)
    _statement(store, f"update meta set value = '{version}' where name = 'schema_version'")  # noqa: S608 - a number from above
    _refused(store, rf"{says} \(store version {version}, this program reads 4\); update rebill")


@pytest.mark.parametrize("text", [b"", b"only words\n", b"\x00" * 9000])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, text: bytes) -> None:
    store = tmp_path / "notes.txt"
    store.write_bytes(text)
    _refused(store, "not a rebill store; name another file with --store")


@pytest.mark.parametrize(
    "sql",
    [
        "create table customers (name varchar)",
        "create table meta (a integer)",
        "create table meta (name varchar, value varchar)",
        "create table meta as select 'schema_version' as name, 'x' as value",
    ],
)
def test_somebody_elses_database_is_refused(tmp_path: Path, sql: str) -> None:
    store = tmp_path / "theirs.duckdb"
    _statement(store, sql)
    _refused(store, "not a rebill store; name another file with --store")


def test_a_store_that_was_cut_short_says_what_to_do(
    tmp_path: Path, capture: Any, take: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1))
    take(store, log)
    store.write_bytes(store.read_bytes()[:4096])
    _refused(store, "the store is cut short; delete it, keep its key, and ingest the logs again")


def test_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store here; make one with `rebill ingest LOGS"):
        Store.open(tmp_path / "none.duckdb")
    assert not list(tmp_path.iterdir())


_HOLD = """
import sys, pathlib
from analyzer.store import Store
with Store.open(pathlib.Path(sys.argv[1]), create=True):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_store_that_another_process_holds_is_busy_and_free_again_after(tmp_path: Path) -> None:
    store = tmp_path / "s.duckdb"
    command = [sys.executable, "-c", _HOLD, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match="another rebill is using this store; wait for it"):
            Store.open(store, create=True)
        other.communicate(b"")
    with Store.open(store) as opened:
        assert opened.ledger().files == 0
