"""What the book knows of a routing target besides its price, in the simulators' words."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from analyzer.errors import PriceError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.simulators.routing import Target
from analyzer.traffic import FAMILIES, day_of

_SALE = ("day", "tier", "speed", "geo")


@dataclass(frozen=True, slots=True)
class Market:
    """When a target must be sold: on the day of the prices, or on each call's own day."""

    book: Book
    at: date | None
    last_day: date
    sales: pl.DataFrame
    """Distinct `day`, `tier`, `speed`, `geo` of the calls."""


def targets(policy: Policy, market: Market) -> dict[str, Target]:
    """Give the facts of every model a routing rule names."""
    names = {rule.to_model for rule in policy.routing}
    return {name: _target(name, policy, market) for name in sorted(names)}


def sales(calls: pl.DataFrame) -> pl.DataFrame:
    """Give the distinct ways and days in which calls were sold."""
    return calls.select(_SALE).unique().sort(_SALE)


def _target(name: str, policy: Policy, market: Market) -> Target:
    facts = market.book.facts(name)
    day = max(market.at or market.last_day, facts.released or date.min)
    return Target(
        model=facts.id,
        family=FAMILIES[facts.family],
        minimum=market.book.minimum(name, day).tokens,
        window=facts.context_window(day),
        forced_tool_choice=facts.flags.forced_tool_choice is True,
        sold=_sold(facts.id, market),
        refused=_refusal(facts.id, policy, market),
    )


def _sold(name: str, market: Market) -> pl.DataFrame:
    rows = []
    retires = market.book.facts(name).retires or date.max
    for day, tier, speed, geo in market.sales.iter_rows():
        when = market.at or (None if day is None else day_of(day))
        if when is not None and when > retires:  # what a cloud keeps is no model to move to
            rows.append((day, tier, speed, geo, False, False))
            continue
        rows.append(
            (
                day,
                tier,
                speed,
                geo,
                _quotes(market.book, name, when, (tier, speed, geo)),
                _quotes(market.book, name, when, ("batch", None, geo)),
            )
        )
    schema: dict[str, Any] = {
        **market.sales.schema,
        "target_sold": pl.Boolean,
        "target_batch": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _refusal(name: str, policy: Policy, market: Market) -> str | None:
    facts = market.book.facts(name)
    allowed, horizon = policy.constraints.allowed_models, policy.constraints.horizon
    if allowed is not None and name not in allowed:
        return f"{name} is not among the policy's allowed models"
    if market.at is not None and not facts.sold(market.at):
        return f"{name} was not sold on {market.at}"
    if horizon is not None and facts.retires is not None and facts.retires <= horizon:
        return f"{name} retires on {facts.retires}, before the policy's horizon {horizon}"
    return None


def _quotes(
    book: Book, name: str, day: date | None, sale: tuple[str | None, str | None, str | None]
) -> bool:
    if day is None or not book.facts(name).sold(day):
        return False
    try:
        book.quote(name, day, *sale)
    except PriceError:
        return False
    return True
