"""A baseline as lines of text: its gates, its workloads and the block that people sign."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from analyzer.cli import printing
from analyzer.contracts.baseline import Baseline, Finding
from analyzer.contracts.baseline.signing import Signature, both_signed
from analyzer.words import counted


def say(found: Baseline, raw: bytes, path: Path) -> None:
    """Print what was frozen."""
    click.echo(
        f"{printing.plain(found.title)}: {found.span}, "
        f"{counted(found.counted_days, 'day')}, "
        f"{printing.dollars(printing.whole_cents(found.bill))} at list"
    )
    for kind in ("workspaces", "workloads"):
        if names := getattr(found.boundary.covered, kind):
            click.echo(f"{kind} in the boundary: {printing.plain(', '.join(names))}")
    for gate in found.gates:
        mark = {"pass": "pass", "fail": "FAIL"}.get(gate.standing, "    ")
        click.echo(f"{mark}  {gate.name}: {printing.plain(gate.figure)} (wanted: {gate.limit})")
    printing.table("", ["workload", "requests", "sessions", "at list", "models"], [*_rows(found)])
    for what, tokens in found.unpriced:
        click.echo(f"unpriced, in no figure: {printing.plain(what)}: {tokens:,} tokens")
    if found.timeless:
        click.echo(f"{counted(found.timeless, 'call')} without a day: in no figure")
    if found.indicative:
        click.echo("INDICATIVE: a gate failed, so no fee may rest on this baseline")
    _sign_off(found, raw, path)


def _rows(found: Baseline) -> Iterator[list[str]]:
    """Workloads, then what was billed beside their tokens; dollars add up to the bill."""
    ranked = sorted(found.workloads.values(), key=lambda one: -one.bill)
    beside = {"web searches": found.fees, "hidden iterations": found.hidden}
    texts = printing.cents([*(one.bill for one in ranked), *beside.values()])
    for one, text in zip(ranked, texts, strict=False):
        models = ", ".join(sorted({unit.sku.model for unit in one.units}))
        yield [one.name, f"{one.requests:,}", f"{one.sessions:,}", text, models]
    for (name, pico), text in zip(beside.items(), texts[len(ranked) :], strict=True):
        if pico:
            yield [name, "", "", text, ""]


def findings(differs: Sequence[Finding], sha256: str) -> None:
    """Print what is not as frozen."""
    for one in differs:
        click.echo(f"FAIL  {printing.plain(str(one))}")
    if not differs:
        click.echo(f"pass  made anew, the same bytes: {sha256}")


def signatures(found: Sequence[Signature], faults: Sequence[str] = ()) -> None:
    """Print each signature, whether both parties signed, and what else is wrong."""
    for one in found:
        mark = "pass  signed by" if one.holds else "FAIL  not signed by"
        click.echo(f"{mark} {printing.plain(one.signer)}, key {one.fingerprint}")
    if found and not both_signed(tuple(found)):
        click.echo("      not signed by two parties yet, each by its own name with its own key")
    for fault in faults:
        click.echo(f"FAIL  {printing.plain(fault)}")


def _sign_off(found: Baseline, raw: bytes, path: Path) -> None:
    manifest = found.manifest
    click.echo(f"wrote {path}")
    click.echo(f"method {manifest.method}, book {manifest.book_version} {manifest.book_sha256}")
    click.echo(f"sha256 {hashlib.sha256(raw).hexdigest()}")
    for role in ("prepared", "reviewed", "accepted"):
        click.echo(f"{role:9} by ____________________  on __________  for the sha256 above")
    click.echo("procedures and their findings; no assurance is given")
