"""Two exports of one gateway that seem to hold the same calls under ids that never meet.

Calls of one connector never merge by looks: two that look alike may be a retry, or two answers to
one prompt. But where nearly all calls of a file have a look-alike in another file of the same
connector, and no kind of id is known to both, they are most likely told twice and counted twice.
"""

import polars as pl

from analyzer.store.components import nearest_pairs
from analyzer.store.look_alikes import look_alikes
from analyzer.store.same_call import kinds_known, none_in_common

_NEARLY_ALL = 0.9
_LEAST = 3
"""Pairs below which looks prove nothing."""
_FILES = ("source", "source_2")


def twins(sightings: pl.DataFrame) -> pl.DataFrame:
    """Give `row` of each call in the smaller of two such files, and `row_2` of the other's.

    `sightings` has the columns of `queries/sighted.sql`, and rows counted from 0 in its order.
    """
    told = sightings.with_columns(known=kinds_known())
    apart = (
        (pl.col("connector") == pl.col("connector_2"))
        & (pl.col("source") < pl.col("source_2"))
        & none_in_common()
    )
    pairs = look_alikes(told, apart, ("connector", "source", "known"))
    source = told["source"]
    sizes = dict(source.value_counts().iter_rows())
    named = pairs.with_columns(
        source=source.gather(pairs["row"]), source_2=source.gather(pairs["row_2"])
    )
    found = [pl.DataFrame(schema={"row": pl.Int64, "row_2": pl.Int64})]
    for (one, other), part in named.group_by(_FILES, maintain_order=True):
        ends = part["row"].to_numpy(), part["row_2"].to_numpy()
        kept = part[pl.Series(nearest_pairs(len(told), *ends), dtype=pl.Int64)]
        if len(kept) >= max(_LEAST, _NEARLY_ALL * min(sizes[one], sizes[other])):
            small = ("row", "row_2") if sizes[one] <= sizes[other] else ("row_2", "row")
            found.append(kept.select(row=small[0], row_2=small[1]))
    return pl.concat(found)


def may_be_twins(kinds: list[tuple[str, str, int]]) -> bool:
    """Tell whether two files of one connector (connector, file, kinds) share no kind of id."""
    files: dict[tuple[str, int], set[str]] = {}
    for connector, source, known in kinds:
        files.setdefault((connector, known), set()).add(source)
    return any(
        connector == its and not known & theirs and len(own | others) > 1
        for (connector, known), own in files.items()
        for (its, theirs), others in files.items()
    )
