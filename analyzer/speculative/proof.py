"""The two runs a user asks for: the proof of identity alone, and the whole evidence."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from analyzer.speculative import machine, prompts
from analyzer.speculative.bench import Bench
from analyzer.speculative.device import exact_arithmetic
from analyzer.speculative.journal import Journal, Row
from analyzer.speculative.prompts import Prompt
from analyzer.speculative.run import run
from analyzer.speculative.settings import Settings, settings_for
from analyzer.speculative.stages import STAGES, identity
from analyzer.speculative.tokenizer import Tokenizer, Turn
from analyzer.speculative.weights import pieces, wheel
from analyzer.speculative.weights.digest import sha256_of
from analyzer.speculative.weights.gguf import read

Say = Callable[[str], None]
PROMPTS = "prompts.json"


def open_bench(
    weights: Path | None,
    asked: Path | None,
    settings: Settings,
    draft_weights: Path | None = None,
) -> Bench:
    """Check the weights, number the prompts and give the bench; nothing is decoded yet."""
    file = wheel.checked(weights)
    known = prompts.read(asked)
    chosen = tuple(
        prompt
        for kind in prompts.KINDS
        for prompt in [one for one in known if one.kind == kind][: settings.each]
    )
    return Bench(settings, _numbered(chosen, file), file, draft_weights)


def settings_of(device: str, **changed: object) -> Settings:
    """Give the settings of the device that is there."""
    return settings_for(machine.pick(device), **changed)


def prove(bench: Bench, say: Say) -> list[Row]:
    """Give the rows of both identity stages, prompt by prompt."""
    exact_arithmetic()
    found: list[Row] = []
    for part in (identity.greedy, identity.sampled):
        for row in part(bench, frozenset()):
            say(f"{row['key']}: {'same' if row['same_as_width_matched'] else 'DIFFERENT'}")
            found.append(row)
    return found


def measure(bench: Bench, output: Path, budget_s: float, made: date, say: Say) -> bool:
    """Run every stage into an evidence file, or go on with it; True when it is whole."""
    flags = exact_arithmetic()
    settings, drafting = bench.settings, bench.draft_weights
    head = {
        "date": made.isoformat(),
        "device": machine.device(settings.device, settings.threads),
        "versions": machine.versions(settings.device),
        "sha256": {
            "weights": sha256_of(bench.weights),
            "prompts": prompts.digest(bench.prompts),
            "program": machine.program_digest(),
            **({"draft_weights": sha256_of(drafting)} if drafting else {}),
        },
        "settings": settings.told() | flags,
    }
    return run(Journal(output, head), STAGES, bench, budget_s, say)


def pack(folder: Path, weights: Path | None, asked: Path | None) -> list[Path]:
    """Write weights in pieces, their manifest and the numbered prompts; give what was written."""
    file = wheel.checked(weights)
    manifest = pieces.split(file, folder)
    listed = [
        {"id": one.id, "kind": one.kind, "text": one.text, "tokens": list(one.tokens)}
        for one in _numbered(prompts.read(asked), file)
    ]
    place = folder / PROMPTS
    place.write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")
    return [*(folder / piece.name for piece in manifest.pieces), folder / pieces.MANIFEST, place]


def unpack(carried: Path, kept: Path) -> tuple[Path, Path] | list[str]:
    """Collect carried pieces; give weights and prompts once whole, else the names missing."""
    missing = pieces.collect(carried, kept)
    if (carried / PROMPTS).is_file():
        (kept / PROMPTS).write_bytes((carried / PROMPTS).read_bytes())
    if missing:
        return missing
    whole = kept / pieces.manifest_of(kept).whole.name
    if not whole.is_file():
        pieces.join(kept, whole)
    return whole, kept / PROMPTS


def _numbered(asked: Iterable[Prompt], weights: Path) -> tuple[Prompt, ...]:
    """Give prompts with tokens; the tokenizer is built only where some have none."""
    known = tuple(asked)
    if all(prompt.tokens for prompt in known):
        return known
    tokenizer = Tokenizer(read(weights))
    return tuple(
        prompt
        if prompt.tokens
        else replace(prompt, tokens=tuple(tokenizer.chat([Turn("user", prompt.text)])))
        for prompt in known
    )
