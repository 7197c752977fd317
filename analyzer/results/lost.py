"""Reads that missed: what they cost, and why."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.amounts import NOTHING, Pico


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
