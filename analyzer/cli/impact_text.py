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
    if move.cells:
        moved = [cell for cell in move.cells if cell.money.difference]
        rest = [cell.money for cell in move.cells if not cell.money.difference]
        named = [(_name(cell), _quantity(cell), cell.money) for cell in moved]
        if rest:
            named.append(("all that keeps its price", "", summed(tuple(rest))))
        _money_table(named, move.total)
    else:
        click.echo("  no traffic meets it: $0.00 a month")
    _left_out("  not in these figures", move.left_out)


def _money_table(named: Sequence[tuple[str, str, Money]], total: Money) -> None:
    unit = unit_for(max(total.before, total.after))
    before = apportion([money.before for _, _, money in named], unit)
    after = apportion([money.after for _, _, money in named], unit)
    rows = [
        [name, quantity, _steps(old, unit), _steps(new, unit), _steps(new - old, unit, signed=True)]
        for (name, quantity, _), old, new in zip(named, before, after, strict=True)
    ]
    ends = sum(before), sum(after)
    shown = [*(_steps(end, unit) for end in ends), _steps(ends[1] - ends[0], unit, signed=True)]
    rows.append(["total at list", "", *shown])
    if total.paid_before is not None and total.paid_after is not None:
        paid = [unit.steps(total.paid_before), unit.steps(total.paid_after)]
        shown = [*(_steps(end, unit) for end in paid), _steps(paid[1] - paid[0], unit, signed=True)]
        rows.append(["total as paid", "", *shown])
    heads = ["dollars a month", "units a month", "before", "after", "difference"]
    printing.table("", heads, rows)


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
        [name, quantity, _steps(steps, unit)]
        for (name, quantity, _), steps in zip(named, today, strict=True)
    ]
    printing.table("", ["today, dollars a month", "units a month", "at list"], rows)


def _successor(one: Successor) -> list[str]:
    money, unit = one.total, unit_for(max(one.total.before, one.high))
    central, low, high = (f"{float(each):.2f}" for each in one.ratio)
    certain = one.ratio[1] == one.ratio[2]
    before, after = unit.steps(money.before), unit.steps(money.after)
    ends = [_steps(unit.steps(end), unit) for end in (one.low, one.high)]
    lost = sum((line.before for line in one.infeasible), Fraction(0))
    paid = money.paid_difference
    return [
        one.model + (" (named)" if one.named else ""),
        central if certain else f"{central} ({low} to {high})",
        _steps(before, unit),
        _steps(after, unit),
        "" if certain else f"{ends[0]} to {ends[1]}",
        _steps(after - before, unit, signed=True),
        "" if paid is None else _steps(unit.steps(paid), unit, signed=True),
        _steps(unit.steps(lost), unit) if one.infeasible else "",
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


def _steps(steps: int, unit: Unit, *, signed: bool = False) -> str:
    """Print whole steps of a unit."""
    shown = amount(Fraction(steps * unit.pico), unit, steps, signed=signed)
    return shown.text.replace(MINUS, "-")


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
