"""What to ask of the vendor and what to keep, from what each clause is worth."""

from analyzer.results.commit import Ask, SizedOffer
from analyzer.results.sizing import Clause, Estimate

_REASONS = {
    "overage": "Use above the commit should cost no more than use within it.",
    "discount": "A commit of this size should earn more than the schedule says.",
    "refund": "Unused commit is money paid for nothing received.",
    "rollover": "Unused commit is money paid for nothing received.",
    "ramp": "The commit should follow the traffic, not run ahead of it.",
    "monthly minimum": "A minimum by month adds a risk that the commit already covers.",
    "payment": "Money paid ahead is a loan without interest.",
    "price protection": "After a price cut the same traffic burns fewer dollars.",
}
CONDITION = Ask(
    "condition",
    "All billed use draws on the commit: every model, batch, cache writes and reads",
    "The size assumes it; if some use does not count, the commit is larger than it looks.",
    None,
)


def asks(sized: SizedOffer | None) -> tuple[Ask, ...]:
    """Give the asks of one offer, the condition of its size first, then the dearest first.

    A clause whose change is worth nothing is no ask.
    """
    if sized is None or sized.sizing is None:
        return ()
    told = sorted(
        (_ask(clause) for clause in sized.sizing.clauses if clause.worth.cents), key=_by_worth
    )
    return (CONDITION, *told)


def _ask(clause: Clause) -> Ask:
    wanted = clause.worth.cents > 0
    worth = Estimate(abs(clause.worth.cents), clause.worth.error_cents)
    return Ask(
        kind="ask" if wanted else "keep",
        words=f"{clause.clause.capitalize()}: {clause.changed if wanted else clause.offered}",
        reason=_REASONS[clause.clause],
        worth=worth,
    )


def _by_worth(ask: Ask) -> int:
    return -(ask.worth.cents if ask.worth else 0)
