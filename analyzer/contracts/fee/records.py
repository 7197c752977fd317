"""Frozen records of a fee statement: every line names what it is made from."""

from dataclasses import dataclass
from typing import Literal

from analyzer.results import Pico


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the computation, pico-dollars."""

    name: str
    """Stands once in a period's statement; others refer to it."""
    formula: str
    """In words, with the terms' own figures."""
    inputs: tuple[str, ...]
    """Names of earlier lines of the same statement; none where the amount was brought in."""
    value: Pico


@dataclass(frozen=True, slots=True)
class Settled:
    """One period's statement."""

    period: str
    refused: tuple[str, ...]
    """Why nothing is invoiced; empty where the period is settled."""
    basis: Literal["point", "lower bound"]
    lines: tuple[Line, ...]
    due: Pico
    """Whole cents; negative is a credit note, 0 where the period is refused."""
    paid: Pico
    """Over all periods so far, with this one."""

    @property
    def document(self) -> Literal["invoice", "credit note", "nothing due", "refused"]:
        """What is sent."""
        if self.refused:
            return "refused"
        if not self.due:
            return "nothing due"
        return "invoice" if self.due > 0 else "credit note"

    def line(self, name: str) -> Pico:
        """Give the value of a line."""
        return next(line.value for line in self.lines if line.name == name)
