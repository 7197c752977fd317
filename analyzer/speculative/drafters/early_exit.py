"""A model's own first layers as its drafter: no second model, and most of the cost of one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analyzer.errors import SpeculativeError
from analyzer.speculative.llama.device import fitting
from analyzer.speculative.llama.engine import CHUNK
from analyzer.speculative.llama.model import Model
from analyzer.speculative.llama.step import Graphs, Step
from analyzer.speculative.run_lengths import RunLengths, recorded


@dataclass(slots=True)
class EarlyExit:
    """Drafts with the first `layers` layers, in the cache of the target that verifies.

    What it caches at a draft's position is what the target's pass then writes there anew, so it
    takes no memory of its own. One row only: a pass scores all rows of a cache.
    """

    model: Model
    layers: int
    graphs: Graphs | None = None
    _step: Step = field(init=False)

    def __post_init__(self) -> None:
        _check(self.model, self.layers)
        with fitting("a pass of a draft"):
            self._step = Step(self.model, 1, layers=self.layers, graphs=self.graphs)

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        """Give `limit` tokens, each the early argmax after those before it.

        All of `context` but its last token is in the cache already.
        """
        drafts: list[int] = []
        last = context[-1]
        for place in range(len(context) - 1, len(context) - 1 + limit):
            self._step.load([place], [[last]])
            self._step.run()
            last = int(self._step.choices.item())
            drafts.append(last)
        return drafts


def record(
    model: Model,
    layers: int,
    prompt: Sequence[int],
    output: Sequence[int],
    longest: int,
    *,
    limit: int | None = None,
) -> RunLengths:
    """Give what the drafter would have had accepted at every place of a greedy output.

    One pass over the known text: an accepted draft stands in it, so the early argmax behind each
    token decides. A pass of another width than the drafter's own may differ at near ties.
    """
    _check(model, layers)
    text = [*prompt, *output]
    early = _early_choices(model, layers, text)
    right = [early[place - 1] == text[place] for place in range(len(prompt) + 1, len(text))]
    accepted, run = [], 0
    for matched in reversed(right):
        run = run + 1 if matched else 0
        accepted.append(min(run, longest))
    return recorded(accepted[::-1], longest, limit=limit or len(output))


def _early_choices(model: Model, layers: int, text: Sequence[int]) -> list[int]:
    if len(text) > model.setting.positions:
        raise SpeculativeError(
            f"prompt and answer need {len(text)} positions, the cache has "
            f"{model.setting.positions}: shorten them or make the model with more"
        )
    choices: list[int] = []
    with fitting(f"a pass of {CHUNK} known tokens"):
        step = Step(model, CHUNK, layers=layers)
        for start in range(0, len(text), CHUNK):
            part = list(text[start : start + CHUNK])
            step.load([start], [part + [0] * (CHUNK - len(part))])
            step.run()
            choices += step.choices[0, : len(part)].tolist()
    return choices


def _check(model: Model, layers: int) -> None:
    if model.setting.rows != 1:
        raise SpeculativeError(
            f"an early exit drafts for one row, and the model has {model.setting.rows}: make it "
            "with one"
        )
    if not 0 < layers <= model.shape.layers:
        raise SpeculativeError(
            f"an exit after {layers} layers of {model.shape.layers}: take 1 to {model.shape.layers}"
        )
