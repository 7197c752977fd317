"""L0: logged tokens against the vendor's usage report, by cell and by month; coverage and gaps."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from analyzer.reconciled import SMALL_CELL, TOKEN_TYPES, Coverage, Gap, Match, Verdict, verdict_of
from analyzer.reconciliation.cells import CELL, DAY_US, day_of, month_of

_MOST_GAPS = 10
_SMALL: Verdict = "not compared"
_EVERY = "all"
"""Stands where a report was not grouped by a column."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Logs and report, joined cell by cell over the days that the report covers."""

    joined: pl.DataFrame
    """day, model, tier, token_type, logged, reported (tokens) and pico a token (null: no price)."""
    outside: Fraction
    """List dollars logged on other days."""


def sides(logged: pl.DataFrame, reported: pl.DataFrame, usage: pl.DataFrame) -> Sides:
    """Join both; a column that the report was not grouped by is dropped from the logs too."""
    first, after = _days(usage)
    inside = pl.col("day").is_between(first, after, closed="left")
    ungrouped = [name for name in ("model", "tier") if usage[name].null_count() == len(usage)]
    ours = _collapsed(logged.filter(inside), ungrouped)
    theirs = _collapsed(reported, ungrouped)
    if _coarse(usage):
        ours, theirs = _monthly(ours), _monthly(theirs)
    joined = ours.join(theirs, on=CELL, how="full", suffix="_theirs", coalesce=True)
    rate = pl.coalesce(
        pl.col("low_theirs") // pl.col("tokens_theirs"), pl.col("low") // pl.col("tokens")
    )
    return Sides(
        joined.select(
            *CELL,
            logged=pl.col("tokens").fill_null(0),
            reported=pl.col("tokens_theirs").fill_null(0),
            rate=rate.cast(pl.Int64),
        ).sort(CELL),
        Fraction(int(logged.filter(~inside)["low"].cast(pl.Int128).sum() or 0)),
    )


def months(found: Sides) -> tuple[Match, ...]:
    """Compare each month's tokens, in total and by type."""
    named = found.joined.with_columns(month=month_of())
    matches = []
    for (month,), rows in named.group_by("month", maintain_order=True):
        matches.append(_match(str(month), rows))
        for kind in TOKEN_TYPES:
            own = rows.filter(pl.col("token_type") == kind)
            if len(own):
                matches.append(_match(f"{month} {kind}", own))
    return tuple(matches)


def gaps(found: Sides) -> tuple[Gap, ...]:
    """Give the ten dearest differences, dearest first."""
    every = [_gap(row) for row in found.joined.iter_rows(named=True)]
    apart = [gap for gap in every if gap.logged_tokens != gap.reported_tokens]
    ordered = sorted(apart, key=lambda gap: (-abs(gap.pico), gap.day, gap.model, gap.token_type))
    return tuple(ordered[:_MOST_GAPS])


def verdicts(found: Sides) -> tuple[tuple[Verdict, int], ...]:
    """Count cells by verdict; cells under five dollars are not judged."""
    order: tuple[Verdict, ...] = ("pass", "warn", "fail", "not compared")
    every = [_gap(row).verdict for row in found.joined.iter_rows(named=True)]
    return tuple((verdict, every.count(verdict)) for verdict in order)


def coverage(found: Sides) -> Coverage:
    """Value both sides at list price: what the logs cover, miss, and hold beyond the report."""
    rate = pl.col("rate").fill_null(0).cast(pl.Int128)
    more = (pl.col("reported") - pl.col("logged")).clip(lower_bound=0).cast(pl.Int128)
    less = (pl.col("logged") - pl.col("reported")).clip(lower_bound=0).cast(pl.Int128)
    sums = found.joined.select(
        reported=(pl.col("reported") * rate).sum(),
        logged=(pl.col("logged") * rate).sum(),
        missing=(more * rate).sum(),
        beyond=(less * rate).sum(),
    ).row(0, named=True)
    return Coverage(
        **{name: Fraction(int(value)) for name, value in sums.items()}, outside=found.outside
    )


def _days(usage: pl.DataFrame) -> tuple[int, int]:
    first, after = usage.select(
        pl.col("start_us").min() // DAY_US,
        (pl.col("end_us").max() - 1) // DAY_US + 1,
    ).row(0)
    return int(first), int(after)


def _coarse(usage: pl.DataFrame) -> bool:
    width = usage.select((pl.col("end_us") - pl.col("start_us")).max()).item()
    return int(width) > DAY_US


def _collapsed(cells: pl.DataFrame, ungrouped: list[str]) -> pl.DataFrame:
    if not ungrouped:
        return cells
    everything = cells.with_columns(pl.lit(_EVERY).alias(name) for name in ungrouped)
    return _added(everything)


def _monthly(cells: pl.DataFrame) -> pl.DataFrame:
    first = pl.from_epoch("day", time_unit="d").dt.month_start().dt.epoch("d").cast(pl.Int32)
    return _added(cells.with_columns(day=first))


def _added(cells: pl.DataFrame) -> pl.DataFrame:
    told = pl.col("low").is_not_null().all()
    return cells.group_by(CELL).agg(
        pl.col("tokens").sum(),
        low=pl.when(told).then(pl.col("low").sum()),
        high=pl.when(told).then(pl.col("high").sum()),
    )


def _match(what: str, rows: pl.DataFrame) -> Match:
    ours, theirs = Fraction(int(rows["logged"].sum())), Fraction(int(rows["reported"].sum()))
    return Match("L0", what, "tokens", ours, ours, theirs, verdict_of(theirs - ours, theirs))


def _gap(row: dict[str, Any]) -> Gap:
    rate = Fraction(row["rate"] or 0)
    apart = row["reported"] - row["logged"]
    small = max(row["reported"], row["logged"]) * rate < SMALL_CELL
    judged = verdict_of(Fraction(apart), Fraction(row["reported"]))
    return Gap(
        day=day_of(row["day"]).isoformat(),
        model=row["model"] or "not told",
        tier=row["tier"] or "not told",
        token_type=row["token_type"],
        logged_tokens=row["logged"],
        reported_tokens=row["reported"],
        pico=apart * rate,
        verdict=_SMALL if small else judged,
    )
