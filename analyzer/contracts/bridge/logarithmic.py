"""The logarithmic mean split (LMDI-I), a cross-check where nothing starts or ends.

Source: Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005). Where a cell
starts or ends its limit gives the whole cell to one factor, so it says nothing there.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import log

from analyzer.contracts.bridge.factors import FACTORS, Factor
from analyzer.contracts.bridge.periods import Cell, Period
from analyzer.contracts.bridge.records import CrossCheck

_Sums = Mapping[tuple[str, ...], int]
_STARTS = "a cell starts or ends, and its limit would give the whole cell to one factor"
_FREE = "a cell is free in one of the periods, and there is no logarithm of nothing"


def cross_check(before: Period, after: Period) -> CrossCheck:
    """Split the difference by logarithmic means; parts are floats rounded to pico-dollars."""
    first, second = (_billed(period) for period in (before, after))
    workloads = [{n for n, count in p.requests.items() if count} for p in (before, after)]
    if first.keys() != second.keys() or workloads[0] != workloads[1]:
        return CrossCheck({}, _STARTS)
    old, new = _Shares(before), _Shares(after)
    parts = dict.fromkeys(FACTORS, 0.0)
    for key, cell in first.items():
        pair = old.of(cell), new.of(second[key])
        if not all(all(values.values()) for values in pair):
            return CrossCheck({}, _FREE)
        for factor, part in _split(*pair):
            parts[factor] += part
    return CrossCheck({factor: Fraction(round(part)) for factor, part in parts.items()}, "")


def _split(
    old: Mapping[Factor, float], new: Mapping[Factor, float]
) -> Iterator[tuple[Factor, float]]:
    before = after = 1.0
    for factor in FACTORS:
        before, after = before * old[factor], after * new[factor]
    mean = before if before == after else (after - before) / log(after / before)
    for factor in FACTORS:
        yield factor, mean * log(new[factor] / old[factor])


def _billed(period: Period) -> dict[tuple[str, str, str, str], Cell]:
    return {(c.workload, c.model, c.mode, c.meter): c for c in period.cells if c.tokens}


class _Shares:
    """The nine factors of a cell in one period."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._volume = sum(period.requests.values())
        self._sums: dict[tuple[object, ...], int] = {}
        for cell in period.cells:
            for level in _levels(cell):
                self._sums[level] = self._sums.get(level, 0) + cell.tokens

    def of(self, cell: Cell) -> dict[Factor, float]:
        """Give each factor as a number; their product is what the cell costs."""
        requests = self._period.requests[cell.workload]
        by_workload, by_model, by_mode = (self._sums[level] for level in _levels(cell))
        length, output = by_workload / requests, cell.meter == "output"
        price = self._period.prices[cell.model, cell.mode, cell.meter]
        return {
            "volume": float(self._volume),
            "workload_mix": requests / self._volume,
            "prompt_length": 1.0 if output else length,
            "output_length": length if output else 1.0,
            "model_mix": by_model / by_workload,
            "mode_mix": by_mode / by_model,
            "cache_mix": cell.tokens / by_mode,
            "list_price": float(price),
            "discount": float(self._period.kept(cell.model)),
        }


def _levels(cell: Cell) -> tuple[tuple[object, ...], ...]:
    """The sums that a cell is a share of: its workload's, model's and mode's tokens of its side."""
    side = cell.meter == "output"
    return (
        (side, cell.workload),
        (side, cell.workload, cell.model),
        (side, cell.workload, cell.model, cell.mode),
    )
