"""Weights in pieces and prompts as numbers, for a machine without network or tokenizer."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from analyzer.speculative import prompts
from analyzer.speculative.llama.tokenizer import Tokenizer, Turn
from analyzer.speculative.prompts import Prompt
from analyzer.speculative.weights import pieces, wheel
from analyzer.speculative.weights.gguf import read

PROMPTS = "prompts.json"


def pack(folder: Path, weights: Path | None, asked: Path | None) -> list[Path]:
    """Write weights in pieces, their manifest and the numbered prompts; give what was written."""
    file = wheel.checked(weights)
    manifest = pieces.split(file, folder)
    listed = [
        {"id": one.id, "kind": one.kind, "text": one.text, "tokens": list(one.tokens)}
        for one in numbered(prompts.read(asked), file)
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


def numbered(asked: Iterable[Prompt], weights: Path) -> tuple[Prompt, ...]:
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
