"""What a signed commit asks for use: over its term exactly, before its end for the days so far.

Use U is demand D at list after the committed discount d, U = (1 - d) D; the commit C is counted
the same way. Over the term, with d' off list beyond the commit and Q = C / (1 - d),

    T = C + (1 - d') (D - Q)+  =  C + b (U - C)+,   b = (1 - d') / (1 - d),

and b = 1, T = max(C, U), where use beyond it is invoiced at the committed rate. Multiplied by any
factor, C and U give T multiplied by it. So after e of the term's days

    T(e) = e C + b (U(e) - e C)+  =  e x [C + b (U(e)/e - C)+]

is the elapsed share of what the term costs if it goes on at the pace so far; at its end it is what
the term costs. Months of the term may differ: a month's part is the change of T(e), and the parts
add up to the term's cost.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.contracts.commitment.reading import Commitment, Promised
from analyzer.errors import ContractError
from analyzer.reconciled import Discount
from analyzer.reconciliation.discounts import OTHERS
from analyzer.results import NOTHING, Pico


@dataclass(frozen=True, slots=True)
class Settlement:
    """A signed commit with the price of use beyond it."""

    commitment: Commitment
    beyond: Fraction
    """Invoiced for a dollar of use beyond the commit, which is counted at the committed rate."""

    def due(self, until: date) -> Pico:
        """The commit's part for the days of the term up to one."""
        promised = self.commitment
        days = (until - promised.first_day).days + 1
        return promised.amount * min(max(days, 0), promised.days) / promised.days

    def cost(self, use: Pico, until: date) -> Pico:
        """What is asked for use since the term's first day: the commit's part, and what is beyond.

        `use` is pico-dollars after the committed discount.
        """
        due = self.due(until)
        return due + self.beyond * max(use - due, NOTHING)


@dataclass(frozen=True, slots=True)
class NoCommit:
    """A contract that says no commit is signed: use is all that is paid for."""

    source: str


@dataclass(frozen=True, slots=True)
class Untold:
    """Nobody said what use would have cost in cash."""

    why: str
    """Why, and what to give."""


Rule = Settlement | NoCommit | Untold


def rule_of(told: Promised, discounts: tuple[Discount, ...]) -> Rule:
    """Give the rule of a contract file, by its discounts.

    Raises:
        ContractError: use beyond the commit is cheaper than use within it, or its rate is told as
            a share off list while models have committed discounts of their own.
    """
    if told.none:
        return NoCommit(told.source)
    promised = told.commitment
    if promised is None:
        return Untold(
            f'{told.source} tells no commit; give a [commit] table, or commit = "none" where none'
            " is signed"
        )
    if promised.overage is None:
        return Untold(
            f"{told.source} does not tell what use beyond the commit costs; give"
            ' commit.overage_discount_percentage: "committed", or a share off list'
        )
    if promised.overage == "committed":
        return Settlement(promised, Fraction(1))
    return Settlement(promised, _beyond(promised.overage, discounts))


def _beyond(overage: Fraction, discounts: tuple[Discount, ...]) -> Fraction:
    committed = next((one.share for one in discounts if one.model == OTHERS), NOTHING)
    own = sorted(one.model for one in discounts if one.share != committed)
    if own:
        raise ContractError(
            f"commit.overage_discount_percentage: a share off list, while {', '.join(own)} has a"
            " committed discount of its own; which use is beyond the commit is not known: give"
            ' "committed", or one discount'
        )
    if overage > committed:
        raise ContractError(
            f"commit.overage_discount_percentage: {float(overage):g} is above the committed"
            f" discount of {float(committed):g}, so that use beyond the commit would cost less than"
            ' use within it; "committed" is the most that a vendor can mean'
        )
    return (1 - overage) / (1 - committed)
