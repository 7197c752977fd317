"""What the book knows of a routing target besides its price, in the simulators' words."""

from datetime import date

from analyzer.errors import PriceError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.simulators.routing import Target
from analyzer.traffic import FAMILIES

EPOCH = date(1970, 1, 1).toordinal()


def targets(policy: Policy, book: Book, at: date | None, last_day: date) -> dict[str, Target]:
    """Give the facts of every model a routing rule names.

    `at` is the day whose prices are used; with logged prices (None) each call may use what was
    sold on its own day.
    """
    names = {rule.to_model for rule in policy.routing}
    return {name: _target(name, policy, book, at, last_day) for name in sorted(names)}


def _target(name: str, policy: Policy, book: Book, at: date | None, last_day: date) -> Target:
    facts = book.facts(name)
    day = at or last_day
    released, retires = facts.released or date.min, facts.retires or date.max
    window = facts.context_window(max(day, released))
    quotable = (
        max(day, released) if facts.retires is None else min(max(day, released), facts.retires)
    )
    return Target(
        model=facts.id,
        family=FAMILIES[facts.family],
        minimum=book.minimum(name, quotable).tokens,
        window=window,
        forced_tool_choice=facts.flags.forced_tool_choice is True,
        fast=_quotes(book, name, quotable, "fast", None),
        geo_us=_quotes(book, name, quotable, None, "us"),
        days=None if at else (released.toordinal() - EPOCH, retires.toordinal() - EPOCH - 1),
        refused=_refusal(facts.id, policy, (released, retires, at)),
    )


def _refusal(name: str, policy: Policy, dates: tuple[date, date, date | None]) -> str | None:
    released, retires, at = dates
    allowed = policy.constraints.allowed_models
    horizon = policy.constraints.horizon
    if allowed is not None and name not in allowed:
        return f"{name} is not among the policy's allowed models"
    if at is not None and not released <= at < retires:
        return f"{name} was not sold on {at}"
    if horizon is not None and retires <= horizon:
        return f"{name} retires on {retires}, before the policy's horizon {horizon}"
    return None


def _quotes(book: Book, name: str, day: date, speed: str | None, geo: str | None) -> bool:
    try:
        book.quote(name, day, None, speed, geo)
    except PriceError:
        return False
    return True
