"""What the user asks of a store, and the scene that answers it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import polars as pl

from analyzer.billing import PriceBasis, at_own_day, has_price
from analyzer.errors import InputError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.replay import Replays, Scene
from analyzer.results import (
    Lever,
)
from analyzer.savings import default_policy
from analyzer.savings.absence import nothing_to_replay
from analyzer.savings.account import Account, account
from analyzer.savings.grounds import grounded
from analyzer.savings.targets import Market, sales, targets
from analyzer.store import Store
from analyzer.traffic import (
    Workload,
    assign,
    day_of,
    load,
    resolve,
    tokenizer_ratio,
)

Prices = date | Literal["logged", "period-end"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What the user asks of a store."""

    policy: Policy | None = None
    """None proposes the default policy."""
    prices: Prices = "period-end"
    """List prices of one day, of the log's last day, or of each request's own day."""
    title: str = "Claude traffic"
    levers: frozenset[Lever] | None = None
    """Only these levers of the policy; None for all."""
    contract: tuple[Discount, ...] = ()
    """Negotiated discounts; without them, those that the vendor's reports show."""


@dataclass(frozen=True, slots=True)
class Study:
    """A scene with its policy, ready to be replayed."""

    scene: Scene
    policy: Policy
    billed: Account
    workloads: tuple[Workload, ...]
    first_day: date
    last_day: date
    price_label: str
    own_day_calls: int
    """Calls whose model has no price on the chosen day: they keep that of their own day."""
    proposed: bool
    """Whether the policy is the default one."""


def settle(store: Store, book: Book, question: Question, say: Say = lambda _text: None) -> Policy:
    """Give the policy a replay would use: the given one, or the default lines that save."""
    return settled(prepare(store, book, question, say), question, say).policy


def settled(study: Study, question: Question, say: Say) -> Study:
    """Keep the chosen levers; of a default policy, keep the lines that save."""
    policy = study.policy
    if question.levers is not None:
        policy = policy.with_levers(question.levers)
    if question.policy is None:
        say("trying each line of the default policy")
        policy = default_policy.keep_what_saves(policy, Replays(study.scene).least_saving)
    return replace(study, policy=policy)


def prepare(store: Store, book: Book, question: Question, say: Say) -> Study:
    """Load the trace, price it as billed, name the workloads and settle the policy."""
    say("reading the store")
    traffic = load(store, book)
    days = traffic.calls["day"].drop_nulls()
    if not len(days):
        raise nothing_to_replay(store, len(traffic.calls))
    first_day, last_day = day_of(int(days.min())), day_of(int(days.max()))  # type: ignore[arg-type]  # days are integers
    at = _price_day(question.prices, last_day)
    basis = PriceBasis(book, at)
    billed = account(traffic, basis)
    if not billed.total:
        raise InputError(
            f"{store.path}: no call has a price "
            f"({', '.join(u.what for u in billed.unpriced()[:3])}); see `rebill prices show`"
        )
    named = traffic.calls.drop("model").rename({"name": "model"})
    own_day = int(at_own_day(named, basis).sum())
    if own_day and own_day == int(has_price(named, basis).sum()):
        raise InputError(
            f"--prices {at}: nothing of this traffic was sold on that day; choose a day from "
            f"{first_day} on, or `logged`"
        )
    given = question.policy
    calls, workloads = assign(
        traffic.calls, given or Policy.observed(), billed.by_request(len(traffic.calls))
    )
    traffic = replace(traffic, calls=_with_offers(calls, basis))
    policy = given or default_policy.candidates(calls, book, at, last_day)
    policy = grounded(resolve(policy, workloads), calls, book)
    return Study(
        scene=Scene(
            traffic=traffic,
            targets=targets(policy, Market(book, at, last_day, sales(calls))),
            ratio=tokenizer_ratio(book),
            basis=basis,
            workloads=tuple(w.name for w in workloads),
        ),
        policy=policy,
        billed=billed,
        workloads=workloads,
        first_day=first_day,
        last_day=last_day,
        price_label="logged" if at is None else at.isoformat(),
        own_day_calls=own_day,
        proposed=given is None,
    )


def _with_offers(calls: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Tell which calls have a price, and which would have one in a batch."""
    named = calls.drop("model").rename({"name": "model"})
    batch = has_price(named.with_columns(speed=pl.lit(None, pl.Utf8)), basis, "batch")
    return calls.with_columns(priced=has_price(named, basis), batchable=batch)


def _price_day(prices: Prices, last_day: date) -> date | None:
    if prices == "logged":
        return None
    return last_day if prices == "period-end" else prices
