"""One period of a bridge: tokens by cell, requests by workload, prices and discounts."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from analyzer.errors import ContractError
from analyzer.results import NOTHING, Pico

PROMPT_METERS = ("uncached", "read", "write_5m", "write_1h", "write_unsplit")
METERS = (*PROMPT_METERS, "output")
Priced = tuple[str, str, str]
"""Model, mode and meter: what a list price is told for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Tokens of one workload, model, mode and meter."""

    workload: str
    model: str
    mode: str
    """How it was served, such as standard or batch; whatever else moves a price belongs in it."""
    meter: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Period:
    """Everything that one period's bill is made of."""

    first_day: date
    last_day: date
    """Both inclusive, UTC."""
    requests: Mapping[str, int]
    """By workload."""
    cells: tuple[Cell, ...]
    prices: Mapping[Priced, int | Fraction]
    """Pico-dollars a token at list; a mean over the period where the price moved within it."""
    discount: Fraction = Fraction(0)
    """Share off the list price."""
    discounts: Mapping[str, Fraction] = field(default_factory=dict)
    """By model, where a model has its own."""
    fees: Pico = NOTHING
    """Charged for other things than tokens, as paid; a bar of its own outside the factors."""

    def kept(self, model: str) -> Fraction:
        """What is left of a list dollar."""
        return 1 - self.discounts.get(model, self.discount)

    def bills(self) -> dict[str, Pico]:
        """What each workload's tokens cost, pico-dollars, exact; fees stand apart."""
        paid = {key: price * self.kept(key[0]) for key, price in self.prices.items()}
        sums: dict[str, Pico] = {}
        for cell in self.cells:
            if cell.tokens:
                pico = cell.tokens * paid[cell.model, cell.mode, cell.meter]
                sums[cell.workload] = sums.get(cell.workload, Fraction(0)) + pico
        return sums


def check_pair(before: Period, after: Period) -> None:
    """Refuse periods that contradict themselves or overlap.

    Raises:
        ContractError: names every field at fault.
    """
    faults = [f"{name}: {fault}" for name, one in _named(before, after) for fault in _faults(one)]
    if not faults and before.last_day >= after.first_day:
        faults.append(
            f"after.first_day: {after.first_day} is not later than before.last_day"
            f" {before.last_day}, give periods that do not overlap"
        )
    if faults:
        raise ContractError(f"bridge: {'; '.join(faults)}")


def covered(period: Period, first_logged: date, last_logged: date) -> None:
    """Refuse a period that the log tells only in part.

    Raises:
        ContractError: the log starts later or ends sooner than the period.
    """
    if first_logged > period.first_day or last_logged < period.last_day:
        raise ContractError(
            f"period {period.first_day} to {period.last_day}: the log holds whole days from"
            f" {first_logged} to {last_logged} only, ingest the rest or name a shorter period"
        )


def _named(before: Period, after: Period) -> tuple[tuple[str, Period], ...]:
    return ("before", before), ("after", after)


def _faults(period: Period) -> Iterator[str]:
    if period.last_day < period.first_day:
        yield f"last_day: {period.last_day} is before first_day {period.first_day}"
    shares = {"discount": period.discount}
    shares |= {f"discounts[{model}]": share for model, share in period.discounts.items()}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            yield f"{name}: {share} is not allowed, give a share from 0 to 1"
    for workload, count in period.requests.items():
        if count < 0:
            yield f"requests[{workload}]: {count} is not allowed, give 0 or more"
    for key, price in period.prices.items():
        if price < 0:
            yield f"prices[{', '.join(key)}]: {price} is not allowed, give 0 or more"
    yield from _cell_faults(period)


def _cell_faults(period: Period) -> Iterator[str]:
    places = Counter((c.workload, c.model, c.mode, c.meter) for c in period.cells)
    for key, count in places.items():
        if count > 1:
            yield f"cells[{', '.join(key)}]: stands {count} times, add its tokens up"
    for cell in period.cells:
        where = f"cells[{cell.workload}, {cell.model}, {cell.mode}, {cell.meter}]"
        if cell.meter not in METERS:
            yield f"{where}: unknown meter, give one of {', '.join(METERS)}"
        elif cell.tokens < 0:
            yield f"{where}: {cell.tokens} tokens are not allowed, give 0 or more"
        elif cell.tokens and not period.requests.get(cell.workload):
            yield f"{where}: has tokens and its workload no requests, count both or neither"
        elif cell.tokens and (cell.model, cell.mode, cell.meter) not in period.prices:
            yield f"{where}: has no price, give one in prices or leave the cell out and name it"
