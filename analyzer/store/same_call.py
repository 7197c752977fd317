"""Which sightings of different sources are one call: by their ids, else by what they look like.

A sighting is a call as one connector tells it. Two share a call when an id of theirs is equal and
no stronger id that both know differs. Where no kind of id is known to both, two of different
connectors are one call when model family and every count that both state are equal and they start
(or end, where one has no start) within two seconds; nearest first, one to one. Calls of one
connector never merge by looks: those are retries, or several answers to one prompt. Neither do
two keys of one file.

The rule goes pair by pair. What hangs together by no pair has no say in each other, and most of
what does is of a kind whose outcome is plain: those are settled as columns, the rest one by one.
"""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from analyzer.store.components import components, nearest_pairs
from analyzer.store.look_alikes import look_alikes

IDS = ("message_id", "request_id", "batch_item", "gateway_id")
"""Kinds of ids, strongest first."""
_NEAR = 8
"""Sightings of one id that each is held against, first and last: no id is told by more sources."""
CONTENT = "content"
RULES = (*IDS, CONTENT)
_LINKS = {"row": pl.Int64, "row_2": pl.Int64, "rule": pl.Int64, "gap_us": pl.Int64}
_FOUND = {"row": pl.Int64, "group": pl.Int64, "rule": pl.Utf8, "gap_us": pl.Int64}
_BY_LOOKS = len(IDS)


@dataclass(slots=True)
class _Group:
    """Sightings that are one call so far."""

    members: list[int]
    ids: dict[str, int]
    connectors: set[int]
    sources: set[int]
    rules: dict[int, tuple[int, int | None]] = field(default_factory=dict)


def same_calls(sightings: pl.DataFrame) -> pl.DataFrame:
    """Give `row`, `group`, `rule` and `gap_us` of each sighting whose call another one tells too.

    `sightings` has the columns of `queries/sighted.sql`, and rows counted from 0 in its order.
    """
    links = _links(sightings)
    if not len(links):
        return pl.DataFrame(schema=_FOUND)
    ends = (links["row"].to_numpy(), links["row_2"].to_numpy())
    whole = pl.Series("whole", components(len(sightings), *ends))
    links = links.with_columns(whole=whole.gather(links["row"]))
    told = sightings.select("row", "connector", "source", *IDS).with_columns(whole)
    told = told.filter(pl.len().over("whole") > 1)
    plain, paired = _kinds(told, links)
    named = _named(told.join(plain, on="whole", how="semi"))
    alike = _alike(links.join(paired, on="whole", how="semi"), len(sightings))
    settled = pl.concat([plain, paired])
    rest = links.join(settled, on="whole", how="anti", maintain_order="left")
    other = told.join(rest, on="whole", how="semi")
    found = pl.concat([named, alike, _one_by_one(other, rest)]).sort("row")
    texts = dict(enumerate(RULES))
    return found.select(
        "row", "group", pl.col("rule").replace_strict(texts, default="", return_dtype=pl.Utf8),
        "gap_us",
    )  # fmt: skip


def _links(sightings: pl.DataFrame) -> pl.DataFrame:
    """Give pairs to join, surest first; those that no rule could join are left out."""
    rows = sightings.select("row", "source", *IDS)
    found = [
        _fit(pairs, rows).sort("number", "row_2", "row").drop("number")
        for number, kind in enumerate(IDS)
        for pairs in [_sharing(rows, kind, number)]
    ]
    alike = _alike_links(sightings).with_columns(rule=pl.lit(_BY_LOOKS, pl.Int64))
    return pl.concat([*found, alike.select(list(_LINKS))])


def _alike_links(sightings: pl.DataFrame) -> pl.DataFrame:
    """Give pairs of two connectors that look alike, and of whose ids none says yes or no.

    An id that many share is not held against each of them: there one that says yes counts as well.
    """
    apart = pl.col("connector") < pl.col("connector_2")
    if any(_crowded(sightings[kind]) for kind in IDS):
        return look_alikes(
            sightings, apart & ids_agree().fill_null(value=True), ("connector", *IDS)
        )
    told = sightings.with_columns(known=kinds_known())
    sorts = told.select("connector", "known").unique()
    matches = sorts.join(sorts, how="cross", suffix="_2").filter(
        pl.col("connector") != pl.col("connector_2"), none_in_common()
    )
    few = told.join(matches, on=("connector", "known"), how="semi", maintain_order="left")
    return look_alikes(few, apart & none_in_common(), ("connector", "known"))


def kinds_known() -> pl.Expr:
    """Give the kinds of ids that a sighting knows, a bit each."""
    bits = [
        pl.col(kind).is_not_null().cast(pl.UInt8) * 2**number for number, kind in enumerate(IDS)
    ]
    return pl.sum_horizontal(bits).cast(pl.UInt8)


def none_in_common() -> pl.Expr:
    """Say of a pair whether no kind of id is `known` to both."""
    return (pl.col("known") & pl.col("known_2")) == 0


def ids_agree() -> pl.Expr:
    """Say of a pair whether the strongest kind of id that both know is equal; null if none is."""
    told = pl.lit(None, pl.Boolean)
    for kind in reversed(IDS):
        equal = pl.col(kind) == pl.col(f"{kind}_2")
        told = pl.when(equal.is_not_null()).then(equal).otherwise(told)
    return told


def _crowded(ids: pl.Series) -> bool:
    shared = ids.filter(ids >= 0)
    return len(shared) > 0 and bool((shared.value_counts()["count"] > 2 * _NEAR).any())


def _sharing(rows: pl.DataFrame, kind: str, number: int) -> pl.DataFrame:
    """Give the pairs that share an id of a kind: each with the first ones and those before it."""
    shared = rows.filter(pl.col(kind) >= 0).select("row", number=kind).sort("number", "row")
    place = pl.int_range(pl.len()).over("number")
    before = [pl.col("row").shift(step).over("number") for step in range(1, _NEAR + 1)]
    first = [
        pl.when(place > step + _NEAR).then(pl.col("row").get(step, null_on_oob=True).over("number"))
        for step in range(_NEAR)
    ]
    most = int(shared.select(pl.len().over("number").max()).item() or 0)
    pairs = [
        shared.select("number", row=other, row_2="row").drop_nulls()
        for other in (*before[: max(0, most - 1)], *(first if most > _NEAR + 1 else []))
    ]
    told = pl.concat(
        [pl.DataFrame(schema=dict.fromkeys(("number", "row", "row_2"), pl.Int64)), *pairs]
    )
    return told.with_columns(rule=pl.lit(number, pl.Int64), gap_us=pl.lit(None, pl.Int64))


def _fit(pairs: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Give the pairs of two files whose strongest common id is equal."""
    both = pairs.join(rows, on="row").join(rows, left_on="row_2", right_on="row", suffix="_2")
    fit = both.filter(ids_agree(), pl.col("source") != pl.col("source_2"))
    return fit.select("number", *_LINKS)


def _kinds(told: pl.DataFrame, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give what is one call by its ids alone, and what are two connectors' look-alikes alone.

    One call are sightings of as many files that all have the same id, of which at most one
    stronger kind is known to several, and then equal.
    """
    marks = told.group_by("whole").agg(
        pl.col("source").n_unique(),
        pl.col("connector").n_unique(),
        *(pl.col(kind).count().alias(f"{kind}_known") for kind in IDS),
        *(pl.col(kind).drop_nulls().n_unique().alias(f"{kind}_told") for kind in IDS),
        size=pl.len(),
    )
    plain, odd, partly = pl.lit(value=False), pl.lit(value=False), pl.lit(0)
    for kind in IDS:
        known, several = pl.col(f"{kind}_known"), pl.col(f"{kind}_told") > 1
        every = (known == pl.col("size")) & ~several
        plain |= every & ~odd & (partly <= 1)
        odd |= several
        partly += (known > 1).cast(pl.Int32)
    plain &= pl.col("source") == pl.col("size")
    by_id = links.filter(pl.col("rule") < _BY_LOOKS).select("whole")
    paired = marks.filter(pl.col("connector") == 2).join(by_id, on="whole", how="anti")  # noqa: PLR2004 - a pair
    return marks.filter(plain).select("whole"), paired.select("whole")


def _named(told: pl.DataFrame) -> pl.DataFrame:
    """Settle calls that share an id: each came in by the strongest that one before it has."""
    came = [
        pl.when(pl.col(kind).is_not_null() & (pl.col("row") > _first_with(kind))).then(number)
        for number, kind in enumerate(IDS)
    ]
    rule, gap = pl.coalesce(came).cast(pl.Int64), pl.lit(None, pl.Int64)
    return told.select("row", group="whole", rule=rule, gap_us=gap)


def _first_with(kind: str) -> pl.Expr:
    return pl.when(pl.col(kind).is_not_null()).then("row").min().over("whole")


def _alike(links: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Settle look-alikes of two connectors: the nearest first, one to one."""
    kept = nearest_pairs(rows, links["row"].to_numpy(), links["row_2"].to_numpy())
    pairs = links[pl.Series(kept, dtype=pl.Int64)]
    group = pl.min_horizontal("row", "row_2")
    nothing = pl.lit(None, pl.Int64)
    one = pairs.select("row", group=group, rule=nothing, gap_us=nothing)
    return pl.concat([one, pairs.select(row="row_2", group=group, rule="rule", gap_us="gap_us")])


def _one_by_one(told: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Settle all others by going through the pairs."""
    known = {one["row"]: _alone(one) for one in told.iter_rows(named=True)}
    for one, two, rule, gap in links.select(list(_LINKS)).iter_rows():
        left, right = known[one], known[two]
        if left is not right and _one_call(left, right, rule):
            _join(left, right, (two, rule, gap), known)
    groups = {id(group): group for group in known.values() if len(group.members) > 1}
    listed = [
        (row, min(group.members), *group.rules.get(row, (None, None)))
        for group in groups.values()
        for row in group.members
    ]
    return pl.DataFrame(listed, schema={**_FOUND, "rule": pl.Int64}, orient="row")


def _alone(told: dict[str, Any]) -> _Group:
    ids = {kind: told[kind] for kind in IDS if told[kind] is not None}
    return _Group([told["row"]], ids, {told["connector"]}, {told["source"]})


def _one_call(left: _Group, right: _Group, rule: int) -> bool:
    if left.sources & right.sources:
        return False
    for kind in IDS:
        if kind in left.ids and kind in right.ids:
            return left.ids[kind] == right.ids[kind]
    return rule == _BY_LOOKS and not left.connectors & right.connectors


def _join(
    left: _Group, right: _Group, link: tuple[int, int, int | None], known: dict[int, _Group]
) -> None:
    row, rule, gap = link
    left.rules |= right.rules
    left.rules.setdefault(row, (rule, gap))
    left.members += right.members
    left.ids = right.ids | left.ids
    left.connectors |= right.connectors
    left.sources |= right.sources
    for member in right.members:
        known[member] = left
