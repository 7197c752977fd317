"""What price changes do to a traffic, as text and as JSON.

Printed parts add up to their printed totals (largest remainder); JSON holds exact values.
"""

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction

import click

from analyzer.cli import printing
from analyzer.impact import (
    Cell,
    Exposure,
    Impact,
    LeftOut,
    Money,
    PriceMove,
    Retirement,
    Successor,
)
from analyzer.impact.records import summed
from analyzer.words import counted
from reports.numbers import MINUS, Unit, amount, apportion, exact_usd, unit_for

_COUNTS = frozenset({"quantity", "ratio", "scale", "share"})
"""Fields whose fractions are not money."""


def say(found: Impact) -> None:
    """Print the impact as text."""
    click.echo(
        f"traffic of {_period(found.first_day, found.last_day)}: "
        f"{counted(found.requests, 'charged request')} in {counted(found.days, 'day')}"
    )
    click.echo(
        f"dollars a month at that volume: the period x 30.4375 / {found.days}; "
        f"price book {found.book}, changes of {_period(found.since, found.until)}"
    )
    if found.announced:
        click.echo(f"announced prices: {printing.plain(found.announced)}")
    said = f"before any of them: {_both(found.today)} a month{_source(found)}"
    click.echo(printing.plain(said))
    _moves(found)
    for retirement in found.retirements:
        _retirement(retirement)
    _exposures(found.exposures)
    _left_out("no price before the first day", found.left_out)
    for note in found.notes:
        click.echo(f"note: {printing.plain(note)}")


def as_json(found: Impact) -> str:
    """The machine's view: exact dollars as decimals or `num/den`; counts and ratios likewise."""
    return json.dumps(_plain(found), ensure_ascii=False, indent=1) + "\n"


def _moves(found: Impact) -> None:
    if not found.moves:
        click.echo("price moves: none meets this traffic, $0.00 a month")
        return
    for move in found.moves:
        _move(move)
    if len(found.moves) > 1:
        click.echo(f"all price moves together: {_change(found.total)} a month")


def _move(move: PriceMove) -> None:
    origin = f" ({move.sources[0]})" if move.announced else ""
    click.echo("\n" + printing.plain(f"{move.day}  {move.model}: {move.what}{origin}"))
    if move.total.difference or any(cell.money.difference for cell in move.cells):
        moved = [cell for cell in move.cells if cell.money.difference]
        rest = [cell.money for cell in move.cells if not cell.money.difference]
        named = [(_name(cell), _quantity(cell), cell.money) for cell in moved]
        if rest:
            named.append(("all that keeps its price", "", summed(tuple(rest))))
        _money_table(named, move.total)
    else:
        met = f"changes nothing for {counted(move.requests, 'request')}"
        click.echo(f"  {met if move.requests else 'no traffic meets it'}: $0.00 a month")
    _left_out("  not in these figures", move.left_out)


def _money_table(named: Sequence[tuple[str, str, Money]], total: Money) -> None:
    """Print before, after and difference; rows and columns add up, what keeps its price has 0."""
    unit = unit_for(max(total.before, total.after))
    olds = apportion([money.before for _, _, money in named], unit)
    ends = _ends(total, unit)
    moves = apportion([money.difference for _, _, money in named], unit, ends[1])
    rows = [
        [name, quantity, *_three(money, (old, move), unit)]
        for (name, quantity, money), old, move in zip(named, olds, moves, strict=True)
    ]
    rows.append(["total at list", "", *_three(total, ends, unit)])
    if total.paid_before is not None and total.paid_after is not None:
        paid = Money(total.paid_before, total.paid_after)
        rows.append(["total as paid", "", *_three(paid, _ends(paid, unit), unit)])
    heads = ["dollars a month", "units a month", "before", "after", "difference"]
    printing.table("", heads, rows)


def _ends(total: Money, unit: Unit) -> tuple[int, int]:
    """Give a total's before and its difference, as steps: before and after are the nearest."""
    before = unit.steps(total.before)
    return before, unit.steps(total.after) - before


def _three(money: Money, steps: tuple[int, int], unit: Unit) -> list[str]:
    """Give before, after and difference as printed: the first and the last make the second."""
    old, move = steps
    return [
        _usd(money.before, unit, old),
        _usd(money.after, unit, old + move),
        _usd(money.difference, unit, move, signed=True),
    ]


def _retirement(found: Retirement) -> None:
    said = f"{found.day}  {found.model}: {found.what}"
    said += f" ({found.sources[0]})" if found.announced else ""
    click.echo("\n" + printing.plain(said))
    if found.requests:
        click.echo(
            f"  must move: {counted(found.requests, 'request')}, {_both(found.total)} a month"
        )
        today = [(_name(cell), _quantity(cell), cell.money) for cell in found.cells]
        _today_table(today, found.total)
    if found.elsewhere is not None:
        _left_out("  stays", (found.elsewhere,))
    if not found.requests:
        return
    if not found.successors:
        click.echo("  no later model of its line is sold that day; name one with --successor")
        return
    heads = [
        "moved to", "tokens x", "can move", "there", "range", "apart", "as paid", "cannot move",
    ]  # fmt: skip
    printing.table("", heads, [_successor(one) for one in found.successors])
    for one in found.successors:
        _left_out(f"  cannot move to {one.model}", one.infeasible)
    click.echo("  the same text and the same cache reads and writes; answers are not compared")


def _today_table(named: Sequence[tuple[str, str, Money]], total: Money) -> None:
    unit = unit_for(total.before)
    today = apportion([money.before for _, _, money in named], unit)
    rows = [
        [name, quantity, _usd(money.before, unit, steps)]
        for (name, quantity, money), steps in zip(named, today, strict=True)
    ]
    printing.table("", ["today, dollars a month", "units a month", "at list"], rows)


def _successor(one: Successor) -> list[str]:
    money, unit = one.total, unit_for(max(one.total.before, one.high))
    central, low, high = (f"{float(each):.2f}" for each in one.ratio)
    certain = one.ratio[1] == one.ratio[2]
    lost = sum((line.before for line in one.infeasible), Fraction(0))
    paid = money.paid_difference
    can, there, apart = _three(money, _ends(money, unit), unit)
    return [
        one.model + (" (named)" if one.named else ""),
        central if certain else f"{central} ({low} to {high})",
        can,
        there,
        "" if certain else f"{_usd(one.low, unit)} to {_usd(one.high, unit)}",
        apart,
        "" if paid is None else _usd(paid, unit, signed=True),
        _usd(lost, unit) if one.infeasible else "",
    ]


def _exposures(found: Sequence[Exposure]) -> None:
    if not found:
        return
    click.echo("\ndated, without a price of their own")
    rows = [
        [
            f"{one.day}  {one.model}",
            f"{one.requests:,}",
            printing.dollars(one.before),
            one.what,
            one.remark,
        ]
        for one in found
    ]
    printing.table("", ["day, model", "requests", "a month", "what", "what follows"], rows)


def _left_out(words: str, lines: Sequence[LeftOut]) -> None:
    for line in lines:
        money = f", {printing.dollars(line.before)} a month today" if line.before else ""
        said = f"{words}: {line.reason}: {counted(line.requests, 'request')}{money}"
        click.echo(printing.plain(said))


def _name(cell: Cell) -> str:
    mode = "" if cell.mode == "standard" else f" ({cell.mode})"
    return f"{cell.model}, {cell.meter.replace('_', ' ')}{mode}"


def _quantity(cell: Cell) -> str:
    return f"{int(cell.quantity + Fraction(1, 2)):,}"


def _usd(pico: Fraction, unit: Unit, steps: int | None = None, *, signed: bool = False) -> str:
    """Print an amount in a unit's steps; what is not nothing never prints as nothing."""
    return amount(pico, unit, steps, signed=signed).text.replace(MINUS, "-")


def _both(money: Money) -> str:
    paid = money.paid_before
    return printing.dollars(money.before) + (
        "" if paid is None else f" at list, {printing.dollars(paid)} as paid"
    )


def _change(money: Money) -> str:
    paid = money.paid_difference
    text = f"{printing.dollars(money.difference)} at list"
    return text if paid is None else f"{text}, {printing.dollars(paid)} as paid"


def _source(found: Impact) -> str:
    if not found.discounts:
        return " at list price (no discount is known: --contract, or a cost report)"
    return f" ({found.discounts[0].source})"


def _period(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _plain(value: object, name: str = "") -> object:
    if isinstance(value, Fraction):
        if name not in _COUNTS:
            return exact_usd(value)
        whole = value.denominator == 1
        return str(value.numerator) if whole else f"{value.numerator}/{value.denominator}"
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        stored = [field.name for field in fields(value)]
        made = [key for key, got in vars(type(value)).items() if isinstance(got, property)]
        return {key: _plain(getattr(value, key), key) for key in stored + made}
    if isinstance(value, tuple):
        return [_plain(item, name) for item in value]
    return value
