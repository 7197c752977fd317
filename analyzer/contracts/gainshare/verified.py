"""A verified period as the page's records."""

from collections.abc import Iterator

from analyzer.contracts.gainshare.measured import measure_rows
from analyzer.contracts.register import Judged
from analyzer.contracts.verification import LeverSaving, Verification
from analyzer.gainshare_results import (
    BasisRow,
    EntryRow,
    LeverWorth,
    Named,
    SavedRow,
    Step,
    Verified,
)
from analyzer.results import LEVERS


def verified_of(found: Verification) -> Verified:
    """Give the page's record of a period."""
    return Verified(
        first_day=str(found.span.first_day),
        last_day=str(found.span.last_day),
        price_basis=found.price_basis,
        volume_basis=found.volume_basis,
        baseline_bill=found.baseline_bill,
        steps=tuple(Step(one.name, one.amount) for one in found.build_up),
        adjusted=found.adjusted,
        actual=found.actual,
        levers=tuple(_lever(one, found) for one in found.levers),
        remark=found.remark,
        saved=tuple(_saved(found)),
        unchanged=found.unchanged,
        unlogged=found.unlogged,
        blackout=found.blackout,
        born=found.born,
        retired=found.retired,
        cash_avoided=found.cash.avoided if found.cash else None,
        bases=tuple(_bases(found)),
        entries=tuple(_entries(found.judged)),
        own_cost=found.own_cost,
        uncertainty=found.uncertainty,
        savings_uncertainty=found.savings_uncertainty,
        grade=found.grade,
        reconciliation=found.reconciliation,
        notes=found.notes,
        measures=tuple(measure_rows(found.measures, found.span)),
    )


def _lever(one: LeverSaving, found: Verification) -> LeverWorth:
    own = [saved.grade for saved in found.saved if saved.source == one.lever and saved.avoided]
    return LeverWorth(
        one.lever, one.in_order, one.fair, one.first_in, one.last_in, max(own, default=None)
    )


def _saved(found: Verification) -> Iterator[SavedRow]:
    for one in sorted(found.saved, key=lambda one: (one.workload, _place(one.source))):
        yield SavedRow(
            workload=one.workload,
            source=one.source,
            avoided=one.avoided,
            counted=one.counted,
            live_since=str(one.live_since),
            quality=one.quality,
            grade=one.grade,
            method=one.method,
        )


def _place(source: str) -> int:
    return LEVERS.index(source) if source in LEVERS else len(LEVERS)


def _bases(found: Verification) -> Iterator[BasisRow]:
    for one in found.bases:
        counts = (one.price, one.volume) == (found.price_basis, found.volume_basis)
        yield BasisRow(one.price, one.volume, one.adjusted, one.avoided, counts)


def _entries(judged: Judged | None) -> Iterator[EntryRow]:
    for one in judged.verdicts if judged else ():
        entry = one.entry
        yield EntryRow(
            entry.name,
            entry.trigger.name,
            str(entry.first_day),
            str(entry.last_day),
            entry.amount,
            one.standing,
            one.rule,
            entry.method,
            f"{entry.raised_by}, {entry.raised_on}",
            entry.signed_by,
            Named(entry.evidence, entry.sha256),
        )
