"""Frozen records of a reconciliation: what the logs say against what the vendor says.

Money is `Fraction` pico-dollars, tokens are integers. Verdicts follow the bands below; the three
levels are L0 (logged tokens against the vendor's usage report), L1 (the vendor's tokens at our
price book against the vendor's list amounts) and L2 (the vendor's charges against the invoice).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Verdict = Literal["pass", "warn", "fail", "not compared"]
TOKEN_TYPES = ("uncached", "read", "write_5m", "write_1h", "output")

PASS_BAND = Fraction(5, 1000)
"""Tokens and list prices: passed up to 0.5 % apart."""
WARN_BAND = Fraction(2, 100)
"""Up to 2 % apart: a warning; above it fails."""
INVOICE_BAND = Fraction(1, 1000)
INVOICE_SLACK = Fraction(10**12)
"""An invoice passes when 0.1 % or one dollar apart."""
SMALL_CELL = Fraction(5 * 10**12)
"""A single cell under five dollars is not judged."""
LEAST = Fraction(5, 1000)
"""Charged and list less than 0.5 % apart: rounding, not a discount."""


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison: ours against theirs."""

    level: Literal["L0", "L1", "L2"]
    what: str
    """Such as `2026-09` or `2026-09 output`."""
    unit: Literal["tokens", "pico"]
    low: Fraction
    high: Fraction
    """Ours; low and high differ only where a model is priced by prompt length and the vendor's
    report does not tell it."""
    theirs: Fraction
    verdict: Verdict
    note: str = ""

    @property
    def apart(self) -> Fraction:
        """Theirs less ours; 0 inside our range, else counted from its nearest end."""
        if self.low <= self.theirs <= self.high:
            return Fraction(0)
        return self.theirs - (self.high if self.theirs > self.high else self.low)

    @property
    def share(self) -> Fraction | None:
        """What is apart as a share of theirs; None when theirs is nothing."""
        return self.apart / self.theirs if self.theirs else None


@dataclass(frozen=True, slots=True)
class Gap:
    """One cell in which logs and report differ, valued at list price."""

    day: str
    model: str
    tier: str
    token_type: str
    logged_tokens: int
    reported_tokens: int
    pico: Fraction
    """Reported less logged, at the cell's list price: positive is traffic that the logs miss."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Discount:
    """What is paid for a model as a share off its list price."""

    model: str
    """A model, or `*` for every other one."""
    share: Fraction
    """0.15 for fifteen percent off; below 0 what a report charges above list."""
    source: str
    list_pico: Fraction | None = None
    charged_pico: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what the vendor reports stands in the logs, at list prices."""

    reported: Fraction
    logged: Fraction
    missing: Fraction
    """In cells where the vendor reports more: traffic that the logs miss."""
    beyond: Fraction
    """In cells where the logs hold more: double counting, another organisation, a late report."""
    outside: Fraction
    """Logged on days that the vendor's report does not cover; compared with nothing."""

    @property
    def share(self) -> Fraction | None:
        """Covered dollars; None without a report."""
        return 1 - self.missing / self.reported if self.reported else None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The three-way match of one store with the vendor's reports."""

    matches: tuple[Match, ...]
    """Months, then whole levels by token type."""
    cells: int
    """Cells compared: (day, model, tier, token type)."""
    cells_by_verdict: tuple[tuple[Verdict, int], ...]
    gaps: tuple[Gap, ...]
    """The ten dearest, dearest first."""
    coverage: Coverage | None
    discounts: tuple[Discount, ...]
    sources: tuple[str, ...]
    """Which reports were read."""
    notes: tuple[str, ...]
    """What could not be compared and why."""

    def months(self, level: str) -> tuple[Match, ...]:
        """Give the whole months of a level, without the single token types of L0."""
        own = (match for match in self.matches if match.level == level)
        return tuple(match for match in own if level != "L0" or " " not in match.what)

    @property
    def unexplained(self) -> Fraction | None:
        """Dollars at list that logs and report do not agree on, both ways."""
        return self.coverage.missing + self.coverage.beyond if self.coverage else None


def above_list(found: tuple[Discount, ...]) -> tuple[Discount, ...]:
    """Keep what is charged at least half a percent above the list price; its share is negative."""
    return tuple(one for one in found if one.share <= -LEAST)


def verdict_of(apart: Fraction, theirs: Fraction) -> Verdict:
    """Judge tokens or list dollars by the bands."""
    if not theirs:
        return "fail" if apart else "pass"
    share = abs(apart / theirs)
    return "pass" if share <= PASS_BAND else "warn" if share <= WARN_BAND else "fail"


def invoice_verdict(apart: Fraction, theirs: Fraction) -> Verdict:
    """Judge an invoice: 0.1 % or one dollar."""
    near = abs(apart) <= INVOICE_SLACK or (theirs and abs(apart / theirs) <= INVOICE_BAND)
    return "pass" if near else "fail"
