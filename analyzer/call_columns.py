"""Calls and prompt nodes as columns of the store's tables, each built in one pass.

Rows would cost more than parsing the log does: a call has sixty columns, most of them empty.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
import polars as pl

from analyzer.trace import Call, Calls, Iteration, Node

COUNTS = ("uncached", "read", "write_5m", "write_1h", "write_unsplit", "output")
_TEXT, _INT, _BYTES, _YES_NO = pl.Utf8(), pl.Int64(), pl.Binary(), pl.Boolean()
_REQUESTS: tuple[tuple[str, str, pl.DataType], ...] = (
    *((name, name, _INT) for name in (
        "line", "lines", "line_time_us", "start_us", "first_us", "end_us", "max_tokens",
        "web_searches", "cache_missed_tokens", "accepted_prediction", "rejected_prediction",
    )),
    *((name, name, _TEXT) for name in (
        "message_id", "request_id", "batch_id", "custom_id", "gateway_id", "platform", "model",
        "model_requested", "time_precision", "time_meaning", "effort", "tool_choice", "tier",
        "speed", "geo", "stop_reason", "org", "workspace", "session", "agent", "app", "workload",
        "cost_logged_usd", "usage_basis", "cache_miss_reason",
    )),
    *((name, name, _YES_NO) for name in (
        "stream", "usage_final", "charged", "compaction", "resume",
    )),
    *((name, f"tokens.{name}", _INT) for name in (*COUNTS, "thinking")),
    *((name, f"prompt.{name}", _BYTES) for name in (
        "leaf", "system_end", "system_params", "message_params",
    )),
    ("line_sha256", "line_sha256", _BYTES),
    ("attempt", "attempt", pl.Int32()),
    ("api_key", "key", _TEXT),
    ("user_id", "user", _TEXT),
    ("visibility", "prompt.visibility", _TEXT),
    ("turn", "prompt.turn", _TEXT),
    ("sampling", "sampling", pl.Float64()),
)  # fmt: skip
"""Column, where a call holds it, type; `call_columns` adds those that are made of several."""
_NODES: tuple[tuple[str, pl.DataType], ...] = (
    ("node", _BYTES), ("parent", _BYTES), ("position", pl.Int32()), ("section", _TEXT),
    ("chars", _INT), ("produced_by", _TEXT),
)  # fmt: skip
_RANK = ("has_stop", "main", "line_time_us", "output", "line_sha256")
"""The greatest line of a call wins; the lowest source and line break the last ties."""
Column = Callable[[Sequence[Any]], pl.Series]
_ITERATION: tuple[tuple[str, str, pl.DataType], ...] = (
    ("kind", "kind", _TEXT),
    ("model", "model", _TEXT),
    *((name, f"tokens.{name}", _INT) for name in COUNTS),
)


Source = tuple[str, str]
"""Id of a reading, and the connector that read it."""


def call_columns(sources: Sequence[Source], calls: Sequence[Call]) -> pl.DataFrame:
    """Give one row a call, told by the source of the same place."""
    plain = [_column(name, path, calls, kind) for name, path, kind in _REQUESTS]
    marks = [call.prompt.breakpoints for call in calls]
    tags = [msgspec.json.encode(call.tags, order="sorted").decode() for call in calls]
    return pl.DataFrame(
        [
            pl.Series("key", [identity(call) for call in calls], _TEXT),
            pl.Series("source_id", [source for source, _ in sources], _TEXT),
            pl.Series("connector", [connector for _, connector in sources], _TEXT),
            *plain,
            pl.Series("has_stop", [call.stop_reason is not None for call in calls], _YES_NO),
            pl.Series("tags", tags, _TEXT),
            _lists("iterations", [call.iterations for call in calls], _iterations),
            _lists("flags", [call.flags for call in calls], _texts),
            _lists("mark_nodes", marks, lambda flat: _column("", "node", flat, _BYTES)),
            _lists("mark_ttl_s", marks, lambda flat: _column("", "ttl_s", flat, pl.Int32())),
        ]
    )


def like_columns(same: pl.DataFrame, calls: Calls) -> pl.DataFrame:
    """Give one row a call, in the columns of `call_columns`; `same` is its row of `calls.like`."""
    told = calls.values.with_columns(key=_identities(calls.like))
    return told.select(
        pl.col(name).cast(kind) if name in told.columns else pl.lit(same[name]).first().alias(name)
        for name, kind in same.schema.items()
    )


def node_columns(nodes: Sequence[Node]) -> pl.DataFrame:
    """Give one row a prompt node."""
    return pl.DataFrame([_column(name, name, nodes, kind) for name, kind in _NODES])


def winners(told: pl.DataFrame) -> pl.DataFrame:
    """Give each call once for each connector, as its greatest line tells of it.

    The rule is that of `outdone_requests.sql`, which holds it against what is in the store.
    """
    if told.select("connector", "key").is_unique().all():
        return told
    whole = told.with_columns(pl.col("output").fill_null(0), main=pl.col("agent").is_null())
    ranked = whole.select(
        *_RANK,
        "source_id",
        "line",
        "connector",
        "key",
        row=pl.int_range(pl.len()),
    )
    order = ranked.sort(
        *_RANK, "source_id", "line", descending=[*[True] * len(_RANK), False, False]
    )
    best = order.unique(("connector", "key"), keep="first", maintain_order=True)
    return told[best["row"].sort()]


def identity(call: Call) -> str:
    """Key under which a call is one call: the strongest id it has, else its own line."""
    if call.message_id:
        return f"message:{call.message_id}"
    if call.request_id:
        return f"request:{call.request_id}"
    if call.custom_id:
        return f"batch:{call.batch_id or ''}:{call.custom_id}"
    if call.gateway_id:
        return f"gateway:{call.gateway_id}"
    return f"line:{call.line_sha256.hex()}"


def _identities(like: Call) -> pl.Expr:
    """Give what `identity` gives of calls that have the ids that one of them has."""
    if like.message_id:
        return pl.lit("message:") + pl.col("message_id")
    if like.request_id:
        return pl.lit("request:") + pl.col("request_id")
    if like.custom_id:
        batch = pl.col("batch_id") if like.batch_id else pl.lit("")
        return pl.lit("batch:") + batch + ":" + pl.col("custom_id")
    if like.gateway_id:
        return pl.lit("gateway:") + pl.col("gateway_id")
    return pl.lit("line:") + pl.col("line_sha256").bin.encode("hex")


def _column(name: str, path: str, rows: Iterable[Any], kind: pl.DataType) -> pl.Series:
    return pl.Series(name, list(map(attrgetter(path), rows)), kind)


def _texts(flat: Sequence[str]) -> pl.Series:
    return pl.Series(flat, dtype=_TEXT)


def _iterations(flat: Sequence[Iteration]) -> pl.Series:
    columns = [_column(name, path, flat, kind) for name, path, kind in _ITERATION]
    return pl.DataFrame(columns).to_struct()


def _lists(name: str, rows: Sequence[Sequence[Any]], column: Column) -> pl.Series:
    """Give a column of lists: all items as one column, then cut where each row begins.

    Polars takes 3 microseconds for each Python list it is handed, empty ones included.
    """
    items: pl.Series = column(list(chain.from_iterable(rows)))
    every = pl.DataFrame({"row": pl.int_range(len(rows), eager=True)})
    if items.is_empty():
        return every.with_columns(pl.lit([], pl.List(items.dtype)).alias(name))[name]
    lengths = pl.Series(list(map(len, rows)), dtype=pl.UInt32)
    owner = every.select(pl.col("row").repeat_by(lengths)).explode("row").drop_nulls()
    filled = owner.with_columns(items.alias(name)).group_by("row", maintain_order=True).agg(name)
    joined = every.join(filled, on="row", how="left", maintain_order="left")
    return joined.select(pl.col(name).fill_null(pl.lit([], pl.List(items.dtype)))).to_series()
