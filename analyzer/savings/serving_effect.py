"""The serving effect on a scene: latency before and after, and each call's bill compared."""

from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis, bill
from analyzer.policy import Policy
from analyzer.replay import Replays
from analyzer.results import Ledger, Serving
from analyzer.savings.closed_loop import closed_loop
from analyzer.savings.measured_speculation import gpu_evidence as shipped_gpu_evidence
from analyzer.savings.measured_speculation import measured
from analyzer.savings.outside import outside
from analyzer.simulators.run_lengths import Speculation
from analyzer.simulators.serving import serve


def measure(
    replays: Replays,
    policy: Policy,
    ledger: Ledger,
    speculation: Speculation | None = None,
    gpu_evidence: str | None = None,
) -> Serving:
    """Replay latencies under speculative decoding and bill every call before and after it.

    Run-lengths are published and measured ones by default; `gpu_evidence` is `device, date`, or
    why there is none, of the evidence that ships.
    """
    scene = replays.scene
    calls = scene.traffic.calls.drop("model").rename({"name": "model"}).with_columns(_first_token())
    rules = {name: policy.serving_rule(name) for name in scene.workloads}
    kinds = {name: str(rule.kind) for name, rule in rules.items() if rule is not None}
    objectives = {
        name: rule.objective_ms
        for name, rule in rules.items()
        if rule is not None and rule.objective_ms is not None
    }
    served = serve(calls, kinds, objectives, policy.seeds[0], speculation or measured())
    changes = _changes(calls, served.calls.select(calls.columns), scene.basis)
    return Serving(
        lines=served.lines,
        source=served.source,
        invoice_change=Fraction(int(changes["change"].cast(pl.Int128).sum() or 0)),
        calls_compared=len(changes),
        calls_changed=int(changes["changed"].sum()),
        largest_change=Fraction(int(changes["change"].abs().max() or 0)),  # type: ignore[arg-type]  # integers
        load=served.load,
        batch=served.batch,
        left_calls=served.left_calls,
        gpu_evidence=gpu_evidence or shipped_gpu_evidence(),
        outside=outside(scene, ledger),
        closed_loop=closed_loop(
            replays, policy, served.calls.select("request", "latency_after_us")
        ),
    )


def _changes(before: pl.DataFrame, after: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Give, for each request on either side, `change` of its bill and whether it is another one.

    A request that is on one side alone, or has a price on one side alone, is `changed`.
    """
    sides = [
        bill(calls, basis).select("request", "pico", there=pl.lit(value=True))
        for calls in (before, after)
    ]
    joined = sides[0].join(sides[1], on="request", how="full", coalesce=True, suffix="_after")
    differs = pl.col("pico").ne_missing(pl.col("pico_after"))
    return joined.select(
        "request",
        change=pl.col("pico_after").fill_null(0) - pl.col("pico").fill_null(0),
        changed=differs | pl.col("there").ne_missing(pl.col("there_after")),
    )


def _first_token() -> pl.Expr:
    """When the first token came: only a stream shows it, and a transcript's lines come too late."""
    shown = pl.col("stream").fill_null(value=False) & (pl.col("time_meaning") != "line")
    return pl.when(shown).then("first_us").alias("first_us")
