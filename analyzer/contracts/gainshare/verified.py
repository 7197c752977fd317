"""A verified period as the page's records."""

from collections.abc import Iterator

from analyzer.contracts.commitment import Standing
from analyzer.contracts.gainshare.measured import measure_rows
from analyzer.contracts.register import Judged
from analyzer.contracts.verification import Cash as Settled
from analyzer.contracts.verification import LeverSaving, Verification
from analyzer.results import LEVERS
from analyzer.results.baseline import Named
from analyzer.results.gainshare import (
    BasisRow,
    Cash,
    CommitSoFar,
    EntryRow,
    LeverWorth,
    SavedRow,
    Step,
    Verified,
)


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
        cash=_cash(found.cash) if found.cash else None,
        no_cash=found.no_cash,
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


def _cash(found: Settled) -> Cash:
    standing = found.standing
    return Cash(
        found.before, found.after, found.source, None if standing is None else _commit(standing)
    )


def _commit(standing: Standing) -> CommitSoFar:
    term = standing.rule.commitment
    return CommitSoFar(
        amount=term.amount,
        first_day=str(term.first_day),
        last_day=str(term.last_day),
        as_of=str(standing.as_of),
        days=(standing.as_of - term.first_day).days + 1,
        term_days=term.days,
        overage_factor=standing.rule.beyond,
        due=standing.due,
        used=standing.used,
        otherwise=standing.otherwise,
        cost=standing.cost,
        cost_otherwise=standing.cost_otherwise,
        left=standing.left,
        shortfall=standing.shortfall,
        shortfall_otherwise=standing.shortfall_otherwise,
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
