"""A bridge from logs: two periods of one store, or two stores over all their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.billing import PriceBasis
from analyzer.contracts.bridge import Bridge, Factor, Observed, bridge, observed
from analyzer.contracts.logged import Logged, Span, read, whole_days
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import shares
from analyzer.results import Unpriced
from analyzer.store import Store


@dataclass(frozen=True, slots=True)
class Ends:
    """A bridge and what it leaves out."""

    bridge: Bridge
    before_unpriced: tuple[Unpriced, ...]
    after_unpriced: tuple[Unpriced, ...]
    timeless: int
    """Charged calls that tell no day."""


def bridge_logs(
    named: tuple[str, str],
    store: Path,
    book: Book,
    policy: Policy | None,
    contract: tuple[Discount, ...],
    order: Sequence[Factor],
) -> Ends:
    """Cross from one period to another, each call at its own day's list price.

    Raises:
        ContractError: periods that overlap, that a log tells in part, or one store and one period.
    """
    found = [
        observed(
            logged.usage,
            span.days,
            PriceBasis(book, None),
            discounts=shares(contract, book.models()),
        )
        for logged, span in _ends(named, store, book, policy)
    ]
    before, after = found
    return Ends(
        bridge=bridge(before.period, after.period, order),
        before_unpriced=before.unpriced,
        after_unpriced=after.unpriced,
        timeless=_timeless(before, after, one_store=not _are_stores(named)),
    )


def _ends(
    named: tuple[str, str], store: Path, book: Book, policy: Policy | None
) -> list[tuple[Logged, Span]]:
    if _are_stores(named):
        both = []
        for name in named:
            with Store.open(Path(name)) as opened:
                logged = read(opened, book, policy)
            both.append((logged, logged.span))
        return both
    spans = [whole_days(name) for name in named]
    with Store.open(store) as opened:
        logged = read(opened, book, policy)
    for span in spans:
        logged.require(span)
    return [(logged, span) for span in spans]


def _are_stores(named: tuple[str, str]) -> bool:
    there = [Path(name).is_file() for name in named]
    if any(there) and not all(there):
        raise ContractError(
            f"bridge: {named[there.index(False)]} is no store and {named[there.index(True)]} is"
            " one, give two stores or two periods"
        )
    return all(there)


def _timeless(before: Observed, after: Observed, *, one_store: bool) -> int:
    return before.timeless if one_store else before.timeless + after.timeless
