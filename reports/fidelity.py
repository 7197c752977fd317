"""Calibration: is the replay of the observed policy the bill, group by group and day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import Buckets, Calibration, Day, Gap, Savings
from reports import figures
from reports.backtest import BackTestView, back_test_of
from reports.numbers import Amount, count, percent
from reports.totals import Total, Totals, column, column_alone

ERROR_LIMIT = Fraction(5, 100)
"""A replay further than this from the bill is no ground for a saving (monthly limit)."""
BY_WORKLOAD = "By workload"


@dataclass(frozen=True, slots=True)
class GapRow:
    """One group of calls; dollars are input dollars."""

    group: str
    calls: str
    billed: Amount
    replayed: Amount
    error: str
    exact: str
    near: str
    stands: str
    """Whether the group's saving is larger than its error; empty where nothing was to compare."""


@dataclass(frozen=True, slots=True)
class GapTable:
    """One way to split the calls."""

    title: str
    rows: tuple[GapRow, ...]
    adds: bool
    by_workload: bool
    """Whether a saving stands beside each error."""


@dataclass(frozen=True, slots=True)
class BucketRow:
    """Tokens of one billed kind."""

    name: str
    billed: str
    replayed: str
    difference: str


@dataclass(frozen=True, slots=True)
class DayTable:
    """Daily amounts and their drawing."""

    rows: tuple[tuple[str, Amount, Amount, Amount], ...]
    billed: Amount
    observed: Amount
    after: Amount
    figure: figures.Figure


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Everything the calibration section prints."""

    measured: bool
    passed: bool
    error: str
    late: str
    """Error without the log's first hour; empty where that is all of it or nothing."""
    total: GapRow
    tables: tuple[GapTable, ...]
    buckets: tuple[BucketRow, ...]
    days: DayTable | None
    back_test: BackTestView | None


def fidelity_of(savings: Savings, totals: Totals) -> Fidelity:
    """Printed error tables; groups add up to the total where their sums do."""
    calibration = savings.calibration
    gap, unit = calibration.total, totals.unit
    billed = Total(gap.billed_cost, unit.steps(gap.billed_cost), unit)
    replayed = Total(gap.replayed_cost, unit.steps(gap.replayed_cost), unit)
    measured = gap.calls > 0 and gap.billed_cost > 0
    saved = {work.name: work.saving for work in savings.workloads}
    return Fidelity(
        measured=measured,
        passed=measured and _worst(calibration) <= ERROR_LIMIT,
        error=_error(gap),
        late=_late(calibration),
        total=_row(gap, billed.amount, replayed.amount, None),
        tables=tuple(
            _table(title, gaps, (billed, replayed), saved if title == BY_WORKLOAD else {})
            for title, gaps in _splits(calibration)
            if gaps
        ),
        buckets=_buckets(gap.billed, gap.replayed) if measured else (),
        days=_days(savings.days, totals) if savings.days else None,
        back_test=back_test_of(calibration.back_test),
    )


def _worst(calibration: Calibration) -> Fraction:
    """Error on the half that was not seen, the larger of both; of the whole log without halves."""
    tested = calibration.back_test
    if tested is None:
        return abs(calibration.total.error)
    return max(abs(half.error) for half in tested.chronological)


def _late(calibration: Calibration) -> str:
    late = calibration.after_burn_in
    return _error(late) if calibration.burn_in_calls and late.calls else ""


def _splits(calibration: Calibration) -> tuple[tuple[str, tuple[Gap, ...]], ...]:
    return (
        ("By model", calibration.by_model),
        ("By observed cache life", calibration.by_ttl),
        (BY_WORKLOAD, calibration.by_workload),
    )


def _table(
    title: str,
    gaps: Sequence[Gap],
    wholes: tuple[Total, Total],
    saved: Mapping[str, Fraction],
) -> GapTable:
    billed = column([gap.billed_cost for gap in gaps], wholes[0])
    replayed = column([gap.replayed_cost for gap in gaps], wholes[1])
    rows = tuple(
        _row(gap, billed.parts[i], replayed.parts[i], saved.get(gap.group))
        for i, gap in enumerate(gaps)
    )
    return GapTable(title, rows, billed.adds and replayed.adds, title == BY_WORKLOAD)


def _row(gap: Gap, billed: Amount, replayed: Amount, saving: Fraction | None) -> GapRow:
    return GapRow(
        group=gap.group,
        calls=count(gap.calls),
        billed=billed,
        replayed=replayed,
        error=_error(gap),
        exact=_share(gap.exact_calls, gap.calls),
        near=_share(gap.near_calls, gap.calls),
        stands=_stands(gap, saving),
    )


def _error(gap: Gap) -> str:
    if not gap.calls or not gap.billed_cost:
        return "none to compare"
    return percent(gap.error, signed=True)


def _share(part: int, whole: int) -> str:
    return percent(Fraction(part, whole)) if whole else "none"


def _stands(gap: Gap, saving: Fraction | None) -> str:
    if not saving or not gap.calls:
        return ""
    if saving < 0:
        return "it costs more"
    return "yes" if saving > abs(gap.replayed_cost - gap.billed_cost) else "no"


def _buckets(billed: Buckets, replayed: Buckets) -> tuple[BucketRow, ...]:
    kinds = (
        ("Uncached input", billed.uncached, replayed.uncached),
        ("Cache read", billed.read, replayed.read),
        ("Cache write, 5 minutes", billed.write_5m, replayed.write_5m),
        ("Cache write, 1 hour", billed.write_1h, replayed.write_1h),
        ("All input", billed.prompt, replayed.prompt),
    )
    return tuple(
        BucketRow(name, count(before), count(after), _difference(after - before))
        for name, before, after in kinds
    )


def _difference(tokens: int) -> str:
    return f"+{count(tokens)}" if tokens > 0 else count(tokens)


def _days(days: Sequence[Day], totals: Totals) -> DayTable:
    billed = column([day.billed for day in days], totals.billed)
    after = column([day.after for day in days], totals.after)
    observed = column_alone([day.observed for day in days], totals.unit)
    if not billed.adds:
        billed = column_alone([day.billed for day in days], totals.unit)
    if not after.adds:
        after = column_alone([day.after for day in days], totals.unit)
    printed = list(zip(billed.parts, observed.parts, after.parts, strict=True))
    rows = tuple((day.day, *amounts) for day, amounts in zip(days, printed, strict=True))
    moved = any(day.after != day.billed for day in days)
    figure = figures.daily(days, printed, with_after=moved)
    return DayTable(rows, billed.total, observed.total, after.total, figure)
