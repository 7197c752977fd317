"""A policy held against the book and the log before it is replayed."""

from dataclasses import replace

import polars as pl

from analyzer.policy import BatchRule, Policy, RoutingRule
from analyzer.prices import Book

NO_BATCHES = "this traffic holds no batch calls of it, so the evidence is inferred"


def grounded(policy: Policy, calls: pl.DataFrame, book: Book) -> Policy:
    """Give models the book's names, and `own-batches` its grade where the log shows batches."""
    allowed = policy.constraints.allowed_models
    named = None if allowed is None else tuple(book.canonical(m) or m for m in allowed)
    return replace(
        policy,
        routing=tuple(_named(rule, book) for rule in policy.routing),
        batch=tuple(_shown(rule, calls) for rule in policy.batch),
        constraints=replace(policy.constraints, allowed_models=named),
    )


def _named(rule: RoutingRule, book: Book) -> RoutingRule:
    """A log's dated name (claude-haiku-4-5-20251001) and the book's are the same model."""
    source = rule.from_model
    return replace(
        rule,
        to_model=book.canonical(rule.to_model) or rule.to_model,
        from_model=source and (book.canonical(source) or source),
    )


def _shown(rule: BatchRule, calls: pl.DataFrame) -> BatchRule:
    """Every workload the rule names must have batch calls of its own."""
    if rule.evidence != "own-batches":
        return rule
    meant = pl.lit(value=True) if rule.workload == "*" else pl.col("workload") == rule.workload
    batches = (
        calls.filter(meant).group_by("workload").agg((pl.col("tier") == "batch").any().alias("own"))
    )
    if batches["own"].all():
        return rule
    return replace(rule, evidence="inferred", basis=f"{rule.basis}; {NO_BATCHES}")
