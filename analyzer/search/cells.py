"""What each call could be under the levers' rules, one rule at a time: its least prices a token.

The rules themselves move the calls (`analyzer.simulators`), so feasibility is theirs: what a target
refuses or what cannot wait for a batch stays. Each meter takes its least price over all the
outcomes, which no single outcome need reach: that keeps the bound below every policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.billing import unit_prices
from analyzer.policy import BatchRule, OutputRule, Policy, RoutingRule
from analyzer.replay import Scene
from analyzer.results import Lever
from analyzer.search.edges import ABSENT
from analyzer.simulators import batch, output, routing
from analyzer.simulators.events import BUCKETS, originals
from analyzer.traffic.trie import Int64s, shrink

_LIVE = ("uncached", "read", "write_5m", "write_1h")
_IDLE = ("short_read", "short_write_5m", "short_write_1h")
_SEED = 1
"""Shares are taken at their ends, so no draw is made."""
Layer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cells:
    """Least prices by call (row = request), over every outcome the rules allow."""

    tokens: Int64s
    """Token map of each lane after the shortest answers; shape (lanes, families, nodes)."""
    prompt: Int64s
    """Shape (n, lanes)."""
    minimum: Int64s
    prices: Int64s
    """As `Touches.prices`."""
    idle: Int64s
    """As `Touches.idle`, by call."""
    carried: Int64s
    """Least cost of the whole call where its prompt cannot be replayed."""
    rest: Int64s
    """Least cost of the answer and the web searches."""


def cells(scene: Scene, space: Policy, levers: frozenset[Lever]) -> Cells:
    """Collect what the rules of `space` could make of each call under some of the levers."""
    opened = space.with_levers(levers)
    written = list(_outcomes(scene, opened))
    tokens = _shortest(scene, written)
    lanes = sorted(
        {pair for frame in written for pair in _ratios(frame)}, key=lambda p: p != (1, 1)
    )
    maps = np.stack([-(-tokens * up // down) for up, down in lanes])
    counted = [_counted(frame, scene, tokens) for frame in written]
    return _collect(scene, counted, (lanes, maps), list(_layers(opened, "batch", scene)))


def _outcomes(scene: Scene, space: Policy) -> Iterator[pl.DataFrame]:
    """Give the originals under each choice of one output and one routing rule a workload."""
    events = originals(scene.traffic.calls)
    choices = product(_layers(space, "output", scene), _layers(space, "routing", scene))
    for short, routes in choices:
        written = output.apply(events, short, _SEED)
        routed = {name: (rule,) for name, rule in routes.items()}
        moved = routing.apply(written, routed, scene.targets, scene.ratio, _SEED)
        yield moved.filter(pl.col("reason") == "original").sort("request")


def _layers(space: Policy, lever: Lever, scene: Scene) -> Iterator[Layer]:
    """Give no rule, then the first of each workload, then the second, and so on."""
    rules = {name: space.rules(lever, name) for name in scene.workloads}
    yield {}
    for place in range(max(map(len, rules.values()), default=0)):
        yield {name: _kindest(own[place]) for name, own in rules.items() if place < len(own)}


def _kindest(rule: Any) -> Any:
    """Give the rule with every share at its cheap end: no retry, hand-back or expiry, all hits."""
    match rule:
        case OutputRule():
            return replace(rule, retry_share=Fraction(0))
        case RoutingRule():
            return replace(rule, escalation_share=Fraction(0))
        case BatchRule():
            return replace(rule, expiry_share=Fraction(0), hit_share=Fraction(1))
    return rule


def _shortest(scene: Scene, outcomes: list[pl.DataFrame]) -> Int64s:
    """Give the token map after each call's shortest answer: later prompts hold it."""
    traffic = scene.traffic
    before = traffic.calls["output"].to_numpy().astype(np.int64)
    after = before.copy()
    for frame in outcomes:
        final = frame["usage_final"].to_numpy()
        after[final] = np.minimum(after[final], frame["answer"].to_numpy()[final])
    if np.array_equal(before, after):
        return traffic.trie.tokens
    return shrink(traffic.trie.parent, traffic.trie.tokens, traffic.producer, before, after)


def _ratios(frame: pl.DataFrame) -> set[tuple[int, int]]:
    return set(frame.select("ratio_up", "ratio_down").unique().rows()) | {(1, 1)}


def _counted(frame: pl.DataFrame, scene: Scene, tokens: Int64s) -> pl.DataFrame:
    """Count prompts by the shortened map and each outcome's own tokenizer."""
    leaf, family = frame["leaf"].to_numpy(), frame["family"].to_numpy()
    gone = np.zeros(len(leaf), np.int64)
    if tokens.shape[1]:
        gone = np.where(leaf >= 0, (scene.traffic.trie.tokens - tokens)[family, leaf], 0)
    own = np.maximum(frame["prompt"].to_numpy() - gone, 0)
    up, down = frame["ratio_up"].to_numpy(), frame["ratio_down"].to_numpy()
    return frame.with_columns(prompt=pl.Series(-(-(own * up) // down)))


def _collect(
    scene: Scene,
    outcomes: list[pl.DataFrame],
    map_: tuple[list[tuple[int, int]], Int64s],
    waits: list[Layer],
) -> Cells:
    lanes, maps = map_
    count = len(scene.traffic.calls)
    held = Cells(
        tokens=maps,
        prompt=np.full((count, len(lanes)), _FAR, np.int64),
        minimum=np.full((count, len(lanes)), _FAR, np.int64),
        prices=np.full((count, len(lanes), 6), _FAR, np.int64),
        idle=np.full((count, len(lanes), 3), _FAR, np.int64),
        carried=np.full(count, _FAR, np.int64),
        rest=np.full(count, _FAR, np.int64),
    )
    for frame in outcomes:
        lane = _lane(frame, lanes)
        _add(held, scene, frame, lane)
        for rules in waits[1:]:
            moved = batch.apply(frame, rules, _prefix(frame, maps, lane), _SEED).sort("request")
            _add(held, scene, moved, lane)
    for array in (held.prompt, held.prices, held.idle):
        array[array == _FAR] = ABSENT
    return held


_FAR = 1 << 61


def _lane(frame: pl.DataFrame, lanes: list[tuple[int, int]]) -> npt.NDArray[np.intp]:
    up, down = frame["ratio_up"].to_numpy(), frame["ratio_down"].to_numpy()
    chosen = np.zeros(len(up), np.intp)
    for place, pair in enumerate(lanes):
        chosen[(up == pair[0]) & (down == pair[1])] = place
    return chosen


def _prefix(frame: pl.DataFrame, maps: Int64s, lane: npt.NDArray[np.intp]) -> pl.Series:
    end, family = frame["system_end"].to_numpy(), frame["family"].to_numpy()
    if not maps.shape[2]:
        return pl.Series("prefix", np.zeros(len(end), np.int64))
    size = np.where(end >= 0, maps[lane, family, end], 0)
    return pl.Series("prefix", np.where(size >= frame["minimum"].to_numpy(), size, 0))


def _add(held: Cells, scene: Scene, frame: pl.DataFrame, lane: npt.NDArray[np.intp]) -> None:
    """Lower each call's least prices by one more outcome; rows are the requests in order."""
    rates = unit_prices(frame, scene.basis)
    row = np.arange(len(frame))
    live = frame["cacheable"].to_numpy()
    fields = {name: _int64(frame, name) for name in ("prompt", "minimum", "output", *BUCKETS)}
    tariff = {name: _int64(rates, name) for name in rates.columns}
    at = (row[live], lane[live])
    held.prompt[row, lane] = np.minimum(held.prompt[row, lane], fields["prompt"])
    held.minimum[at] = np.minimum(held.minimum[at], fields["minimum"][live])
    for place, name in enumerate(_LIVE):
        _lower(held.prices[:, :, place], at, tariff[name][live])
    for place, name in enumerate(_IDLE):
        _lower(held.idle[:, :, place], at, tariff[name][live])
    waits = ~live & (frame["tier"] == "batch").to_numpy()
    still = (row[waits], lane[waits])
    seeded = (fields["read"] > 0)[waits]
    _lower(held.prices[:, :, 4], still, tariff["uncached"][waits])
    inside = np.where(seeded, tariff["read"][waits], tariff["uncached"][waits])
    _lower(held.prices[:, :, 5], still, inside)
    answer = fields["output"] * tariff["output"] + tariff["fee"]
    np.minimum(held.rest, answer, out=held.rest)
    whole = sum((fields[name] * tariff[name] for name in BUCKETS), start=answer)
    held.carried[~live] = np.minimum(held.carried, whole)[~live]


def _lower(array: Int64s, at: Any, value: Int64s) -> None:
    array[at] = np.minimum(array[at], value)


def _int64(frame: pl.DataFrame, name: str) -> Int64s:
    return frame[name].cast(pl.Int64).fill_null(_FAR).to_numpy()
