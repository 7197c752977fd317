"""Losses that no log explains, as expected token counts: the mean estimator.

The kernel tells what a call reads if nothing unseen happens. Real calls also lose their prefix (a
changed system reminder, an evicted entry) or read a little more (a hidden call wrote the answer
back). A loss model gives, for calls in one situation, the shares of four outcomes: read what the
kernel says, read the whole cached prompt, read the shared system prefix, read nothing. Whatever the
outcome, the call leaves the same entries behind, so outcomes of one call never change another's,
and the mean over all paths is the sum of shares x outcomes: exact, without random draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

PARTS = 10_000
"""Shares are whole parts of this many; expected counts are tokens times it."""
OUTCOMES = ("kept", "whole", "system", "nothing")
INPUT = ("uncached", "read", "write_5m", "write_1h")
Shares = tuple[int, int, int, int]
"""Parts of `OUTCOMES`; they sum to `PARTS`."""
CERTAIN: Shares = (PARTS, 0, 0, 0)
Situation = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class LossModel:
    """Shares of outcomes by situation, fitted on one corpus."""

    name: str
    """As reports print it: `none`, `by cause`, `by idle gap`, `by logged life`, ..."""
    keys: tuple[str, ...]
    """Columns that make a situation, coarsest first; see `situations`."""
    shares: Mapping[Situation, Shares]
    """By situation; a shorter key stands for all situations that begin with it."""


NO_LOSSES = LossModel("none", (), {(): CERTAIN})
STATE_KEYS = ("state", "occasion")
GAP_EDGES_S = (5, 60, 300, 3600)


def situations(events: pl.DataFrame) -> pl.DataFrame:
    """Add what loss models look at, and the tokens at each outcome.

    `state`: continued (the kernel reads past the system prefix), prefix (it reads that) or cold.
    `gap`: number of `GAP_EDGES_S` that the idle time before the call exceeds. `life`: longest life
    of the call's marks now; `logged_life` came with the call. `system_tokens`, `whole_tokens` and
    `hour_tokens` (end of the last one-hour mark) are those of the call's own token map.
    """
    whole = pl.col("prompt") - pl.col("uncached")
    system = pl.min_horizontal("system_tokens", whole)
    state = (
        pl.when(pl.col("read") > system).then(pl.lit("continued"))
        .when(pl.col("read") > 0).then(pl.lit("prefix"))
        .otherwise(pl.lit("cold"))
    )  # fmt: skip
    gap = sum(
        ((pl.col("idle_us") > edge * 1_000_000).cast(pl.Int32) for edge in GAP_EDGES_S),
        pl.lit(0, pl.Int32),
    )
    return events.with_columns(
        state=state,
        gap=pl.when(pl.col("idle_us").is_not_null()).then(gap),
        life=pl.max_horizontal("ttl0", "ttl1", "ttl2", "ttl3"),
        whole_tokens=whole,
        system_tokens=system,
        hour_tokens=pl.min_horizontal("hour_tokens", whole),
    )


def expected(events: pl.DataFrame, model: LossModel) -> pl.DataFrame:
    """Turn input buckets into expected ones, in `PARTS` of a token.

    Events that the kernel did not replay, or that cache nothing, only change their unit.
    """
    return with_outcomes(situations(events), model)


def with_outcomes(told: pl.DataFrame, model: LossModel) -> pl.DataFrame:
    """Do what `expected` does, for events whose situation is known."""
    shared = _with_shares(told, model)
    moves = (pl.col("cacheable") & (pl.col("whole_tokens") > 0)).fill_null(value=False)
    levels = {
        "kept": pl.col("read"),
        "whole": pl.col("whole_tokens"),
        "system": pl.col("system_tokens"),
        "nothing": pl.lit(0, pl.Int64),
    }
    sums = {name: pl.lit(0, pl.Int64) for name in ("read", "write_5m", "write_1h")}
    for outcome, level in levels.items():
        for name, tokens in _buckets(level).items():
            sums[name] = sums[name] + pl.col(f"share_{outcome}") * tokens
    return shared.with_columns(
        *(
            pl.when(moves).then(value).otherwise(pl.col(name) * PARTS).alias(name)
            for name, value in sums.items()
        ),
        uncached=pl.col("uncached") * PARTS,
    ).drop(*(f"share_{outcome}" for outcome in OUTCOMES))


def _buckets(level: pl.Expr) -> dict[str, pl.Expr]:
    """Bill a call that reads `level` tokens: one-hour writes to the last such mark, then five."""
    hour = pl.max_horizontal(pl.col("hour_tokens"), level)
    return {
        "read": level,
        "write_1h": hour - level,
        "write_5m": pl.col("whole_tokens") - hour,
    }


def _with_shares(events: pl.DataFrame, model: LossModel) -> pl.DataFrame:
    """Join each event's shares: those of the longest key that the model knows."""
    names = [f"share_{outcome}" for outcome in OUTCOMES]
    found: list[list[pl.Expr]] = [[] for _ in names]
    for length in range(len(model.keys), -1, -1):
        known = {key: shares for key, shares in model.shares.items() if len(key) == length}
        if not known:
            continue
        events = _joined(events, model.keys[:length], known)
        for place in range(len(names)):
            found[place].append(pl.col(f"{length}_{place}"))
    certain = [pl.coalesce(*one, pl.lit(sure)) for one, sure in zip(found, CERTAIN, strict=True)]
    full = events.with_columns(
        value.cast(pl.Int64).alias(name) for name, value in zip(names, certain, strict=True)
    )
    return full.drop(column.meta.output_name() for one in found for column in one)


def _joined(
    events: pl.DataFrame, keys: tuple[str, ...], known: Mapping[Situation, Shares]
) -> pl.DataFrame:
    length = len(keys)
    names = [f"{length}_{place}" for place in range(len(OUTCOMES))]
    if not length:
        return events.with_columns(
            pl.lit(value).alias(name) for name, value in zip(names, known[()], strict=True)
        )
    schema = {name: events.schema[name] for name in keys} | dict.fromkeys(names, pl.Int64)
    rows = [(*key, *shares) for key, shares in known.items()]
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return events.join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
