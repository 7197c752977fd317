"""What the savings report prints. A saving is positive when the replayed policy is cheaper."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from analyzer.reconciled import Reconciliation
from analyzer.results.amounts import Grade, Lever, Pico
from analyzer.results.billed import Effective, ModelBill, Unpriced
from analyzer.results.calibration import Calibration
from analyzer.results.ledger import Ledger
from analyzer.results.lost import LostCache
from analyzer.results.serving import Serving


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
