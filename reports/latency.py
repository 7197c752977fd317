"""The serving effect: waits before and after; the invoice change is computed, not written."""

from dataclasses import dataclass

from analyzer.results import LoadLine, Serving, ServingLine, SoldSpeed, Unpriced
from analyzer.words import counted
from reports import figures
from reports.numbers import CENTS, Amount, amount, apportion, count, factor, seconds

CHARTS = 6
"""Small multiples above this number stop being comparable; the table holds every workload."""


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One workload's waits, printed."""

    workload: str
    kind: str
    source: str
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
class LoadRow:
    """Speed-ups of some kinds of text by load."""

    kinds: str
    source: str
    speed_ups: tuple[tuple[str, bool], ...]
    """(speed-up, whether calls get slower), in the order of the table's batches."""
    turns: str
    """From which load on calls get slower."""


@dataclass(frozen=True, slots=True)
class LoopRow:
    """The closed loop's room, printed."""

    room: Amount
    low: Amount
    high: Amount
    dearer: bool
    earlier: str
    later: bool


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """One case in which latency does move money, as far as the log tells of it."""

    what: str
    found: str
    dollars: Amount | None
    """None where nothing is priced."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Everything the latency section prints."""

    invoice_change: Amount
    unmoved: bool
    rows: tuple[WaitRow, ...]
    charts: tuple[WaitChart, ...]
    widest: WaitRow | None
    """The workload whose median shrinks most."""
    largest_change: Amount
    batches: tuple[str, ...]
    load: tuple[LoadRow, ...]
    loop: LoopRow | None
    outside: tuple[OutsideRow, ...]


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
        unmoved=not serving.invoice_change and not serving.calls_changed,
        rows=tuple(_row(line) for line in serving.lines),
        charts=tuple(_chart(line) for line in serving.lines if line in most),
        widest=_row(shrunk[-1]) if shrunk else None,
        largest_change=amount(serving.largest_change, CENTS),
        batches=tuple(count(batch) for batch, _ in serving.load[0].speed_ups)
        if serving.load
        else (),
        load=tuple(_load(line) for line in serving.load),
        loop=_loop(serving),
        outside=(
            _sold(serving.outside.sold_speed),
            _predicted(serving),
            OutsideRow("Model servers of one's own", _own_hardware(serving), None),
        ),
    )


def _load(line: LoadLine) -> LoadRow:
    borrowed = f"; borrowed by {', '.join(line.borrowed_by)}" if line.borrowed_by else ""
    slower = [batch for batch, gain in line.speed_ups if gain < 1]
    return LoadRow(
        kinds=f"{', '.join(line.kinds)}{borrowed}",
        source=line.source,
        speed_ups=tuple((factor(gain), gain < 1) for _, gain in line.speed_ups),
        turns=f"slower from {count(slower[0])} on" if slower else "never slower here",
    )


def _loop(serving: Serving) -> LoopRow | None:
    loop = serving.closed_loop
    if loop is None:
        return None
    return LoopRow(
        room=amount(abs(loop.room), CENTS),
        low=amount(loop.low, CENTS, signed=True),
        high=amount(loop.high, CENTS, signed=True),
        dearer=loop.room < 0,
        earlier=seconds(abs(loop.earlier_ms)),
        later=loop.earlier_ms < 0,
    )


def _sold(sold: SoldSpeed) -> OutsideRow:
    what = "Speed the vendor sells (speed: fast)"
    if not sold.calls:
        return OutsideRow(what, "none in this log", None)
    found, lost = f"{counted(sold.calls, 'call')}, left alone above", _not_priced(sold.unpriced)
    if not sold.billed:
        return OutsideRow(what, found + lost, None)
    parts = (sold.at_standard, sold.premium)
    steps = apportion(parts, CENTS)
    billed = amount(sold.billed, CENTS, sum(steps)).text
    standard = amount(sold.at_standard, CENTS, steps[0]).text
    found += f": billed {billed}, the same tokens at standard speed {standard}{lost}"
    return OutsideRow(what, found, amount(sold.premium, CENTS, steps[1], signed=True))


def _predicted(serving: Serving) -> OutsideRow:
    what, told = "Predictions that a client sends", serving.outside.predictions
    found = "none in this log"
    if told.calls:
        found = (
            f"{counted(told.calls, 'call')}: {count(told.accepted)} predicted tokens accepted, "
            f"{count(told.rejected)} rejected and billed as output{_not_priced(told.unpriced)}"
        )
    if told.other_lines:
        others = f"{counted(told.other_lines, 'line')} of other makers' models, in no bill here"
        found = f"{found}; {others}" if told.calls else others
    return OutsideRow(what, found, amount(told.cost, CENTS) if told.cost else None)


def _own_hardware(serving: Serving) -> str:
    lines = serving.outside.own_hardware_lines
    if not lines:
        return "none in this log"
    return (
        f"{counted(lines, 'line')}: billed in GPU hours, not tokens; outside this bill. "
        "No log read here tells the hours."
    )


def _not_priced(lost: tuple[Unpriced, ...]) -> str:
    named = ", ".join(f"{line.what} ({count(line.tokens)} tokens)" for line in lost)
    return f"; not priced: {named}" if named else ""


def _row(line: ServingLine) -> WaitRow:
    return WaitRow(
        workload=line.workload,
        kind=line.kind,
        source=line.source,
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
