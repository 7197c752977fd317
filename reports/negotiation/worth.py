"""What clauses and levers are worth under one offer, and when it is better to walk away."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.results.commit import SizedOffer
from analyzer.results.sizing import LookBack, PoolSizing
from reports.negotiation.money import Money, fine, pico_of
from reports.negotiation.need import month_name
from reports.numbers import Amount


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause, changed."""

    clause: str
    offered: str
    changed: str
    worth: Amount
    error: Amount
    p10: Amount
    p90: Amount


@dataclass(frozen=True, slots=True)
class FirstRow:
    """A commit sized with or without the levers."""

    what: str
    commit: Amount
    cost: Amount
    cash: Amount


@dataclass(frozen=True, slots=True)
class CashTable:
    """Cash of every lever by month under one commit; columns add up."""

    commit: Amount
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Amount, ...]], ...]
    totals: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Worth:
    """All of it; nothing of it stands in the vendor's copy."""

    waiting: tuple[Amount, Amount]
    clauses: tuple[ClauseRow, ...]
    dearest: ClauseRow | None
    """The clause whose change moves most."""
    first: tuple[FirstRow, ...]
    cash: tuple[CashTable, ...]
    look_back: tuple[tuple[str, Amount], ...]


def worth_of(sizing: PoolSizing, one: SizedOffer, money: Money) -> Worth:
    """Clauses by size, the dearest first."""
    clauses = tuple(_clauses(sizing, money))
    return Worth(
        waiting=money.known(sizing.value_of_waiting),
        clauses=clauses,
        dearest=clauses[0] if clauses else None,
        first=tuple(_first(sizing, money)),
        cash=tuple(_cash(sizing, one, money)),
        look_back=_look_back(one.look_back),
    )


def _clauses(sizing: PoolSizing, money: Money) -> Iterator[ClauseRow]:
    for each in sorted(sizing.clauses, key=lambda one: -abs(one.worth.cents)):
        yield ClauseRow(
            each.clause.capitalize(),
            each.offered,
            each.changed,
            money.cents(each.worth.cents, signed=True),
            money.cents(each.worth.error_cents),
            money.cents(each.worth_p10_cents, signed=True),
            money.cents(each.worth_p90_cents, signed=True),
        )


def _first(sizing: PoolSizing, money: Money) -> Iterator[FirstRow]:
    first = sizing.optimise_first
    before = first.sized_before_usd, first.cost_sized_before, first.lever_cash_sized_before
    after = first.sized_after_usd, first.cost_sized_after, first.lever_cash_sized_after
    named = (("Sized before the levers", before), ("Sized after the levers", after))
    for what, (commit, cost, cash) in named:
        shown = money.cents(cost.cents), money.cents(cash.cents)
        yield FirstRow(what, money.usd(commit), *shown)


def _cash(sizing: PoolSizing, one: SizedOffer, money: Money) -> Iterator[CashTable]:
    for commit in dict.fromkeys(each.commit_usd for each in sizing.levers):
        own = [each for each in sizing.levers if each.commit_usd == commit]
        printed = [money.parts([pico_of(cents) for cents in each.monthly_cents]) for each in own]
        columns = [column for column, _ in printed]
        yield CashTable(
            commit=money.usd(commit),
            names=tuple(f"{each.lever} of {each.workload}" for each in own),
            rows=tuple(
                (month_name(month), tuple(column[place] for column in columns))
                for place, month in enumerate(one.need)
            ),
            totals=tuple(total for _, total in printed),
        )


def _look_back(back: LookBack) -> tuple[tuple[str, Amount], ...]:
    told = (
        ("Stable: the smallest day", back.stable),
        ("Optimal: the fractile of thirty days", back.optimal),
        ("The fractile of the last three days", back.recent),
        ("Guarded: the lower of the last two", back.guarded),
    )
    return tuple((name, fine(use)) for name, use in told)
