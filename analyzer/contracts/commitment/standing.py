"""A commit as it stands on a day: what is used, what is left, and where the pace so far leads."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.contracts.commitment.settling import Settlement
from analyzer.results import NOTHING, Pico


@dataclass(frozen=True, slots=True)
class Standing:
    """Use since the term's first day, as it was and as the baseline would have sent it."""

    rule: Settlement
    as_of: date
    used: Pico
    """After the committed discount."""
    otherwise: Pico

    @property
    def elapsed(self) -> Fraction:
        """The term's days so far, as a share."""
        term = self.rule.commitment
        return Fraction((self.as_of - term.first_day).days + 1, term.days)

    @property
    def due(self) -> Pico:
        """The commit's part for the days so far."""
        return self.rule.due(self.as_of)

    @property
    def cost(self) -> Pico:
        """What is asked for the use so far, the commit counted for the days so far."""
        return self.rule.cost(self.used, self.as_of)

    @property
    def cost_otherwise(self) -> Pico:
        """What would be asked for the baseline's."""
        return self.rule.cost(self.otherwise, self.as_of)

    @property
    def left(self) -> Pico:
        """Of the commit."""
        return max(self.rule.commitment.amount - self.used, NOTHING)

    @property
    def shortfall(self) -> Pico:
        """Commit that the term leaves unused if it goes on at the pace so far."""
        return self._short(self.used)

    @property
    def shortfall_otherwise(self) -> Pico:
        """The same at the baseline's pace."""
        return self._short(self.otherwise)

    def _short(self, use: Pico) -> Pico:
        """Of a term that has begun."""
        return max(self.rule.commitment.amount - use / self.elapsed, NOTHING)
