"""A small trained drafter on the target's last state, which needs no cache of its own.

One residual layer, used anew for each drafted token: of the state so far and the token that came
it makes the next state and reads a token off it. The recurrent form of arXiv 2404.19124 with one
set of weights for all steps, over frequent tokens only as in FR-Spec (arXiv 2502.14856).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from analyzer.errors import SpeculativeError
from analyzer.speculative.llama.device import fitting
from analyzer.speculative.llama.engine import CHUNK, Engine
from analyzer.speculative.llama.model import Model
from analyzer.speculative.llama.step import Step
from analyzer.speculative.run_lengths import RunLengths, recorded


@dataclass(frozen=True, slots=True)
class Head:
    """The drafter's weights, in the target's wide type."""

    tokens: torch.Tensor
    """Tokens that can be drafted, by the target's numbers, (kept,)."""
    embedding: torch.Tensor
    """The target's own, (vocabulary, hidden); not trained."""
    mixing: torch.Tensor
    """(hidden, 2 * hidden)."""
    adding: torch.Tensor
    """(hidden, hidden)."""
    output: torch.Tensor
    """(kept, hidden)."""

    @property
    def trained(self) -> tuple[torch.Tensor, ...]:
        """What training changes."""
        return self.mixing, self.adding, self.output

    @property
    def parameters(self) -> int:
        """Count the weights that a drafted token reads, its embedding apart."""
        return sum(part.numel() for part in self.trained)

    def advance(self, states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Give the states (.., hidden) behind tokens (..,) that came after states."""
        came = self.embedding[tokens].to(states.dtype)
        size = states.shape[-1:]
        read = [functional.rms_norm(part, size) for part in (states, came)]
        mixed = functional.silu(functional.linear(torch.cat(read, dim=-1), self.mixing))
        return states + functional.linear(mixed, self.adding)

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Give the logits (.., kept) of states."""
        return functional.linear(states, self.output)

    def chosen(self, states: torch.Tensor) -> torch.Tensor:
        """Give the drafted tokens (..,), by the target's numbers."""
        return self.tokens[self.logits(states).argmax(-1)]


@dataclass(frozen=True, slots=True)
class HeadDrafter:
    """Drafts from the state that the engine's latest pass left behind the text; one row."""

    engine: Engine
    head: Head

    def __post_init__(self) -> None:
        _one_row(self.engine.model)

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        """Give `limit` tokens. All of `context` but its last token was scored by the engine."""
        if len(context) < 2:  # noqa: PLR2004 - a state and the token that came after it
            return []
        drafts: list[int] = []
        with torch.no_grad():
            state = self.engine.state(len(context) - 2).to(self.head.output.dtype)
            last = torch.tensor(context[-1], device=state.device)
            for _ in range(limit):
                state = self.head.advance(state, last)
                last = self.head.chosen(state)
                drafts.append(int(last))
        return drafts


def record(
    model: Model,
    head: Head,
    prompt: Sequence[int],
    output: Sequence[int],
    longest: int,
    *,
    limit: int | None = None,
) -> RunLengths:
    """Give what the head would have had accepted at every place of a greedy output.

    An accepted draft stands in the text, so the head is led by the text, all places at once.
    States of a pass of another width than the loop's own may differ at near ties.
    """
    text = [*prompt, *output]
    states = _states(model, text)[len(prompt) - 1 : -2].to(head.output.dtype)
    known = torch.tensor([*text, *[-1] * longest], device=states.device)
    first = torch.arange(len(prompt), len(text) - 1, device=states.device)
    right = torch.zeros((len(first), longest), dtype=torch.long, device=states.device)
    with torch.no_grad():
        for ahead in range(longest):
            states = head.advance(states, known[first + ahead].clamp(min=0))
            right[:, ahead] = head.chosen(states) == known[first + ahead + 1]
    accepted = right.cumprod(1).sum(1).tolist()
    return recorded(accepted, longest, limit=limit or len(output))


def _states(model: Model, text: Sequence[int]) -> torch.Tensor:
    """Last states (tokens, hidden) of a known text."""
    _one_row(model)
    if len(text) > model.setting.positions:
        raise SpeculativeError(
            f"prompt and answer need {len(text)} positions, the cache has "
            f"{model.setting.positions}: shorten them or make the model with more"
        )
    found = []
    with fitting(f"a pass of {CHUNK} known tokens"):
        step = Step(model, CHUNK)
        for start in range(0, len(text), CHUNK):
            part = list(text[start : start + CHUNK])
            step.load([start], [part + [0] * (CHUNK - len(part))])
            step.run()
            found.append(step.hidden[0, : len(part)].clone())
    return torch.cat(found)


def _one_row(model: Model) -> None:
    if model.setting.rows != 1:
        raise SpeculativeError(
            f"a head drafts for one row, and the model has {model.setting.rows}: make it with one"
        )
