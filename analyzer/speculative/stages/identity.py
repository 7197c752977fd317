"""Three decodes a prompt: ordinary, width-matched and speculative, token by token."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from analyzer.speculative.bench import END
from analyzer.speculative.decoding import Decoded, Target, decode
from analyzer.speculative.drafters.lookup import Drafter, NoDraft, PromptLookup
from analyzer.speculative.journal import Row
from analyzer.speculative.prompts import Prompt

if TYPE_CHECKING:
    import torch

    from analyzer.speculative.bench import Bench
    from analyzer.speculative.llama.engine import Engine


def greedy(bench: "Bench", known: frozenset[str]) -> Iterator[Row]:
    """Every prompt at temperature 0, in each arithmetic and draft length."""
    for dtype in bench.settings.dtypes:
        for drafted in bench.settings.drafted:
            yield from _rows(bench, known, dtype, drafted, 0.0)


def sampled(bench: "Bench", known: frozenset[str]) -> Iterator[Row]:
    """Prompts at temperature > 0 with noise keyed by position: equal texts there too."""
    for drafted in bench.settings.drafted[:1]:
        yield from _rows(bench, known, "float32", drafted, bench.settings.temperature)


def _rows(
    bench: "Bench", known: frozenset[str], dtype: str, drafted: int, temperature: float
) -> Iterator[Row]:
    prompts = bench.prompts if not temperature else bench.one_of_each()
    engine: Engine | None = None
    for number, prompt in enumerate(prompts):
        key = f"{dtype}/{drafted}/{prompt.id}"
        if key not in known:
            seed = number if temperature else None
            if engine is None or seed is not None:
                engine = bench.engine(dtype, (1, drafted + 1), temperature=temperature, seed=seed)
            yield {"key": key, **_compare(engine, prompt, drafted, temperature, bench)}


def _compare(
    engine: "Engine", prompt: Prompt, drafted: int, temperature: float, bench: "Bench"
) -> Row:
    """Decode three ways and say where, by how much and why texts differ."""
    limit, width = bench.settings.limit, drafted + 1
    ordinary, plain = _watched(engine, prompt, limit, 1)
    matched, wide = _watched(engine, prompt, limit, width)
    speculative = _decode(engine, prompt, limit, drafted, width, PromptLookup())
    unspeculated = _difference(ordinary, matched)
    # Up to and with the first difference both stand behind the same text.
    alike = len(plain) if unspeculated is None else unspeculated
    pairs = list(zip(plain[:alike], wide[:alike], strict=False))
    margins = [_margin(narrow) for narrow, _ in pairs]
    shifts = [_shift(narrow, broad) for narrow, broad in pairs]
    differs = _difference(ordinary, speculative)
    return {
        "prompt": prompt.id,
        "kind": prompt.kind,
        "dtype": engine.model.setting.dtype,
        "drafted": drafted,
        "temperature": temperature,
        "prompt_tokens": len(prompt.tokens),
        "tokens": [len(one.tokens) for one in (ordinary, matched, speculative)],
        "ended": [one.ended for one in (ordinary, matched, speculative)],
        "sha256": hashlib.sha256(repr(speculative.tokens).encode()).hexdigest(),
        "same_as_width_matched": speculative.tokens == matched.tokens,
        "same_as_ordinary": speculative.tokens == ordinary.tokens,
        "first_difference": differs,
        "first_unspeculated_difference": unspeculated,
        "margin": margins[differs - 1] if differs and differs <= alike else None,
        "shift": shifts[differs - 1] if differs and differs <= alike else None,
        "least_margin": min(margins, default=0.0),
        "largest_shift": max(shifts, default=0.0),
        "certified": all(m > 2 * s for m, s in zip(margins, shifts, strict=True)),
        "per_step_drafted": [one.drafted for one in speculative.passes],
        "per_step_accepted": [one.accepted for one in speculative.passes],
    }


def _decode(
    engine: Target, prompt: Prompt, limit: int, drafted: int, width: int, drafter: Drafter
) -> Decoded:
    return decode(engine, [drafter], [prompt.tokens], limit, drafted, width=width, end=END)[0]


class _Watched:
    """A target whose scores of the next token are kept, pass after pass."""

    def __init__(self, engine: "Engine") -> None:
        self.rows = engine.rows
        self.kept: list[torch.Tensor] = []
        self._engine = engine

    def prefill(self, prompts: Sequence[Sequence[int]]) -> list[int]:
        return self._engine.prefill(prompts)

    def choose(self, cached: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
        choices = self._engine.choose(cached, tokens)
        self.kept.append(self._engine.step(len(tokens[0])).scores[0, 0].clone())
        return choices


def _watched(
    engine: "Engine", prompt: Prompt, limit: int, width: int
) -> "tuple[Decoded, list[torch.Tensor]]":
    """Decode without drafts; scores of output positions 1 on (the first comes with the prompt)."""
    target = _Watched(engine)
    return _decode(target, prompt, limit, 0, width, NoDraft()), target.kept


def _difference(one: Decoded, other: Decoded) -> int | None:
    """Output position at which two texts part; None for equal ones."""
    if one.tokens == other.tokens:
        return None
    pairs = zip(one.tokens, other.tokens, strict=False)
    shorter = min(len(one.tokens), len(other.tokens))
    return next((place for place, (a, b) in enumerate(pairs) if a != b), shorter)


def _margin(scores: "torch.Tensor") -> float:
    """Lead of the best token over the next one."""
    best = scores.float().topk(2).values
    return float(best[0] - best[1])


def _shift(narrow: "torch.Tensor", wide: "torch.Tensor") -> float:
    """Largest change of any token's score between two widths of the pass."""
    return float((narrow.float() - wide.float()).abs().max())
