"""Training of a head: seeded, inside a budget, with its matches on texts it has not seen."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from analyzer.errors import SpeculativeError
from analyzer.speculative.drafters.head import Head
from analyzer.speculative.drafters.own_text import OVER, OwnTexts
from analyzer.speculative.llama.model import Model

KEPT = 8192
"""Most frequent tokens that a head can draft."""
UNROLLED = 4
"""Drafted tokens in a row that training follows."""
BATCH = 2048
"""Places of a training step."""
RATE = 1e-3
CHECKED = 8192
"""Places at most on which matches are counted."""
HELD_OUT = 20
"""Every twentieth text is not trained on."""


@dataclass(frozen=True, slots=True)
class Matches:
    """First to fourth drafted token after true ones: asked, and right."""

    asked: tuple[int, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained head and how well it does."""

    head: Head
    steps: int
    trained: Matches
    """On texts of the training."""
    held_out: Matches
    """On texts it has not seen; far below the trained ones where the head only remembers."""


def fit(
    model: Model,
    texts: OwnTexts,
    *,
    seed: int,
    rounds: int = 4,
    share_of_time: Callable[[], float],
) -> Fitted:
    """Train on texts `rounds` times over, or until the share of the time used reaches 1."""
    if len(texts.tokens) < HELD_OUT:
        raise SpeculativeError(
            f"{len(texts.tokens)} own texts: a head needs {HELD_OUT} at least; allow more tokens"
        )
    held = torch.arange(len(texts.tokens), device=texts.tokens.device) % HELD_OUT == 0
    seen, unseen = _places(texts, ~held), _places(texts, held)
    head = _new(model, texts.tokens[~held], seed)
    steps = _train(head, texts, seen, rounds, seed, share_of_time)
    for part in head.trained:
        part.requires_grad_(requires_grad=False)
    found = [_matches(head, texts, places[:CHECKED]) for places in (seen, unseen)]
    return Fitted(head, steps, *found)


def _new(model: Model, tokens: torch.Tensor, seed: int) -> Head:
    """Begin with a head that adds nothing, and with the target's own output rows."""
    counts = torch.bincount(tokens[tokens != OVER], minlength=model.shape.vocabulary)
    kept = counts.sort(descending=True, stable=True).indices[:KEPT]
    hidden = model.shape.hidden
    generator = torch.Generator(model.device).manual_seed(seed)
    kind = {"dtype": model.wide, "device": model.device}
    mixing = torch.randn((hidden, 2 * hidden), generator=generator, **kind) * (2 * hidden) ** -0.5
    adding = torch.zeros((hidden, hidden), **kind)
    head = Head(kept, model.embedding, mixing, adding, model.output[kept].to(model.wide).clone())
    for part in head.trained:
        part.requires_grad_()
    return head


def _places(texts: OwnTexts, chosen: torch.Tensor) -> torch.Tensor:
    """Give (text, place) of every token that has another one behind it."""
    follows = (texts.tokens[:, 1:] != OVER) & chosen[:, None]
    return follows.nonzero()


def _train(
    head: Head,
    texts: OwnTexts,
    places: torch.Tensor,
    rounds: int,
    seed: int,
    share_of_time: Callable[[], float],
) -> int:
    numbers = torch.zeros(len(head.embedding), dtype=torch.long, device=head.tokens.device)
    numbers = numbers.sub(1).index_copy(
        0, head.tokens, torch.arange(len(head.tokens), device=head.tokens.device)
    )
    generator = torch.Generator(places.device).manual_seed(seed)
    planned = max(rounds * len(places) // BATCH, rounds)
    optimiser = torch.optim.AdamW(head.trained, lr=RATE)
    for step in range(planned):
        used = max(step / planned, share_of_time())
        if used >= 1:
            return step
        optimiser.param_groups[0]["lr"] = RATE * (1 - used)
        picks = torch.randint(len(places), (BATCH,), generator=generator, device=places.device)
        optimiser.zero_grad()
        _loss(head, texts, places[picks], numbers).backward()
        optimiser.step()
    return planned


def _loss(head: Head, texts: OwnTexts, places: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Cross entropy of each next token; one that cannot be drafted teaches nothing."""
    total = torch.zeros((), dtype=head.output.dtype, device=head.output.device)
    for states, true in _followed(head, texts, places):
        wanted = numbers[true.clamp(min=0)].masked_fill(true == OVER, -1)
        losses = functional.cross_entropy(
            head.logits(states), wanted, ignore_index=-1, reduction="sum"
        )
        total = total + losses / len(places)
    return total


def _matches(head: Head, texts: OwnTexts, places: torch.Tensor) -> Matches:
    asked, right = [], []
    with torch.no_grad():
        for states, true in _followed(head, texts, places):
            asked.append(int((true != OVER).sum()))
            right.append(int((head.chosen(states) == true).sum()))
    return Matches(tuple(asked), tuple(right))


def _followed(
    head: Head, texts: OwnTexts, places: torch.Tensor
) -> "list[tuple[torch.Tensor, torch.Tensor]]":
    """Lead the head along the true text: its states and the tokens that came, step by step."""
    rows, first = places.unbind(1)
    last = texts.tokens.shape[1] - 1
    states = texts.states[rows, first].to(head.output.dtype)
    steps = []
    for ahead in range(UNROLLED):
        at = first + ahead
        states = head.advance(states, texts.tokens[rows, at.clamp(max=last)].clamp(min=0))
        true = texts.tokens[rows, (at + 1).clamp(max=last)]
        steps.append((states, true.masked_fill(at + 1 > last, OVER)))
    return steps
