"""Lost cache money as `rebill check` prints it."""

import click

from analyzer.cli import printing
from analyzer.results import LostCache
from analyzer.words import counted

_MOST = 20
"""Disagreements listed one by one; all of them stand in the JSON."""


def say(found: LostCache) -> None:
    """Print what was paid again for text that could have been read, by workload and reason."""
    rows = [
        [
            line.workload,
            line.reason,
            f"{line.calls:,}",
            f"{line.written:,}",
            f"{line.uncached:,}",
            printing.dollars(line.lost),
        ]
        for line in found.lines
    ]
    heads = ["lost cache money", "why the read missed", "calls", "written", "uncached", "lost"]
    if rows:
        printing.table("", heads, rows)
    judged = f"{counted(found.calls, 'call')} with {printing.dollars(found.input_cost)} of input"
    click.echo(
        f"lost {printing.dollars(found.total)} on {judged}; "
        f"{printing.dollars(found.first_sight)} was paid for text at first sight"
    )
    for one in found.unjudged:
        kept = f"{counted(one.calls, 'call')}, {counted(one.tokens, 'token')} not read"
        click.echo(printing.plain(f"  not judged: {kept} ({one.why})"))
    for miss in found.differing[:_MOST]:
        said = f"the vendor says {miss.told}, the log shows {miss.ours}"
        click.echo(printing.plain(f"  {miss.call} ({miss.workload}): {said}"))
    if len(found.differing) > _MOST:
        click.echo(f"  and {len(found.differing) - _MOST:,} more such calls; --json lists each")
