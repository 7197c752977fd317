"""Frozen records that reports read: counts and exact sums, no rounding, no prices.

Money is `Fraction` pico-dollars (1e-12 USD), so that a Shapley part (a multiple of 1/24) and a
mean over seeds stay exact. A saving is positive when the replayed policy is cheaper. Ratios are
properties.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from analyzer.reconciled import Discount, Reconciliation

Pico = Fraction
NOTHING = Pico(0)
Lever = Literal["output", "routing", "batch", "caching"]
LEVERS: tuple[Lever, ...] = ("output", "routing", "batch", "caching")
"""The four levers in their order of record; the serving effect is not among them."""
Grade = Literal["E1", "E2", "E3", "E4", "E5"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Lines set apart for one reason."""

    kind: Literal["aside", "unbilled", "fault"]
    """aside: holds no call; unbilled: an error or a synthetic line; fault: could not be read."""
    reason: str
    lines: int


@dataclass(frozen=True, slots=True)
class Merged:
    """Calls that the same sources tell, each counted once."""

    connectors: str
    """Such as `litellm + messages`."""
    calls: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where every line went: `lines == kept + repeats + rejected`."""

    files: int
    file_bytes: int
    lines: int
    kept: int
    repeats: int
    reasons: tuple[Reason, ...]
    merged: tuple[Merged, ...] = ()
    """Calls that several sources tell; `kept` counts each once, the other lines are repeats."""
    usage_like: int = 0
    """Lines at fault that look like usage: what they tell is in no figure."""

    @property
    def rejected(self) -> int:
        """Lines that became no call, for any reason."""
        return sum(reason.lines for reason in self.reasons)

    @property
    def balanced(self) -> bool:
        """Whether every line is accounted for."""
        return self.lines == self.kept + self.repeats + self.rejected


@dataclass(frozen=True, slots=True)
class Buckets:
    """Sums of tokens by billed kind."""

    uncached: int
    read: int
    write_5m: int
    write_1h: int
    output: int

    @property
    def prompt(self) -> int:
        """All input tokens."""
        return self.uncached + self.read + self.write_5m + self.write_1h


@dataclass(frozen=True, slots=True)
class ModelBill:
    """What one model billed at the report's prices."""

    model: str
    requests: int
    tokens: Buckets
    billed: Pico


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Traffic that no price of the book fits; it stands in no total."""

    what: str
    """For example `model gpt-5.6-sol` or `tier flex`."""
    requests: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Subset:
    """One of the 16 joint replays of the full policy."""

    levers: tuple[Lever, ...]
    bill: Pico
    saving: Pico


@dataclass(frozen=True, slots=True)
class LeverShare:
    """What one lever is worth beside the others."""

    lever: Lever
    in_order: Pico
    """Added in the order of record; these four sum to the joint saving."""
    fair_share: Pico
    """Shapley value; these four sum to the joint saving exactly."""
    alone: Pico
    """First-in; alone values do not add."""
    added_last: Pico
    """Last-in."""
    grade: Grade | None
    """Weakest evidence among the lever's lines; None when the policy does not use it."""
    basis: str
    """What the evidence is, or why the lever is not used."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change for one workload, as the policy states it."""

    lever: Lever
    change: str
    """What a developer would do, in words."""
    grade: Grade
    basis: str
    accepted: bool
    """Grade E4 or better: stands in the headline. Otherwise it is potential."""
    risk: Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class WorkloadResult:
    """One workload before and after; workloads are named W01.. by dollars, then first request."""

    name: str
    label: str
    """For a person: application, main model, how it was recognised."""
    requests: int
    visibility: str
    billed: Pico
    saving: Pico
    """With the accepted lines only."""
    potential: Pico
    """Further saving with every line of the policy: joint(all) - joint(accepted)."""
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day: billed, replayed under the observed policy, and left after the levers."""

    day: str
    billed: Pico
    observed: Pico
    after: Pico


@dataclass(frozen=True, slots=True)
class Gap:
    """Replayed observed policy against the bill, for one group of calls (input tokens only)."""

    group: str
    calls: int
    billed: Buckets
    replayed: Buckets
    billed_cost: Pico
    replayed_cost: Pico
    exact_calls: int
    """Calls whose four input buckets all came out equal."""
    near_calls: int
    """Calls whose input cost came out within 1 %."""

    @property
    def error(self) -> Fraction:
        """Relative error of the replayed input cost; positive when the replay is dearer."""
        if not self.billed_cost:
            return Fraction(0)
        return (self.replayed_cost - self.billed_cost) / self.billed_cost


@dataclass(frozen=True, slots=True)
class Half:
    """A replay whose loss model was fitted on some sessions, against the bill of the others."""

    what: str
    """Such as `random halves` or `later half` (the half that was predicted)."""
    fitted_calls: int
    calls: int
    """Calls that were predicted."""
    error: Fraction
    """Of the input cost, by the mean estimator; positive when the replay is dearer."""
    half_width: Fraction
    """Half of the 90 % interval printed with it."""
    point_error: Fraction
    """Of the input cost, by the point estimator."""
    read_error: Fraction
    """Of tokens read."""
    write_error: Fraction
    """Of tokens written, whatever their life."""
    by_life: tuple[tuple[int, Fraction], ...]
    """Error of the input cost by the life that the calls' marks had, seconds."""
    by_model: tuple[tuple[str, Fraction], ...]
    by_workload: tuple[tuple[str, Fraction], ...]
    exact_calls: int
    """Calls whose reads came out to the token, by the point estimator."""
    near_calls: int
    """Calls whose reads came out within 1 % of the prompt."""
    unlogged_calls: int
    """Calls that read more than any logged call had cached: an unlogged call wrote the rest."""
    session_errors: tuple[Fraction, ...]
    """Sizes of the error of each session of at least ten calls, smallest first."""

    @property
    def inside(self) -> bool:
        """Whether the bill lies inside the printed interval."""
        return abs(self.error) <= self.half_width

    @property
    def between_lives(self) -> Fraction | None:
        """Largest less smallest error by life; None where calls of one life alone have marks."""
        errors = [error for life, error in self.by_life if life]
        return max(errors) - min(errors) if len(errors) > 1 else None


@dataclass(frozen=True, slots=True)
class LossRate:
    """How often calls that should have read their prefix read less, over the whole log."""

    occasion: str
    """`user` or `tool`: who spoke last; `unknown` where nothing tells."""
    calls: int
    lost: int
    low: Fraction
    high: Fraction
    """Ends of the 90 % interval of the share (Wilson 1927), calls taken as independent."""


@dataclass(frozen=True, slots=True)
class ModelTest:
    """One loss model on both chronological halves."""

    name: str
    earlier: Fraction
    """Error on the earlier half, fitted on the later."""
    later: Fraction
    """Error on the later half, fitted on the earlier."""

    @property
    def worst(self) -> Fraction:
        """The larger of both errors, without its sign."""
        return max(abs(self.earlier), abs(self.later))


@dataclass(frozen=True, slots=True)
class BackTest:
    """How far the replay is from bills it was not fitted to."""

    model: str
    """Loss model of the mean estimator."""
    sessions: int
    halves: tuple[Half, ...]
    """Seeded random halves of the sessions."""
    chronological: tuple[Half, ...]
    """The later half predicted from the earlier, and the earlier from the later."""
    models: tuple[ModelTest, ...]
    rates: tuple[LossRate, ...] = ()

    @property
    def mean_error(self) -> Fraction:
        """Mean error over the random halves."""
        return sum((half.error for half in self.halves), Fraction(0)) / len(self.halves)

    @property
    def inside(self) -> int:
        """Random halves whose bill lies inside the printed interval."""
        return sum(half.inside for half in self.halves)

    @property
    def between_lives(self) -> Fraction | None:
        """How far errors of calls with different lives lie apart, on average over random halves.

        A saving by another life is a difference between lives; None where the log shows one alone.
        """
        apart = [half.between_lives for half in self.halves if half.between_lives is not None]
        return sum(apart, Fraction(0)) / len(apart) if apart else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the replay of the observed policy is from the bill."""

    total: Gap
    """Every call that could be replayed, the log's first hour too."""
    after_burn_in: Gap
    """Without the log's first hour, in which the replay's cache fills."""
    by_model: tuple[Gap, ...]
    by_ttl: tuple[Gap, ...]
    by_workload: tuple[Gap, ...]
    not_replayed_calls: int
    """Calls without prompt structure or in batch: carried as billed on both sides."""
    seeded_calls: int
    """Calls that read an entry nobody in the log wrote; it is taken as live under every policy."""
    burn_in_calls: int
    """Calls of the log's first hour."""
    back_test: BackTest | None = None
    """None where too few sessions are there to halve."""
    loss_models: tuple[str, ...] = ("none",)
    """Those that passed the back-test; the first is that of every printed mean."""

    @property
    def note(self) -> str:
        """What a reader must know of it, in a sentence."""
        if self.back_test is None:
            return (
                "Too few sessions to halve the log: the replay is compared with the bill it was "
                "anchored on, losses that no log explains are not fitted, and cache savings are "
                "uncalibrated. A replay that meets a bill in total does not prove what another "
                "cache setting would have cost."
            )
        tested = f"{float(self.back_test.mean_error):+.2%} on average over random halves"
        if self.loss_models == ("none",) and self.back_test.model != "none":
            return f"No fitted loss model passes the back-test ({tested}): cache savings are open."
        inside = f"{self.back_test.inside} of {len(self.back_test.halves)}"
        return (
            f"Back-tested: {tested}, {inside} inside the printed interval. Cache savings are "
            f"replayed under each loss model that passed: {', '.join(self.loss_models)}."
        )


@dataclass(frozen=True, slots=True)
class ServingLine:
    """Latency of one workload before and after speculative decoding; the invoice does not move."""

    workload: str
    kind: str
    """Kind of text the speed-up is drawn for."""
    source: str
    """Provenance tags of the run-lengths and of the pass costs."""
    calls: int
    """Calls whose log carries the times this needs."""
    p50_before_ms: int
    p50_after_ms: int
    p95_before_ms: int
    p95_after_ms: int
    newly_inside: int | None
    """Calls that newly meet the workload's objective; None when the policy names none."""
    objective_ms: int | None
    room: str
    """What the shorter wait would allow; its dollars come only through the levers."""
    histogram_edges_ms: tuple[int, ...]
    histogram_before: tuple[int, ...]
    histogram_after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LoadLine:
    """What load does to the speed-up of the kinds of text that draw from the same run-lengths."""

    kinds: tuple[str, ...]
    """Kinds of which these are the own run-lengths."""
    borrowed_by: tuple[str, ...]
    """Kinds that have none of their own."""
    source: str
    """Provenance tags of the run-lengths and of the pass costs."""
    speed_ups: tuple[tuple[int, Fraction], ...]
    """(calls decoded together, mean speed-up); below 1 every call gets slower."""


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """The one way faster answers touch dollars: callers who wait for them ask again sooner."""

    room: Pico
    """sim(observed) - sim(observed, with the starts that faster answers allow); in no saving."""
    low: Pico
    high: Pico
    """Least and greatest room under the loss models that pass."""
    moved_calls: int
    """Calls that would start at another time."""
    lanes: int
    """Sessions and subagents whose calls wait for each other."""
    earlier_ms: int
    """Median of how much earlier moved calls start; negative when later."""


@dataclass(frozen=True, slots=True)
class SoldSpeed:
    """Calls for which the vendor sold speed (`speed: fast`), priced at each call's own day."""

    calls: int
    billed: Pico
    at_standard: Pico
    """The same tokens at standard speed."""
    unpriced: tuple[Unpriced, ...]
    """Fast calls that lack one of both prices; they stand in neither sum."""

    @property
    def premium(self) -> Pico:
        """What speed itself cost."""
        return self.billed - self.at_standard


@dataclass(frozen=True, slots=True)
class Predictions:
    """Tokens that clients predicted (OpenAI-style usage): rejected ones are billed as output."""

    calls: int
    """Calls whose usage tells of predicted tokens."""
    accepted: int
    rejected: int
    cost: Pico
    """Rejected tokens at the model's output price of the call's own day."""
    unpriced: tuple[Unpriced, ...]
    """Rejected tokens of models without a price."""
    other_lines: int
    """Lines of other makers' models that tell of rejected predictions; they are in no bill here."""


@dataclass(frozen=True, slots=True)
class OutsideTheClaim:
    """Where latency does move money: computed where the log tells of it."""

    sold_speed: SoldSpeed
    predictions: Predictions
    own_hardware_lines: int
    """Lines of calls to servers of one's own: billed in GPU hours, which no log tells."""


@dataclass(frozen=True, slots=True)
class Serving:
    """The serving effect: latency only."""

    lines: tuple[ServingLine, ...]
    source: str
    """Provenance tags of run-lengths and pass costs, what is borrowed, and the load assumed."""
    invoice_change: Pico
    """Always zero: computed as a difference of bills, not written down."""
    calls_compared: int
    """Calls billed before and after, each with its own."""
    calls_changed: int
    """Of these, calls whose bill differs: none, or the replay has a defect."""
    largest_change: Pico
    """Greatest difference of one call's bill, without its sign."""
    load: tuple[LoadLine, ...]
    """Speed-ups by load: they fall with it and can turn into a loss."""
    batch: int
    """Concurrent calls that the waits assume."""
    left_calls: int
    """Calls without the times or tokens this needs, left as they are."""
    gpu_evidence: str
    """`device, date`, or `none: ..`."""
    outside: OutsideTheClaim
    closed_loop: ClosedLoop | None
    """None where no caller's waiting shows in the log."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One statement the result rests on."""

    id: str
    statement: str
    value: str
    source: str
    mark: Literal["measured", "replayed", "assumed"]


@dataclass(frozen=True, slots=True)
class Foresight:
    """What some levers could save if every later call were known, and what the policy saves."""

    levers: tuple[Lever, ...]
    room: Pico
    """Saving that no policy with these levers exceeds (`docs/bound.md`)."""
    saving: Pico
    """The policy's saving with these levers alone, on the most likely path."""
    captured: Fraction | None
    """Share of the room; None where there is none."""


@dataclass(frozen=True, slots=True)
class Paid:
    """One model's bill at list and as paid."""

    model: str
    share: Pico
    """What is off the list price; 0.15 for fifteen percent."""
    at_list: Pico
    paid: Pico


@dataclass(frozen=True, slots=True)
class Effective:
    """The report's figures with the negotiated discount taken off, and where it is known from."""

    discounts: tuple[Discount, ...]
    models: tuple[Paid, ...]
    """Models of the bill, dearest first."""
    billed: Pico
    observed: Pico
    saving: Pico
    potential: Pico

    @property
    def after(self) -> Pico:
        """The projected bill as paid."""
        return self.billed - self.saving


@dataclass(frozen=True, slots=True)
class LostLine:
    """What one workload paid again for one reason: prompt text that an earlier call had sent."""

    workload: str
    reason: str
    calls: int
    written: int
    """Tokens paid as cache writes."""
    uncached: int
    """Tokens paid as plain input."""
    lost: Pico
    """What they cost less what reading them would have cost."""
    told: int
    """Calls whose reason is the vendor's own word."""
    advice: str
    """What a developer would do about it."""

    @property
    def tokens(self) -> int:
        """All tokens paid again."""
        return self.written + self.uncached


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Calls of which nothing can be said, or that had nothing to lose."""

    why: str
    calls: int
    tokens: int
    """Input tokens that were not read from the cache."""


@dataclass(frozen=True, slots=True)
class ToldMiss:
    """A call whose vendor names another reason than ours."""

    call: str
    """Its message id, or request id."""
    workload: str
    told: str
    ours: str
    tokens: int


@dataclass(frozen=True, slots=True)
class LostCache:
    """Money lost to reads that missed: the lines sum to the total exactly."""

    lines: tuple[LostLine, ...] = ()
    """Dearest first."""
    total: Pico = NOTHING
    calls: int = 0
    """Calls that could be judged."""
    input_cost: Pico = NOTHING
    """What their input cost."""
    first_sight: Pico = NOTHING
    """Paid for text that no earlier call had sent: growth, not loss."""
    unjudged: tuple[Unjudged, ...] = ()
    told_calls: int = 0
    """Calls whose vendor names a cause (`diagnostics.cache_miss_reason`)."""
    agreed_calls: int = 0
    """Of these, calls for which our own search found the same."""
    open_calls: int = 0
    """Of these, calls for which our own search found no cause."""
    differing: tuple[ToldMiss, ...] = ()
    """Of these, the others."""

    @property
    def agreement(self) -> Fraction | None:
        """Share of the calls with two causes whose causes agree; None without such calls."""
        both = self.agreed_calls + len(self.differing)
        return Fraction(self.agreed_calls, both) if both else None


@dataclass(frozen=True, slots=True)
class Savings:
    """Everything the savings report prints."""

    title: str
    """Whose traffic, as the user named it; `Claude traffic` by default."""
    first_day: str
    last_day: str
    requests: int
    prices: str
    """`logged`, or the date whose list prices both sides use."""
    price_book: str
    """Version line of the book."""
    billed: Pico
    """Priced usage of the period, at the report's prices."""
    observed: Pico
    """The observed policy, replayed."""
    saving: Pico
    """sim(observed) - sim(accepted lines)."""
    potential: Pico
    """joint(all lines) - joint(accepted lines); graded E5."""
    vendor_change: Pico | None
    """Bill at the report's prices minus bill at each request's date; None with logged prices."""
    subsets: tuple[Subset, ...]
    """16 joint replays of the full policy."""
    levers: tuple[LeverShare, ...]
    """Attribution of joint(all lines)."""
    accepted_levers: tuple[LeverShare, ...]
    """Attribution of the headline saving."""
    workloads: tuple[WorkloadResult, ...]
    models: tuple[ModelBill, ...]
    unpriced: tuple[Unpriced, ...]
    uncharged_requests: int
    lower_bound_requests: int
    """Calls whose output the log leaves unfinished: the bill is at least this."""
    days: tuple[Day, ...]
    calibration: Calibration
    ledger: Ledger
    serving: Serving
    assumptions: tuple[Assumption, ...]
    method: str
    """Method version."""
    manifest: str
    """SHA-256 of inputs, book, policy, method and seeds."""
    policy_name: str
    seeds: tuple[int, ...]
    warnings: tuple[str, ...]
    """What a careful reader must know, each in a sentence."""
    effective: Effective | None = None
    """None where no discount is known: then list dollars are all there is."""
    reconciliation: Reconciliation | None = None
    """None where no report of the vendor was read."""
    lost: LostCache = field(default_factory=LostCache)
    foresight: tuple[Foresight, ...] = ()
    """Each lever alone, then all together."""

    @property
    def after(self) -> Pico:
        """The projected bill: billed minus saving."""
        return self.billed - self.saving
