"""The period's prompts replayed with the cache life that the baseline asked for.

Marks stay where they are and live as long as the baseline's did; what that adds to and takes from
each meter, against the same replay with the marks' own lives, moves the billed tokens. Both replays
are without losses, so what no rule explains cancels out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import polars as pl

from analyzer.billing import PriceBasis, has_price
from analyzer.contracts.baseline import Workload
from analyzer.contracts.logged import METERS, Cell, Logged
from analyzer.contracts.verification.counterfactual import (
    UNIT_RATE,
    CacheSetting,
    Calibration,
    Counterfactual,
)
from analyzer.policy import CachingRule, Policy
from analyzer.prices import Book
from analyzer.replay import Scene, simulate
from analyzer.store import Store
from analyzer.traffic import Usage, load, tokenizer_ratio

_SEED = 1
_PROMPT = METERS[:-1]
_Places = dict[tuple[str, str, str], tuple[int, ...]]


def replayed_settings(
    store: Store,
    book: Book,
    logged: Logged,
    used: Usage,
    pairs: Mapping[str, tuple[Workload, list[Cell]]],
) -> dict[tuple[str, str, str], CacheSetting]:
    """Give by workload, model and tier how its prompts would have been cached.

    Only workloads that are cached in both periods with lives of one kind before, and whose prompts
    the log shows; `used` holds the calls that count.
    """
    lives = dict(_lives(pairs))
    if not lives:
        return {}
    scene = _scene(store, book, logged, tuple(pairs))
    rules = tuple(
        CachingRule(workload=name, ttl=life, basis="the baseline's life")
        for name, life in lives.items()
    )
    before = _sums(scene, Policy(caching=rules), used)
    after = _sums(scene, Policy.observed(), used)
    found = {}
    for (name, model, tier), tokens in after.items():
        if name in lives:
            moved = [a - b for a, b in zip(before[name, model, tier], tokens, strict=True)]
            setting = _billed(pairs[name][1], model, tier)
            shifted = [max(0, n + m) for n, m in zip(setting, moved, strict=True)]
            found[name, model, tier] = CacheSetting(tuple(shifted))
    return found


def _lives(
    pairs: Mapping[str, tuple[Workload, list[Cell]]],
) -> Iterator[tuple[str, Literal["5m", "1h"]]]:
    for name, (before, cells) in pairs.items():
        made = Counterfactual(before, cells, Calibration())
        if made.methods.get("caching") != UNIT_RATE:
            continue
        if not any(sum(cell.tokens[1:-1]) for cell in cells):
            continue
        written = {meter for unit in before.units for meter in unit.cached() if meter != "read"}
        if written == {"write_5m"}:
            yield name, "5m"
        elif written == {"write_1h"}:
            yield name, "1h"


def _scene(store: Store, book: Book, logged: Logged, workloads: tuple[str, ...]) -> Scene:
    traffic, basis = load(store, book), PriceBasis(book, None)
    named = traffic.calls.join(
        logged.usage.calls.select("request", "workload"), on="request", how="left"
    )
    priced = has_price(named.drop("model").rename({"name": "model"}), basis)
    calls = named.with_columns(priced=priced, batchable=pl.lit(value=False)).sort("request")
    return Scene(
        traffic=replace(traffic, calls=calls),
        targets={},
        ratio=tokenizer_ratio(book),
        basis=basis,
        workloads=workloads,
    )


def _sums(scene: Scene, policy: Policy, used: Usage) -> _Places:
    """Sum the prompt tokens of replayable calls up, by workload, model and tier."""
    events = simulate(scene, policy, _SEED).filter(pl.col("cacheable") & pl.col("charged"))
    counted = events.join(used.calls.select("request"), on="request", how="semi")
    keys = ("workload", "model", "tier")
    sums = counted.group_by(keys).agg(pl.col(*_PROMPT).cast(pl.Int128).sum())
    return {
        (str(name), str(model), str(tier)): tuple(map(int, tokens))
        for name, model, tier, *tokens in sums.iter_rows()
    }


def _billed(cells: list[Cell], model: str, tier: str) -> tuple[int, ...]:
    same = [one.tokens[:-1] for one in cells if (one.sku.model, one.sku.tier) == (model, tier)]
    return tuple(map(sum, zip(*same, strict=True))) if same else (0,) * len(_PROMPT)
