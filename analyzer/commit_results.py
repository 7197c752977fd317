"""What a page prints about a commit: simulated figures in whole cents with their own error."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analyzer.reconciled import Reconciliation
from analyzer.register_results import Adjustment, Registered
from analyzer.results import Grade, Ledger, Lever

Copy = Literal["own", "vendor"]
"""Whose page it is: the vendor's lacks what would weaken the buyer in the room."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A simulated mean."""

    cents: int
    error_cents: int
    """Standard error of the mean: what other seeds would move it by."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One commit and what the term costs under it, present value."""

    offer_id: str
    commit_usd: Fraction
    """Full commit of an interval, as the offer counts it; 0 is no commit."""
    discount: Fraction
    cost: Estimate
    p10_cents: int
    p50_cents: int
    p90_cents: int
    cvar95_cents: int
    """Mean of the dearest 5 % of paths."""
    short_paths: int
    """Paths on which some commit paid for no use, topped-up months among them."""
    paths: int
    unused_cents: int
    """Mean commit that paid for no use: unused at an interval's end, or a month topped up."""
    committed_cents: int

    @property
    def short_share(self) -> Fraction:
        """Chance of a shortfall."""
        return Fraction(self.short_paths, self.paths)

    @property
    def utilisation(self) -> Fraction | None:
        """Part of the commit that use draws; none without a commit."""
        if not self.committed_cents:
            return None
        return 1 - Fraction(self.unused_cents, self.committed_cents)


@dataclass(frozen=True, slots=True)
class WalkAway:
    """The worst terms that are no worse than the best alternative; None where none are."""

    against: str | None
    """Offer that is the alternative; None is paying by use, without a commit."""
    least_discount: Fraction | None
    """Smallest discount at the chosen commit, to a hundredth of a per cent. It is above what is
    offered where the alternative is the better offer."""
    largest_commit_usd: Fraction | None
    """Largest candidate at the offer's discounts that costs less than the alternative."""
    least_discount_against_none: Fraction | None
    largest_commit_against_none_usd: Fraction | None
    """The same two against no commit at all."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What changing one clause does to the best that can be signed."""

    clause: str
    offered: str
    changed: str
    worth: Estimate
    """Fall of expected cost when the clause is changed and the commit chosen anew."""
    worth_p10_cents: int
    worth_p90_cents: int


@dataclass(frozen=True, slots=True)
class LeverCash:
    """Cash that one lever spares under one commit, given the levers before it."""

    lever: str
    workload: str
    commit_usd: Fraction
    total: Estimate
    monthly_cents: tuple[int, ...]
    """They add up to the total."""
    economic: Estimate
    """What the spared use is worth at the discount of its interval, commit or not."""


@dataclass(frozen=True, slots=True)
class OptimiseFirst:
    """Commit sized before the levers against commit sized after them, levers in force."""

    sized_before_usd: Fraction
    sized_after_usd: Fraction
    cost_sized_before: Estimate
    cost_sized_after: Estimate
    cost_uncommitted: Estimate
    lever_cash_sized_before: Estimate
    """What all levers spare in cash under the commit that was sized without them."""
    lever_cash_sized_after: Estimate
    tier_before: Fraction
    """Discount of the highest tier that mean use of the fullest interval fills without levers."""
    tier_after: Fraction


@dataclass(frozen=True, slots=True)
class PoolSizing:
    """The whole answer for one pool offer."""

    offer_id: str
    curve: tuple[Candidate, ...]
    """Cost against commit, no commit first."""
    chosen: Candidate
    gap_cents: int
    """No commit that is short rarely enough is cheaper than the chosen by more than this."""
    uncommitted: Candidate
    walk_away: WalkAway
    value_of_waiting: Estimate
    """What knowing the term's use in advance would spare."""
    clauses: tuple[Clause, ...]
    levers: tuple[LeverCash, ...]
    optimise_first: OptimiseFirst


@dataclass(frozen=True, slots=True)
class LookBack:
    """What look-back tools would answer from the last thirty days, list-price use a day."""

    stable: Fraction
    """Continuous floor: the smallest day."""
    optimal: Fraction
    """The fractile of the thirty days."""
    recent: Fraction
    """The fractile of the last three days."""

    @property
    def guarded(self) -> Fraction:
        """The lower of the two, so that a recent drop is not committed over."""
        return min(self.optimal, self.recent)

    @property
    def dropped(self) -> bool:
        """Whether the last three days ask for less than the thirty."""
        return self.recent < self.optimal


@dataclass(frozen=True, slots=True)
class Trend:
    """Monthly logarithmic growth of use over the weeks of the history."""

    monthly: float
    error: float
    """Its standard error, weeks taken as independent."""


@dataclass(frozen=True, slots=True)
class RecentUse:
    """A commit against the level of the last days."""

    days: int
    """The last week or the last three days, whichever was lower."""
    level: float
    """Their use as a part of what the drawn weeks take for the same weekdays at the log's end."""
    short_cents: int
    """Commit of all intervals that mean need at that level would leave unused."""


@dataclass(frozen=True, slots=True)
class RateTerm:
    """A rate over its term on the drawn paths, present value."""

    rate: Fraction
    """List-price use to reserve in each interval, USD; 0 is no reservation."""
    commit_usd: Fraction
    """The same as invoiced."""
    discount: Fraction
    cost: Estimate
    """Of all eligible use of the term."""
    p10_cents: int
    p50_cents: int
    p90_cents: int
    cvar95_cents: int
    uncommitted: Estimate
    """The same use without a reservation."""
    dearer_share: Fraction
    """Part of the paths on which the reservation costs more than none."""
    utilisation: Fraction | None
    """Part of the reserved use that is drawn; none without a reservation."""
    duration: tuple[tuple[Fraction, Fraction, Fraction, Fraction], ...]
    """Load-duration curve: share of intervals, and the load they stay at or below at the P10, P50
    and P90 of the paths' mean level."""

    @property
    def gain_cents(self) -> int:
        """What the reservation is expected to spare."""
        return self.uncommitted.cents - self.cost.cents


@dataclass(frozen=True, slots=True)
class RateSizing:
    """The answer for one offer by rate: exact on the weeks of the history, and over the term."""

    offer_id: str
    intervals: int
    rate: Fraction
    """List-price use to reserve in each interval, USD."""
    commit_usd: Fraction
    """The same as invoiced."""
    discount: Fraction
    cost: Fraction
    unreserved: Fraction
    duration: tuple[tuple[Fraction, Fraction], ...]
    """Load-duration curve: share of intervals, and the load they stay at or below."""
    term: RateTerm | None = None
    """Over the term, with growth, the levers' days and all else that demand is drawn with."""

    @property
    def saving(self) -> Fraction:
        """USD spared over the intervals."""
        return self.unreserved - self.cost


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
