"""Frozen records that the gainshare page reads: counts and exact sums, ratios as properties.

Money is `Fraction` pico-dollars. Days are ISO, UTC, both ends inclusive.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.reconciled import Verdict
from analyzer.results.amounts import NOTHING, Grade, Lever, Pico
from analyzer.results.baseline import Frozen, Named, TriggerRow


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
    papers: tuple[Named, ...]
    """Files that the comparison was made by, each with its SHA-256."""
    command: str
    """What repeats this page."""
