"""Frozen records that the gainshare page reads: counts and exact sums, ratios as properties.

Money is `Fraction` pico-dollars. Days are ISO, UTC, both ends inclusive.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.reconciled import Discount, Verdict
from analyzer.results import NOTHING, Grade, Lever, Pico


@dataclass(frozen=True, slots=True)
class Named:
    """A name and what stands for it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class GateRow:
    """One condition of a sufficient baseline."""

    name: str
    standing: str
    """`pass`, `fail` or `not compared`."""
    figure: str
    limit: str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One workload and its settings as observed."""

    workload: str
    requests: int
    sessions: int
    days: int
    models: str
    efforts: str
    max_tokens: str
    lives: str
    prompts: int
    """Different hashes of tools and system prompt."""
    at_list: Pico


@dataclass(frozen=True, slots=True)
class UnitRate:
    """What one workload used of one model and mode."""

    workload: str
    model: str
    mode: str
    requests: int
    tokens: int
    at_list: Pico

    @property
    def per_request(self) -> Pico | None:
        """List cost of a request."""
        return self.at_list / self.requests if self.requests else None

    @property
    def per_mtok(self) -> Pico | None:
        """Blended list price of a million tokens."""
        return self.at_list * 10**6 / self.tokens if self.tokens else None


@dataclass(frozen=True, slots=True)
class ListPrice:
    """List prices of the baseline's last day."""

    model: str
    mode: str
    per_mtok: tuple[Pico, ...]
    """In the order of `Frozen.meters`."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature beside the baseline."""

    signer: str
    fingerprint: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Frozen:
    """The baseline as its file holds it."""

    sha256: str
    method: str
    first_day: str
    last_day: str
    days: int
    """Counted ones."""
    excluded: tuple[str, ...]
    gates: tuple[GateRow, ...]
    orgs: tuple[str, ...]
    workspaces: tuple[str, ...]
    keys: tuple[str, ...]
    policies: tuple[PolicyRow, ...]
    """Dearest first."""
    rates: tuple[UnitRate, ...]
    """By workload in the same order."""
    meters: tuple[str, ...]
    prices: tuple[ListPrice, ...]
    at_list: Pico
    """Workloads, fees and hidden iterations."""
    fees: Pico
    hidden: Pico
    unpriced: tuple[tuple[str, int], ...]
    """Tokens by reason; in no figure."""
    timeless: int
    """Calls without a day; in no figure."""
    static_factors: tuple[str, ...]
    reconciliation: Verdict
    coverage: Fraction | None
    discounts: tuple[Discount, ...]
    book_version: str
    book_sha256: str
    policy_sha256: str
    seed: int
    inputs: tuple[Named, ...]
    """Log files and reports with the SHA-256 of what was taken."""
    signatures: tuple[Signed, ...]
    both_signed: bool

    @property
    def failed(self) -> tuple[str, ...]:
        """Gates that make the baseline indicative."""
        return tuple(gate.name for gate in self.gates if gate.standing == "fail")


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """One kind of adjustment that may be entered."""

    name: str
    detection: str
    treatment: str
    sides: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of a fee statement."""

    name: str
    formula: str
    inputs: tuple[str, ...]
    value: Pico


@dataclass(frozen=True, slots=True)
class Statement:
    """One period's fee."""

    period: str
    refused: tuple[str, ...]
    """Why nothing is invoiced."""
    basis: str
    document: str
    """`invoice`, `credit note`, `nothing due` or `refused`."""
    lines: tuple[FeeLine, ...]
    due: Pico
    paid: Pico
    """Over all periods so far, with this one."""

    def line(self, name: str) -> Pico | None:
        """Value of a line; None where the statement stops before it."""
        return next((one.value for one in self.lines if one.name == name), None)


@dataclass(frozen=True, slots=True)
class FeeRules:
    """Fee terms as agreed, and what they make of round figures."""

    terms: tuple[Named, ...]
    least_grade: Grade
    most_uncertainty: Fraction
    example: Statement
    """Worked on the baseline's own bill and an assumed saving: an illustration, no forecast."""
    example_share: Fraction
    """Of the adjusted baseline that the example assumes saved."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the baseline's bill to the adjusted baseline."""

    name: str
    amount: Pico


@dataclass(frozen=True, slots=True)
class LeverWorth:
    """One lever over all workloads."""

    lever: Lever
    in_order: Pico
    fair_share: Pico
    alone: Pico
    added_last: Pico
    grade: Grade | None
    """Weakest of its lines; None where it saved nothing."""


@dataclass(frozen=True, slots=True)
class SavedRow:
    """What one source avoided in one workload."""

    workload: str
    source: str
    """A lever, `price` or `adjustment`."""
    avoided: Pico
    counted: Pico
    """Without a gain whose quality gate did not hold."""
    live_since: str
    quality: str
    grade: Grade
    method: str


@dataclass(frozen=True, slots=True)
class BasisRow:
    """The savings on another basis, without adjustments."""

    price: str
    volume: str
    adjusted: Pico
    avoided: Pico
    contract: bool
    """Whether this is the basis that counts."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the register."""

    name: str
    trigger: str
    first_day: str
    last_day: str
    amount: Pico
    standing: str
    rule: str
    """Why it stands so; empty where it is accepted."""
    method: str = ""
    raised: str = ""
    """By whom and on which day."""
    signed_by: tuple[str, ...] = ()
    evidence: Named | None = None
    """File and SHA-256."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """Something that was measured or rolled out, as the parties' file of measures tells it."""

    kind: str
    workload: str
    lever: Lever
    told: str
    evidence: Named | None
    """File and SHA-256; none for a rollout."""


@dataclass(frozen=True, slots=True)
class CommitSoFar:
    """A signed commit after a period's last day, with the use of its term on both sides."""

    amount: Pico
    first_day: str
    last_day: str
    as_of: str
    days: int
    """Of the term so far."""
    term_days: int
    overage_factor: Fraction
    """Asked for a dollar of use beyond the commit, which is counted at the committed rate."""
    due: Pico
    """The commit's part for the days so far."""
    used: Pico
    """After the committed discount."""
    otherwise: Pico
    """As the baseline would have sent it."""
    cost: Pico
    """Asked for what was used, the commit counted for the days so far."""
    cost_otherwise: Pico
    left: Pico
    shortfall: Pico
    """At the pace so far."""
    shortfall_otherwise: Pico
    """At the baseline's."""

    @property
    def avoided(self) -> Pico:
        """Cash since the term began."""
        return self.cost_otherwise - self.cost


@dataclass(frozen=True, slots=True)
class Cash:
    """What a contract asks for a period's use, on both sides."""

    before: Pico
    """As the baseline would have sent it."""
    after: Pico
    source: str
    commit: CommitSoFar | None
    """None where none is signed."""

    @property
    def avoided(self) -> Pico:
        """Cash that was not paid."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Verified:
    """One reporting period against the baseline."""

    first_day: str
    last_day: str
    price_basis: str
    volume_basis: str
    baseline_bill: Pico
    steps: tuple[Step, ...]
    """From the baseline's bill to the adjusted baseline."""
    adjusted: Pico
    actual: Pico
    levers: tuple[LeverWorth, ...]
    """In the order of record."""
    remark: str
    saved: tuple[SavedRow, ...]
    """Add up to the avoided cost."""
    unchanged: Pico
    unlogged: Pico
    blackout: Pico
    born: tuple[str, ...]
    retired: tuple[str, ...]
    cash: Cash | None
    """None where the contract does not tell it."""
    no_cash: str
    """Why not; empty where it does."""
    bases: tuple[BasisRow, ...]
    entries: tuple[EntryRow, ...]
    own_cost: Pico
    uncertainty: Pico
    savings_uncertainty: Fraction | None
    grade: Grade
    reconciliation: Verdict
    notes: tuple[str, ...]
    measures: tuple[MeasureRow, ...] = ()

    @property
    def days(self) -> int:
        """How many."""
        return (date.fromisoformat(self.last_day) - date.fromisoformat(self.first_day)).days + 1

    @property
    def avoided(self) -> Pico:
        """Economic avoided cost."""
        return self.adjusted - self.actual

    @property
    def counted(self) -> Pico:
        """Avoided cost without gains whose quality gate did not hold."""
        return sum((one.counted for one in self.saved), NOTHING)

    @property
    def disputed(self) -> Pico:
        """Amounts of disputed entries, whichever way they go."""
        own = (abs(one.amount) for one in self.entries if one.standing == "disputed")
        return sum(own, NOTHING)


@dataclass(frozen=True, slots=True)
class Gainshare:
    """Everything the gainshare page prints."""

    title: str
    parties: tuple[str, ...]
    """From the register; empty without one."""
    term: tuple[str, str] | None
    """First and last day of the contract."""
    frozen: Frozen
    triggers: tuple[TriggerRow, ...]
    routine: tuple[Named, ...]
    """What is computed and cannot be entered."""
    fee_rules: FeeRules | None
    """None without terms."""
    periods: tuple[Verified, ...]
    """Oldest first; none for the baseline report."""
    statements: tuple[Statement, ...]
    """One a period; none without terms, or where no fee may rest on the baseline."""
    no_fee: str
    """Why there are no statements; empty where there are."""
    command: str
    """What repeats this page."""
