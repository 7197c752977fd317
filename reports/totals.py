"""The five amounts that every table of the savings report meets in."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import Savings
from reports.numbers import Amount, Unit, amount, apportion, unit_for


@dataclass(frozen=True, slots=True)
class Total:
    """An exact amount and the steps it is printed as."""

    pico: Fraction
    steps: int
    unit: Unit

    @property
    def amount(self) -> Amount:
        """As it is printed."""
        return amount(self.pico, self.unit, self.steps)

    @property
    def step(self) -> Amount:
        """As a step: a saving goes down and a loss up, each with its sign."""
        return amount(-self.pico, self.unit, -self.steps, signed=True)


@dataclass(frozen=True, slots=True)
class Totals:
    """Rounded once, so that billed - saving = after and after - potential = full hold in print."""

    unit: Unit
    billed: Total
    observed: Total
    """The policy as it was, replayed."""
    saving: Total
    after: Total
    potential: Total
    joint: Total
    """Saving of the full policy: saving + potential."""
    full: Total
    """Bill under the full policy."""


def totals_of(savings: Savings) -> Totals:
    """Round bill, saving and joint saving; the rest are their differences."""
    unit = unit_for(savings.billed)
    joint = savings.saving + savings.potential
    billed, saved, together = (unit.steps(pico) for pico in (savings.billed, savings.saving, joint))
    return Totals(
        unit=unit,
        billed=Total(savings.billed, billed, unit),
        observed=Total(savings.observed, unit.steps(savings.observed), unit),
        saving=Total(savings.saving, saved, unit),
        after=Total(savings.after, billed - saved, unit),
        potential=Total(savings.potential, together - saved, unit),
        joint=Total(joint, together, unit),
        full=Total(savings.billed - joint, billed - together, unit),
    )


@dataclass(frozen=True, slots=True)
class Column:
    """Printed parts; they add up to `total` where the exact parts do."""

    steps: tuple[int, ...]
    parts: tuple[Amount, ...]
    total: Amount
    adds: bool


def column(parts: Sequence[Fraction], total: Total) -> Column:
    """Parts of a total that the page also prints elsewhere."""
    adds = sum(parts, Fraction(0)) == total.pico
    unit = total.unit
    steps = apportion(parts, unit, total.steps) if adds else [unit.steps(part) for part in parts]
    printed = tuple(amount(part, unit, shown) for part, shown in zip(parts, steps, strict=True))
    return Column(tuple(steps), printed, total.amount, adds)


def column_alone(parts: Sequence[Fraction], unit: Unit) -> Column:
    """Parts with a total of their own."""
    whole = sum(parts, Fraction(0))
    return column(parts, Total(whole, unit.steps(whole), unit))
