"""Frozen records of what dated changes do to a traffic.

Money is `Fraction` pico-dollars a month; `paid` is after the discount, None where none is known.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.prices.changes import ChangeKind
from analyzer.reconciled import Discount

METERS = ("uncached", "read", "write_5m", "write_1h", "output", "web_search")
DAYS_A_MONTH = Fraction(487, 16)
"""30.4375: a year of 365.25 days in twelve."""


@dataclass(frozen=True, slots=True)
class Money:
    """Dollars a month before and after."""

    before: Fraction
    after: Fraction
    paid_before: Fraction | None = None
    paid_after: Fraction | None = None

    @property
    def difference(self) -> Fraction:
        """After less before: positive is dearer."""
        return self.after - self.before

    @property
    def paid_difference(self) -> Fraction | None:
        """The same, as paid."""
        if self.paid_before is None or self.paid_after is None:
            return None
        return self.paid_after - self.paid_before


@dataclass(frozen=True, slots=True)
class Cell:
    """One model, way of serving and meter."""

    model: str
    mode: str
    """standard, batch or fast, as the traffic is today."""
    meter: str
    quantity: Fraction
    """Tokens a month, or searches."""
    money: Money


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Traffic that a figure does not hold, and why."""

    reason: str
    requests: int
    """In the log's own period."""
    before: Fraction
    """Dollars a month today; 0 where there is no price."""


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A change of prices and what it does to the traffic that meets it."""

    day: date
    model: str
    """`every model` for web search."""
    what: str
    sources: tuple[str, ...]
    announced: bool
    """Whether it comes from the user's file and not from the book."""
    requests: int
    """Requests of the log's period that it meets."""
    cells: tuple[Cell, ...]
    """Every cell of the model; their sum is the total."""
    left_out: tuple[LeftOut, ...]

    @property
    def total(self) -> Money:
        """The sum of the cells."""
        return summed(tuple(cell.money for cell in self.cells))


@dataclass(frozen=True, slots=True)
class Successor:
    """A model that the traffic of a retiring one could move to."""

    model: str
    named: bool
    """Whether the user names it; else it is a later model of the same line, from the book."""
    ratio: tuple[Fraction, Fraction, Fraction]
    """Tokens for each token of today: central, low, high."""
    cells: tuple[Cell, ...]
    """What can move, at the central ratio."""
    low: Fraction
    high: Fraction
    """The total after, at the ends of the ratio."""
    paid_low: Fraction | None
    paid_high: Fraction | None
    infeasible: tuple[LeftOut, ...]
    """What the model would refuse."""

    @property
    def total(self) -> Money:
        """The sum of the cells."""
        return summed(tuple(cell.money for cell in self.cells))


@dataclass(frozen=True, slots=True)
class Retirement:
    """Traffic that must move by a day."""

    day: date
    model: str
    what: str
    sources: tuple[str, ...]
    announced: bool
    requests: int
    cells: tuple[Cell, ...]
    """What it costs today, by meter: before and after are both today's."""
    elsewhere: LeftOut | None
    """Traffic of Bedrock and Google Cloud, which set their own dates."""
    successors: tuple[Successor, ...]

    @property
    def total(self) -> Money:
        """The sum of the cells."""
        return summed(tuple(cell.money for cell in self.cells))


@dataclass(frozen=True, slots=True)
class Exposure:
    """A dated change that reaches traffic and whose dollars a price list alone does not tell."""

    kind: ChangeKind
    day: date
    last: date
    model: str
    what: str
    sources: tuple[str, ...]
    requests: int
    before: Fraction
    """Dollars a month, at list, of the requests it reaches."""
    paid_before: Fraction | None
    remark: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What every dated change between two days does to one traffic."""

    first_day: date
    last_day: date
    """The log's period."""
    days: int
    since: date
    until: date
    """The days asked about, both inclusive."""
    requests: int
    """Charged requests with a time."""
    book: str
    book_sha256: str
    announced: str
    """Name and SHA-256 of the user's file; empty without one."""
    discounts: tuple[Discount, ...]
    today: Money
    """All of the traffic at the prices of the eve of the first day: before and after are one."""
    moves: tuple[PriceMove, ...]
    retirements: tuple[Retirement, ...]
    exposures: tuple[Exposure, ...]
    left_out: tuple[LeftOut, ...]
    """Traffic without a price on the first day."""
    notes: tuple[str, ...]

    @property
    def scale(self) -> Fraction:
        """What turns the log's period into a month."""
        return DAYS_A_MONTH / self.days

    @property
    def total(self) -> Money:
        """All price moves together: their differences add up."""
        return summed(tuple(move.total for move in self.moves))


def summed(parts: tuple[Money, ...]) -> Money:
    """Add money up; paid is None when nothing says what is paid."""
    paid = [part for part in parts if part.paid_before is not None]
    zero = Fraction(0)
    return Money(
        before=sum((part.before for part in parts), zero),
        after=sum((part.after for part in parts), zero),
        paid_before=sum((part.paid_before or zero for part in paid), zero) if paid else None,
        paid_after=sum((part.paid_after or zero for part in paid), zero) if paid else None,
    )
