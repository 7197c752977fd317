"""The serving effect: waits before and after; the invoice change is computed, not written."""

from dataclasses import dataclass

from analyzer.results import Serving, ServingLine
from reports import figures
from reports.numbers import CENTS, Amount, amount, count, factor, seconds

CHARTS = 6
"""Small multiples above this number stop being comparable; the table holds every workload."""


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One workload's waits, printed."""

    workload: str
    kind: str
    calls: str
    p50_before: str
    p50_after: str
    p95_before: str
    p95_after: str
    objective: str
    room: str


@dataclass(frozen=True, slots=True)
class WaitChart:
    """One small multiple and the table that says the same."""

    workload: str
    kind: str
    figure: figures.Figure
    label: str
    """What the drawing shows, in a sentence."""
    bins: tuple[tuple[str, str, str], ...]
    """(wait, calls before, calls after), without empty bins."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Everything the latency section prints."""

    invoice_change: Amount
    unmoved: bool
    rows: tuple[WaitRow, ...]
    charts: tuple[WaitChart, ...]
    widest: WaitRow | None
    """The workload whose median shrinks most."""
    load: tuple[tuple[str, str, bool], ...]
    """(concurrent batch, speed-up, whether calls get slower)."""


def latency_of(serving: Serving) -> Latency:
    """Printed waits; charts for the workloads with the most calls."""
    drawable = [line for line in serving.lines if sum(line.histogram_before)]
    most = sorted(drawable, key=lambda line: -line.calls)[:CHARTS]
    shrunk = sorted(
        (line for line in serving.lines if line.p50_before_ms > line.p50_after_ms),
        key=lambda line: line.p50_before_ms - line.p50_after_ms,
    )
    return Latency(
        invoice_change=amount(serving.invoice_change, CENTS),
        unmoved=not serving.invoice_change,
        rows=tuple(_row(line) for line in serving.lines),
        charts=tuple(_chart(line) for line in serving.lines if line in most),
        widest=_row(shrunk[-1]) if shrunk else None,
        load=tuple((count(batch), factor(gain), gain < 1) for batch, gain in serving.load),
    )


def _row(line: ServingLine) -> WaitRow:
    return WaitRow(
        workload=line.workload,
        kind=line.kind,
        calls=count(line.calls),
        p50_before=seconds(line.p50_before_ms),
        p50_after=seconds(line.p50_after_ms),
        p95_before=seconds(line.p95_before_ms),
        p95_after=seconds(line.p95_after_ms),
        objective=_objective(line),
        room=line.room,
    )


def _objective(line: ServingLine) -> str:
    if line.objective_ms is None or line.newly_inside is None:
        return "none named"
    return f"{count(line.newly_inside)} calls newly inside {seconds(line.objective_ms)}"


def _chart(line: ServingLine) -> WaitChart:
    row = _row(line)
    label = (
        f"{line.workload}: median {row.p50_before} before and {row.p50_after} after; "
        f"95th percentile {row.p95_before} before and {row.p95_after} after."
    )
    names = figures.bin_names(line)
    bins = tuple(
        (name, count(before), count(after))
        for name, before, after in zip(
            names, line.histogram_before, line.histogram_after, strict=True
        )
        if before or after
    )
    return WaitChart(line.workload, line.kind, figures.waits(line), label, bins)
