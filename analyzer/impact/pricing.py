"""One volume under two price lists: cells by model, way of serving and meter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from analyzer.billing import PriceBasis, by_meter
from analyzer.impact.records import METERS, Cell, LeftOut, Money
from analyzer.prices import Book
from analyzer.prices.modifiers import is_fast

_COLUMNS = dict(
    zip(METERS, ("uncached", "read", "write_5m", "write_1h", "output", "web_searches"), strict=True)
)
_EPOCH = date(1970, 1, 1)
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What turns a sum over the log's period into dollars a month."""

    month: Fraction
    off: Mapping[str, Fraction] | None
    """Share off list by model; None where no discount is known."""

    def money(self, before: tuple[str, Fraction], after: tuple[str, Fraction]) -> Money:
        """Scale (model, pico-dollars of the period) on both sides to a month."""
        return Money(
            before[1] * self.month,
            after[1] * self.month,
            self.paid(before[0], before[1] * self.month),
            self.paid(after[0], after[1] * self.month),
        )

    def paid(self, model: str, pico: Fraction) -> Fraction | None:
        """Take a model's discount off; None where no discount is known."""
        return None if self.off is None else pico * (1 - self.off.get(model, _ZERO))


@dataclass(frozen=True, slots=True)
class Compared:
    """What one volume costs on both sides."""

    cells: tuple[Cell, ...]
    left_out: tuple[LeftOut, ...]
    requests: int


def priced(rows: pl.DataFrame, book: Book, day: date) -> pl.DataFrame:
    """Price a volume at one day's list; what is not sold then has null and a reason."""
    number = (day - _EPOCH).days
    return by_meter(rows.with_columns(day=pl.lit(number, pl.Int32)), PriceBasis(book, None))


def priced_or_slower(rows: pl.DataFrame, book: Book, day: date) -> pl.DataFrame:
    """The same; what is not sold fast that day is priced at standard speed."""
    fast = priced(rows, book, day)
    slow = priced(rows.with_columns(speed=pl.lit(None, pl.Utf8)), book, day)
    gone = fast["unpriced"].is_not_null() & fast["speed"].is_not_null()
    columns = ["unpriced", *(f"{name}_pico" for name in _COLUMNS.values())]
    return fast.with_columns(slow[name].zip_with(gone, fast[name]) for name in columns)


def compare(
    before: pl.DataFrame, after: pl.DataFrame, terms: Terms, ratio: Fraction = Fraction(1)
) -> Compared:
    """Sum two pricings of the same rows; `ratio` is tokens after for each token before."""
    sums: dict[tuple[str, str, str], list[Fraction]] = {}
    models: dict[str, str] = {}
    lost: dict[str, tuple[int, Fraction]] = {}
    requests = 0
    for old, new in zip(before.iter_rows(named=True), after.iter_rows(named=True), strict=True):
        reason = old["unpriced"] or new["unpriced"]
        if reason:
            count, pico = lost.get(reason, (0, _ZERO))
            lost[reason] = (count + old["requests"], pico + _row_total(old))
            continue
        requests += old["requests"]
        models[old["model"]] = new["model"]
        for meter, column in _COLUMNS.items():
            cell = sums.setdefault((old["model"], _mode(old), meter), [_ZERO, _ZERO, _ZERO])
            scale = ratio if meter != "web_search" else Fraction(1)
            cell[0] += Fraction(old[column])
            cell[1] += Fraction(old[f"{column}_pico"])
            cell[2] += Fraction(new[f"{column}_pico"]) * scale
    return Compared(_cells(sums, models, terms), _left_out(lost, terms), requests)


def _cells(
    sums: Mapping[tuple[str, str, str], list[Fraction]], models: Mapping[str, str], terms: Terms
) -> tuple[Cell, ...]:
    """Give cells in the order of model, mode and meter; empty ones are left out."""
    order = sorted(sums, key=lambda key: (key[0], key[1] != "standard", key[1], _place(key[2])))
    found = []
    for model, mode, meter in order:
        quantity, old, new = sums[model, mode, meter]
        if quantity:
            money = terms.money((model, old), (models[model], new))
            found.append(Cell(model, mode, meter, quantity * terms.month, money))
    return tuple(found)


def _left_out(lost: Mapping[str, tuple[int, Fraction]], terms: Terms) -> tuple[LeftOut, ...]:
    lines = [LeftOut(reason, count, pico * terms.month) for reason, (count, pico) in lost.items()]
    return tuple(sorted(lines, key=lambda line: (-line.before, line.reason)))


def _row_total(row: Mapping[str, Any]) -> Fraction:
    """Dollars of a row as pico; 0 where it has no price (its reason says so)."""
    return sum((Fraction(row[f"{name}_pico"] or 0) for name in _COLUMNS.values()), _ZERO)


def _mode(row: Mapping[str, Any]) -> str:
    if row["tier"] == "batch":
        return "batch"
    return "fast" if is_fast(row["speed"]) else "standard"


def _place(meter: str) -> int:
    return METERS.index(meter)
