"""Frozen records of a baseline: counts and exact pico-dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from analyzer.contracts.logged import EVERYTHING, METERS, Covered, Rates, Sku, Span
from analyzer.reconciled import Discount, Verdict
from analyzer.results import Pico

METHOD = "1.1.0"
"""Version of the method of baselines and their verification; it changes when the same inputs would
give other figures."""
Standing = Literal["pass", "fail", "not compared"]
Counts = tuple[tuple[str, int], ...]
"""Requests by value, most first, then by name."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a sufficient baseline."""

    name: str
    standing: Standing
    figure: str
    limit: str


@dataclass(frozen=True, slots=True)
class Unit:
    """What a workload used of one SKU."""

    sku: Sku
    requests: int
    tokens: tuple[int, ...]
    """In the order of METERS."""
    pico: tuple[Pico, ...]
    """At each call's own list price, in the order of METERS."""

    def cached(self) -> frozenset[str]:
        """Which kinds of cached tokens there are."""
        pairs = zip(METERS[1:-1], self.tokens[1:-1], strict=True)
        return frozenset(meter for meter, count in pairs if count)


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload: how much there was of it and the policy as observed."""

    name: str
    requests: int
    sessions: int
    """Calls without a session count as one each."""
    days: int
    """With calls."""
    efforts: Counts
    max_tokens: Counts
    prompts: Counts
    """Keyed hashes of tools and system prompt."""
    lives: Counts
    """Seconds that `cache_control` marks asked for; `none` for calls without a mark."""
    units: tuple[Unit, ...]

    @property
    def bill(self) -> Pico:
        """At list."""
        return sum((sum(unit.pico, Fraction(0)) for unit in self.units), Fraction(0))


@dataclass(frozen=True, slots=True)
class Source:
    """A log file and what the baseline takes from it."""

    connector: str
    sha256: str
    calls: int
    rows_sha256: str
    """Of the normalised rows, sorted by key."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Normalised rows of one day, or of one kind of report."""

    name: str
    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the baseline was made from."""

    method: str
    seed: int
    book_version: str
    book_sha256: str
    policy_sha256: str
    """Of the rules that name workloads."""
    sources: tuple[Source, ...]
    days: tuple[Rows, ...]
    reports: tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Whose traffic is inside; empty where no log says."""

    orgs: tuple[str, ...]
    workspaces: tuple[str, ...]
    keys: tuple[str, ...]
    covered: Covered = EVERYTHING
    """What the contract names; all else of the store is in no figure."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A frozen period."""

    title: str
    span: Span
    excluded: tuple[date, ...]
    """Days inside the period that are in no figure."""
    gates: tuple[Gate, ...]
    boundary: Boundary
    workloads: Mapping[str, Workload]
    rates: Mapping[Sku, Rates]
    """List prices of the last day."""
    discounts: tuple[Discount, ...]
    fees: Pico
    """Web searches, at list."""
    hidden: Pico
    """Iterations billed beside the messages, at list."""
    unpriced: Counts
    """Tokens that no price fits, by reason; in no figure."""
    timeless: int
    """Calls of the whole log that tell no day; in no figure."""
    static_factors: tuple[str, ...]
    """What is taken to stay as it is."""
    reconciliation: Verdict
    coverage: Fraction | None
    manifest: Manifest

    @property
    def counted_days(self) -> int:
        """Days that are in the figures."""
        return self.span.count - len(self.excluded)

    @property
    def indicative(self) -> bool:
        """Whether a gate failed, so that no fee may rest on it."""
        return any(gate.standing == "fail" for gate in self.gates)

    @property
    def bill(self) -> Pico:
        """At list, with fees and hidden iterations."""
        every = sum((one.bill for one in self.workloads.values()), Fraction(0))
        return every + self.fees + self.hidden
