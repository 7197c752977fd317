"""Speculative proof and evidence as lines of text and tables."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import msgspec

from analyzer.cli import printing
from analyzer.identity_bill import IdentityBill, identity_bill
from analyzer.prices import Book
from analyzer.speculative.acceptance.files import Imported, read_records, to_json
from analyzer.speculative.evidence import (
    Evidence,
    Identity,
    gpu_note,
    is_evidence,
    load,
    shipped,
)
from analyzer.speculative.figures.acceptance import acceptance
from analyzer.speculative.figures.identity import IdentityLine, identity, identity_lines
from analyzer.speculative.figures.speed import library, passes, speeds
from analyzer.words import counted

LENGTHS = (2, 4, 8)
"""Draft lengths that acceptance is printed for."""


def proof(rows: Sequence[dict[str, Any]], model: str, day: date, *, as_json: bool) -> bool:
    """Print what a proof found; True when speculation changed no token."""
    found = [msgspec.convert(row, Identity) for row in rows]
    lines = identity_lines(found)
    bill = identity_bill(found, Book.load(), model, day)
    proven = all(line.proven for line in lines)
    if as_json:
        told = {"proven": proven, "lines": [asdict(line) for line in lines], "bill": _bill(bill)}
        click.echo(json.dumps(told, indent=1))
        return proven
    _identity(lines)
    _differences(found)
    _invoice(bill)
    click.echo(_verdict(lines))
    return proven


def show(files: Sequence[Path], *, as_json: bool) -> None:
    """Print evidence files and acceptance records; without any, what ships."""
    found = [load(path) for path in files if is_evidence(path)] if files else list(shipped())
    records = [(path, read_records(path)) for path in files if not is_evidence(path)]
    if as_json:
        told = [to_json(one) for _, imported in records for one in imported.records]
        everything = {"evidence": [_summary(one) for one in found], "records": told}
        click.echo(json.dumps(everything, indent=1))
        return
    for one in found:
        _page(one)
    if found or not files:
        click.echo(f"GPU evidence: {gpu_note(tuple(found))}")
    for path, imported in records:
        _records(path, imported)


def _page(one: Evidence) -> None:
    """Print one evidence file: what it was made on, then every part."""
    click.echo(f"{one.label} ({'complete' if one.complete else 'INCOMPLETE'})")
    told = ", ".join(f"{name} {number}" for name, number in one.versions.items())
    click.echo(f"  acceptance rule: {one.acceptance_rule}")
    click.echo(f"  {one.device.kind}, {one.device.threads or 'all'} threads; {told}")
    for name, digest in one.sha256.items():
        click.echo(f"  sha256 of {name}: {digest}")
    for name, why in one.open_stages():
        click.echo(f"  part {name}: {why}")
    _identity(identity(one))
    _acceptance(one)
    _head(one)
    _speeds(one)
    _passes(one)
    _library(one)


def _identity(lines: Sequence[IdentityLine]) -> None:
    rows = [
        [
            f"{line.dtype}, T {line.temperature:g}",
            str(line.drafted),
            str(line.prompts),
            f"{line.same_as_width_matched} of {line.prompts}",
            f"{line.same_as_ordinary} of {line.prompts}",
            str(line.unspeculated_differences),
            str(line.unexplained),
            f"{line.certified} of {line.prompts}",
            " / ".join(f"{count:,}" for count in line.tokens),
            _interval(line),
        ]
        for line in lines
    ]
    heads = [
        "arithmetic", "drafted", "prompts", "as width-matched", "as ordinary",
        "differ undrafted", "unexplained", "certified",
        "tokens ordinary / matched / speculative", "mean difference to the end",
    ]  # fmt: skip
    if rows:
        printing.table("Same tokens? (three decodes a prompt)", heads, rows)


def _interval(line: IdentityLine) -> str:
    if line.half_width is None:
        return f"{line.ended} ended"
    return f"{line.mean_difference:+.2f} ± {line.half_width:.2f} (90 %, {line.ended} ended)"


def _differences(found: Sequence[Identity]) -> None:
    """List every text that left the ordinary one, and the margin at which it did."""
    for row in found:
        if row.first_difference is not None:
            margin = "unknown" if row.margin is None else f"{row.margin:.4g}"
            shift = "unknown" if row.shift is None else f"{row.shift:.4g}"
            without = row.first_unspeculated_difference
            click.echo(
                f"  {row.prompt} in {row.dtype}: leaves the ordinary text at token"
                f" {row.first_difference + 1} (margin {margin}, rounding moved logits by {shift});"
                f" the undrafted text does so at {'none' if without is None else without + 1}"
            )


def _invoice(bill: IdentityBill) -> None:
    click.echo(
        f"invoice at {bill.model}'s list price of {bill.day}, {bill.prompts} answers:"
        f" width-matched {_usd(bill.width_matched)}, speculative {_usd(bill.speculative)};"
        f" difference {_usd(bill.change)}, largest of one answer {_usd(bill.largest_single)}"
    )
    click.echo(
        f"  ordinary {_usd(bill.ordinary)}: another width of the pass alone, with nothing drafted,"
        f" moves it by {_usd(bill.width_change)}"
    )


def _verdict(lines: Sequence[IdentityLine]) -> str:
    if all(line.proven for line in lines):
        return (
            "PROVEN here: speculation changed no token, so an invoice of tokens x price is the same"
        )
    broken = sum(line.prompts - line.same_as_width_matched for line in lines)
    odd = sum(line.unexplained for line in lines)
    return (
        f"NOT PROVEN: {broken} texts differ from the width-matched decode and {odd} differences are"
        " larger than rounding explains; this is a defect, report it with the lines above"
    )


def _acceptance(one: Evidence) -> None:
    rows = [
        [
            f"{line.kind}, {line.drafter}",
            str(line.drafted),
            str(line.answers),
            f"{line.tokens_per_pass:.2f}",
            "none drafted" if line.acceptance_rate is None else f"{line.acceptance_rate:.1%}",
            f"{line.accepted_tokens:,} of {line.drafted_tokens:,}",
            ", ".join(f"{gain:.2f} at batch {batch}" for batch, gain in line.speed_up),
        ]
        for line in acceptance(one, LENGTHS)
    ]
    heads = [
        "kind of text",
        "drafted",
        "answers",
        "tokens a pass",
        "accepted",
        "tokens",
        "speed-up by pass costs",
    ]
    if rows:
        printing.table("Run-lengths by kind of text, replayed (measured-real-weights)", heads, rows)


def _head(one: Evidence) -> None:
    """Say what a trained head learnt from: matches on texts it never saw tell overfitting."""
    stage = one.stages.head_training
    for row in stage.rows if stage else ():
        seen = row.trained_right[0] / max(1, row.trained_asked[0])
        unseen = row.held_out_right[0] / max(1, row.held_out_asked[0])
        click.echo(
            f"  head: {row.parameters:,} parameters on {row.tokens:,} tokens that the model wrote"
            f" itself; next token right {seen:.1%} on texts it learnt, {unseen:.1%} on others;"
            f" {row.left_out} texts left out that hold a measured answer"
        )


def _speeds(one: Evidence) -> None:
    rows = [
        [
            line.kind,
            str(line.batch),
            str(line.drafted),
            _spread(line.tokens_per_s, "{:.1f}"),
            _spread(line.speed_up, "{:.2f}"),
            "slower" if line.speed_up and line.speed_up[-1] < 1 else "",
            f"{line.first_token_s * 1000:.0f} ms",
        ]
        for line in speeds(one)
    ]
    heads = ["kind", "batch", "drafted", "tokens/s", "speed-up", "", "first token"]
    if rows:
        printing.table(
            "Tokens a second, by turns: median, least and most of the runs (measured-real-weights)",
            heads,
            rows,
        )


def _passes(one: Evidence) -> None:
    rows = [
        [
            f"{line.model}, {line.dtype}, {line.runner} ({line.provenance})",
            str(line.batch),
            str(line.width),
            f"{line.median_s * 1e3:.3f} ms",
            f"{line.spread_s[0] * 1e3:.3f} to {line.spread_s[1] * 1e3:.3f}",
            "" if line.ratio is None else f"{line.ratio:.2f}",
            "" if line.floor_s is None else f"{line.median_s / line.floor_s:.1f} x floor",
        ]
        for line in passes(one)
    ]
    heads = ["model", "batch", "width", "median", "10 to 90 %", "to width 1", "weights read once"]
    if rows:
        printing.table("Cost of a pass", heads, rows)


def _library(one: Evidence) -> None:
    rows = [
        [
            f"transformers {line.mode}, {line.dtype}",
            f"{line.same} of {line.prompts}",
            f"{line.same_as_ours} of {line.prompts}",
            f"{line.tokens_per_s:.1f}",
            f"{line.tokens_per_forward:.2f}",
            "not timed" if line.ours_over_it is None else f"{line.ours_over_it:.2f}",
        ]
        for line in library(one)
    ]
    heads = [
        "mode",
        "as its plain mode",
        "as our loop",
        "tokens/s",
        "tokens a forward",
        "our loop over it",
    ]
    if rows:
        printing.table("The same prompts through a library", heads, rows)


def _records(path: Path, found: Imported) -> None:
    """Print a server's acceptance records."""
    rows = [
        [
            f"{number} ({one.engine})",
            one.acceptance_rule or "not told",
            one.detail,
            _number(one.num_steps_total or one.num_spec_steps),
            _ratio(one.mean_acceptance_length),
            _ratio(one.tokens_per_pass),
            _ratio(one.draft_acceptance_rate),
        ]
        for number, one in enumerate(found.records, start=1)
    ]
    heads = [
        "record", "acceptance rule", "detail", "passes", "tokens a drafted pass", "tokens a pass",
        "accepted",
    ]  # fmt: skip
    printing.table(str(path), heads, rows)
    if found.untold:
        click.echo(
            f"without a record: {counted(len(found.untold), 'request')}, the first in line"
            f" {found.untold[0]}"
        )


def _number(count: int | None) -> str:
    return "not told" if count is None else f"{count:,}"


def _ratio(value: Fraction | None) -> str:
    return "not told" if value is None else f"{float(value):.3f}"


def _spread(values: Sequence[float], form: str) -> str:
    if not values:
        return "no baseline"
    middle = values[len(values) // 2]
    return f"{form.format(middle)} ({form.format(values[0])} to {form.format(values[-1])})"


def _summary(one: Evidence) -> dict[str, Any]:
    """Give every figure that is printed, for programs."""
    return {
        "label": one.label,
        "complete": one.complete,
        "device": msgspec.to_builtins(one.device),
        "versions": one.versions,
        "sha256": one.sha256,
        "open": dict(one.open_stages()),
        "identity": [asdict(line) for line in identity(one)],
        "acceptance": [asdict(line) for line in acceptance(one, LENGTHS)],
        "speeds": [asdict(line) for line in speeds(one)],
        "passes": [asdict(line) for line in passes(one)],
        "library": [asdict(line) for line in library(one)],
    }


def _bill(bill: IdentityBill) -> dict[str, Any]:
    return {
        "model": bill.model,
        "day": bill.day.isoformat(),
        "ordinary_pico": bill.ordinary,
        "width_matched_pico": bill.width_matched,
        "speculative_pico": bill.speculative,
        "change_pico": int(bill.change),
        "largest_single_pico": bill.largest_single,
    }


def _usd(pico: Fraction | int) -> str:
    """Print all digits that matter: answers of a small model cost fractions of a cent."""
    exact = Fraction(pico) / printing.PICO_PER_DOLLAR
    return f"{'-' if exact < 0 else ''}${abs(float(exact)):.6f}"
