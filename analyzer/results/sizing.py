"""How offers are sized: what each commit costs, each clause is worth, each rate reserves.

Money is dollars and whole cents, shares are fractions.
"""

from dataclasses import dataclass
from fractions import Fraction


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
