"""What was billed, what has no price, and what was paid after discounts."""

from dataclasses import dataclass

from analyzer.reconciled import Discount
from analyzer.results.amounts import Pico


@dataclass(frozen=True, slots=True)
class Buckets:
    """Sums of tokens by billed kind."""

    uncached: int
    read: int
    write_5m: int
    write_1h: int
    output: int

    @property
    def prompt(self) -> int:
        """All input tokens."""
        return self.uncached + self.read + self.write_5m + self.write_1h


@dataclass(frozen=True, slots=True)
class ModelBill:
    """What one model billed at the report's prices."""

    model: str
    requests: int
    tokens: Buckets
    billed: Pico


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Traffic that no price of the book fits; it stands in no total."""

    what: str
    """For example `model gpt-5.6-sol` or `tier flex`."""
    requests: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Paid:
    """One model's bill at list and as paid."""

    model: str
    share: Pico
    """What is off the list price; 0.15 for fifteen percent."""
    at_list: Pico
    paid: Pico


@dataclass(frozen=True, slots=True)
class Effective:
    """The report's figures with the negotiated discount taken off, and where it is known from."""

    discounts: tuple[Discount, ...]
    models: tuple[Paid, ...]
    """Models of the bill, dearest first."""
    billed: Pico
    observed: Pico
    saving: Pico
    potential: Pico

    @property
    def after(self) -> Pico:
        """The projected bill as paid."""
        return self.billed - self.saving
