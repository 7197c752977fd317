"""The baseline as it is printed: policy, unit rates, prices, and sums that foot."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.baseline import Frozen, ListPrice, PolicyRow, UnitRate
from reports.gainshare.words import days_in_words
from reports.numbers import CENTS, Amount, Unit, amount, percent, unit_for
from reports.review.rounding import footed


@dataclass(frozen=True, slots=True)
class Policy:
    """One workload."""

    row: PolicyRow
    at_list: Amount


@dataclass(frozen=True, slots=True)
class Rate:
    """One workload on one model and mode."""

    row: UnitRate
    at_list: Amount
    per_request: Amount | None
    per_mtok: Amount | None


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the price book."""

    row: ListPrice
    per_mtok: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class FrozenRows:
    """All of it; both tables of dollars add up to the same printed total."""

    unit: Unit
    days: str
    policies: tuple[Policy, ...]
    rates: tuple[Rate, ...]
    others: Amount
    """Web searches and hidden iterations."""
    total: Amount
    prices: tuple[Price, ...]
    discounts: tuple[tuple[str, str, str], ...]
    coverage: str
    passed: int


def frozen_rows(found: Frozen) -> FrozenRows:
    """Print the baseline."""
    unit = unit_for(found.at_list)
    total, others = unit.steps(found.at_list), found.fees + found.hidden
    own = footed([*(one.at_list for one in found.policies), others], unit, total)
    rates = footed([one.at_list for one in found.rates], unit, total - own[-1])
    return FrozenRows(
        unit=unit,
        days=days_in_words(found.first_day, found.last_day),
        policies=tuple(
            Policy(one, amount(one.at_list, unit, steps))
            for one, steps in zip(found.policies, own, strict=False)
        ),
        rates=tuple(
            Rate(one, amount(one.at_list, unit, steps), _fine(one.per_request), _fine(one.per_mtok))
            for one, steps in zip(found.rates, rates, strict=True)
        ),
        others=amount(others, unit, own[-1]),
        total=amount(found.at_list, unit, total),
        prices=tuple(
            Price(one, tuple(amount(pico, _whole(pico)) for pico in one.per_mtok))
            for one in found.prices
        ),
        discounts=tuple((one.model, percent(one.share), one.source) for one in found.discounts),
        coverage="no report" if found.coverage is None else percent(found.coverage),
        passed=sum(gate.standing == "pass" for gate in found.gates),
    )


def _whole(pico: Fraction) -> Unit:
    """A unit in which a list price prints whole: such as $3.125."""
    return next((unit for unit in (CENTS, Unit(3), Unit(4)) if not pico % unit.pico), Unit(6))


def _fine(pico: Fraction | None) -> Amount | None:
    return None if pico is None else amount(pico, unit_for(pico))
