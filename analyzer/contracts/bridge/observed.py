"""A bridge's period from logged traffic, with what it leaves out by name.

A meter's price is the mean over the period of what was billed on it, so that the bill is exact
where a price moved within the period or depends on a prompt's length; a workload's own bill is then
as exact as its calls are like the others of that model and mode.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis, by_meter
from analyzer.contracts.bridge.periods import Cell, Period, Priced
from analyzer.results import Unpriced
from analyzer.traffic import BUCKETS, Traffic, Usage

_METERS = (*BUCKETS, "output")
_CELL = ("workload", "model", "mode")
_SERVED = ("tier", "speed", "geo")
_EPOCH = date(1970, 1, 1)
NO_WORKLOAD = "no workload"


@dataclass(frozen=True, slots=True)
class Observed:
    """A period as logged."""

    period: Period
    unpriced: tuple[Unpriced, ...]
    """Charged traffic of these days that the book has no price for; in no figure."""
    timeless: int
    """Charged requests of the whole log that tell no day; in no period."""


def observed(
    used: Usage | Traffic,
    days: tuple[date, date],
    basis: PriceBasis,
    discount: Fraction = Fraction(0),
    discounts: Mapping[str, Fraction] | None = None,
) -> Observed:
    """Sum the charged traffic of some days up, both inclusive, UTC."""
    rows = _rows(used)
    first, last = ((day - _EPOCH).days for day in days)
    inside = pl.col("day").is_between(first, last)
    billed = by_meter(rows.filter(inside), basis)
    priced = billed.filter(pl.col("unpriced").is_null())
    own = dict(discounts or {})
    cells, prices = _cells(priced)
    requests = priced.group_by("workload").agg(pl.col("request").n_unique())
    counts = {str(name): int(count) for name, count in requests.sort("workload").iter_rows()}
    period = Period(*days, counts, cells, prices, discount, own, fees=_fees(priced, discount, own))
    timeless = rows.filter(pl.col("day").is_null() & ~pl.col("extra"))
    return Observed(period, _unpriced(billed), len(timeless))


def _rows(used: Usage | Traffic) -> pl.DataFrame:
    """One row a charged message or hidden iteration."""
    workload = pl.col("workload").fill_null(NO_WORKLOAD)
    mode = pl.concat_str(_SERVED, separator=", ", ignore_nulls=True)
    columns = ("request", "day", *_SERVED, *_METERS)
    messages = used.calls.filter("charged").select(
        *columns, workload, "web_searches", model="name", extra=pl.lit(value=False)
    )
    names = used.calls.select("request", workload)
    extras = used.extras.join(names, on="request", how="left", maintain_order="left").select(
        *columns,
        "workload",
        web_searches=pl.lit(0, pl.Int64),
        model="name",
        extra=pl.lit(value=True),
    )
    rows = pl.concat([messages, extras])
    return rows.with_columns(
        pl.col(*_METERS, "web_searches").fill_null(0),
        mode=mode,
        prompt=pl.sum_horizontal(*BUCKETS),
    )


def _cells(priced: pl.DataFrame) -> tuple[tuple[Cell, ...], dict[Priced, Fraction]]:
    sums = priced.group_by(_CELL).agg(
        pl.col(*_METERS, *(f"{meter}_pico" for meter in _METERS)).cast(pl.Int128).sum()
    )
    cells: list[Cell] = []
    billed: dict[Priced, list[int]] = {}
    for row in sums.sort(_CELL).iter_rows(named=True):
        workload, model, mode = (str(row[name]) for name in _CELL)
        for meter in _METERS:
            tokens = int(row[meter])
            if tokens:
                cells.append(Cell(workload, model, mode, meter, tokens))
                both = billed.setdefault((model, mode, meter), [0, 0])
                both[0] += int(row[f"{meter}_pico"])
                both[1] += tokens
    return tuple(cells), {key: Fraction(pico, tokens) for key, (pico, tokens) in billed.items()}


def _fees(priced: pl.DataFrame, discount: Fraction, own: Mapping[str, Fraction]) -> Fraction:
    sums = priced.group_by("model").agg(pl.col("web_searches_pico").sum())
    return sum(
        (int(pico) * (1 - own.get(str(model), discount)) for model, pico in sums.iter_rows()),
        Fraction(0),
    )


def _unpriced(billed: pl.DataFrame) -> tuple[Unpriced, ...]:
    lost = (
        billed.filter(pl.col("unpriced").is_not_null())
        .group_by("unpriced")
        .agg(requests=pl.col("request").n_unique(), tokens=pl.sum_horizontal(*_METERS).sum())
    )
    rows = lost.sort("tokens", "unpriced", descending=[True, False]).iter_rows()
    return tuple(Unpriced(str(why), int(count), int(tokens)) for why, count, tokens in rows)
