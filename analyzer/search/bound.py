"""The clairvoyant bound: what no policy can go below, whoever knew every later call.

It is a lower bound of the replayed cost of any policy whose rules stand in the given space,
with any marks, lives, keep-alive pings and pre-warms (law 6 of the replay). It is no saving:
nobody knows every later call. `docs/bound.md` says what it drops and how far above it the true
optimum may lie.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from analyzer.policy import Policy
from analyzer.replay import Scene
from analyzer.results import LEVERS, Lever
from analyzer.search.cells import Cells, cells
from analyzer.search.edges import FIVE_MINUTES_US, Edges, Touches, least, levels
from analyzer.simulators.events import LIVES, MARKS, originals
from analyzer.traffic.trie import Int32s, Int64s


@dataclass(frozen=True, slots=True)
class Bound:
    """The least cost that perfect foresight could reach, pico-dollars, with the same calls."""

    levers: frozenset[Lever]
    """The levers it may use; the others stay as observed."""
    by_workload: dict[str, int]
    carried_calls: int
    """Calls without prompt structure: counted as billed but for model and batch."""
    edited_tokens: int
    """Tokens behind an edited history: counted as read, which is less than anyone pays."""

    @property
    def total(self) -> int:
        """The least cost of all calls, pico-dollars."""
        return sum(self.by_workload.values())


def clairvoyant(scene: Scene, space: Policy, levers: frozenset[Lever] = frozenset(LEVERS)) -> Bound:
    """Give the bound of some levers over every rule of `space`, the other levers as observed.

    Of caching rules none is needed: all marks and lives are tried. Expiry of batches is left out:
    the space's rules count as if nothing expired.
    """
    events = originals(scene.traffic.calls)
    choice = cells(scene, space, levers)
    shown = events["cacheable"].to_numpy()
    cost = choice.rest.copy()
    cost[~shown] = choice.carried[~shown]
    opened = space.with_levers(levers)
    # A call asked again renews its entries. With free caching a ping that costs no more does so
    # too, but for a call that took longer than a life.
    slow = pl.col("duration_us") > (FIVE_MINUTES_US if "caching" in levers else 0)
    again = 2 * pl.col("duration_us") if opened.output or opened.routing else 0
    events = events.with_columns(
        clock_us=pl.col("clock_us") + pl.when(slow).then(again).otherwise(0)
    )
    edges, touches = _edges(scene, choice), _touches(events, shown, choice, levers)
    spent, edited = least(edges, touches, free="caching" in levers)
    cost[shown] += spent
    summed = (
        events.select("workload", pico=pl.Series(cost))
        .group_by("workload")
        .agg(pl.col("pico").cast(pl.Int128).sum())
    )
    named = {str(name): int(pico) for name, pico in summed.iter_rows()}
    return Bound(
        levers=levers,
        by_workload={name: named[name] for name in scene.workloads if name in named},
        carried_calls=int((~shown).sum()),
        edited_tokens=int(edited.sum()),
    )


def captured(
    observed: Fraction | int, reached: Fraction | int, bound: Fraction | int
) -> Fraction | None:
    """Share of what perfect foresight could save that a policy saves; None where that is nothing.

    Negative where the policy costs more than what was observed.
    """
    room = Fraction(observed) - Fraction(bound)
    return (Fraction(observed) - Fraction(reached)) / room if room > 0 else None


def _edges(scene: Scene, choice: Cells) -> Edges:
    trie = scene.traffic.trie
    return Edges(trie.parent, levels(trie.parent, trie.section), choice.tokens)


def _touches(
    events: pl.DataFrame, shown: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    choice: Cells, levers: frozenset[Lever],
) -> Touches:  # fmt: skip
    kept = events.filter(pl.Series(shown))
    keys = _keys(kept, levers)
    return Touches(
        start_us=_int64(kept["start_us"]),
        clock_us=_int64(kept["clock_us"]),
        family=_int32(kept["family"]),
        leaf=_int32(kept["leaf"]),
        system_end=_int32(kept["system_end"]),
        seed=_int32(kept["seed"]),
        marks=np.stack([_int32(kept[name]) for name in MARKS], axis=1),
        lives=np.stack([_int32(kept[name]) for name in LIVES], axis=1),
        prompt=choice.prompt[shown],
        minimum=choice.minimum[shown],
        prices=choice.prices[shown],
        group=keys[0],
        idle=_least_idle(choice.idle[shown], keys[0]),
        keys=keys,
    )


def _keys(kept: pl.DataFrame, levers: frozenset[Lever]) -> tuple[Int32s, Int32s, Int32s]:
    """Who may share entries, by section; calls that may change model count as of one model."""
    fast = pl.col("speed").eq("fast").fill_null(value=False).alias("fast")
    shared = ["scope", fast] if "routing" in levers else ["scope", "model", fast]
    told = (shared, [*shared, "system_params"], [*shared, "system_params", "message_params"])
    tools, system, messages = (
        kept.select((pl.struct(names).rank("dense") - 1).cast(pl.Int32)).to_series().to_numpy()
        for names in told
    )
    return tools, system, messages


def _least_idle(idle: Int64s, group: Int32s) -> Int64s:
    """Least prices of pings and pre-warms in each group of calls that may share entries."""
    groups = int(group.max()) + 1 if len(group) else 0
    found = np.full((groups, *idle.shape[1:]), np.iinfo(np.int64).max, np.int64)
    np.minimum.at(found, group, np.where(idle < 0, np.iinfo(np.int64).max, idle))
    found[found == np.iinfo(np.int64).max] = -1
    return found


def _int32(column: pl.Series) -> Int32s:
    return column.cast(pl.Int32).to_numpy()


def _int64(column: pl.Series) -> Int64s:
    return column.cast(pl.Int64).to_numpy()
