"""The serving effect on a scene: latency before and after, and the difference of two bills."""

from fractions import Fraction

import polars as pl

from analyzer.billing import bill, total
from analyzer.policy import Policy
from analyzer.replay import Scene
from analyzer.results import Serving
from analyzer.simulators.serving import serve

GPU_EVIDENCE = "none: published figures only, nothing was measured on this machine"


def measure(scene: Scene, policy: Policy) -> Serving:
    """Replay latencies under speculative decoding and bill the calls before and after it."""
    calls = scene.traffic.calls.drop("model").rename({"name": "model"}).with_columns(_first_token())
    rules = {name: policy.serving_rule(name) for name in scene.workloads}
    kinds = {name: str(rule.kind) for name, rule in rules.items() if rule is not None}
    objectives = {
        name: rule.objective_ms
        for name, rule in rules.items()
        if rule is not None and rule.objective_ms is not None
    }
    served = serve(calls, kinds, objectives, policy.seeds[0])
    before = total(bill(calls, scene.basis))
    after = total(bill(served.calls.select(calls.columns), scene.basis))
    return Serving(
        lines=served.lines,
        source=served.source,
        invoice_change=Fraction(after - before),
        load=served.load,
        fast_calls=served.fast_calls,
        gpu_evidence=GPU_EVIDENCE,
    )


def _first_token() -> pl.Expr:
    """When the first token came: only a stream shows it, and a transcript's lines come too late."""
    shown = pl.col("stream").fill_null(value=False) & (pl.col("time_meaning") != "line")
    return pl.when(shown).then("first_us").alias("first_us")
