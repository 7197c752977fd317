"""Replay: the trace under a policy, levers alone and jointly, and what each is worth.

A saving is always a difference of two runs of `simulate`: same trace, kernel, prices and seed.
The levers act in their order of record (output, routing, batch, caching), jointly; their solo
savings are never added.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from analyzer import attribution
from analyzer.billing import PriceBasis, bill
from analyzer.policy import Policy, RoutingRule
from analyzer.results import LEVERS, Lever
from analyzer.simulators import batch, caching, keep_alive, output, routing
from analyzer.simulators.events import originals
from analyzer.simulators.losses import NO_LOSSES, PARTS, LossModel, expected
from analyzer.simulators.routing import Target
from analyzer.traffic import Traffic
from analyzer.traffic.trie import Int64s, shrink

Cells = dict[tuple[str, int, str], int]
"""Pico-dollars by (workload, day number, model billed); -1 stands for no day."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What stays the same in every replay of one report."""

    traffic: Traffic
    targets: Mapping[str, Target]
    ratio: Fraction
    """Tokens of the newer tokenizer family for one of the older."""
    basis: PriceBasis
    workloads: tuple[str, ...]
    losses: tuple[LossModel, ...] = (NO_LOSSES,)
    """The first is that of printed means; under the others savings are replayed for a range."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One policy's cost: exact cells, summed over the policy's seeds."""

    cells: Cells
    unit: int
    """What the cells are divided by for pico-dollars: seeds, times parts of an expected token."""

    @property
    def total(self) -> Fraction:
        """Mean cost over the seeds, pico-dollars."""
        return Fraction(sum(self.cells.values()), self.unit)

    def by_workload(self) -> dict[str, Fraction]:
        """Mean cost of each workload."""
        return self._summed(0)

    def by_day(self) -> dict[int, Fraction]:
        """Mean cost of each day."""
        return self._summed(1)

    def effective(self, shares: Mapping[str, Fraction]) -> Fraction:
        """Mean cost with each model's share taken off its list price."""
        paid = sum(
            ((1 - shares.get(cell[2], Fraction(0))) * pico for cell, pico in self.cells.items()),
            Fraction(0),
        )
        return paid / self.unit

    def _summed(self, place: int) -> dict[Any, Fraction]:
        sums: dict[Any, int] = {}
        for cell, pico in self.cells.items():
            sums[cell[place]] = sums.get(cell[place], 0) + pico
        return {key: Fraction(value, self.unit) for key, value in sums.items()}


def simulate(scene: Scene, policy: Policy, seed: int) -> pl.DataFrame:
    """Give the events of the trace under a policy; no prices are seen on the way."""
    calls, trie = scene.traffic.calls, scene.traffic.trie
    events = originals(calls)
    events = output.apply(events, _first(policy, "output", scene), seed)
    events = routing.apply(events, _routes(policy, scene), scene.targets, scene.ratio, seed)
    events, tokens = _counted(events, scene.traffic)
    prefix = _prefix(events, tokens)
    events = batch.apply(events, _first(policy, "batch", scene), prefix, seed)
    marks, counted = _first(policy, "caching", scene), replace(trie, tokens=tokens)
    events = keep_alive.send(caching.place(events, marks), marks, counted)
    return caching.with_levels(caching.replay(events, counted), counted)


class Replays:
    """Runs policies over one scene and remembers what each cost."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._known: dict[tuple[Policy, str], Outcome] = {}

    def cost(self, policy: Policy, model: LossModel | None = None) -> Outcome:
        """Cost of a policy by workload and day, over its seeds; by default the printed mean."""
        model = model or self.scene.losses[0]
        bare = replace(policy, name=None, workloads=(), serving=())
        if (bare, model.name) not in self._known:
            self._known[bare, model.name] = self._run(bare, model)
        return self._known[bare, model.name]

    def range_of(self, policy: Policy, base: Policy) -> tuple[Fraction, Fraction]:
        """Least and greatest saving of a policy over another, under each of the loss models."""
        savings = [
            self.cost(base, model).total - self.cost(policy, model).total
            for model in self.scene.losses
        ]
        return min(savings), max(savings)

    def saving(self, policy: Policy) -> Fraction:
        """sim(observed) - sim(policy), pico-dollars; positive when cheaper."""
        return (
            self.cost(replace(Policy.observed(), seeds=policy.seeds)).total
            - self.cost(policy).total
        )

    def least_saving(self, policy: Policy) -> Fraction:
        """Give the least of the savings that the loss models admit, pico-dollars."""
        return self.range_of(policy, replace(Policy.observed(), seeds=policy.seeds))[0]

    def subsets(self, policy: Policy) -> dict[frozenset[Lever], Fraction]:
        """Saving of each of the 16 lever subsets, each a joint replay of its own."""
        return {
            chosen: self.saving(policy.with_levers(chosen))
            for chosen in attribution.subsets(LEVERS)
        }

    def _run(self, policy: Policy, model: LossModel) -> Outcome:
        return outcomes(self.scene, policy, (model,))[0]


def outcomes(scene: Scene, policy: Policy, models: tuple[LossModel, ...]) -> tuple[Outcome, ...]:
    """Replay a policy once for each of its seeds; give its cost under each loss model."""
    seeds = policy.seeds if _has_shares(policy) else policy.seeds[:1]
    cells: tuple[Cells, ...] = tuple({} for _ in models)
    for seed in seeds:
        events = simulate(scene, policy, seed)
        for model, found in zip(models, cells, strict=True):
            _add(found, scene, events, model)
    return tuple(
        Outcome(found, len(seeds) * _parts(model))
        for model, found in zip(models, cells, strict=True)
    )


def _add(cells: Cells, scene: Scene, events: pl.DataFrame, model: LossModel) -> None:
    counted = events if model is NO_LOSSES else expected(events, model)
    sums = (
        bill(counted, scene.basis, _parts(model))
        .with_columns(pl.col("day").fill_null(-1))
        .group_by("workload", "day", "model")
        .agg(pl.col("pico").cast(pl.Int128).sum())
    )
    for *cell, pico in sums.iter_rows():
        key = (cell[0], cell[1], cell[2])
        cells[key] = cells.get(key, 0) + int(pico)


def _parts(model: LossModel) -> int:
    return 1 if model is NO_LOSSES else PARTS


def shapley(savings: Mapping[frozenset[Lever], Fraction]) -> dict[Lever, Fraction]:
    """Exact fair shares of the joint saving: the mean over all orders of adding the levers."""
    return attribution.fair_shares(savings, LEVERS)


def in_order(savings: Mapping[frozenset[Lever], Fraction]) -> dict[Lever, Fraction]:
    """What each lever adds in the order of record."""
    return attribution.in_order(savings, LEVERS)


def _first(policy: Policy, lever: Lever, scene: Scene) -> dict[str, Any]:
    """The rule of a lever for each workload that has one."""
    found = {w: policy.rule(lever, w) for w in scene.workloads}
    return {w: rule for w, rule in found.items() if rule is not None}


def _routes(policy: Policy, scene: Scene) -> dict[str, tuple[RoutingRule, ...]]:
    """Every routing rule of each workload, in file order."""
    found = {
        w: tuple(r for r in policy.rules("routing", w) if isinstance(r, RoutingRule))
        for w in scene.workloads
    }
    return {w: rules for w, rules in found.items() if rules}


def _counted(events: pl.DataFrame, traffic: Traffic) -> tuple[pl.DataFrame, Int64s]:
    """Count prompts anew: answers that changed length move what stands behind them."""
    trie = traffic.trie
    tokens = _after_answers(events, traffic)
    ratios = events.select("family", "ratio_up", "ratio_down").unique().sort(pl.all())
    rows = [
        -(-tokens[family] * up // down) if (up, down) != (1, 1) else tokens[family]
        for family, up, down in ratios.iter_rows()
    ]
    numbered = ratios.with_row_index("map_row").with_columns(pl.col("map_row").cast(pl.Int32))
    events = events.join(
        numbered, on=("family", "ratio_up", "ratio_down"), how="left", maintain_order="left"
    ).with_columns(row="map_row").drop("map_row")  # fmt: skip
    leaf, family = events["leaf"].to_numpy(), events["family"].to_numpy()
    moved = np.where(leaf >= 0, (trie.tokens - tokens)[family, leaf], 0) if len(trie.parent) else 0
    gone = pl.lit(pl.Series(np.broadcast_to(moved, len(leaf)).astype(np.int64)))
    own = (pl.col("prompt") - gone).clip(0)  # an edited history may hold less than its chain
    converted = -(-(own * pl.col("ratio_up")) // pl.col("ratio_down"))
    stacked = np.stack(rows) if rows else tokens
    return events.with_columns(prompt=converted), stacked


def _after_answers(events: pl.DataFrame, traffic: Traffic) -> Int64s:
    answers = events.filter((pl.col("reason") == "original") & pl.col("usage_final"))
    before = traffic.calls["output"].to_numpy().astype(np.int64)
    after = before.copy()
    after[answers["request"].to_numpy()] = answers["answer"].to_numpy()
    if np.array_equal(before, after):
        return traffic.trie.tokens
    return shrink(traffic.trie.parent, traffic.trie.tokens, traffic.producer, before, after)


def _prefix(events: pl.DataFrame, tokens: Int64s) -> pl.Series:
    """Reusable prefix (tools and system) of each event, tokens; 0 below the minimum."""
    end, row = events["system_end"].to_numpy(), events["row"].to_numpy()
    if not tokens.shape[1]:
        return pl.Series("prefix", np.zeros(len(end), np.int64))
    size = np.where(end >= 0, tokens[row, end], 0)
    return pl.Series("prefix", np.where(size >= events["minimum"].to_numpy(), size, 0))


def _has_shares(policy: Policy) -> bool:
    shares = [rule.escalation_share for rule in policy.routing]
    shares += [rule.retry_share for rule in policy.output if rule.cap_tokens is not None]
    shares += [rule.expiry_share for rule in policy.batch]
    shares += [rule.hit_share for rule in policy.batch if rule.seeded]
    return any(0 < share < 1 for share in shares)
