from pathlib import Path

from analyzer.store import Store


def test_two_may_read_one_store_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with Store.open(path, create=True):
        pass
    with Store.open(path) as one, Store.open(path) as other:
        assert one.ledger() == other.ledger()


def test_a_reader_leaves_the_bytes_of_a_store_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with Store.open(path, create=True):
        pass
    before = path.read_bytes()
    with Store.open(path) as store:
        store.calls()
        store.trie()
        store.rejects()
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.duckdb"]
