"""The two runs a user asks for: the proof of identity alone, and the whole evidence."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from analyzer.errors import SpeculativeError
from analyzer.speculative import machine, prompts
from analyzer.speculative.bench import Bench
from analyzer.speculative.journal import Journal, Row
from analyzer.speculative.llama.device import exact_arithmetic
from analyzer.speculative.packing import numbered
from analyzer.speculative.run import run
from analyzer.speculative.settings import Settings, settings_for
from analyzer.speculative.stages import STAGES, identity
from analyzer.speculative.weights import wheel
from analyzer.speculative.weights.digest import sha256_of
from analyzer.speculative.weights.llama import ARCHITECTURE

Say = Callable[[str], None]
ACCEPTANCE_RULE = "greedy: a draft is kept only where it is the target's own choice"
"""Named in every file, since engines also sell rules that change the text."""


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
    bench = Bench(settings, numbered(chosen, file), file, draft_weights)
    _check(bench)
    return bench


def _check(bench: Bench) -> None:
    """Refuse a prompt that the model was not made for, before anything is decoded."""
    room = int(bench.gguf.number(f"{ARCHITECTURE}.context_length"))
    for prompt in bench.prompts:
        if len(prompt.tokens) + bench.settings.limit > room:
            raise SpeculativeError(
                f"prompt {prompt.id}: {len(prompt.tokens):,} tokens and an answer of up to"
                f" {bench.settings.limit:,} are more than the model's {room:,}; shorten it"
            )


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
        "acceptance_rule": ACCEPTANCE_RULE,
        "settings": settings.told() | flags,
    }
    return run(Journal(output, head), STAGES, bench, budget_s, say)
