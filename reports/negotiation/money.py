"""Money of the negotiation page: cents of the simulation and exact dollars in one printed unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.commit import Negotiation
from analyzer.results.sizing import Estimate
from reports.numbers import PICO_PER_USD, Amount, Unit, amount, apportion, unit_for

PICO_PER_CENT = PICO_PER_USD // 100


@dataclass(frozen=True, slots=True)
class Money:
    """Prints every amount of the page in one unit."""

    unit: Unit

    def cents(self, cents: int, *, signed: bool = False) -> Amount:
        """Print whole cents."""
        return amount(pico_of(cents), self.unit, signed=signed)

    def usd(self, usd: Fraction) -> Amount:
        """Print exact dollars."""
        return amount(usd * PICO_PER_USD, self.unit)

    def known(self, one: Estimate) -> tuple[Amount, Amount]:
        """Print a simulated mean and its own error."""
        return self.cents(one.cents), self.cents(one.error_cents)

    def apart(self, greater: int, less: int) -> Amount:
        """Print a difference of cents as that of the two amounts as they are printed."""
        steps = self.unit.steps(pico_of(greater)) - self.unit.steps(pico_of(less))
        return amount(pico_of(greater - less), self.unit, steps)

    def parts(self, picos: Sequence[Fraction]) -> tuple[list[Amount], Amount]:
        """Print parts that add up to their printed total."""
        steps = apportion(picos, self.unit)
        total = sum(picos, Fraction(0))
        printed = [amount(pico, self.unit, n) for pico, n in zip(picos, steps, strict=True)]
        return printed, amount(total, self.unit, sum(steps))


def money_of(found: Negotiation) -> Money:
    """Give the unit that the greatest mean need of a term asks for."""
    needs = [pico_of(one.need_before.cents) for one in found.offers]
    billed = sum((week.usd for week in found.weeks), Fraction(0)) * PICO_PER_USD
    return Money(unit_for(max([billed, *needs])))


def pico_of(cents: int) -> Fraction:
    """Turn whole cents into pico-dollars."""
    return Fraction(cents) * PICO_PER_CENT


def fine(usd: Fraction) -> Amount:
    """Print an amount of a day or an interval in its own unit: it stands in no sum."""
    return amount(usd * PICO_PER_USD, unit_for(usd * PICO_PER_USD))
