"""Rollouts, ratios and quality gates as the page's records, each with its evidence."""

from collections.abc import Iterator

from analyzer.contracts.exact_text import exact_text
from analyzer.contracts.logged import Span
from analyzer.contracts.verification import Measures
from analyzer.contracts.verification.measures import Ratio
from analyzer.results.baseline import Named
from analyzer.results.gainshare import MeasureRow


def measure_rows(found: Measures, span: Span) -> Iterator[MeasureRow]:
    """Give rollouts that began by the end of a period, every ratio, and gates of its days."""
    for one in found.deployments:
        if one.started <= span.last_day:
            told = f"{one.started} to {one.completed}"
            yield MeasureRow("rollout", one.workload, one.lever, told, None)
    for ratio in found.routing:
        told = (
            f"{ratio.baseline} for {ratio.actual}: input x {exact_text(ratio.into)},"
            f" output x {exact_text(ratio.out)}; {_sample(ratio)}"
        )
        evidence = Named(ratio.evidence, ratio.sha256)
        yield MeasureRow("paired sample", ratio.workload, "routing", told, evidence)
    for ratio in found.output:
        told = f"output x {exact_text(ratio.out)}; {_sample(ratio)}"
        evidence = Named(ratio.evidence, ratio.sha256)
        yield MeasureRow("paired sample", ratio.workload, "output", told, evidence)
    for gate in found.gates:
        if gate.span.first_day <= span.last_day and gate.span.last_day >= span.first_day:
            told = (
                f"lower bound {exact_text(gate.lower_bound)}, at least"
                f" {exact_text(-gate.margin)} is needed: {'held' if gate.held else 'failed'};"
                f" {gate.span}"
            )
            evidence = Named(gate.evidence, gate.sha256)
            yield MeasureRow("quality gate", gate.workload, gate.lever, told, evidence)


def _sample(ratio: Ratio) -> str:
    share = exact_text(ratio.uncertainty * 100)
    return f"{ratio.calls} pairs, {share} % one standard deviation"
