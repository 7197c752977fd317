"""Calls that several sources tell become one row each; what was settled is kept with the store.

A call and its sightings are what the logs in the store say now, whatever came first, came twice or
was taken back: the outcome is dropped with whatever changes a call, and settled anew when the store
is next read. A store that can be written keeps it for those that only read.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

import polars as pl

from analyzer.store.connection import Connection, registered, sql
from analyzer.store.fields import VISIBLE, merging_query, place_of
from analyzer.store.same_call import IDS, same_calls
from analyzer.store.twins import may_be_twins, twins

if TYPE_CHECKING:
    from analyzer.prices import Book

_ALONE = frozenset({"messages", "transcripts", "litellm", "litellm_spend", "test", ""})
"""Connectors whose calls all have the strongest id they can have: alone they need no matching."""
_RULES = "1"
"""Change it with any rule of merging, and stores are settled anew."""
_MARK = "merges"
_PART_ROWS = 250_000
_MOST_MEMORY = "1GB"
_BATCH_ITEM = (
    "case when {0}custom_id is not null then coalesce({0}batch_id, '') || ':' || {0}custom_id end"
)
_PLAIN = "create or replace temp view counted as select * from requests"
_MERGED = """
create or replace temp view counted as
select * from requests r anti join told_merges m on r.key = m.key and r.connector = m.connector
union all by name
select * from told_merged
"""
_NO_MERGES = """
create or replace temp view merges as
select key, connector, key as call, '' as rule, 0::bigint as gap_us, false as differs, 0 as place
from requests where false
"""


def count(connection: Connection, *, keep: bool) -> None:
    """Make `counted` (one row a call) and `merges` (the sightings of calls told more than once)."""
    names = sorted(_names(connection))
    if len(names) < 2 and _ALONE.issuperset(names):  # noqa: PLR2004 - one source
        connection.execute(_NO_MERGES)
        connection.execute(_PLAIN)
    else:
        _settle(connection, names, keep=keep)
        connection.execute("create or replace temp view merges as from told_merges")
        connection.execute(_MERGED)


def look_twice(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Give connector, file, other file and identity of calls that look like another file's.

    Asks for `count` first.
    """
    if not may_be_twins(connection.execute(sql("kinds_of_ids")).fetchall()):
        return []
    from analyzer.prices import Book

    names = sorted(_names(connection))
    with _tables(connection, names, Book.load()):
        found = twins(_sighted(connection))
        with registered(connection, "found_twins", found):
            return connection.execute(sql("twins")).fetchall()


def drop(connection: Connection) -> None:
    """Drop what was settled: a call changes."""
    connection.execute("delete from meta where name = ?", [_MARK])


def _settle(connection: Connection, names: list[str], *, keep: bool) -> None:
    mark = _mark()
    known = connection.execute("select value from meta where name = ?", [_MARK]).fetchall()
    if known == [(mark,)]:
        return
    from analyzer.prices import Book  # a fifth of a second, and one source alone needs none

    if keep:
        drop(connection)
    with _room(connection, keep=keep), _tables(connection, names, Book.load()):
        groups = same_calls(_sighted(connection))
        with registered(connection, "found_groups", groups):
            text = sql("tell_merges").format(temp="" if keep else "temp", visible=list(VISIBLE))
            connection.execute(text)
        _merge(connection, len(groups), keep=keep)
    if keep:
        connection.execute("insert into meta values (?, ?)", [_MARK, mark])


def _names(connection: Connection) -> list[str]:
    found = connection.execute("select distinct connector from requests").fetchall()
    return [str(name or "") for (name,) in found]


@contextmanager
def _room(connection: Connection, *, keep: bool) -> Iterator[None]:
    """Give DuckDB more memory for a while, where filling a store holds it short."""
    ((before,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    if keep:
        connection.execute(f"set memory_limit = '{_MOST_MEMORY}'")
    yield
    if keep:
        connection.execute(f"set memory_limit = '{before}'")


def _mark() -> str:
    """Name the rules that settle which sightings are one call, the models' names among them."""
    book = files("analyzer.prices").joinpath("rules.json").read_bytes()
    return f"{_RULES} {hashlib.sha256(book).hexdigest()}"


@contextmanager
def _tables(connection: Connection, names: list[str], book: "Book") -> Iterator[None]:
    """Let queries read the numbers of sightings, ids, connectors and model families."""
    models = connection.execute("select distinct model from requests").fetchall()
    family = {str(name): book.canonical(str(name)) or str(name) for (name,) in models}
    numbers = {name: number for number, name in enumerate(sorted(set(family.values())))}
    connectors = {"name": names, "number": range(len(names)), "place": map(place_of, names)}
    families = {"name": list(family), "family": [numbers[name] for name in family.values()]}
    connection.execute(sql("numbered"))
    for kind in IDS:
        text = _BATCH_ITEM.format("") if kind == "batch_item" else kind
        connection.execute(sql("shared_ids").format(kind=kind, id=text))
    with (
        registered(
            connection, "connectors", pl.DataFrame({k: list(v) for k, v in connectors.items()})
        ),
        registered(connection, "families", pl.DataFrame(families)),
    ):
        yield
    for table in ("numbered", *(f"shared_{kind}" for kind in IDS)):
        connection.execute(f"drop table temp.{table}")


def _sighted(connection: Connection) -> pl.DataFrame:
    text = sql("sighted").format(batch_item=_BATCH_ITEM.format("r."))
    frame: pl.DataFrame = connection.sql(text).pl()
    return frame


def _merge(connection: Connection, sightings: int, *, keep: bool) -> None:
    """Make the one row of each call, some calls at a go."""
    query, parts = merging_query(), sightings // _PART_ROWS + 1
    for part in range(parts):
        begin = (
            f"create or replace {'' if keep else 'temp '}table told_merged as"
            if not part
            else ("insert into told_merged by name")
        )
        connection.execute(f"{begin} {query}", {"part": part, "parts": parts})
