"""A second, smaller model as the drafter: its own weights and cache, the target's tokens.

Chen et al., arXiv 2302.01318, with the greedy rule. A model that drafts for itself is always
right, which shows that the loop works and says nothing about speed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analyzer.errors import SpeculativeError
from analyzer.speculative.drafters import early_exit
from analyzer.speculative.llama.engine import CHUNK, Engine
from analyzer.speculative.llama.model import Model
from analyzer.speculative.run_lengths import RunLengths
from analyzer.speculative.weights.gguf import Gguf


@dataclass(slots=True)
class SecondModel:
    """Drafts token by token; caches what it is shown, and of that keeps what the text kept."""

    engine: Engine
    """The drafting model, of one row, with room for the text and the draft behind it."""
    _cached: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        _one_row(self.engine.model)

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        """Give `limit` tokens, each the drafting model's argmax after those before it."""
        if limit < 1:
            return []
        drafts = [self._behind(context)]
        for place in range(len(context), len(context) + limit - 1):
            drafts.append(self.engine.choose([place], [[drafts[-1]]])[0][0])
        # the last draft was given, not scored: nothing is cached at its place
        self._cached = [*context, *drafts[:-1]]
        return drafts

    def _behind(self, context: Sequence[int]) -> int:
        """Cache what is new of the text and give the choice after its last token."""
        pairs = enumerate(zip(self._cached, context, strict=False))
        shared = next(
            (place for place, (one, other) in pairs if one != other),
            min(len(self._cached), len(context) - 1),
        )
        start = min(shared, len(context) - 1)
        if not start or len(context) - start > CHUNK:
            return self.engine.prefill([context])[0]
        for place in range(start, len(context) - 1):
            self.engine.choose([place], [[context[place]]])
        return self.engine.choose([len(context) - 1], [[context[-1]]])[0][0]


def record(
    model: Model,
    prompt: Sequence[int],
    output: Sequence[int],
    longest: int,
    *,
    limit: int | None = None,
) -> RunLengths:
    """Give what a drafting model would have had accepted at every place of a greedy output.

    An accepted draft stands in the text, so its argmax behind each true token decides: that is an
    exit after all of its layers. Another width than the drafter's own may differ at near ties.
    """
    _one_row(model)
    return early_exit.record(model, model.shape.layers, prompt, output, longest, limit=limit)


def check_tokens(target: Gguf, draft: Gguf) -> None:
    """Refuse a drafting model unless each of its tokens, merges and kinds is the target's."""
    for what in ("tokens", "merges", "token_type"):
        ours, theirs = (_listed(one, what) for one in (target, draft))
        pairs = enumerate(zip(ours, theirs, strict=False))
        differs = next((place for place, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
        if len(ours) != len(theirs) or differs < len(ours):
            raise SpeculativeError(
                f"{draft.name}: its tokenizer is not that of {target.name} ({what}: {len(theirs)}"
                f" against {len(ours)}, the first difference at {differs}); name a model of the"
                " same family"
            )
    for what in ("model", "pre"):
        key = f"tokenizer.ggml.{what}"
        known, found = target.metadata.get(key), draft.metadata.get(key)
        if known != found:
            raise SpeculativeError(
                f"{draft.name}: its tokenizer is not that of {target.name} ({what}: {found}"
                f" against {known}); name a model of the same family"
            )


def _listed(gguf: Gguf, what: str) -> list[object]:
    found = gguf.metadata.get(f"tokenizer.ggml.{what}", [])
    if isinstance(found, np.ndarray):
        return list(found.tolist())
    return list(found) if isinstance(found, list) else []


def _one_row(model: Model) -> None:
    if model.setting.rows != 1:
        raise SpeculativeError(
            f"a second model drafts for one row, and this one has {model.setting.rows}: make it"
            " with one"
        )
