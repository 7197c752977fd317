"""Workloads that may share cache entries: connected by a prompt's root within a cache scope."""

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from analyzer.replay import Scene
from analyzer.search.alternatives import Component, Slot


def components(scene: Scene, slots: Mapping[str, tuple[Slot, ...]]) -> tuple[Component, ...]:
    """Give the components that have a choice, in the order of their first workload.

    An entry is a node of the trie, so prompts of different roots never meet, whatever their model.
    """
    found = []
    for names in groups(scene):
        own = tuple(slot for name in names for slot in slots[name])
        if own:
            found.append(Component(names, own))
    return tuple(found)


def groups(scene: Scene) -> tuple[tuple[str, ...], ...]:
    """Give every workload in its group, in the order of record."""
    chief = {name: name for name in scene.workloads}

    def root(name: str) -> str:
        while chief[name] != name:
            name = chief[name]
        return name

    order = {name: place for place, name in enumerate(scene.workloads)}
    for together in _together(scene):
        roots = sorted({root(name) for name in together}, key=order.__getitem__)
        chief.update(dict.fromkeys(roots, roots[0]))
    members: dict[str, list[str]] = {}
    for name in scene.workloads:
        members.setdefault(root(name), []).append(name)
    return tuple(tuple(names) for names in members.values())


def _together(scene: Scene) -> Iterable[list[str]]:
    """Workloads that meet at one root in one scope."""
    parent = scene.traffic.trie.parent
    top = np.arange(len(parent), dtype=np.int64)
    for node, above in enumerate(parent.tolist()):  # parents come first
        if above >= 0:
            top[node] = top[above]
    calls = scene.traffic.calls.filter(pl.col("leaf") >= 0)
    at = pl.Series("root", top[calls["leaf"].to_numpy()] if len(calls) else [], pl.Int64)
    met = (
        calls.select("scope", "workload", at)
        .unique()
        .group_by("scope", "root")
        .agg(pl.col("workload").sort())
        .filter(pl.col("workload").list.len() > 1)
        .sort("workload")
    )
    return met["workload"].unique(maintain_order=True).to_list()
