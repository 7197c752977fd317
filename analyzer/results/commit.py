"""What a page prints about a commit: simulated figures in whole cents with their own error."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analyzer.reconciled import Reconciliation
from analyzer.results.amounts import Grade, Lever
from analyzer.results.ledger import Ledger
from analyzer.results.register import Adjustment, Registered
from analyzer.results.sizing import Estimate, LookBack, PoolSizing, RateSizing, RecentUse, Trend

Copy = Literal["own", "vendor"]
"""Whose page it is: the vendor's lacks what would weaken the buyer in the room."""


@dataclass(frozen=True, slots=True)
class WeekUse:
    """Billed use of one week of the history, at list price."""

    first_day: dt.date
    usd: Fraction


@dataclass(frozen=True, slots=True)
class WorkloadUse:
    """What one workload used in the history, at list price."""

    name: str
    label: str
    usd: Fraction


@dataclass(frozen=True, slots=True)
class LeverStep:
    """One lever of one workload that the demand counts on, worth what it adds to those before."""

    lever: Lever
    workload: str
    grade: Grade
    """Weakest evidence among its lines."""
    named: bool
    """Whether an `[[adoption]]` names it; the others are taken as live when the first term starts.
    """
    earliest: dt.date
    latest: dt.date
    share: float
    """Mean saving as a share of the workload's billed use in the weeks of the history."""
    share_sd: float
    saved_usd: Fraction
    """Saving over the weeks of the history."""
    least_usd: Fraction
    most_usd: Fraction
    """Least and greatest of it under the loss models that pass the back-test."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A lever of a workload that the demand does not count on, and why."""

    lever: Lever
    workload: str
    why: str


@dataclass(frozen=True, slots=True)
class MonthNeed:
    """List-price use of one month of the term over the paths."""

    month: dt.date
    before_p10_cents: int
    before_p50_cents: int
    before_p90_cents: int
    after_p10_cents: int
    after_p50_cents: int
    after_p90_cents: int


@dataclass(frozen=True, slots=True)
class TierRow:
    """A tier as offered."""

    cost_usd: Fraction
    discount: Fraction


@dataclass(frozen=True, slots=True)
class Offered:
    """What a vendor offers, as the file says it."""

    id: str
    description: str
    provider: str | None
    category: str
    start: dt.date
    end: dt.date
    """Exclusive."""
    months: int
    tiers: tuple[TierRow, ...]
    clauses: tuple[tuple[str, str], ...]
    """Clause and wording."""


@dataclass(frozen=True, slots=True)
class SizedOffer:
    """A pool offer with its answer, or in the vendor's copy with what may be told of it."""

    offered: Offered
    interval_months: int
    counts_at: str
    need: tuple[MonthNeed, ...]
    need_before: Estimate
    """List-price use of the whole term without levers, not discounted."""
    need_after: Estimate
    need_p10_cents: int
    """Of the term's use after the levers."""
    need_p90_cents: int
    commit_usd: Fraction
    """Of an interval, as the offer counts it; 0 is no commit."""
    discount: Fraction
    sizing: PoolSizing | None
    """None in the vendor's copy."""
    look_back: LookBack
    look_back_discount: Fraction
    """At which it looks back, overage at list price."""
    recent: RecentUse | None
    """The chosen commit against the last days; None in the vendor's copy."""

    @property
    def gain_cents(self) -> int | None:
        """What the chosen commit spares against none, present value of the term."""
        if self.sizing is None:
            return None
        return self.sizing.uncommitted.cost.cents - self.sizing.chosen.cost.cents


@dataclass(frozen=True, slots=True)
class SizedRate:
    """An offer by rate with its answer."""

    offered: Offered
    minutes: int
    eligible: tuple[str, ...]
    sizing: RateSizing | None
    """None in the vendor's copy."""
    duration: tuple[tuple[Fraction, Fraction], ...]
    rate: Fraction

    @property
    def interval(self) -> str:
        """What one interval is called."""
        named = {1: "minute", 60: "hour", 1_440: "day"}
        return named.get(self.minutes, f"{self.minutes} minutes")


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one assumption does to the expected cost under the recommended commit."""

    what: str
    used: str
    low: str
    high: str
    low_cents: int
    """Change of the expected cost at `low`, against the assumption as used."""
    high_cents: int
    low_short: Fraction
    high_short: Fraction


@dataclass(frozen=True, slots=True)
class Stress:
    """One thing that goes wrong on the first day of the term, under one offer's commit."""

    risk: str
    effect: str
    offer_id: str
    commit_usd: Fraction
    unused_cents: int
    unused_before_cents: int
    """The same without the risk."""
    short_share: Fraction


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to ask of the vendor, or to keep."""

    kind: Literal["ask", "keep", "condition"]
    words: str
    reason: str
    worth: Estimate | None
    """What it is worth over the term; None for a condition, and in the vendor's copy."""


@dataclass(frozen=True, slots=True)
class Negotiation:
    """Everything that sizing a commit prints."""

    title: str
    copy: Copy
    first_day: dt.date
    """Of the whole weeks that demand is drawn from."""
    last_day: dt.date
    prices: str
    price_book: str
    weeks: tuple[WeekUse, ...]
    workloads: tuple[WorkloadUse, ...]
    trend: Trend | None
    """None where a week had no use."""
    steps: tuple[LeverStep, ...]
    left_out: tuple[LeftOut, ...]
    offers: tuple[SizedOffer, ...]
    rates: tuple[SizedRate, ...]
    recommended: str | None
    """The offer whose commit spares most a month; None where no commit is cheaper."""
    sensitivity: tuple[Sensitivity, ...]
    stresses: tuple[Stress, ...]
    asks: tuple[Ask, ...]
    """Dearest first; in the vendor's copy by their words."""
    rule: str
    """How the buyer chooses among commits, in words; empty in the vendor's copy."""
    assumptions: tuple[Registered, ...]
    adjustments: tuple[Adjustment, ...] | None
    """Entries of the register that touch the history; None without a register."""
    warnings: tuple[str, ...]
    ledger: Ledger
    reconciliation: Reconciliation | None
    """Of the whole log; None where no report of the vendor was read."""
    paths: int
    seed: int
    policy_name: str
    method: str
    manifest: str

    @property
    def better_rate(self) -> SizedRate | None:
        """The rate that spares more each month than the recommended pool, if one does."""
        best = self.best
        least = Fraction(best.gain_cents or 0, best.offered.months) if best else Fraction(0)
        found = [
            (Fraction(one.sizing.term.gain_cents, one.offered.months), one)
            for one in self.rates
            if one.sizing is not None and one.sizing.term is not None
        ]
        gain, rate = max(found, key=lambda each: each[0], default=(Fraction(0), None))
        return rate if gain > least else None

    @property
    def best(self) -> SizedOffer | None:
        """The recommended offer."""
        return next((one for one in self.offers if one.offered.id == self.recommended), None)
