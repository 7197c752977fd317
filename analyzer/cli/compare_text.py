"""A verification and its fee as lines of text; parts add up to their totals in cents."""

from collections.abc import Iterator
from fractions import Fraction

import click

from analyzer.cli import printing
from analyzer.contracts.fee import Settled
from analyzer.contracts.verification import Cash, Verification


def say(found: Verification) -> None:
    """Print one period."""
    click.echo(f"{printing.plain(found.title)}: {found.span} against {found.baseline_span}")
    _build_up(found)
    click.echo(f"actual bill         {_cents(found.actual)}")
    click.echo(f"avoided cost        {printing.dollars(_avoided(found))}   (economic)")
    if found.cash is None:
        click.echo(f"cash avoided        not worked out: {printing.plain(found.no_cash)}")
    else:
        _cash(found.cash)
    click.echo(f"counted             {_cents(found.counted)}   (quality gates held)")
    _levers(found)
    _saved(found)
    _bases(found)
    for line in _lines(found):
        click.echo(printing.plain(line))


def say_fee(found: Settled) -> None:
    """Print one statement, each line with what it is made of."""
    click.echo(f"fee for {found.period}: {found.document}, {printing.dollars(found.due)}")
    for reason in found.refused:
        click.echo(f"  refused: {printing.plain(reason)}")
    rows = [
        [line.name, printing.dollars(line.value), line.formula, ", ".join(line.inputs)]
        for line in found.lines
    ]
    printing.table("", [f"{found.basis} basis", "", "how", "from"], rows)


def _cash(found: Cash) -> None:
    """Print the number, and under a commit how it was worked out."""
    so_far = found.standing
    told = "no commit is signed" if so_far is None else "under the commit"
    words = f"{told}, {found.source}, at the period's own prices"
    click.echo(f"cash avoided        {_cents(found.avoided)}   ({printing.plain(words)})")
    if so_far is None:
        return
    texts = {
        name: printing.dollars(getattr(so_far, name))
        for name in ("due", "used", "otherwise", "cost", "cost_otherwise", "left", "shortfall")
    }
    term = so_far.rule.commitment
    click.echo(
        f"  commit of {printing.dollars(term.amount)}, {term.first_day} to {term.last_day}:"
        f" {texts['due']} for the days up to {so_far.as_of}, {texts['left']} of it not used yet"
    )
    click.echo(
        f"  use so far {texts['used']}, which costs {texts['cost']}; under the baseline"
        f" {texts['otherwise']}, which would cost {texts['cost_otherwise']}"
    )
    click.echo(f"  at the pace so far the term ends {texts['shortfall']} short of the commit")


def _build_up(found: Verification) -> None:
    steps = [found.baseline_bill, *(one.amount for one in found.build_up)]
    texts = printing.cents(steps)
    names = ["baseline's bill", *(one.name for one in found.build_up)]
    rows = [[name, text] for name, text in zip(names, texts, strict=True)]
    rows.append(["adjusted baseline", _cents(found.adjusted)])
    printing.table("", ["adjusted baseline, step by step", ""], rows)


def _levers(found: Verification) -> None:
    texts = printing.cents([one.in_order for one in found.levers])
    fair = printing.cents([one.fair for one in found.levers])
    rows = [
        [one.lever, text, share, *map(printing.dollars, (one.first_in, one.last_in))]
        for one, text, share in zip(found.levers, texts, fair, strict=True)
    ]
    heads = ["avoided by lever", "in order", "fair share", "alone", "added last"]
    printing.table("", heads, rows)
    if found.remark:
        click.echo(f"note: {found.remark}")


def _saved(found: Verification) -> None:
    parts = [one.avoided for one in found.saved]
    texts = printing.between(found.actual, found.adjusted, parts)
    rows = [
        [f"{one.workload}: {one.source}", text, one.quality, one.grade, one.method]
        for one, text in zip(found.saved, texts, strict=True)
    ]
    printing.table("", ["workload", "avoided", "quality gate", "grade", "how"], rows)


def _bases(found: Verification) -> None:
    rows = [
        [
            f"{one.price} prices, {one.volume} volume"
            + (" (contract)" if _is_contract(found, one.price, one.volume) else ""),
            printing.dollars(one.adjusted),
            printing.dollars(one.avoided),
        ]
        for one in found.bases
    ]
    printing.table("", ["on each basis, without adjustments", "adjusted", "avoided"], rows)


def _is_contract(found: Verification, price: str, volume: str) -> bool:
    return (price, volume) == (found.price_basis, found.volume_basis)


def _lines(found: Verification) -> Iterator[str]:
    yield f"evidence {found.grade}, reconciliation {found.reconciliation}"
    share = found.savings_uncertainty
    yield "savings uncertainty at 90 %: " + (
        "not known" if share is None else f"{float(share):.1%} of the savings"
    )
    for name, amount in (
        ("the same on both sides", found.unchanged),
        ("billed and in no log, on both sides", found.unlogged),
        ("billed during a rollout, on neither side", found.blackout),
        ("own cost", found.own_cost),
    ):
        yield f"{name}: {printing.dollars(amount)}"
    if found.born:
        yield f"no baseline, so no savings: {', '.join(found.born)}"
    if found.retired:
        yield f"retired since the baseline: {', '.join(found.retired)}"
    yield from _register(found)
    for note in found.notes:
        yield f"note: {note}"
    if found.indicative:
        yield f"INDICATIVE: the baseline failed {', '.join(found.indicative)}; no fee rests on it"
    if not found.signed:
        yield "the baseline is not signed by two keys"
    yield f"baseline sha256 {found.baseline_sha256}"


def _register(found: Verification) -> Iterator[str]:
    for one in found.judged.verdicts if found.judged else ():
        words = f"{one.entry.name} {one.entry.trigger.name}: {one.standing}"
        why = f" ({one.rule})" if one.rule else ""
        yield f"adjustment {words}, {printing.dollars(one.entry.amount)}{why}"


def _avoided(found: Verification) -> Fraction:
    """The difference of the two rounded figures above it."""
    return printing.whole_cents(found.adjusted) - printing.whole_cents(found.actual)


def _cents(pico: Fraction) -> str:
    return printing.dollars(printing.whole_cents(pico))
