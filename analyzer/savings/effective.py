"""List dollars become effective dollars: each model's share off, on bill and replays alike."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import polars as pl

from analyzer.policy import Policy
from analyzer.reconciled import Discount
from analyzer.reconciliation.discounts import shares
from analyzer.replay import Replays
from analyzer.results import Effective, Paid
from analyzer.savings.study import Study


def effective(
    study: Study, replays: Replays, accepted: Policy, discounts: tuple[Discount, ...]
) -> Effective | None:
    """Give the figures as paid; None without a discount. Savings stay differences of replays."""
    if not discounts:
        return None
    book = study.scene.basis.book
    off = shares(discounts, book.models())
    hidden = _paid(study.billed.extras(), off)
    observed = replays.cost(replace(Policy.observed(), seeds=study.policy.seeds)).effective(off)
    kept, full = replays.cost(accepted).effective(off), replays.cost(study.policy).effective(off)
    return Effective(
        discounts=discounts,
        models=tuple(
            Paid(
                one.model,
                off.get(one.model, Fraction(0)),
                one.billed,
                _less(one.billed, off, one.model),
            )
            for one in study.billed.models()
        ),
        billed=_paid(study.billed.rows, off),
        observed=observed + hidden,
        saving=observed - kept,
        potential=kept - full,
    )


def _paid(rows: pl.DataFrame, off: Mapping[str, Fraction]) -> Fraction:
    sums = rows.group_by("model").agg(pl.col("pico").cast(pl.Int128).sum())
    every = (_less(Fraction(int(pico or 0)), off, str(model)) for model, pico in sums.iter_rows())
    return sum(every, Fraction(0))


def _less(pico: Fraction, off: Mapping[str, Fraction], model: str) -> Fraction:
    return pico * (1 - off.get(model, Fraction(0)))
