import os
import stat
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import StoreError
from analyzer.store import Store, key_path


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REBILL_KEY")


@pytest.mark.usefixtures("no_key")
def test_a_key_is_made_once_beside_the_store_for_its_owner_alone(
    tmp_path: Path, capture: Any, take: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1))
    before = os.umask(0)
    try:
        take(store, log)
    finally:
        os.umask(before)
    made = key_path(store)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    secret = made.read_bytes()
    assert len(bytes.fromhex(secret.decode())) == 32
    log.write_bytes(capture(1) + capture(2))
    take(store, log)
    assert made.read_bytes() == secret
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("no_key")
def test_two_stores_have_two_keys_and_no_node_in_common(
    tmp_path: Path, capture: Any, take: Any, dump: Any
) -> None:
    log = tmp_path / "a.jsonl"
    log.write_bytes(capture(1))
    stores = tmp_path / "one.duckdb", tmp_path / "two.duckdb"
    for store in stores:
        take(store, log)
    one, two = ({row[0] for row in dump(store)["nodes"]} for store in stores)
    assert one.isdisjoint(two)
    assert len(one) == 3  # system, question, answer


def test_a_key_of_the_environment_is_used_and_never_written(
    tmp_path: Path, capture: Any, take: Any, dump: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.jsonl"
    log.write_bytes(capture(1))
    monkeypatch.setenv("REBILL_KEY", "secret-giraffe-of-the-customer")
    for store in (tmp_path / "one.duckdb", tmp_path / "two.duckdb"):
        take(store, log)
        assert not key_path(store).exists()
        assert b"giraffe" not in store.read_bytes()
    assert dump(tmp_path / "one.duckdb") == dump(tmp_path / "two.duckdb")


def test_another_key_is_refused_before_anything_is_read(
    tmp_path: Path, capture: Any, take: Any, dump: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1))
    take(store, log)
    before = dump(store)
    log.write_bytes(capture(2))
    monkeypatch.setenv("REBILL_KEY", "another key")
    with pytest.raises(StoreError, match="the key does not fit this store; set REBILL_KEY"):
        take(store, log)
    assert dump(store) == before


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize("text", [b"", b"\n", b"\xff\xfe", b"short"])
def test_a_key_file_that_holds_no_key_is_refused(
    tmp_path: Path, capture: Any, take: Any, text: bytes
) -> None:
    # an empty key would make the hashes of prompts ones that anybody can compute
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1))
    key_path(store).write_bytes(text)
    with pytest.raises(StoreError, match=r"s.duckdb.key: holds no key; restore it"):
        take(store, log)


def test_reading_a_store_needs_no_key(
    tmp_path: Path, capture: Any, take: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(capture(1))
    take(store, log)
    monkeypatch.delenv("REBILL_KEY")
    with Store.open(store) as opened:
        assert len(opened.calls()) == 1
    assert not key_path(store).exists()
