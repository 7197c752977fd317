"""Frozen records of a bridge, for a page to print: exact pico-dollars, parts that add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.attribution import Attribution
from analyzer.contracts.bridge.factors import Factor
from analyzer.results import Pico


@dataclass(frozen=True, slots=True)
class MixBar:
    """What part of the workload mix workloads that start or end make up."""

    workloads: tuple[str, ...]
    in_order: Pico
    fair: Pico


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The logarithmic mean split (LMDI), beside ours for bills in which no cell starts or ends."""

    parts: Mapping[Factor, Fraction]
    """Rounded to whole pico-dollars; empty where it says nothing."""
    why_not: str
    """Why there are no parts; empty where there are."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one period's bill to the next, pico-dollars.

    `attribution.parts` and `fees` add up to `after - before` exactly, in order and as fair shares.
    """

    before_days: tuple[date, date]
    after_days: tuple[date, date]
    before: Pico
    after: Pico
    """Bills with fees."""
    attribution: Attribution[Factor]
    """Nine parts in the order of record."""
    new: MixBar
    retired: MixBar
    continuing: MixBar
    """These three add up to the workload mix."""
    fees: Pico
    """After less before of what is charged for other things than tokens."""
    check: CrossCheck

    @property
    def difference(self) -> Pico:
        """What the bridge spans."""
        return self.after - self.before
