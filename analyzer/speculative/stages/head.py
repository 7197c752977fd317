"""A head trained during the run: how it was trained, and what it would have had accepted."""

from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from analyzer.speculative.bench import END, SEED
from analyzer.speculative.drafters import head, head_fit, own_text
from analyzer.speculative.llama.engine import Engine
from analyzer.speculative.llama.model import Model, Setting
from analyzer.speculative.stages.recordings import LONGEST, answer_to, recorded_row
from analyzer.speculative.weights.llama import stored_source

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.drafters.head_fit import Fitted
    from analyzer.speculative.journal import Row

HEAD = "head"
LENGTH = 192
"""Tokens of a text that the model writes itself."""
WRITING = 0.5
"""Share of the seconds after which no further batch of texts is begun."""


def missing(bench: "Bench") -> str | None:
    """Why no head is trained here."""
    if bench.settings.head_tokens:
        return None
    return "a head needs millions of self-generated tokens, which take a CPU a day to write"


def training(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """One row: what the head learnt from, and its matches on texts seen and unseen."""
    if HEAD not in known:
        bench.trained = _train(bench)
        yield bench.trained[1]


def rows(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """Each answer's run-lengths under the head; its cost is its share of the weights."""
    for prompt in bench.prompts:
        if f"{HEAD}/{prompt.id}" not in known:
            # a run that goes on has the rows and not the head: the same seed trains it again
            bench.trained = bench.trained or _train(bench)
            trained, told = bench.trained
            model = bench.engine(bench.settings.dtypes[0], (1,)).model
            answer, limit = answer_to(bench, prompt), bench.settings.limit
            runs = head.record(model, trained, prompt.tokens, answer, LONGEST, limit=limit)
            yield recorded_row(prompt, HEAD, told["draft_cost"], runs)


def _train(bench: "Bench") -> "tuple[head.Head, Row]":
    begun, allowed = perf_counter(), bench.settings.head_seconds
    model, written = _write(bench, begun + WRITING * allowed)
    texts = own_text.without(written, [answer_to(bench, prompt) for prompt in bench.prompts])
    fitting = perf_counter()
    left = max(begun + allowed - fitting, 1.0)
    fitted = head_fit.fit(
        model, texts, seed=SEED, share_of_time=lambda: (perf_counter() - fitting) / left
    )
    left_out = len(written.tokens) - len(texts.tokens)
    return fitted.head, {
        "key": HEAD,
        "tokens": texts.count,
        "texts": len(texts.tokens),
        "left_out": left_out,
        "writing_s": fitting - begun,
        "fitting_s": perf_counter() - fitting,
        **_told(fitted, bench.shape.parameters),
    }


def _told(fitted: "Fitted", parameters: int) -> "Row":
    return {
        "steps": fitted.steps,
        "parameters": fitted.head.parameters,
        "draft_cost": fitted.head.parameters / parameters,
        "vocabulary": len(fitted.head.tokens),
        "trained_asked": list(fitted.trained.asked),
        "trained_right": list(fitted.trained.right),
        "held_out_asked": list(fitted.held_out.asked),
        "held_out_right": list(fitted.held_out.right),
    }


def _write(bench: "Bench", ends: float) -> "tuple[Model, own_text.OwnTexts]":
    settings = bench.settings
    asked = own_text.seeds([prompt.tokens for prompt in bench.prompts])
    room = max(len(asked[0]) + LENGTH, 64)  # a prompt is scored in chunks of 64
    setting = Setting(room, settings.head_batch, settings.dtypes[-1], bench.device)
    model = Model(bench.shape, stored_source(bench.gguf, bench.shape), setting)
    return model, own_text.write(
        Engine(model, (1,)),
        asked,
        length=LENGTH,
        wanted=settings.head_tokens,
        temperature=settings.temperature,
        seed=SEED,
        end=END,
        time_is_up=lambda: perf_counter() > ends,
    )
