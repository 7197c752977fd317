"""The waterfall of the front page: bill, accepted levers, bill after them, then potential."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import LEVERS, Grade, Lever, LeverShare, Savings
from reports.axes import Axis, axis_over
from reports.numbers import Amount, amount
from reports.totals import Total, Totals, column

NAMES: Mapping[Lever, str] = {
    "output": "Output discipline",
    "routing": "Model routing",
    "batch": "Batch",
    "caching": "Prompt caching",
}
"""What a lever is called on a page."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the waterfall."""

    name: str
    row: str
    """CSS classes of the row: `total`, `potential`, or a lever."""
    bar: str
    """CSS classes of the bar."""
    start: Fraction
    end: Fraction
    amount: Amount
    grade: Grade | None = None
    mark: str = ""
    """How the figure came about, where no grade stands."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """All rows, their axis, and the levers without a row."""

    axis: Axis
    bars: tuple[Bar, ...]
    unused: tuple[tuple[str, str], ...]
    """(lever, why), for levers the policy does not use."""

    def left(self, bar: Bar) -> str:
        """Place of the bar's left end."""
        return self.axis.at(min(bar.start, bar.end))

    def right(self, bar: Bar) -> str:
        """Place of the bar's right end."""
        return self.axis.at(max(bar.start, bar.end))

    def link(self, bar: Bar) -> str:
        """Place of the line down to the next row."""
        return self.axis.at(bar.end)


def bridge_of(savings: Savings, totals: Totals) -> Bridge:
    """Rows in the order of record."""
    accepted, full = by_lever(savings.accepted_levers), by_lever(savings.levers)
    bars = [
        *_vendor(savings, totals),
        _total("Billed", "soft", totals.billed, "measured"),
        *_steps(accepted, totals.billed.pico, totals.saving),
        _total("After accepted levers", "", totals.after, "replayed"),
    ]
    if totals.potential.pico or any(
        accepted[lever].in_order != full[lever].in_order for lever in full
    ):
        bars += _potential(accepted, full, totals)
        bars.append(_total("With potential too", "pale", totals.full, "assumed"))
    unused = [share for share in full.values() if share.grade is None and not share.in_order]
    return Bridge(
        axis_over(place for bar in bars for place in (bar.start, bar.end)),
        tuple(bars),
        tuple((NAMES[share.lever], share.basis) for share in unused),
    )


def by_lever(shares: tuple[LeverShare, ...]) -> dict[Lever, LeverShare]:
    """Shares in the order of record; a lever nobody reports is worth nothing."""
    zero = Fraction(0)
    given = {share.lever: share for share in shares}
    return {
        lever: given.get(lever, LeverShare(lever, zero, zero, zero, zero, None, "not reported"))
        for lever in LEVERS
    }


def _vendor(savings: Savings, totals: Totals) -> list[Bar]:
    """The vendor's own price change, which no lever may claim."""
    change = savings.vendor_change
    if not change:
        return []
    steps = totals.unit.steps(change)
    before = Total(savings.billed - change, totals.billed.steps - steps, totals.unit)
    moved = amount(change, totals.unit, steps, signed=True)
    return [
        _total("At each day's prices", "soft", before, "measured"),
        Bar("Vendor's price change", "", "", before.pico, savings.billed, moved, mark="measured"),
    ]


def _total(name: str, bar: str, total: Total, mark: str) -> Bar:
    return Bar(name, "total", bar, Fraction(0), total.pico, total.amount, mark=mark)


def _steps(accepted: dict[Lever, LeverShare], billed: Fraction, saving: Total) -> list[Bar]:
    printed = column([share.in_order for share in accepted.values()], saving)
    bars, at = [], billed
    for share, steps in zip(accepted.values(), printed.steps, strict=True):
        if share.grade is None and not share.in_order:
            continue
        step = Total(share.in_order, steps, saving.unit).step
        end = at - share.in_order
        bars.append(Bar(NAMES[share.lever], share.lever, "", at, end, step, share.grade))
        at = end
    return bars


def _potential(
    accepted: dict[Lever, LeverShare], full: dict[Lever, LeverShare], totals: Totals
) -> list[Bar]:
    extra = [full[lever].in_order - accepted[lever].in_order for lever in LEVERS]
    printed = column(extra, totals.potential)
    bars, at = [], totals.after.pico
    for lever, part, steps in zip(LEVERS, extra, printed.steps, strict=True):
        if not part:
            continue
        step = Total(part, steps, totals.unit).step
        name = f"{NAMES[lever]}, potential"
        bars.append(Bar(name, f"{lever} potential", "pale", at, at - part, step, "E5"))
        at -= part
    return bars
