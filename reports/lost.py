"""Lost cache money: what was paid again for text that could have been read, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import LostCache, LostLine, Savings
from reports.numbers import Amount, amount, count, percent
from reports.totals import Total, Totals, column

_MOST = 10
"""Disagreements printed one by one; the JSON twin lists each."""


@dataclass(frozen=True, slots=True)
class LostRow:
    """One workload and reason."""

    line: LostLine
    calls: str
    written: str
    uncached: str
    lost: Amount


@dataclass(frozen=True, slots=True)
class Lost:
    """Everything the table of lost reads prints."""

    found: LostCache
    rows: tuple[LostRow, ...]
    total: Amount
    calls: str
    written: str
    uncached: str
    input_cost: Amount
    first_sight: Amount
    share: str
    """Of the input cost of the calls that could be judged."""
    differing: Sequence[tuple[str, str, str, str]]
    more: int
    """Disagreements that are not printed."""


def lost_of(savings: Savings, totals: Totals) -> Lost | None:
    """Rows that add up to what was lost; None where no call could be judged."""
    found, unit = savings.lost, totals.unit
    if not found.calls:
        return None
    whole = Total(found.total, unit.steps(found.total), unit)
    printed = column([line.lost for line in found.lines], whole)
    rows = tuple(
        LostRow(line, count(line.calls), count(line.written), count(line.uncached), shown)
        for line, shown in zip(found.lines, printed.parts, strict=True)
    )
    told = [(one.call, one.workload, one.told, one.ours) for one in found.differing]
    return Lost(
        found=found,
        rows=rows,
        total=whole.amount,
        calls=count(found.calls),
        written=count(sum(line.written for line in found.lines)),
        uncached=count(sum(line.uncached for line in found.lines)),
        input_cost=amount(found.input_cost, unit),
        first_sight=amount(found.first_sight, unit),
        share=percent(found.total / found.input_cost if found.input_cost else Fraction(0)),
        differing=told[:_MOST],
        more=max(0, len(told) - _MOST),
    )
