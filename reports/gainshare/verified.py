"""A verified period as it is printed: build-up, levers, workloads, bases, adjustments."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import Grade, Lever
from analyzer.results.gainshare import EntryRow, SavedRow, Verified
from reports.gainshare.build_up import BuildUp, build_up_of, sources_of, sum_of
from reports.gainshare.cash import CashRows, cash_rows
from reports.gainshare.words import lever_of, source_name
from reports.numbers import Amount, Unit, amount, percent
from reports.opening import period
from reports.review.rounding import footed


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A lever on four views; prices and adjustments on one."""

    name: str
    lever: Lever | None
    in_order: Amount
    fair: Amount
    alone: Amount | None
    last: Amount | None
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class WorkRow:
    """What one source avoided in one workload."""

    saved: SavedRow
    source: str
    lever: Lever | None
    avoided: Amount
    counted: Amount
    steps: int
    """What counts, in steps of the unit."""
    since: str


@dataclass(frozen=True, slots=True)
class BasisRow:
    """Another basis and how far it lies from the contract's."""

    name: str
    adjusted: Amount
    avoided: Amount
    contract: bool


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One entry of the register."""

    entry: EntryRow
    days: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class VerifiedRows:
    """All of it."""

    unit: Unit
    build_up: BuildUp
    levers: tuple[SourceRow, ...]
    alone: Amount
    last: Amount
    works: tuple[WorkRow, ...]
    bases: tuple[BasisRow, ...]
    entries: tuple[Adjusted, ...]
    adjusted: Amount
    actual: Amount
    avoided: Amount
    size: Amount
    """The avoided cost without its sign."""
    counted: Amount
    cash: CashRows | None
    no_cash: str
    share: str
    """Avoided cost of the adjusted baseline."""
    outside: tuple[tuple[str, Amount], ...]
    uncertainty: str
    disputed: Amount


def verified_rows(found: Verified, unit: Unit) -> VerifiedRows:
    """Printed parts add up to adjusted baseline less actual bill, as both are printed."""
    target = unit.steps(found.adjusted) - unit.steps(found.actual)
    alone = sum((one.alone for one in found.levers), Fraction(0))
    last = sum((one.added_last for one in found.levers), Fraction(0))
    works = _works(found, unit, target)
    share = found.avoided / found.adjusted if found.adjusted else None
    return VerifiedRows(
        unit=unit,
        build_up=build_up_of(found, unit),
        levers=_levers(found, unit, target),
        alone=amount(alone, unit),
        last=amount(last, unit),
        works=works,
        bases=tuple(
            BasisRow(
                f"{one.price} prices, {one.volume} volume",
                amount(one.adjusted, unit),
                amount(one.avoided, unit),
                one.contract,
            )
            for one in found.bases
        ),
        entries=entry_rows(found.entries, unit),
        adjusted=amount(found.adjusted, unit),
        actual=amount(found.actual, unit),
        avoided=amount(found.avoided, unit, target),
        size=amount(abs(found.avoided), unit, abs(target)),
        counted=amount(found.counted, unit, sum(one.steps for one in works)),
        cash=cash_rows(found, unit, target),
        no_cash=found.no_cash,
        share="none" if share is None else percent(share),
        outside=_outside(found, unit),
        uncertainty="not known"
        if found.savings_uncertainty is None
        else percent(found.savings_uncertainty),
        disputed=amount(found.disputed, unit),
    )


def entry_rows(entries: tuple[EntryRow, ...], unit: Unit) -> tuple[Adjusted, ...]:
    """Print entries of the register."""
    return tuple(
        Adjusted(one, period(one.first_day, one.last_day), amount(one.amount, unit))
        for one in entries
    )


def _levers(found: Verified, unit: Unit, target: int) -> tuple[SourceRow, ...]:
    """Both columns that add up do so as printed; prices and adjustments stand in both alike."""
    known = {one.lever: one for one in found.levers}
    names = sources_of(found)
    order = [sum_of(found, name) for name in names]
    fair = [
        known[lever].fair_share if (lever := lever_of(name)) else pico
        for name, pico in zip(names, order, strict=True)
    ]
    rows = []
    printed = (footed(order, unit, target), footed(fair, unit, target))
    for name, pico, share, *steps in zip(names, order, fair, *printed, strict=True):
        lever = lever_of(name)
        own = known[lever] if lever else None
        rows.append(
            SourceRow(
                name=source_name(name),
                lever=lever,
                in_order=amount(pico, unit, steps[0]),
                fair=amount(share, unit, steps[1]),
                alone=amount(own.alone, unit) if own else None,
                last=amount(own.added_last, unit) if own else None,
                grade=own.grade if own else None,
            )
        )
    return tuple(rows)


def _works(found: Verified, unit: Unit, target: int) -> tuple[WorkRow, ...]:
    """What counts prints as what was avoided, so that both columns add up."""
    printed = footed([one.avoided for one in found.saved], unit, target)
    rows = []
    for one, avoided in zip(found.saved, printed, strict=True):
        counted = avoided if one.counted == one.avoided else unit.steps(one.counted)
        rows.append(
            WorkRow(
                saved=one,
                source=source_name(one.source),
                lever=lever_of(one.source),
                avoided=amount(one.avoided, unit, avoided),
                counted=amount(one.counted, unit, counted),
                steps=counted,
                since=period(one.live_since, one.live_since),
            )
        )
    return tuple(rows)


def _outside(found: Verified, unit: Unit) -> tuple[tuple[str, Amount], ...]:
    amounts = (
        ("The same on both sides: fees, hidden iterations, new workloads", found.unchanged),
        ("Billed and in no log, on both sides", found.unlogged),
        ("Billed during a rollout, on neither side", found.blackout),
        ("Own cost of the levers, taken off by the fee", found.own_cost),
    )
    return tuple((name, amount(pico, unit)) for name, pico in amounts)
