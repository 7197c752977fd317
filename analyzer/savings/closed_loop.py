"""Room of the closed loop: the observed policy replayed on the starts that faster answers allow."""

from dataclasses import replace

import polars as pl

from analyzer.policy import Policy
from analyzer.replay import Replays, Scene, outcomes
from analyzer.results import ClosedLoop
from analyzer.simulators.closed_loop import sooner
from analyzer.traffic.occasions import with_occasions


def closed_loop(replays: Replays, policy: Policy, waits: pl.DataFrame) -> ClosedLoop | None:
    """Compare the observed policy's cost with that on the moved starts; None where none moves.

    `waits` has one row a call: `request` and `latency_after_us`.
    """
    scene = replays.scene
    before = scene.traffic.calls
    after = sooner(before.join(waits, on="request", how="left", maintain_order="left"))
    earlier = (before["start_us"] - after["start_us"]).fill_null(0)
    moved = earlier.filter(earlier != 0)
    if not len(moved):
        return None
    observed = replace(Policy.observed(), seeds=policy.seeds)
    costs = outcomes(_moved(scene, after), observed, scene.losses)
    rooms = [
        replays.cost(observed, model).total - cost.total
        for model, cost in zip(scene.losses, costs, strict=True)
    ]
    lanes = before.filter(pl.col("session").is_not_null()).select("session", "agent").n_unique()
    return ClosedLoop(
        room=rooms[0],
        low=min(rooms),
        high=max(rooms),
        moved_calls=len(moved),
        lanes=lanes,
        earlier_ms=round(float(moved.median() or 0) / 1000),  # type: ignore[arg-type]  # integers
    )


def _moved(scene: Scene, calls: pl.DataFrame) -> Scene:
    """The scene with other starts: how long each call's session idled is worked out anew."""
    moved = with_occasions(calls).select(scene.traffic.calls.columns)
    return replace(scene, traffic=replace(scene.traffic, calls=moved))
