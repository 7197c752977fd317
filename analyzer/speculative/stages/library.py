"""The same prompts through the transformers library: its plain and its assisted generation.

A cross-check by another implementation, and the speed that a library user would start from. Its
lossy modes are not offered.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any

from analyzer.speculative.bench import END
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters.lookup import NoDraft

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.journal import Row
    from analyzer.speculative.llama.engine import Engine

MODES: dict[str, dict[str, Any]] = {
    "plain": {},
    "prompt lookup": {"prompt_lookup_num_tokens": 10},
    "early exit": {"assistant_early_exit": 24},
}
"""Arguments of `generate`; the assisted modes take one prompt at a time and no static cache."""
EXACT = "float32"
"""All modes are compared in 32 bit; the plain one is timed in the run's last arithmetic too."""


def missing(bench: "Bench") -> str | None:
    """Why the library cannot be asked here."""
    del bench
    if find_spec("transformers") is None:
        return "transformers is not installed: pip install 'rebill[speculative-library]'"
    return None


def rows(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """Each mode on one prompt of each kind, beside our own ordinary loop."""
    last = bench.settings.dtypes[-1]
    for dtype, modes in {last: ("plain",), EXACT: tuple(MODES)}.items():
        keys = {f"{dtype}/{m}/{p.id}" for m in modes for p in bench.one_of_each()}
        if not keys <= known:
            yield from _compare(bench, known, dtype, modes)


def _compare(
    bench: "Bench", known: frozenset[str], dtype: str, modes: tuple[str, ...]
) -> "Iterator[Row]":
    model = bench.library_model(dtype)
    engine = bench.engine(dtype, (1,))
    _generate(model, bench, bench.prompts[0].tokens, {})  # warm
    for prompt in bench.one_of_each():
        plain: list[int] | None = None
        ours, our_seconds = _ours(engine, bench, prompt.tokens)
        for mode in modes:
            key = f"{dtype}/{mode}/{prompt.id}"
            if key in known and plain is not None:
                continue
            found, seconds, forwards = _generate(model, bench, prompt.tokens, MODES[mode])
            plain = found if plain is None else plain
            if key not in known:
                yield {
                    "key": key,
                    "prompt": prompt.id,
                    "kind": prompt.kind,
                    "dtype": dtype,
                    "mode": mode,
                    "tokens": len(found),
                    "same": found == plain,
                    "same_as_ours": found == ours,
                    "seconds": seconds,
                    "our_seconds": our_seconds,
                    "our_tokens": len(ours),
                    "forwards": forwards,
                }


def _generate(
    model: Any, bench: "Bench", tokens: tuple[int, ...], arguments: dict[str, Any]
) -> tuple[list[int], float, int]:
    import torch

    asked = torch.tensor([tokens], device=bench.device)
    count = _Forwards(model)
    begun = perf_counter()
    with torch.no_grad():
        given = model.generate(
            asked,
            attention_mask=torch.ones_like(asked),
            max_new_tokens=bench.settings.speed_limit,
            do_sample=False,
            eos_token_id=sorted(END),
            pad_token_id=min(END),
            **arguments,
        )
    found = given[0, len(tokens) :].tolist()
    seconds = perf_counter() - begun
    return found, seconds, count.stop()


class _Forwards:
    """Counts forward passes of the whole model, drafting ones included."""

    def __init__(self, model: Any) -> None:
        self._count = 0
        self._hook = model.register_forward_pre_hook(self._add)

    def _add(self, *_: Any) -> None:
        self._count += 1

    def stop(self) -> int:
        """Give the count and stop counting."""
        self._hook.remove()
        return self._count


def _ours(engine: "Engine", bench: "Bench", tokens: tuple[int, ...]) -> tuple[list[int], float]:
    """Our ordinary loop on the same prompt, its prompt pass timed in as the library's is."""
    begun = perf_counter()
    found = decode(engine, [NoDraft()], [tokens], bench.settings.speed_limit, 0, end=END)
    return list(found[0].tokens), perf_counter() - begun
