"""A store as contracts read it: usage with workload names that another store gives too.

A workload numbered by dollars changes its number when traffic is added. Here it is called by what
it was recognised by: the policy's or the log's own name, the hash of its tools and system prompt,
its application, key or model.
"""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from analyzer.contracts.logged.spans import Span, stretches
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.store import Store
from analyzer.traffic import Usage, day_of, groups, usage

_HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Logged:
    """The whole log."""

    usage: Usage
    """Calls with `workload`."""
    evidence: pl.DataFrame
    """See `queries/evidence.sql`."""
    span: Span
    """First to last day that has a call."""

    def require(self, span: Span) -> None:
        """Refuse a period that the log tells only in part.

        Raises:
            ContractError: the log starts later or ends sooner.
        """
        if self.span.first_day > span.first_day or self.span.last_day < span.last_day:
            raise ContractError(
                f"period {span}: the log has calls from {self.span} only, ingest the rest or name"
                " a shorter period"
            )

    def begins(self, span: Span) -> date:
        """First day of the stretch of the log that holds a period's first day."""
        days = map(day_of, self.usage.calls["day"].drop_nulls().unique())
        return max(one.first_day for one in stretches(days) if one.first_day <= span.first_day)


def read(store: Store, book: Book, policy: Policy | None = None) -> Logged:
    """Read what was billed and name its workloads.

    Raises:
        ContractError: no call tells its day.
    """
    used, evidence = usage(store, book), store.evidence()
    days = used.calls["day"].drop_nulls().to_list()
    if not days:
        raise ContractError(f"{store.path}: no call tells its day, ingest logs that do")
    named = _with_workloads(used, evidence, policy or Policy.observed())
    return Logged(named, evidence, Span(day_of(min(days)), day_of(max(days))))


def _with_workloads(used: Usage, evidence: pl.DataFrame, policy: Policy) -> Usage:
    calls = used.calls.join(
        evidence.select("request", "prompt_hash"), on="request", maintain_order="left"
    )
    group = groups(calls, policy)
    calls = calls.with_columns(group=group)
    site = pl.format("call site {}", pl.col("prompt_hash").str.head(_HASH_SHOWN))
    name = (
        pl.when(pl.col("group").str.starts_with("name:"))
        .then(pl.col("group").str.strip_prefix("name:"))
        .when(pl.col("group").str.starts_with("site:"))
        .then(site)
        .when(pl.col("group").str.starts_with("app:"))
        .then(pl.format("app {}", pl.col("group").str.strip_prefix("app:")))
        .when(pl.col("group").str.starts_with("key:"))
        .then(pl.format("key {}", pl.col("group").str.strip_prefix("key:")))
        .otherwise(pl.format("model {}", pl.col("group").str.strip_prefix("model:")))
    )
    return replace(used, calls=calls.with_columns(workload=name).drop("group", "prompt_hash"))
