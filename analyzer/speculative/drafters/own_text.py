"""Texts that a model writes itself, to train a head on: never the answers that are measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from analyzer.errors import SpeculativeError
from analyzer.speculative.llama.engine import Engine

FRAGMENT = 8
"""Tokens cut from the prompts to ask about: enough for a subject, too few for a prompt."""
TELLING = 24
"""Tokens at the beginning of a measured answer by which it is known again."""
OVER = -1
"""Stands in a text from its end token on."""


@dataclass(frozen=True, slots=True)
class OwnTexts:
    """Answers and the states that gave them."""

    tokens: torch.Tensor
    """(texts, length)."""
    states: torch.Tensor
    """(texts, length, hidden): the state from which the token at that place was chosen."""

    @property
    def count(self) -> int:
        """Tokens there are to learn from."""
        return int((self.tokens != OVER).sum())


def seeds(prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Give short questions: what all prompts share, around a few tokens cut from anywhere in them.

    A whole prompt is never among them.
    """
    opening = _shared(prompts)
    closing = _shared([list(prompt[opening:])[::-1] for prompt in prompts])
    middles = [list(prompt[opening : len(prompt) - closing]) for prompt in prompts]
    stream = [token for middle in middles for token in middle]
    cuts = [stream[at : at + FRAGMENT] for at in range(len(stream) - FRAGMENT + 1)]
    before = list(prompts[0][:opening]) if prompts else []
    after = list(prompts[0][len(prompts[0]) - closing :]) if prompts else []
    found = [[*before, *cut, *after] for cut in cuts if cut not in middles]
    if not found:
        raise SpeculativeError(
            f"{len(prompts)} prompts hold no {FRAGMENT} tokens to ask about: give more, or longer"
        )
    return found


def write(  # noqa: PLR0913 - one run's settings, each named by its caller
    engine: Engine,
    asked: Sequence[Sequence[int]],
    *,
    length: int,
    wanted: int,
    temperature: float,
    seed: int,
    end: frozenset[int],
    time_is_up: Callable[[], bool],
) -> OwnTexts:
    """Write batches of answers until `wanted` tokens are there or the time is up; one at least.

    The seeded noise is of a device's own generator: another device writes other texts.
    """
    device = engine.model.device
    generator = torch.Generator(device).manual_seed(seed)
    picking = torch.Generator().manual_seed(seed)
    tokens, states, kept = [], [], 0
    while not kept or (kept < wanted and not time_is_up()):
        picks = torch.randint(len(asked), (engine.rows,), generator=picking).tolist()
        found, behind = _batch(
            engine, [asked[pick] for pick in picks], length, temperature, generator
        )
        tokens.append(_until_end(found, end))
        states.append(behind)
        kept += int((tokens[-1] != OVER).sum())
    return OwnTexts(torch.cat(tokens), torch.cat(states))


def without(texts: OwnTexts, answers: Sequence[Sequence[int]]) -> OwnTexts:
    """Leave out every text in which a measured answer, or its first tokens, stands anywhere."""
    telling = [np.array(answer[:TELLING], dtype=np.int64).tobytes() for answer in answers]
    rows = [row.tobytes() for row in texts.tokens.cpu().numpy()]
    clean = [all(one not in row for one in telling) for row in rows]
    keep = torch.tensor(clean, device=texts.tokens.device)
    return OwnTexts(texts.tokens[keep], texts.states[keep])


def _batch(
    engine: Engine,
    asked: Sequence[Sequence[int]],
    length: int,
    temperature: float,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    engine.prefill(asked)
    tokens: list[torch.Tensor] = []
    states: list[torch.Tensor] = []
    begins = len(asked[0])
    for place in range(begins, begins + length):
        if tokens:
            given = [[token] for token in tokens[-1].tolist()]
            engine.choose([place - 1] * engine.rows, given)
        step = engine.latest
        scores = step.logits[:, 0].to(engine.model.wide)
        noise = torch.empty_like(scores).exponential_(generator=generator).log()
        # minus the log of an exponential is Gumbel noise: this draws from the softmax
        tokens.append((scores / temperature - noise).argmax(-1))
        states.append(step.hidden[:, 0].clone())
    return torch.stack(tokens, dim=1), torch.stack(states, dim=1)


def _until_end(tokens: torch.Tensor, end: frozenset[int]) -> torch.Tensor:
    """Mark what stands behind a text's end token; the end token itself is learnt."""
    ends = torch.isin(tokens, torch.tensor(sorted(end), device=tokens.device, dtype=tokens.dtype))
    past = ends.long().cumsum(1) - ends.long() > 0
    return tokens.masked_fill(past, OVER)


def _shared(texts: Sequence[Sequence[int]]) -> int:
    """Tokens that all texts begin with."""
    columns = enumerate(zip(*texts, strict=False))
    shortest = min(map(len, texts), default=0)
    return next((place for place, column in columns if len(set(column)) > 1), shortest)
