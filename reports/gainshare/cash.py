"""Cash avoided cost as it is printed: under a commit line by line, each made of those above it."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.gainshare_results import Cash, CommitSoFar, Verified
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


def cash_rows(found: Verified, unit: Unit, economic: int) -> CashRows | None:
    """Give the printed lines; `economic` is the avoided cost in steps of the unit."""
    if found.cash is None:
        return None
    commit = found.cash.commit
    if commit is None:
        same = economic if found.cash.avoided == found.avoided else None
        avoided = amount(found.cash.avoided, unit, same)
        return CashRows(avoided, found.cash.source, "", "", None, None, None, ())
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
    days = f"{count(commit.days)} of {count(commit.term_days)} days of the commit"
    asked = _asked(commit.overage_factor)
    before = CashLine("Cash avoided in earlier periods", "of the term", amount(earlier, unit))
    own = amount(found.avoided, unit, steps - unit.steps(earlier))
    return (
        CashLine("The commit's part so far", days, amount(commit.due, unit)),
        CashLine(
            "Use so far under the baseline",
            "as the baseline would have sent it, after the committed discount",
            amount(commit.otherwise, unit),
        ),
        CashLine(
            "Use so far",
            "as it was, with rollouts and what is in no log",
            amount(commit.used, unit),
        ),
        CashLine("Asked for under the baseline", asked, amount(commit.cost_otherwise, unit)),
        CashLine("Asked for", asked, amount(commit.cost, unit)),
        CashLine(
            "Cash avoided since the term began",
            "the difference of both",
            amount(commit.avoided, unit, steps),
        ),
        before,
        CashLine("Cash avoided", "of this period", own, key=True),
        CashLine("Commit not used yet", f"of {amount(commit.amount, unit).text}",
                 amount(commit.left, unit)),
        CashLine(
            "Shortfall at the term's end",
            "if it goes on at the pace so far",
            amount(commit.shortfall, unit),
        ),
        CashLine(
            "Shortfall under the baseline",
            "at the pace the baseline would have had",
            amount(commit.shortfall_otherwise, unit),
        ),
    )  # fmt: skip


def _asked(factor: Fraction) -> str:
    words = "the commit's part, and use beyond it"
    return words if factor == 1 else f"{words} at {percent(factor)} of its committed price"
