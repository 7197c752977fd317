"""Run-lengths: what each drafter would have had accepted at every position of each answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.speculative.bench import END
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters import second_model as drafting
from analyzer.speculative.drafters.lookup import NoDraft, PromptLookup, looks_ahead
from analyzer.speculative.journal import Row
from analyzer.speculative.prompts import Prompt
from analyzer.speculative.run_lengths import RunLengths, record

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench

LOOKUP = "prompt-lookup"
SECOND = "second-model"
LONGEST = 10
"""Drafted tokens recorded at most: any shorter draft length is replayed from that."""


def rows(bench: "Bench", known: frozenset[str]) -> Iterator[Row]:
    """Each answer's run-lengths under prompt lookup, and under exits after some of the layers."""
    exits = {f"early-exit-{layers}": layers for layers in bench.exits()}
    for prompt in bench.prompts:
        wanted = [name for name in (LOOKUP, *exits) if f"{name}/{prompt.id}" not in known]
        answer = answer_to(bench, prompt) if wanted else ()
        for name in wanted:
            yield _row(bench, prompt, answer, exits.get(name))


def second_model(bench: "Bench", known: frozenset[str]) -> Iterator[Row]:
    """Each answer's run-lengths under a second model; its cost is its share of the weights."""
    for prompt in bench.prompts:
        key = f"{SECOND}/{prompt.id}"
        if key not in known:
            model = bench.second_model
            share = model.shape.parameters / bench.shape.parameters
            answer, limit = answer_to(bench, prompt), bench.settings.limit
            runs = drafting.record(model, prompt.tokens, answer, LONGEST, limit=limit)
            yield recorded_row(prompt, SECOND, share, runs)


def no_second_model(bench: "Bench") -> str | None:
    """Why no second model drafts here."""
    return None if bench.draft_weights else "no second model was named: --draft-weights FILE"


def answer_to(bench: "Bench", prompt: Prompt) -> tuple[int, ...]:
    """Give the text that drafts are measured on: the ordinary greedy answer."""
    engine = bench.engine(bench.settings.dtypes[0], (1,))
    limit = bench.settings.limit
    return decode(engine, [NoDraft()], [prompt.tokens], limit, 0, end=END)[0].tokens


def _row(bench: "Bench", prompt: Prompt, answer: tuple[int, ...], layers: int | None) -> Row:
    if layers is None:
        limit = bench.settings.limit
        runs = record(prompt.tokens, answer, PromptLookup(), LONGEST, limit=limit)
        row = recorded_row(prompt, LOOKUP, 0.0, runs)
        return row | {"looks_ahead": _looks_ahead(prompt.tokens, answer)}
    dtype, share = bench.settings.dtypes[0], layers / bench.shape.layers
    runs = bench.exit_runs(dtype, prompt.tokens, answer, layers, LONGEST)
    return recorded_row(prompt, f"early-exit-{layers}", share, runs)


def recorded_row(prompt: Prompt, name: str, share: float, runs: RunLengths) -> Row:
    """Give the evidence of one drafter on one answer."""
    return {
        "key": f"{name}/{prompt.id}",
        "prompt": prompt.id,
        "kind": prompt.kind,
        "drafter": name,
        "draft_cost": share,
        "longest": runs.longest,
        "limit": runs.limit,
        "proposed": list(runs.proposed),
        "accepted": list(runs.accepted),
    }


def _looks_ahead(prompt: tuple[int, ...], answer: tuple[int, ...]) -> int:
    """Count places whose proposal changes when the second half of the answer is turned round."""
    half = len(answer) // 2
    changed = (*prompt, *answer[:half], *reversed(answer[half:]))
    return len(looks_ahead(lambda _: PromptLookup(), (*prompt, *answer), changed, LONGEST))
