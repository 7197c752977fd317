"""Frozen records that the monthly spend review reads: counts and exact sums, ratios as properties.

Money is `Fraction` pico-dollars, as paid where a discount is known and at list where none is; each
call at the price of its own day, but for the levers, which stand at the savings report's prices.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analyzer.reconciled import Discount, Reconciliation
from analyzer.results.amounts import NOTHING, Grade, Lever, Pico
from analyzer.results.billed import Unpriced
from analyzer.results.ledger import Ledger
from analyzer.results.register import Adjustment, Registered, Topic


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row, both inclusive, UTC, ISO."""

    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class Units:
    """What unit costs of some days are made of."""

    name: str
    """A month such as `2026-10`, or the Monday of a week."""
    days: Stretch
    requests: int
    """Charged and priced."""
    cost: Pico
    at_list: Pico
    sessions: int
    """Distinct ones that the log names."""
    session_cost: Pico
    """Cost of the requests that name one."""
    uncached: int
    read: int
    written: int
    output: int
    batch_cost: Pico
    truncated: int
    """Answers that ran into their cap (`max_tokens`)."""
    ended: int
    """Answers whose stop reason the log tells."""
    untold: int
    """Answers whose end is in no log: their client did not write it down, so they are no waste."""
    wasted_cost: Pico
    """Of charged retries, and of streamed answers whose end never came."""
    retried: int | None
    """Charged requests that are retries; None where no source of the whole log tells of one."""

    @property
    def per_request(self) -> Pico | None:
        """Cost of a request."""
        return self.cost / self.requests if self.requests else None

    @property
    def per_session(self) -> Pico | None:
        """Cost of a session."""
        return self.session_cost / self.sessions if self.sessions else None

    @property
    def per_mtok(self) -> Pico | None:
        """Blended price of a million tokens, all kinds together."""
        tokens = self.prompt + self.output
        return self.cost * 10**6 / tokens if tokens else None

    @property
    def prompt(self) -> int:
        """All input tokens."""
        return self.uncached + self.read + self.written

    @property
    def read_share(self) -> Fraction | None:
        """Cache reads over all input tokens."""
        return _ratio(self.read, self.prompt)

    @property
    def payback(self) -> Fraction | None:
        """Tokens read for each token written to the cache."""
        return _ratio(self.read, self.written)

    @property
    def batch_share(self) -> Fraction | None:
        """Cost of batch calls over all cost."""
        return self.batch_cost / self.cost if self.cost else None

    @property
    def truncation_share(self) -> Fraction | None:
        """Answers that ran into their cap."""
        return _ratio(self.truncated, self.ended)

    @property
    def waste_share(self) -> Fraction | None:
        """Cost of retries and unfinished answers over all cost; None where nothing tells them."""
        told = self.ended > 0 or self.retried is not None
        return self.wasted_cost / self.cost if self.cost and told else None

    @property
    def saved_rate(self) -> Fraction | None:
        """Effective savings rate (ESR): what the discount takes off the list price."""
        return 1 - self.cost / self.at_list if self.at_list else None


def _ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


@dataclass(frozen=True, slots=True)
class Step:
    """One factor of the bridge."""

    factor: str
    in_order: Pico
    fair_share: Pico


@dataclass(frozen=True, slots=True)
class MixStep:
    """What part of the workload mix workloads that start, end or go on make up."""

    group: Literal["new", "retired", "continuing"]
    workloads: tuple[str, ...]
    in_order: Pico
    fair_share: Pico


@dataclass(frozen=True, slots=True)
class Crossing:
    """From the days of the month before to the days of this one: steps add up exactly."""

    before_days: Stretch
    after_days: Stretch
    before: Pico
    after: Pico
    steps: tuple[Step, ...]
    """Nine factors in the order of record, then fees."""
    mix: tuple[MixStep, ...]
    """These add up to the step of the workload mix."""
    remark: str
    """What stands beside the cross-check: why there is none, or empty."""
    whole: bool
    """Whether both are whole months."""


@dataclass(frozen=True, slots=True)
class Mover:
    """One workload's part of the change; its three parts add up to it exactly."""

    workload: str
    label: str
    before: Pico | None
    """None where the days before are not compared; then there is no change either."""
    after: Pico
    volume_and_mix: Pico
    """Requests; all of a workload that starts or ends."""
    model: Pico
    other: Pico
    """Lengths, mode, cache, prices, discount and fees."""

    @property
    def change(self) -> Pico | None:
        """After less before."""
        return None if self.before is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class OddDay:
    """One day that stands out from the same weekday of the eight weeks before."""

    day: str
    what: str
    """`all workloads`, or one of them."""
    billed: Pico
    usual: Pico
    impact: Pico
    score: str
    """Robust z with one decimal; empty where every earlier day was alike."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened on a day and needs no statistics."""

    day: str
    where: str
    """`all workloads`, or one of them."""
    what: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What was looked at for anomalies, and what was found."""

    odd_days: tuple[OddDay, ...]
    events: tuple[Event, ...]
    judged: int
    """Days of the month that have at least four earlier days of their weekday."""
    unjudged: int


@dataclass(frozen=True, slots=True)
class LeverProgress:
    """One lever in this month, at the savings report's prices."""

    lever: Lever
    live: Pico | None
    """Saved already; None where only a frozen baseline could tell."""
    further: Pico
    """Saving of the accepted lines, in order of record."""
    potential: Pico
    """Further saving with the assumed lines (E5)."""
    grade: Grade | None
    """Of `further`; None where the policy does not use the lever."""
    basis: str

    @property
    def score(self) -> Fraction | None:
        """Live over live and further: how much of what is achievable is done."""
        if self.live is None or self.live + self.further <= 0:
            return None
        return max(self.live, NOTHING) / (self.live + self.further)


@dataclass(frozen=True, slots=True)
class Progress:
    """Levers in this month: what is live, what the accepted policy would add."""

    prices: str
    """`logged`, or the day whose prices are used."""
    policy: str
    billed: Pico
    """The month at these prices."""
    best: Pico
    """The month under the accepted policy."""
    levers: tuple[LeverProgress, ...]
    calibrated: bool
    """Whether the replay is back-tested."""
    efficiency_before: Fraction | None = None
    """Spend efficiency of the days compared with; None where there are none."""
    efficiency_by_week: tuple[Fraction | None, ...] = ()
    """Spend efficiency of each whole week of the review."""

    @property
    def efficiency(self) -> Fraction | None:
        """Spend efficiency: best over billed; 1 where nothing accepted is left to do."""
        return self.best / self.billed if self.billed else None

    @property
    def score(self) -> Fraction | None:
        """Live over live and further, of the levers whose live saving is known."""
        known = [one for one in self.levers if one.live is not None]
        live = sum((max(one.live or NOTHING, NOTHING) for one in known), NOTHING)
        whole = live + sum((one.further for one in known), NOTHING)
        return live / whole if whole > 0 else None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a month will land."""

    month: str
    as_of: str
    """Last day that counts as told."""
    to_date: Pico
    low: Pico
    """P10."""
    expected: Pico
    high: Pico
    """P90."""
    budget: Pico | None
    burn: Fraction | None
    """Spent over what the budget allows to date."""
    weights: str
    """What the weekday weights come from."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a commit ends under one assumption."""

    what: str
    a_day: Pico
    at_end: Pico
    """Left over where positive, paid beyond it where negative."""
    used_up: str
    """Day on which it is used up; empty where that lies beyond its end."""


@dataclass(frozen=True, slots=True)
class BurnDown:
    """A commit and what is left of it."""

    amount: Pico
    first_day: str
    last_day: str
    used: Pico
    """To `as_of`."""
    as_of: str
    source: str
    endings: tuple[Ending, ...]

    @property
    def left(self) -> Pico:
        """What is still to be used."""
        return self.amount - self.used


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, and what it is worth in this month where that can be told."""

    what: str
    workload: str
    lever: Lever | None
    worth: Pico | None
    grade: Grade | None
    why: str
    topic: Topic = "lever"
    owner: str = ""
    """Empty where nobody is named."""
    due: str = ""
    """ISO; empty where no day is set."""
    overdue: bool = False
    """Whether that day lies before the last day that the log tells."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """How cost finds its owner, in this order: a tag's, a key's, a workspace's, nobody's."""

    tag: Pico
    key: Pico
    workspace: Pico
    nobody: Pico


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the monthly spend review prints."""

    title: str
    month: str
    """Such as `2026-10`."""
    whole: bool
    """Whether the log tells the whole month."""
    units: Units
    """Of the month, as far as told."""
    before: Units | None
    """Of the days of the month before that it is compared with."""
    weeks: tuple[Units, ...]
    """Whole weeks, Monday to Sunday, the last eight that the log tells."""
    crossing: Crossing | None
    not_compared: str
    """Why there is no bridge; empty where there is one."""
    movers: tuple[Mover, ...]
    """Largest change first; without a bridge, largest bill first and nothing before."""
    watch: Watch
    progress: Progress
    forecast: Forecast | None
    no_forecast: str
    """Why none; empty where there is one."""
    burn_down: BurnDown | None
    actions: tuple[Action, ...]
    allocation: Allocation
    discounts: tuple[Discount, ...]
    price_book: str
    reconciliation: Reconciliation | None
    """Of the whole log."""
    unpriced: tuple[Unpriced, ...]
    """In this month; in no figure."""
    timeless: int
    """Charged requests of the log that tell no day."""
    ledger: Ledger
    assumptions: tuple[Registered, ...]
    adjustments: tuple[Adjustment, ...] | None
    """Entries of the register that touch the days compared; None without a register."""
    warnings: tuple[str, ...]
    method: str
    manifest: str
    command: str
    """What repeats this page."""
