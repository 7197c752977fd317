"""Calls that several sources tell become one row each, whenever a store is read.

Nothing of it is kept: a call and its sightings are what the logs in the store say now, whatever
came first, came twice or was taken back.
"""

from typing import TYPE_CHECKING

import polars as pl

from analyzer.store.connection import Connection, registered, sql
from analyzer.store.fields import merging_query, ranked
from analyzer.store.same_call import same_calls

if TYPE_CHECKING:
    from analyzer.prices import Book

_ALONE = frozenset({"messages", "transcripts", "litellm", "litellm_spend", "test", ""})
"""Connectors whose calls all have the strongest id they can have: alone they need no matching."""
_PLAIN = "create or replace temp view counted as select * from requests"
_MERGED = """
create or replace temp view counted as
select * from requests r anti join merges m on r.key = m.key and r.connector = m.connector
union all by name
select * from merged
"""
_SCHEMA = {
    "key": pl.Utf8, "connector": pl.Utf8, "call": pl.Utf8, "rule": pl.Utf8, "gap_us": pl.Int64,
    "differs": pl.Boolean, "place": pl.Int64, "token_rank": pl.Int64, "prompt_rank": pl.Int64,
    "time_rank": pl.Int64, "name_rank": pl.Int64,
}  # fmt: skip


def count(connection: Connection) -> None:
    """Make `counted` (one row a call) and `merges` (the sightings of calls told more than once)."""
    found = connection.execute("select distinct connector from requests").fetchall()
    names = {str(name or "") for (name,) in found}
    merges = pl.DataFrame(schema=_SCHEMA)
    if len(names) > 1 or not names <= _ALONE:
        sightings: pl.DataFrame = connection.sql(sql("sightings")).pl()
        from analyzer.prices import Book  # a fifth of a second, and one source alone needs none

        merges = merged(sightings, Book.load())
    with registered(connection, "found_merges", merges):
        connection.execute("create or replace temp table merges as from found_merges")
    if len(merges):
        connection.execute(f"create or replace temp table merged as {merging_query()}")
    connection.execute(_MERGED if len(merges) else _PLAIN)


def merged(sightings: pl.DataFrame, book: "Book") -> pl.DataFrame:
    """Give the sightings of each call that several of them tell, and what to take from which."""
    groups = same_calls(sightings, book.canonical)
    if not len(groups):
        return pl.DataFrame(schema=_SCHEMA)
    told = sightings.with_row_index("row").join(
        groups, on="row", how="inner", maintain_order="left"
    )
    total = pl.sum_horizontal("uncached", "read", "write_5m", "write_1h", "write_unsplit")
    final = pl.col("usage_final")
    several = [pl.when(final).then(value).n_unique() for value in (total, pl.col("output"))]
    nulls = (~final).any().cast(pl.UInt32)
    differs = pl.any_horizontal(((one - nulls) > 1).over("group") for one in several)
    first = pl.col("key").sort_by("place", "key").first().over("group")
    return (
        ranked(told).with_columns(call=first, differs=differs).select(list(_SCHEMA)).cast(_SCHEMA)  # type: ignore[arg-type] # polars types a schema by its own names
    )
