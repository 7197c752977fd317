"""What was settled as columns is what the rule says pair by pair, and the store keeps it."""

from hashlib import sha256
from pathlib import Path
from random import Random  # noqa: TID251 - hypothesis draws it

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.intake import Batch, FileCount
from analyzer.store import Store
from analyzer.store.components import components, nearest_pairs
from analyzer.store.same_call import IDS, RULES, _links, _one_by_one, same_calls
from analyzer.trace import Call, Tokens

START_US = 1_790_000_000_000_000


def _world(draw: Random) -> pl.DataFrame:
    """Give a few dozen sightings of few ids, few looks and few seconds, in up to eight files."""
    sightings = draw.randint(1, 40)
    known = [draw.choice((0.0, 0.3, 0.7, 1.0)) for _ in IDS]
    of_id = draw.choice((2, 6, 30))
    files = [(draw.randint(1, 4), source) for source in range(draw.randint(1, 8))]
    told = []
    for row in range(sightings):
        connector, source = draw.choice(files)
        ids = {
            kind: draw.randint(0, of_id) if draw.random() < share else None
            for kind, share in zip(IDS, known, strict=True)
        }
        start = START_US + draw.randint(0, 6_000_000)
        told.append({
            "row": row, "connector": connector, "source": source, **ids,
            "family": draw.randint(1, 2),
            "start_us": start if draw.random() < 0.8 else None, "end_us": start + 900_000,
            "coarse": draw.random() < 0.2, "estimated": False, "exclusive": True,
            "uncached": 10, "read": draw.choice((None, 0)), "write_5m": 0, "write_1h": 0,
            "write_unsplit": None, "output": draw.choice((5, 5, 6)),
        })  # fmt: skip
    types = dict.fromkeys(told[0], pl.Int64()) | dict.fromkeys(
        ("coarse", "estimated", "exclusive"), pl.Boolean()
    )
    return pl.DataFrame(told, schema=types)


@given(draw=st.randoms(use_true_random=False))
def test_settling_as_columns_is_settling_pair_by_pair(draw: Random) -> None:
    sightings = _world(draw)
    told = _one_by_one(sightings.select("row", "connector", "source", *IDS), _links(sightings))
    words = [None if rule is None else RULES[rule] for rule in told["rule"]]
    one_by_one = told.with_columns(rule=pl.Series(words, dtype=pl.Utf8).fill_null("")).sort("row")
    assert same_calls(sightings).rows() == one_by_one.rows()


def test_rows_hang_together_through_others() -> None:
    pairs = [(4, 3), (3, 5), (1, 2)]  # 0 alone; 1 and 2; 3, 4 and 5
    one, two = (pl.Series(ends).to_numpy() for ends in zip(*pairs, strict=True))
    assert components(6, one, two).tolist() == [0, 1, 1, 3, 3, 3]


def test_each_link_in_order_takes_two_rows_still_free() -> None:
    # 1-2 takes both; so 0-1 and 2-3 come too late, and 3-4 is free to come
    one, two = (
        pl.Series(ends).to_numpy() for ends in zip((1, 2), (0, 1), (2, 3), (3, 4), strict=True)
    )
    assert nearest_pairs(5, one, two).tolist() == [0, 3]


def _take(store: Store, connector: str, *message_ids: str) -> str:
    source = sha256(connector.encode()).hexdigest()[:32]
    batch, count = Batch(), FileCount(source, connector)
    for line, name in enumerate(message_ids, start=1):
        tokens = Tokens(uncached=10, read=0, write_5m=0, write_1h=0, output=5)
        digest = sha256(f"{connector} {line}".encode()).digest()
        count.add(batch, Call(
            line=line, line_sha256=digest, model="claude-haiku-4-5", start_us=START_US,
            message_id=name, tokens=tokens,
        ))  # fmt: skip
    count.close(batch, (connector, connector, source, 0, 0, 0))
    with store.transaction():
        store.take(batch)
    return source


def _kept(path: Path) -> int:
    with Store.open(path) as store:
        assert len(store.calls()) == store.ledger().kept
        return store.ledger().kept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store in which two sources tell one call, settled."""
    place = tmp_path / "s.duckdb"
    with Store.open(place, create=True) as store:
        _take(store, "messages", "m1", "m2")
        _take(store, "otlp", "m1")
        assert store.ledger().kept == 2
    return place


def _alter(path: Path, *queries: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for query in queries:
            connection.execute(query)


def test_a_store_is_read_as_it_was_settled(path: Path) -> None:
    _alter(path, "delete from told_merges", "delete from told_merged")
    assert _kept(path) == 3  # so nothing was settled anew


def test_other_rules_than_those_it_was_settled_by_settle_it_anew(path: Path) -> None:
    _alter(path, "delete from told_merges", "update meta set value = '0' where name = 'merges'")
    assert _kept(path) == 2


@pytest.mark.parametrize("settled", [True, False])
def test_what_is_taken_later_is_settled_with_the_rest(path: Path, *, settled: bool) -> None:
    with Store.open(path, create=True) as store:
        _take(store, "litellm", "m1", "m3")
        if settled:
            assert store.ledger().kept == 3
    assert _kept(path) == 3


def test_what_is_taken_back_is_settled_with_the_rest(path: Path) -> None:
    with Store.open(path, create=True) as store:
        store.forget(_take(store, "otlp", "m1"))
    assert _kept(path) == 2
    with Store.open(path) as store:
        assert store.merges().is_empty()


def test_a_taking_that_fails_leaves_the_store_as_it_was_settled(path: Path) -> None:
    with Store.open(path, create=True) as store, pytest.raises(RuntimeError):
        _taken_back_and_failed(store)
    assert _kept(path) == 2
    with Store.open(path) as store:
        assert len(store.merges()) == 2


def _taken_back_and_failed(store: Store) -> None:
    with store.transaction():
        store.forget(sha256(b"otlp").hexdigest()[:32])
        raise RuntimeError
