"""Frozen records of a verification: exact pico-dollars, parts that add up to their totals."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.contracts.commitment import Standing
from analyzer.contracts.fee import Quality
from analyzer.contracts.fee.figures import Source
from analyzer.contracts.logged import Span
from analyzer.contracts.register import Judged
from analyzer.contracts.verification.measures import Measures
from analyzer.contracts.verification.pricing import PriceBasis
from analyzer.contracts.verification.scaling import VolumeBasis
from analyzer.reconciled import Verdict
from analyzer.results import Grade, Lever, Pico


@dataclass(frozen=True, slots=True)
class Saved:
    """What one lever avoided in one workload, in the order of record."""

    workload: str
    source: Source
    avoided: Pico
    """Negative where it cost more."""
    live_since: date
    quality: Quality
    grade: Grade
    method: str

    @property
    def counted(self) -> Pico:
        """Nothing of a gain whose quality gate failed or was not measured; a loss stays."""
        lost = self.quality in ("failed", "not measured") and self.avoided > 0
        return Fraction(0) if lost else self.avoided


@dataclass(frozen=True, slots=True)
class LeverSaving:
    """One lever over all workloads."""

    lever: Lever
    in_order: Pico
    """The number of record."""
    fair: Pico
    first_in: Pico
    last_in: Pico


@dataclass(frozen=True, slots=True)
class BuildUp:
    """One step from the baseline's bill to the adjusted baseline."""

    name: str
    amount: Pico


@dataclass(frozen=True, slots=True)
class Basis:
    """The same savings on another basis; the contract's is the one that counts."""

    price: PriceBasis
    volume: VolumeBasis
    adjusted: Pico
    avoided: Pico
    """Both without signed adjustments."""


@dataclass(frozen=True, slots=True)
class Cash:
    """What a contract asks for use: under a commit, avoided use may save nothing."""

    before: Pico
    """As the baseline would have sent it; under a commit since the period before."""
    after: Pico
    """As it was."""
    source: str
    """The contract and its file."""
    standing: Standing | None = None
    """The commit after the period's last day; None where none is signed."""

    @property
    def avoided(self) -> Pico:
        """Cash that was not paid."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Verification:
    """One reporting period against the baseline."""

    title: str
    baseline_sha256: str
    baseline_span: Span
    baseline_days: int
    """Of the span, without excluded ones."""
    span: Span
    price_basis: PriceBasis
    volume_basis: VolumeBasis
    baseline_bill: Pico
    build_up: tuple[BuildUp, ...]
    """Adds up from the baseline's bill to the adjusted baseline."""
    adjusted: Pico
    """With signed adjustments, unlogged usage and all that is the same on both sides."""
    actual: Pico
    levers: tuple[LeverSaving, ...]
    """In the order of record; adds up to the avoided cost without price and adjustments."""
    remark: str
    """Stands beside first-in and last-in where they do not add up."""
    saved: tuple[Saved, ...]
    """By workload; adds up to the avoided cost."""
    unchanged: Pico
    """Billed, and the same on both sides: fees, hidden iterations, workloads without baseline."""
    unlogged: Pico
    """Billed and in no log; on both sides."""
    blackout: Pico
    """Billed while a lever was being rolled out; on neither side."""
    born: tuple[str, ...]
    """Workloads without a baseline: no savings."""
    retired: tuple[str, ...]
    """Workloads of the baseline without traffic: no savings."""
    cash: Cash | None
    """None where the contract does not tell it."""
    no_cash: str
    """Why not; empty where it does."""
    bases: tuple[Basis, ...]
    judged: Judged | None
    """Entries of the register; None without one."""
    own_cost: Pico
    uncertainty: Pico
    """Standard uncertainty of the avoided cost, from the calibrated ratios."""
    savings_uncertainty: Fraction | None
    """Half-width at 90 % as a share of the savings; None where it is not known."""
    grade: Grade
    """Weakest evidence among the savings."""
    reconciliation: Verdict
    signed: bool
    indicative: tuple[str, ...]
    """Gates that the baseline failed: no fee rests on it."""
    notes: tuple[str, ...]
    """What is not counted and why."""
    measures: Measures
    """What the ratios, gates and rollouts rest on."""

    @property
    def avoided(self) -> Pico:
        """Economic avoided cost."""
        return self.adjusted - self.actual

    @property
    def counted(self) -> Pico:
        """Avoided cost without gains whose quality gate did not hold."""
        return sum((one.counted for one in self.saved), Fraction(0))
