"""A reconciliation as lines of text."""

from collections.abc import Iterator

import click

from analyzer.cli import printing
from analyzer.reconciled import Coverage, Discount, Gap, Match, Reconciliation


def say(found: Reconciliation) -> None:
    """Print months, coverage, the dearest gaps and the realised discount."""
    click.echo("reconciled with " + ", ".join(map(printing.plain, found.sources)))
    heads = ["level", "what", "ours", "vendor's", "apart", "", "verdict"]
    printing.table("", heads, [_match(match) for match in found.matches])
    for line in _notes(found.matches):
        click.echo(f"  {printing.plain(line)}")
    if found.coverage:
        _coverage(found.coverage, found)
    if found.gaps:
        heads = ["dearest gaps", "model", "tier", "tokens", "logged", "reported", "at list", ""]
        printing.table("", heads, [_gap(gap) for gap in found.gaps])
    _discounts(found.discounts)
    for note in found.notes:
        click.echo(f"note: {printing.plain(note)}")


def _match(match: Match) -> list[str]:
    share = "" if match.share is None else printing.percent(match.share)
    show = _tokens if match.unit == "tokens" else printing.dollars
    ours = show(match.low)
    if match.high != match.low:
        ours = f"{ours} to {show(match.high)}"
    return [
        match.level, match.what, ours, show(match.theirs), show(match.apart), share, match.verdict,
    ]  # fmt: skip


def _notes(matches: tuple[Match, ...]) -> Iterator[str]:
    """Say each note once, naming what it holds for."""
    named: dict[tuple[str, str], list[str]] = {}
    for match in matches:
        if match.note:
            named.setdefault((match.level, match.note), []).append(match.what)
    for (level, note), what in named.items():
        yield f"{level} {', '.join(what)}: {note}"


def _coverage(found: Coverage, every: Reconciliation) -> None:
    share = "" if found.share is None else f"{float(found.share):.2%} of "
    counts = ", ".join(f"{number:,} {verdict}" for verdict, number in every.cells_by_verdict)
    click.echo(
        f"coverage: the logs hold {share}{printing.dollars(found.reported)} reported, at list; "
        f"missing {printing.dollars(found.missing)}, beyond {printing.dollars(found.beyond)}, "
        f"on days outside the report {printing.dollars(found.outside)}"
    )
    click.echo(f"cells (day, model, tier, token type): {every.cells:,} ({counts})")
    click.echo("  figures of this program are of the logged traffic; nothing is scaled up")


def _gap(gap: Gap) -> list[str]:
    return [
        gap.day, gap.model, gap.tier, gap.token_type, f"{gap.logged_tokens:,}",
        f"{gap.reported_tokens:,}", printing.dollars(gap.pico), gap.verdict,
    ]  # fmt: skip


def _discounts(found: tuple[Discount, ...]) -> None:
    rows = [
        [
            one.model,
            "" if one.list_pico is None else printing.dollars(one.list_pico),
            "" if one.charged_pico is None else printing.dollars(one.charged_pico),
            _off_list(one),
            one.source,
        ]
        for one in found
    ]
    if rows:
        printing.table("", ["discount", "list", "charged", "off list", "source"], rows)


def _off_list(one: Discount) -> str:
    if one.share >= 0:
        return f"{float(one.share):.2%}"
    return f"charged {float(-one.share):.2%} above list"


def _tokens(count: object) -> str:
    return f"{int(count):,}"  # type: ignore[call-overload] # a whole Fraction
