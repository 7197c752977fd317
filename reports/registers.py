"""The common back of the review and the negotiation page: both registers as they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.results.register import Adjustment, Registered
from reports.numbers import Amount, Unit, amount
from reports.opening import period


@dataclass(frozen=True, slots=True)
class StatedRow:
    """One assumption."""

    row: Registered
    sensitivity: Amount | None
    expires: str


@dataclass(frozen=True, slots=True)
class AdjustedRow:
    """One entry of the register of adjustments."""

    entry: Adjustment
    days: str
    where: str
    amount: Amount
    raised: str
    signed: str


@dataclass(frozen=True, slots=True)
class Registers:
    """Both."""

    stated: tuple[StatedRow, ...]
    adjusted: tuple[AdjustedRow, ...]
    given: bool
    """Whether a register of adjustments was read at all."""
    owned: int
    """Assumptions with an owner."""
    expired: int


def registers_of(
    stated: Sequence[Registered], adjusted: Sequence[Adjustment] | None, unit: Unit
) -> Registers:
    """Print both in the order of their records."""
    return Registers(
        stated=tuple(
            StatedRow(
                row,
                None if row.sensitivity is None else amount(row.sensitivity, unit, signed=True),
                period(row.expires, row.expires) if row.expires else "",
            )
            for row in stated
        ),
        adjusted=tuple(_adjusted(one, unit) for one in adjusted or ()),
        given=adjusted is not None,
        owned=sum(1 for row in stated if row.owner),
        expired=sum(1 for row in stated if row.expired),
    )


def _adjusted(one: Adjustment, unit: Unit) -> AdjustedRow:
    return AdjustedRow(
        entry=one,
        days=period(one.first_day, one.last_day),
        where=", ".join(one.workloads) or "all workloads",
        amount=amount(one.amount, unit, signed=True),
        raised=f"{one.raised_by}, {period(one.raised_on, one.raised_on)}",
        signed=" and ".join(one.signed_by) or "nobody",
    )
