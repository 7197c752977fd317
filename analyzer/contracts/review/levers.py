"""Lever progress in a month: what is live already, and what the accepted policy would add.

Live is exact: billed calls at another tier, and with every prompt token uncached, in the order of
record. Whether answers got shorter or moved to other models needs a frozen baseline to tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import polars as pl

from analyzer import attribution
from analyzer.billing import PriceBasis, bill
from analyzer.contracts.review.months import Days
from analyzer.contracts.review.spending import number_of
from analyzer.policy import Policy
from analyzer.replay import Outcome, Replays
from analyzer.results import LEVERS, NOTHING, Lever, LeverShare, Pico
from analyzer.results.review import LeverProgress, Progress
from analyzer.savings import Examined
from analyzer.savings.ranges import ranged, without
from analyzer.traffic import BUCKETS


def progress(
    examined: Examined,
    days: Days,
    shares: Mapping[str, Fraction],
    before: Days | None = None,
    weeks: Sequence[Days] = (),
) -> Progress:
    """Tell of each lever what it saved and what it could still have saved in these days."""
    study, replays = examined.study, examined.replays
    rows = _billed(examined, days)
    kept = _game(replays, study.policy.accepted(), days, shares)
    full = _game(replays, study.policy, days, shares)
    ordered, more = (attribution.in_order(one, LEVERS) for one in (kept, full))
    live = _live(rows, study.scene.basis, shares)
    of_record = {share.lever: share for share in examined.savings.accepted_levers}
    used = {share.lever for share in examined.savings.levers if share.grade is not None}
    billed = _paid(rows, "pico", shares)
    return Progress(
        prices=examined.savings.prices,
        policy=examined.savings.policy_name,
        billed=billed,
        best=billed - kept[frozenset(LEVERS)],
        levers=tuple(
            _lever(
                of_record[lever], live.get(lever), ordered[lever], more[lever], used=lever in used
            )
            for lever in LEVERS
        ),
        calibrated=examined.savings.calibration.back_test is not None,
        efficiency_before=before and efficiency(examined, before, shares),
        efficiency_by_week=tuple(efficiency(examined, week, shares) for week in weeks),
    )


def workload_worth(
    examined: Examined, days: Days, shares: Mapping[str, Fraction]
) -> dict[str, tuple[Pico, Pico]]:
    """Give each workload's saving with the accepted lines, and what all lines would add."""
    replays, policy = examined.replays, examined.study.policy
    three = (_observed(policy), policy.accepted(), policy)
    observed, kept, full = (_by_workload(replays.cost(one), days, shares) for one in three)
    names = examined.study.scene.workloads
    return {
        name: (
            observed.get(name, NOTHING) - kept.get(name, NOTHING),
            kept.get(name, NOTHING) - full.get(name, NOTHING),
        )
        for name in names
    }


def efficiency(examined: Examined, days: Days, shares: Mapping[str, Fraction]) -> Fraction | None:
    """Spend efficiency of any days: what the accepted policy would have cost over the bill."""
    replays, policy = examined.replays, examined.study.policy
    observed, kept = (
        _month(replays.cost(one), days, shares) for one in (_observed(policy), policy.accepted())
    )
    billed = _paid(_billed(examined, days), "pico", shares)
    return (billed - observed + kept) / billed if billed else None


def caching_spread(examined: Examined, days: Days) -> Pico | None:
    """How far the loss models lie apart in these days, over all caching lines, at list price.

    None where no line was replayed under several models. Only the replays that the savings report's
    own ranges have made are read.
    """
    replays, policy = examined.replays, examined.study.policy
    models = replays.scene.losses
    spreads = []
    for rule in ranged(policy, replays):
        less = without(policy, rule)
        saved = [
            _month(replays.cost(less, one), days, {}) - _month(replays.cost(policy, one), days, {})
            for one in models
        ]
        spreads.append(max(saved) - min(saved))
    return sum(spreads, NOTHING) if spreads else None


def _lever(
    share: LeverShare, live: Pico | None, further: Pico, every: Pico, *, used: bool
) -> LeverProgress:
    """Tell of one lever; `used` is whether the policy has a line of it, accepted or not."""
    assumed = used and share.grade is None
    basis = "its lines rest on assumptions (E5): potential alone" if assumed else share.basis
    return LeverProgress(share.lever, live, further, every - further, share.grade, basis)


def _game(
    replays: Replays, policy: Policy, days: Days, shares: Mapping[str, Fraction]
) -> dict[frozenset[Lever], Pico]:
    """Saving of each subset of levers in these days, each a joint replay of the whole log."""
    observed = _month(replays.cost(_observed(policy)), days, shares)
    return {
        chosen: observed - _month(replays.cost(policy.with_levers(chosen)), days, shares)
        for chosen in attribution.subsets(LEVERS)
    }


def _observed(policy: Policy) -> Policy:
    return replace(Policy.observed(), seeds=policy.seeds)


def _month(outcome: Outcome, days: Days, shares: Mapping[str, Fraction]) -> Pico:
    return sum(_by_workload(outcome, days, shares).values(), NOTHING)


def _by_workload(outcome: Outcome, days: Days, shares: Mapping[str, Fraction]) -> dict[str, Pico]:
    first, last = (number_of(day) for day in days)
    found: dict[str, Pico] = {}
    for (workload, day, model), pico in outcome.cells.items():
        if first <= day <= last:
            left = pico * (1 - shares.get(model, NOTHING))
            found[workload] = found.get(workload, NOTHING) + left / outcome.unit
    return found


def _billed(examined: Examined, days: Days) -> pl.DataFrame:
    first, last = (number_of(day) for day in days)
    priced = pl.col("charged") & pl.col("unpriced").is_null()
    return examined.study.billed.rows.filter(priced & pl.col("day").is_between(first, last))


def _live(
    rows: pl.DataFrame, basis: PriceBasis, shares: Mapping[str, Fraction]
) -> dict[Lever, Pico]:
    """What batch took off standard prices, then what caching took off uncached ones."""
    whole = pl.sum_horizontal(*BUCKETS)
    uncached = rows.with_columns(
        uncached=whole, read=pl.lit(0), write_5m=pl.lit(0), write_1h=pl.lit(0)
    )
    standard = uncached.with_columns(
        tier=pl.when(pl.col("tier") == "batch").then(pl.lit("standard")).otherwise("tier")
    )
    neither, batch, both = (
        _paid(_priced(one, basis), "pico", shares) for one in (standard, uncached, rows)
    )
    return {"batch": neither - batch, "caching": batch - both}


def _priced(rows: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Price rows anew, without fees; one that has no such price keeps what it was billed."""
    bare = rows.drop("unpriced", "pico").with_columns(web_searches=pl.lit(0, pl.Int64))
    return bill(bare, basis).with_columns(pico=pl.coalesce("pico", rows["pico"]))


def _paid(rows: pl.DataFrame, name: str, shares: Mapping[str, Fraction]) -> Pico:
    sums = rows.group_by("model").agg(pl.col(name).cast(pl.Int128).sum())
    return sum(
        (int(pico) * (1 - shares.get(str(model), NOTHING)) for model, pico in sums.iter_rows()),
        NOTHING,
    )
