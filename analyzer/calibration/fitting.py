"""Loss models fitted on calls whose billed reads are known: token-weighted shares by situation.

Shares are ratios of sums of tokens, so that over the fitted calls the expected reads meet the
billed ones. They belong to the corpus they were fitted on: carried to another, they were 5 to 9 %
wrong (measured on two corpora of agent traffic).
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from analyzer.results import LossRate
from analyzer.simulators.losses import (
    NO_LOSSES,
    PARTS,
    STATE_KEYS,
    LossModel,
    Shares,
    Situation,
)

BORROWED_CALLS = 60
"""A situation is fitted with so many calls of the coarser one it belongs to: few calls of its own
move it little, many leave nothing of what was borrowed."""
KINDS: dict[str, tuple[str, ...]] = {
    "by cause": STATE_KEYS,
    "by idle gap": (*STATE_KEYS, "gap"),
    "by logged life": (*STATE_KEYS, "logged_life"),
    "by replayed life": (*STATE_KEYS, "life"),
}
"""Loss models beside `none`. The last two differ under a policy alone: a loss that goes with the
life a call was logged with, or with the life it would have had."""


def fit_all(calls: pl.DataFrame) -> tuple[LossModel, ...]:
    """Fit every loss model on one row a call: `situations` columns and `billed_read`."""
    return (NO_LOSSES, *(fit(calls, kind) for kind in KINDS))


def fit(calls: pl.DataFrame, kind: str) -> LossModel:
    """Fit the loss model of that kind."""
    keys = KINDS[kind]
    told = calls.filter(pl.col("whole_tokens") > 0)
    shares: dict[Situation, Shares] = {}
    coarser: dict[Situation, Mapping[str, Any]] = {}
    for length in range(1, len(keys) + 1):
        sums = {
            tuple(row[key] for key in keys[:length]): row
            for row in _sums(told, keys[:length]).iter_rows(named=True)
        }
        coarser = {key: _with_borrowed(own, coarser.get(key[:-1])) for key, own in sums.items()}
        shares |= {key: _shares(row) for key, row in coarser.items()}
    return LossModel(kind, keys, shares)


def _with_borrowed(own: Mapping[str, Any], coarser: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Add the coarser situation's mean call, `BORROWED_CALLS` times."""
    if coarser is None:
        return own
    weight = BORROWED_CALLS / coarser["calls"]
    return {
        name: value + weight * coarser[name] if name.startswith("sum_") else value
        for name, value in own.items()
    }


def _sums(calls: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Sum what the shares are made of, one row a situation."""
    kernel, system, whole = pl.col("read"), pl.col("system_tokens"), pl.col("whole_tokens")
    billed = pl.col("billed_read")
    kept = billed >= kernel
    sums = {
        "kernel": kernel,
        "system": system,
        "fresh": whole - kernel,
        "behind": whole - system,
        "kept": pl.when(kept).then(kernel).otherwise((billed - system).clip(0)),
        "beyond": pl.when(kept).then(billed - kernel).otherwise(0),
        "fallen": pl.when(kept).then(0).otherwise(pl.min_horizontal(billed, system)),
        "shared": pl.min_horizontal(billed, system),
        "further": (billed - system).clip(0),
    }
    return calls.group_by(*keys).agg(
        pl.len().alias("calls"),
        *(value.cast(pl.Float64).sum().alias(f"sum_{name}") for name, value in sums.items()),
    )


def _shares(sums: Mapping[str, Any]) -> Shares:
    if sums["state"] == "continued":
        kept = _ratio(sums["sum_kept"], sums["sum_kernel"])
        whole = min(_ratio(sums["sum_beyond"], sums["sum_fresh"]), kept)
        system = min(_ratio(sums["sum_fallen"], sums["sum_system"]), 1 - kept)
        return _parts(kept - whole, whole, system)
    whole = _ratio(sums["sum_further"], sums["sum_behind"])
    system = max(_ratio(sums["sum_shared"], sums["sum_system"]) - whole, 0.0)
    return _parts(0.0, whole, min(system, 1 - whole))


def _parts(kept: float, whole: float, system: float) -> Shares:
    """Round to whole parts; what is left over reads nothing."""
    parts = [round(share * PARTS) for share in (kept, whole, system)]
    left = PARTS - sum(parts)
    if left < 0:  # three roundings up
        parts[parts.index(max(parts))] += left
    return (parts[0], parts[1], parts[2], max(left, 0))


def _ratio(part: float, whole: float) -> float:
    return min(max(part / whole, 0.0), 1.0) if whole else 0.0


def loss_rates(calls: pl.DataFrame) -> tuple[LossRate, ...]:
    """Count, by occasion, the calls that read less than the kernel's prefix behind the system's."""
    reading = calls.filter(pl.col("state") == "continued")
    counted = reading.group_by("occasion").agg(
        pl.len().alias("calls"), (pl.col("billed_read") < pl.col("read")).sum().alias("lost")
    )
    rows = counted.sort("calls", "occasion", descending=[True, False]).iter_rows()
    return tuple(LossRate(name, n, lost, *_wilson(lost, n)) for name, n, lost in rows)


def _wilson(lost: int, calls: int) -> tuple[Fraction, Fraction]:
    """Score interval of a share (Wilson 1927), in millionths."""
    share, weight = lost / calls, _Z90**2 / calls
    middle = (share + weight / 2) / (1 + weight)
    half = _Z90 * math.sqrt(share * (1 - share) / calls + weight / (4 * calls)) / (1 + weight)
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return Fraction(round(low * 1_000_000), 1_000_000), Fraction(round(high * 1_000_000), 1_000_000)


_Z90 = 1.645
