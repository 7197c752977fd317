"""Cash avoided cost: what avoided use changes in what a contract asks for.

Under a commit use is counted from the term's first day. With A_n as the baseline would have sent
it and B_n as it was, up to the last day of period n, and T_n what the settlement asks for the days
so far, the cash of a period is the change of T_n(A_n) - T_n(B_n) since the period before it. So the
periods' cash adds up to what the term's settlement asks less for the avoided use: exactly at its
end, and at the pace so far before that. A later period below the commit's part takes back what an
earlier one above it brought.

Use of days that no period verifies is the same on both sides, as are rollouts and what the vendor
reports and no log holds: all of it draws on the commit. Avoided use stands at the period's own
prices whatever the price basis, since no vendor ever asked another one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from analyzer.contracts.commitment import NoCommit, Settlement, Standing, Untold
from analyzer.contracts.logged import Span
from analyzer.contracts.verification.asking import Asked
from analyzer.contracts.verification.records import Cash
from analyzer.errors import ContractError
from analyzer.results import NOTHING, Pico

_DAY = timedelta(1)
Elsewhere = Callable[[Span], Pico]
"""What was used on days that no period verifies."""


@dataclass(frozen=True, slots=True)
class Use:
    """A period's use at its own prices and discounts."""

    drawn: Pico
    """As it was, with rollouts and unlogged use."""
    avoided: Pico


def check_term(asked: Asked) -> None:
    """Refuse a period that the commit's term does not hold, or that is out of order.

    Raises:
        ContractError: a day outside the term, or not after the period before it.
    """
    if not isinstance(asked.cash, Settlement):
        return
    term, span = asked.cash.commitment, asked.span
    if span.first_day < term.first_day or span.last_day > term.last_day:
        name = "first_day" if span.first_day < term.first_day else "last_day"
        raise ContractError(
            f"commit.{name}: the term from {term.first_day} to {term.last_day} does not hold the"
            f" period {span}; part it at the border, and give each part its own contract"
        )
    earlier = asked.earlier.standing if asked.earlier else None
    if earlier and earlier.as_of >= span.first_day:
        raise ContractError(
            f"period {span}: not after the one before it, which ends on {earlier.as_of}; name"
            " periods in their order, since a commit is used up in it"
        )


def cash_avoided(asked: Asked, use: Use, begins: date, elsewhere: Elsewhere) -> Cash | None:
    """Settle both sides of a period; None where nobody told how.

    `begins` is the first day of the log.

    Raises:
        ContractError: the term begins before the log and nobody says what was used until then, or
            the other way round.
    """
    rule = asked.cash
    if isinstance(rule, Untold):
        return None
    if isinstance(rule, NoCommit):
        return Cash(use.drawn + use.avoided, use.drawn, rule.source)
    before = asked.earlier.standing if asked.earlier else None
    before = before or _at_first(rule, asked.span, begins, elsewhere)
    between = _on(before.as_of + _DAY, asked.span, elsewhere)
    after = Standing(
        rule,
        asked.span.last_day,
        before.used + between + use.drawn,
        before.otherwise + between + use.drawn + use.avoided,
    )
    return Cash(
        after.cost_otherwise - before.cost_otherwise,
        after.cost - before.cost,
        rule.commitment.source,
        after,
    )


def _at_first(rule: Settlement, span: Span, begins: date, elsewhere: Elsewhere) -> Standing:
    """The commit on the day before the first verified period: both sides are one."""
    term = rule.commitment
    used = term.before(begins) + _on(max(term.first_day, begins), span, elsewhere)
    return Standing(rule, span.first_day - _DAY, used, used)


def _on(first_day: date, span: Span, elsewhere: Elsewhere) -> Pico:
    """Use from a day up to the period."""
    if first_day >= span.first_day:
        return NOTHING
    return elsewhere(Span(first_day, span.first_day - _DAY))
