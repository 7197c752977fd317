"""The trace as the replay wants it: calls in start order, the prompt trie, and billed-only extras.

Facts about models (tokenizer family, minimum cacheable tokens) come from the book; prices do not.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from analyzer.prices import CLOUD, Book
from analyzer.simulators.cache_kernel import Trie
from analyzer.store import Store
from analyzer.traffic import seeds, token_map, transcript_trie
from analyzer.traffic.billed_chains import join_chains
from analyzer.traffic.links import Links
from analyzer.traffic.occasions import with_occasions
from analyzer.traffic.trie import Int32s, answered_by, credited, parents_first

MARKS = ("mark0", "mark1", "mark2", "mark3")
LIVES = ("ttl0", "ttl1", "ttl2", "ttl3")
BUCKETS = ("uncached", "read", "write_5m", "write_1h")
FAMILIES = {"t1": 0, "t2": 1}
UNKNOWN_MINIMUM = 1024
"""Smallest cacheable prompt assumed for a model the book does not know: the vendor's commonest."""
_CLOUDS = ("bedrock", "vertex")
"""Platforms whose endpoints differ in price, and that set their own dates of retirement."""
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class Traffic:
    """Everything a replay reads."""

    calls: pl.DataFrame
    """One row a billed call; see `_typed` for the columns."""
    extras: pl.DataFrame
    """Billed iterations beside the message itself: request, model, kind and the five buckets."""
    trie: Trie
    producer: Int32s
    """Request whose answer each node is part of; -1 for none."""
    conflicts: int
    """Prompts whose billed total disagrees with a prefix count fixed earlier."""
    hidden_roots: int
    """Transcript prompts whose hidden system prompt and tools were anchored on the bill."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was billed, without the prompts."""

    calls: pl.DataFrame
    extras: pl.DataFrame
    """As in `Traffic`."""


def usage(store: Store, book: Book) -> Usage:
    """Read what was billed: enough to price it, and no prompt is read for it."""
    calls = _typed(store.calls(), book)
    return Usage(calls, _extras(calls, book))


def load(store: Store, book: Book, *, blind: bool = False) -> Traffic:
    """Read the store into arrays and anchor the prompt trie on billed totals.

    With `blind`, for back-tests, nothing of a call's own reads and writes enters its replay: a
    prefix counts as earlier calls tell, and no entry is seeded (see `transcript_trie.attach`).
    """
    calls = transcript_trie.with_scope(_typed(store.calls(), book))
    links, calls, producer = _ordered(store.trie(), calls)
    links, calls, producer = join_chains(links, calls, producer)
    attached = transcript_trie.attach(links, calls, producer, blind=blind)
    links, calls = attached.links, _loop_apart(attached.calls)
    leaf = calls["leaf"].to_numpy().astype(np.int32)
    producer = credited(links.parent, attached.producer, leaf)
    hidden = attached.known.shape[1]
    known = np.full((len(FAMILIES), len(links.parent)), token_map.UNKNOWN, np.int64)
    known[:, :hidden] = attached.known
    anchors = _anchors(calls)
    fitted, conflicts = token_map.fit(links.parent, links.chars, known, anchors)
    if blind:
        fitted, learned = token_map.fit_earlier(links.parent, links.chars, known, anchors)
        calls = calls.with_columns(
            learned_mark=learned.mark,
            learned_mark_tokens=learned.mark_tokens,
            learned_read=learned.read,
            learned_read_tokens=learned.read_tokens,
        )
    ratio = tokenizer_ratio(book)
    tokens = token_map.fill_across(fitted, (ratio.numerator, ratio.denominator))
    trie = Trie(links.parent, links.position, links.section, tokens)
    calls = _followed(calls, links.parent, producer)
    calls = with_occasions(calls if blind else seeds.seed(calls, tokens))
    return Traffic(
        calls=calls.with_columns(before_leaf=_above(links.parent, calls["leaf"])),
        extras=_extras(calls, book),
        trie=trie,
        producer=producer,
        conflicts=conflicts,
        hidden_roots=hidden,
    )


def tokenizer_ratio(book: Book) -> Fraction:
    """Tokens of the newer tokenizer family for one of the older, for the same text."""
    older, newer = (
        next(name for name in book.models() if book.facts(name).family == family)
        for family in FAMILIES
    )
    return book.token_ratio(older, newer).central


def day_of(day_number: int) -> date:
    """Turn a day number (days since 1970-01-01 UTC) into a date."""
    return datetime.fromtimestamp(day_number * 86_400, UTC).date()


def _typed(raw: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Add what the replay needs to the store's rows."""
    start = pl.coalesce("start_us", "end_us")
    message = _message_tokens()
    frame = raw.with_columns(
        start_us=start,
        ready_us=pl.max_horizontal(start, pl.coalesce("first_us", "end_us", start)),
        clock_us=pl.when(pl.col("time_meaning") == "line")
        .then(pl.max_horizontal(start, "end_us") + transcript_trie.GRACE_US)
        .otherwise(start),
        day=(start // DAY_US).cast(pl.Int32),
        tier=pl.col("tier").fill_null("standard"),
        geo=pl.when(pl.col("geo").is_null() & pl.col("platform").is_in(_CLOUDS))
        .then(pl.lit(CLOUD))
        .otherwise("geo"),
        tags=pl.col("tags").fill_null("{}"),
        unsplit=pl.col("write_unsplit").fill_null(0),
        **{name: message[name].fill_null(0) for name in (*BUCKETS, "output")},
        web_searches=pl.col("web_searches").fill_null(0),
    )
    frame = frame.with_columns(write_5m=pl.col("write_5m") + pl.col("unsplit"))
    frame = frame.with_columns(prompt=pl.sum_horizontal(*BUCKETS))
    models = _models(frame, book)
    joined = frame.join(models, on=("model", "day"), how="left", nulls_equal=True)
    return joined.sort("request")


def _message_tokens() -> dict[str, pl.Expr]:
    """Tokens of the message itself: of its own iterations when the log lists them.

    Its prompt is that of the first: each later one is the server's own loop, which sends the prompt
    again with what its tools gave.
    """
    own = pl.element().struct.field("kind") == "message"
    own_list = pl.col("iterations").list.filter(own)
    sums: dict[str, pl.Expr] = {}
    for name in (*BUCKETS, "output"):
        counted = own_list if name == "output" else own_list.list.head(1)
        listed = counted.list.eval(pl.element().struct.field(name).fill_null(0)).list.sum()
        sums[name] = (
            pl.when(pl.col("iterations").list.len() > 0)
            .then(listed.fill_null(0))
            .otherwise(pl.col(name))
        )
    return sums


def _models(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Give canonical name, family and minimum of each (model, day) pair."""
    rows: list[dict[str, Any]] = []
    for model, day in frame.select("model", "day").unique().sort("model", "day").iter_rows():
        name = book.canonical(model)
        minimum = book.minimum(name, day_of(day)) if name and day is not None else None
        rows.append(
            {
                "model": model,
                "day": day,
                "name": name or model,
                "known": name is not None,
                "family": FAMILIES[book.facts(name).family] if name is not None else 1,
                "minimum": minimum.tokens if minimum else UNKNOWN_MINIMUM,
                "minimum_certain": minimum.certain if minimum else False,
            }
        )
    schema = {
        "model": pl.Utf8, "day": pl.Int32, "name": pl.Utf8, "known": pl.Boolean,
        "family": pl.Int32, "minimum": pl.Int64, "minimum_certain": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _ordered(raw: pl.DataFrame, calls: pl.DataFrame) -> tuple[Links, pl.DataFrame, Int32s]:
    """Renumber the trie so that parents come first."""
    parent = raw["parent"].to_numpy().astype(np.int32)
    order = parents_first(parent)
    place = np.empty(len(order) + 1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    place[-1] = -1
    links = Links(
        parent=place[parent[order]],
        position=raw["position"].to_numpy().astype(np.int32)[order],
        section=raw["section"].to_numpy().astype(np.int8)[order],
        chars=raw["chars"].to_numpy().astype(np.int64)[order],
    )
    moved = calls.with_columns(
        pl.Series(name, place[calls[name].to_numpy()], pl.Int32)
        for name in ("leaf", "system_end", *MARKS)
    )
    named = raw.select("produced_by").join(
        calls.filter(pl.col("message_id").is_not_null()).select("message_id", "request"),
        left_on="produced_by",
        right_on="message_id",
        how="left",
        maintain_order="left",
    )
    producer = named["request"].fill_null(-1).to_numpy().astype(np.int32)[order]
    return links, moved, producer


def _loop_apart(calls: pl.DataFrame) -> pl.DataFrame:
    """Take the server's own mark, which stands in the answer, out of the marks of the prompt.

    A node behind the last block of a prompt has a higher number: parents come first.
    """
    behind = {mark: (pl.col("leaf") >= 0) & (pl.col(mark) > pl.col("leaf")) for mark in MARKS}
    apart = [pl.when(is_behind).then(mark) for mark, is_behind in behind.items()]
    none = pl.lit(-1, pl.Int32)
    return calls.with_columns(
        pl.coalesce(*apart, none).alias("loop_mark"),
        *(pl.when(there).then(none).otherwise(mark).alias(mark) for mark, there in behind.items()),
        *(
            pl.when(there).then(0).otherwise(life).alias(life)
            for life, there in zip(LIVES, behind.values(), strict=True)
        ),
    )


def _anchors(calls: pl.DataFrame) -> token_map.Anchors:
    marks = np.stack([calls[name].to_numpy() for name in MARKS], axis=1)
    count = (marks >= 0).sum(axis=1)
    last = np.where(count > 0, marks[np.arange(len(marks)), np.maximum(count - 1, 0)], -1)
    return token_map.Anchors(
        leaf=calls["leaf"].to_numpy().astype(np.int32),
        mark=last.astype(np.int32),
        family=calls["family"].to_numpy().astype(np.int32),
        prompt=calls["prompt"].to_numpy().astype(np.int64),
        cached=(calls["prompt"] - calls["uncached"]).to_numpy().astype(np.int64),
        read=calls["read"].to_numpy().astype(np.int64),
        marks=marks.astype(np.int32),
    )


def _above(parent: Int32s, leaf: pl.Series) -> pl.Series:
    """The block before each prompt's last one, -1 for none."""
    nodes = leaf.to_numpy()
    return pl.Series(np.where(nodes >= 0, np.append(parent, -1)[nodes], -1), dtype=pl.Int32)


def _followed(calls: pl.DataFrame, parent: Int32s, producer: Int32s) -> pl.DataFrame:
    """Add the start of the first call that carries this call's answer back; null for none."""
    above = answered_by(parent, producer, calls["leaf"].to_numpy().astype(np.int32))
    follows = (
        pl.DataFrame({"request": above.astype(np.int64), "followed_us": calls["start_us"]})
        .filter(pl.col("request") >= 0)
        .group_by("request")
        .agg(pl.col("followed_us").min())
    )
    return calls.join(follows, on="request", how="left").sort("request")


def _extras(calls: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Explode what is billed beside the message: compaction, advisor, fallback hops, own loops."""
    listed = (
        calls.select("request", "day", "model", "name", "tier", "speed", "geo", "iterations")
        .explode("iterations", empty_as_null=False)
        .filter(pl.col("iterations").is_not_null())
        .unnest("iterations", separator=".")
        .with_columns(nth=pl.int_range(pl.len()).over("request", "iterations.kind"))
        .filter((pl.col("iterations.kind") != "message") | (pl.col("nth") > 0))
    )
    loop = pl.col("iterations.kind") == "message"
    raw_names = listed["iterations.model"].unique().drop_nulls().to_list()
    names = {raw: book.canonical(raw) or raw for raw in raw_names}
    own = pl.col("iterations.model").replace_strict(names, default=None, return_dtype=pl.Utf8)
    unsplit = pl.col("iterations.write_unsplit").fill_null(0)
    return listed.select(
        "request", "day", "tier", "speed", "geo",
        name=pl.coalesce(own, "name"),
        kind="iterations.kind",
        uncached=pl.col("iterations.uncached").fill_null(0),
        read=pl.col("iterations.read").fill_null(0),
        write_5m=pl.col("iterations.write_5m").fill_null(0) + unsplit,
        write_1h=pl.col("iterations.write_1h").fill_null(0),
        output=pl.when(loop).then(0).otherwise(pl.col("iterations.output").fill_null(0)),
    )  # fmt: skip


def without_calls(traffic: Traffic) -> Traffic:
    """Give the same trie with no calls: the empty trace."""
    return replace(traffic, calls=traffic.calls.clear(), extras=traffic.extras.clear())
