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
from analyzer.speculative.drafters import NoDraft

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.journal import Row

MODES: dict[str, dict[str, Any]] = {
    "plain": {},
    "prompt lookup": {"prompt_lookup_num_tokens": 10},
    "early exit": {"assistant_early_exit": 24},
}
"""Arguments of `generate`; the assisted modes take one prompt at a time and no static cache."""


def missing(bench: "Bench") -> str | None:
    """Why the library cannot be asked here."""
    del bench
    if find_spec("transformers") is None:
        return "transformers is not installed: pip install 'rebill[speculative-library]'"
    return None


def rows(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """Each mode on one prompt of each kind, in 32 bit."""
    model: Any = None
    for prompt in bench.one_of_each():
        plain: list[int] = []
        for mode, arguments in MODES.items():
            key = f"{mode}/{prompt.id}"
            if key in known and mode != "plain":
                continue
            model = model or bench.library_model()
            found, seconds, forwards = _generate(model, bench, prompt.tokens, arguments)
            plain = plain or found
            if key not in known:
                yield {
                    "key": key,
                    "prompt": prompt.id,
                    "kind": prompt.kind,
                    "dtype": "float32",
                    "mode": mode,
                    "tokens": len(found),
                    "same": found == plain,
                    "same_as_ours": found == _ours(bench, prompt.tokens),
                    "seconds": seconds,
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


def _ours(bench: "Bench", tokens: tuple[int, ...]) -> list[int]:
    engine = bench.engine("float32", (1,))
    found = decode(engine, [NoDraft()], [tokens], bench.settings.speed_limit, 0, end=END)
    return list(found[0].tokens)
