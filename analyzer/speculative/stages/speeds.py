"""Tokens a second, ordinary and speculative by turns, and the wait for the first token."""

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from analyzer.speculative.bench import END
from analyzer.speculative.decoding import Decoded, decode
from analyzer.speculative.drafters.lookup import NoDraft, PromptLookup
from analyzer.speculative.prompts import Prompt

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.journal import Row
    from analyzer.speculative.llama.engine import Engine


def rows(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """One row a timed decode; runs are the outermost loop, so that load falls on all alike.

    The ordinary loop is the baseline: the same model, cache, graphs and host code with width 1.
    """
    lengths = (0, *bench.settings.speed_drafted)
    dtype = bench.settings.dtypes[-1]
    for run in range(bench.settings.runs):
        for batch in bench.settings.speed_batches:
            engine = bench.engine(dtype, tuple(length + 1 for length in lengths), batch=batch)
            for prompt in bench.one_of_each():
                for drafted in lengths:
                    key = f"{run}/{batch}/{prompt.id}/{drafted}"
                    if key not in known:
                        yield {"key": key, "run": run, **_timed(engine, prompt, drafted, bench)}


class _Clocked:
    """A target that says when the first token was there."""

    def __init__(self, engine: "Engine") -> None:
        self.rows = engine.rows
        self.choose = engine.choose
        self.first_at = 0.0
        self._prefill = engine.prefill

    def prefill(self, prompts: Sequence[Sequence[int]]) -> list[int]:
        chosen = self._prefill(prompts)
        self.first_at = perf_counter()
        return chosen


def _timed(engine: "Engine", prompt: Prompt, drafted: int, bench: "Bench") -> "Row":
    drafter = PromptLookup() if drafted else NoDraft()
    target = _Clocked(engine)
    begun = perf_counter()
    found = decode(
        target,
        [drafter] * engine.rows,
        [prompt.tokens] * engine.rows,
        bench.settings.speed_limit,
        drafted,
        end=END,
    )
    ended = perf_counter()
    return {
        "prompt": prompt.id,
        "kind": prompt.kind,
        "dtype": engine.model.setting.dtype,
        "batch": engine.rows,
        "drafted": drafted,
        "tokens": sum(len(one.tokens) - 1 for one in found),
        "first_token_s": target.first_at - begun,
        "decode_s": ended - target.first_at,
        "steps": _steps(found),
        "accepted": sum(one.accepted for row in found for one in row.passes),
    }


def _steps(found: Sequence[Decoded]) -> int:
    """Passes of the batch: as many as its slowest row took."""
    return max(len(one.passes) for one in found)
