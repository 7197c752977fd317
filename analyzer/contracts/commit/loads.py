"""What an offer by rate would draw on: eligible list-price use of every interval after levers.

Loads are those of the replay under the accepted levers, without growth: a rate is reserved for what
runs, not for what may come. A call loads the interval in which it starts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from analyzer.billing import bill
from analyzer.contracts.commit.history import PICO_PER_USD, Weeks
from analyzer.contracts.commit.offers import RateOffer
from analyzer.policy import Policy
from analyzer.replay import simulate
from analyzer.savings import Study
from analyzer.simulators.losses import NO_LOSSES, PARTS, expected

_US_PER_MINUTE = 60_000_000
_MINUTES_PER_DAY = 1_440


@dataclass(frozen=True, slots=True)
class Timed:
    """Billed events of the weeks: `start_us`, `tier`, `pico` in parts of `unit`."""

    rows: pl.DataFrame
    unit: int


def timed(study: Study, policy: Policy, weeks: Weeks) -> Timed:
    """Bill the replay under a policy event by event; shares are realised by its first seed."""
    scene, model = study.scene, study.scene.losses[0]
    events = simulate(scene, policy, policy.seeds[0])
    parts = 1 if model is NO_LOSSES else PARTS
    counted = events if model is NO_LOSSES else expected(events, model)
    starts = scene.traffic.calls.select("request", "start_us")
    columns = ("day", "start_us", "tier", "pico")
    hidden = study.billed.extras().join(starts, on="request")
    rows = pl.concat(
        [
            bill(counted, scene.basis, parts).select(columns).cast({"pico": pl.Int128}),
            hidden.select(columns).with_columns(pl.col("pico").cast(pl.Int128) * parts),
        ]
    )
    inside = pl.col("day").is_between(weeks.first, weeks.last) & pl.col("start_us").is_not_null()
    return Timed(rows.filter(inside & pl.col("pico").is_not_null()), parts)


def loads(offer: RateOffer, found: Timed, weeks: Weeks) -> list[Fraction]:
    """Give eligible use of every interval of the weeks, USD, idle ones 0, in order of time."""
    first = weeks.first * _MINUTES_PER_DAY * _US_PER_MINUTE
    length = offer.minutes * _US_PER_MINUTE
    sums = (
        found.rows.filter(pl.col("tier").is_in(offer.eligible_service_tiers))
        .group_by(place=(pl.col("start_us") - first) // length)
        .agg(pl.col("pico").sum())
    )
    per_day = _MINUTES_PER_DAY // offer.minutes
    told = [Fraction(0)] * ((weeks.last - weeks.first + 1) * per_day)
    for place, pico in sums.iter_rows():
        # a batch result that is asked again late may start after the last whole week
        if 0 <= place < len(told):
            told[place] = Fraction(int(pico), found.unit * PICO_PER_USD)
    return told


def unseen_tiers(offers: Sequence[RateOffer], found: Timed) -> Iterator[str]:
    """Say which service tiers of an offer no call of the weeks used: a word mistyped, or idle."""
    seen = set(found.rows["tier"].unique())
    for offer in offers:
        for tier in sorted(set(offer.eligible_service_tiers) - seen):
            yield (
                f"{offer.id}: no use of service tier {tier} in these weeks; the weeks have"
                f" {', '.join(sorted(seen))}."
            )
