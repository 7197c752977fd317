"""How many calls each line of a policy reaches: the rest stay as they are, and the page says so."""

import polars as pl

from analyzer.policy import LeverRule, Policy, RoutingRule
from analyzer.replay import Scene, simulate
from analyzer.results import Lever


class Reach:
    """Counts over one replay of the full policy."""

    def __init__(self, scene: Scene, policy: Policy) -> None:
        columns = ("request", "model", "tier", "cacheable")
        events = simulate(scene, policy, policy.seeds[0]).filter(pl.col("reason") == "original")
        calls = scene.traffic.calls.select("request", "workload", before="name", was="tier")
        self._calls = calls.join(events.select(columns), on="request")

    def of(self, lever: Lever, rule: LeverRule, workload: str) -> tuple[int, int]:
        """Give (calls the line changes, calls it is meant for) in one workload."""
        calls = self._calls.filter(pl.col("workload") == workload)
        if isinstance(rule, RoutingRule):
            if rule.from_model is not None:
                calls = calls.filter(pl.col("before") == rule.from_model)
            calls = calls.filter(pl.col("before") != rule.to_model)
            return int((calls["model"] == rule.to_model).sum()), len(calls)
        if lever == "batch":
            live = calls.filter(pl.col("was") != "batch")
            return int((live["tier"] == "batch").sum()), len(live)
        if lever == "caching":
            live = calls.filter(pl.col("tier") != "batch")
            return int(live["cacheable"].sum()), len(live)
        return len(calls), len(calls)
