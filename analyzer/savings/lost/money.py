"""Lost cache money of a trace: pieces of prompts, their reasons, and their exact price.

A piece is a range of one prompt's tokens that an earlier call had put into the cache (or had sent)
and that this call did not read. By the billing rule a prompt is read first, then written for an
hour, then for five minutes, then plain; so a range tells which bucket it was billed in. It lost the
price paid less the price of a read, never more than was billed.
"""

from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from analyzer.billing import PriceBasis, bill, total
from analyzer.results import LostCache, LostLine, ToldMiss, Unjudged
from analyzer.savings.lost.gather import comparable, gather
from analyzer.savings.lost.missed import LAYERS, PARTED, missed
from analyzer.savings.lost.parted import parted
from analyzer.savings.lost.reasons import ADVICE, ALIKE, TOLD, WORDS, Reason
from analyzer.traffic import Traffic

_PAID = ("write_1h", "write_5m", "uncached")
"""Buckets behind what was read, in prompt order."""


def lost_cache(traffic: Traffic, basis: PriceBasis) -> LostCache:
    """Say what was paid for prompt text that could have been read, by workload and reason.

    Exact pico-dollars of `basis`; `traffic.calls` must name workloads. Uncharged and unpriced calls
    have no price and stand apart.
    """
    calls = _judged(traffic.calls, basis)
    own = _pieces(traffic)
    told = _told(calls, own)
    priced = _priced(calls, pl.concat([own.join(told, on="request", how="anti"), told]), basis)
    known = calls.filter("judged")
    paid, lost = total(known, "input_pico"), total(priced, "lost")
    return LostCache(
        lines=_lines(priced),
        total=Fraction(lost),
        calls=len(known),
        input_cost=Fraction(paid),
        first_sight=Fraction(paid - lost - _read_cost(known, priced, basis)),
        unjudged=_unjudged(calls),
        **_compared(calls, own),
    )


def _judged(calls: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Price the calls as billed and tell which can be judged, and why the others cannot."""
    billed = bill(calls.drop("model").rename({"name": "model"}), basis)
    why = (
        pl.when(pl.col("unpriced").is_not_null()).then(pl.lit("no price"))
        .when(~pl.col("charged")).then(pl.lit("not charged"))
        .when(_counted()).then(None)
        .when(pl.col("tier") == "batch").then(pl.lit("batch: entries are shared by chance"))
        .when(pl.col("start_us").is_null()).then(pl.lit("no time"))
        .when(~comparable()).then(pl.lit("the log does not show the prompt"))
    )  # fmt: skip
    return billed.with_columns(why=why).with_columns(judged=pl.col("why").is_null())


_PIECE = {
    "request": pl.Int64, "layer": pl.Int64, "reason": pl.Int8, "start": pl.Int64, "end": pl.Int64,
    "told": pl.Boolean,
}  # fmt: skip


def _pieces(traffic: Traffic) -> pl.DataFrame:
    """Ranges of prompts that could have been read, each with the reason of its layer."""
    found = gather(traffic)
    if not len(found.calls):
        return pl.DataFrame(schema=_PIECE)
    reach, reason = missed(traffic.trie, found.asked, found.above)
    reach[:, PARTED], reason[:, PARTED] = parted(traffic.trie, found.asked, found.chains)
    read = found.asked.read[:, None]
    ends = np.maximum(np.maximum.accumulate(reach, axis=1), read)
    starts = np.concatenate([read, ends[:, :-1]], axis=1)
    call, layer = np.nonzero(ends > starts)
    request = found.calls["request"].to_numpy()
    columns = {
        "request": request[call],
        "layer": layer,
        "reason": reason[call, layer],
        "start": starts[call, layer],
        "end": ends[call, layer],
        "told": np.zeros(len(call), np.bool_),
    }
    return pl.DataFrame(columns, schema=_PIECE)


def _told(calls: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """One piece for each call whose vendor names the cause: its word and its count come first."""
    held = calls.filter(pl.col("judged") & _counted()).join(_dearest(own), on="request", how="left")
    missing = pl.min_horizontal("cache_missed_tokens", pl.col("prompt") - pl.col("read"))
    codes = {word: int(reason) for word, reason in TOLD.items()}
    word = pl.col("cache_miss_reason").replace_strict(codes, return_dtype=pl.Int8)
    # the vendor calls a change of speed a change of model
    fast = (word == Reason.MODEL) & (pl.col("reason") == Reason.SPEED)
    return held.select(
        "request",
        layer=pl.lit(LAYERS, pl.Int64),
        reason=pl.when(fast).then("reason").otherwise(word).cast(pl.Int8),
        start="read",
        end=pl.col("read") + missing,
        told=pl.lit(value=True),
    ).filter(pl.col("end") > pl.col("start"))


def _counted() -> pl.Expr:
    """Tell which calls carry the vendor's cause with a count."""
    return pl.col("cache_miss_reason").is_in([*TOLD]) & pl.col("cache_missed_tokens").is_not_null()


def _priced(calls: pl.DataFrame, pieces: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Price each piece: the call as billed, less the same call with the piece read."""
    rows = pieces.join(calls.filter("judged"), on="request", how="inner", maintain_order="left")
    edge = pl.col("read")
    shares = {}
    for name in _PAID:
        top = edge + pl.col(name)
        overlap = pl.min_horizontal("end", top) - pl.max_horizontal("start", edge)
        shares[f"lost_{name}"] = overlap.clip(0)
        edge = top
    rows = rows.with_columns(**shares)
    moved = rows.with_columns(
        read=pl.col("read") + pl.sum_horizontal(*shares),
        **{name: pl.col(name) - pl.col(f"lost_{name}") for name in _PAID},
    ).drop("input_pico", "pico", "unpriced")
    after = bill(moved, basis)["input_pico"]
    return rows.with_columns(lost=pl.col("input_pico") - after)


def _read_cost(calls: pl.DataFrame, priced: pl.DataFrame, basis: PriceBasis) -> int:
    """What was read, and what could have been, at the price of a read."""
    none = {name: pl.lit(0, pl.Int64) for name in _PAID}
    moved = calls.with_columns(read=pl.col("prompt"), **none).drop("input_pico", "pico", "unpriced")
    whole = bill(moved, basis).select("request", whole=pl.col("input_pico").cast(pl.Int128))
    missed_tokens = priced.group_by("request").agg(
        pl.sum_horizontal(pl.col(f"lost_{name}") for name in _PAID).sum().alias("missed")
    )
    rows = calls.join(whole, on="request").join(missed_tokens, on="request", how="left")
    tokens = (pl.col("read") + pl.col("missed").fill_null(0)).cast(pl.Int128)
    # the price of one token divides the price of the whole prompt
    cost = pl.col("whole") * tokens // pl.max_horizontal("prompt", 1).cast(pl.Int128)
    return int(rows.select(cost.sum()).item() or 0)


def _lines(priced: pl.DataFrame) -> tuple[LostLine, ...]:
    groups = priced.group_by("workload", "reason").agg(
        pl.col("request").n_unique().alias("calls"),
        (pl.col("lost_write_1h") + pl.col("lost_write_5m")).sum().alias("written"),
        pl.col("lost_uncached").sum().alias("uncached"),
        pl.col("lost").cast(pl.Int128).sum(),
        pl.col("request").filter("told").n_unique().alias("told"),
    )
    rows = groups.sort("lost", "workload", "reason", descending=[True, False, False])
    return tuple(
        LostLine(
            workload=row["workload"],
            reason=WORDS[Reason(row["reason"])],
            calls=row["calls"],
            written=row["written"],
            uncached=row["uncached"],
            lost=Fraction(int(row["lost"])),
            told=row["told"],
            advice=ADVICE[Reason(row["reason"])],
        )
        for row in rows.iter_rows(named=True)
    )


def _unjudged(calls: pl.DataFrame) -> tuple[Unjudged, ...]:
    groups = (
        calls.filter(~pl.col("judged"))
        .group_by("why")
        .agg(pl.len().alias("calls"), (pl.col("prompt") - pl.col("read")).sum().alias("tokens"))
        .sort("tokens", "why", descending=[True, False])
    )
    return tuple(Unjudged(*row) for row in groups.select("why", "calls", "tokens").iter_rows())


def _compared(calls: pl.DataFrame, own: pl.DataFrame) -> dict[str, Any]:
    """Hold our own reasons against the vendor's words."""
    spoken = calls.filter("judged").filter(pl.col("cache_miss_reason").is_in([*TOLD]))
    rows = spoken.join(_dearest(own), on="request", how="left", maintain_order="left")
    agreed, unknown, differing = 0, 0, []
    columns = ("message_id", "request", "workload", "cache_miss_reason", "reason", "tokens")
    for name, request, workload, told, code, tokens in rows.select(columns).iter_rows():
        ours = Reason(code or 0)
        if ours in ALIKE[told]:
            agreed += 1
        elif ours in (Reason.NONE, Reason.UNLOGGED):
            unknown += 1
        else:
            call = name or f"call {request + 1}"
            differing.append(ToldMiss(call, workload, told, WORDS[ours], tokens))
    return {
        "told_calls": len(rows),
        "agreed_calls": agreed,
        "open_calls": unknown,
        "differing": tuple(differing),
    }


def _dearest(own: pl.DataFrame) -> pl.DataFrame:
    """The reason of most of each call's own pieces."""
    sized = own.with_columns(tokens=pl.col("end") - pl.col("start"))
    sums = sized.group_by("request", "reason").agg(pl.col("tokens").sum())
    ordered = sums.sort("request", "tokens", "reason", descending=[False, True, False])
    return ordered.unique("request", keep="first", maintain_order=True)
