"""Cash avoided cost as it is printed: under a commit line by line, each made of those above it."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.results.gainshare import Cash, CommitSoFar, Verified
from reports.numbers import Amount, Unit, amount, count, percent
from reports.opening import period


@dataclass(frozen=True, slots=True)
class CashLine:
    """One line."""

    name: str
    how: str
    amount: Amount
    key: bool = False


@dataclass(frozen=True, slots=True)
class CashRows:
    """The number and, under a commit, where it comes from."""

    avoided: Amount
    source: str
    term: str
    """Days of the term; empty without a commit."""
    days: str
    committed: Amount | None
    left: Amount | None
    shortfall: Amount | None
    """At the pace so far; None where the pace uses the commit up, and without one."""
    lines: tuple[CashLine, ...]
    economic: bool = False
    """Whether it is the economic number."""


def cash_rows(found: Verified, unit: Unit, economic: int) -> CashRows | None:
    """Give the printed lines; `economic` is the avoided cost in steps of the unit."""
    if found.cash is None:
        return None
    commit = found.cash.commit
    if commit is None:
        same = found.cash.avoided == found.avoided
        avoided = amount(found.cash.avoided, unit, economic if same else None)
        return CashRows(avoided, found.cash.source, "", "", None, None, None, (), same)
    lines = _lines(found.cash, commit, unit)
    return CashRows(
        avoided=next(line.amount for line in lines if line.key),
        source=found.cash.source,
        term=period(commit.first_day, commit.last_day),
        days=f"{count(commit.days)} of {count(commit.term_days)} days",
        committed=amount(commit.amount, unit),
        left=amount(commit.left, unit),
        shortfall=amount(commit.shortfall, unit) if commit.shortfall else None,
        lines=lines,
    )


def _lines(found: Cash, commit: CommitSoFar, unit: Unit) -> tuple[CashLine, ...]:
    """Differences are those of the printed lines."""
    steps = unit.steps(commit.cost_otherwise) - unit.steps(commit.cost)
    earlier = commit.avoided - found.avoided
    own = amount(found.avoided, unit, steps - unit.steps(earlier))
    so_far = amount(commit.avoided, unit, steps)
    return (
        *_asked(commit, unit),
        CashLine("Cash avoided since the term began", "the difference of both", so_far),
        CashLine("Cash avoided in earlier periods", "of the term", amount(earlier, unit)),
        CashLine("Cash avoided", "of this period", own, key=True),
        *_left(commit, unit),
    )


def _asked(commit: CommitSoFar, unit: Unit) -> Iterator[CashLine]:
    part = "the commit's part, and use beyond it"
    if commit.overage_factor != 1:
        part += f" at {percent(commit.overage_factor)} of its committed price"
    days = f"{count(commit.days)} of {count(commit.term_days)} days of the commit"
    would = "as the baseline would have sent it, after the committed discount"
    yield CashLine("The commit's part so far", days, amount(commit.due, unit))
    yield CashLine("Use so far under the baseline", would, amount(commit.otherwise, unit))
    was = "as it was, with rollouts and what is in no log"
    yield CashLine("Use so far", was, amount(commit.used, unit))
    yield CashLine("Asked for under the baseline", part, amount(commit.cost_otherwise, unit))
    yield CashLine("Asked for", part, amount(commit.cost, unit))


def _left(commit: CommitSoFar, unit: Unit) -> Iterator[CashLine]:
    whole = f"of {amount(commit.amount, unit).text}"
    yield CashLine("Commit not used yet", whole, amount(commit.left, unit))
    pace = "if it goes on at the pace so far"
    yield CashLine("Shortfall at the term's end", pace, amount(commit.shortfall, unit))
    pace = "at the pace the baseline would have had"
    other = amount(commit.shortfall_otherwise, unit)
    yield CashLine("Shortfall under the baseline", pace, other)
