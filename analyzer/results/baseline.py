"""A frozen baseline as the gainshare page tells it."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.reconciled import Discount, Verdict
from analyzer.results.amounts import Pico


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
    only_workspaces: tuple[str, ...]
    """What the contract covers; empty where it is all of them."""
    only_workloads: tuple[str, ...]
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
    untrusted: tuple[str, ...]
    """Why the signatures are not those of the trusted keys; empty where nothing is amiss."""
    both_signed: bool
    """By two parties, and by the trusted keys where some are asked."""

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
