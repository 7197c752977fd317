"""Which drafted tokens a target keeps: the two rules that leave its output as it was.

Both rules are exact and take no setting: nothing here can trade output for speed.
Sources: Leviathan et al. 2023 (arXiv 2211.17192), algorithm 1; Chen et al. 2023
(arXiv 2302.01318), algorithm 2. g is the number of drafted tokens, V the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.errors import SpeculativeError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pass gives: the first `accepted` drafts, then one token of the target's own."""

    accepted: int
    token: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The chances of every branch of one pass; nothing has been drawn yet."""

    accept: Floats
    """(g,) chance that a draft is kept, given that all before it were."""
    replacement: Floats
    """(g + 1, V) distribution of the target's own token after that many kept drafts."""


def verify_greedy(choices: Sequence[int], drafts: Sequence[int]) -> Verdict:
    """Keep drafts as long as each is what the target itself chose there.

    `choices` holds g + 1 tokens: the target's choice after the context, after the first draft,
    and so on. Every kept token and the last one are the target's own choices after exactly the
    text that precedes them, so the output is what one token at a time would have given.
    """
    if len(choices) != len(drafts) + 1:
        message = f"{len(drafts)} drafts need {len(drafts) + 1} choices, not {len(choices)}"
        raise SpeculativeError(message)
    accepted = 0
    while accepted < len(drafts) and drafts[accepted] == choices[accepted]:
        accepted += 1
    return Verdict(accepted, choices[accepted])


def verify_sampling(target: Floats, draft: Floats | None, drafts: Sequence[int]) -> Acceptance:
    """Give the chances that keep the target's distribution p, whatever the drafts' q.

    `target` is p, (g + 1, V); `draft` is q, (g, V), or None where a drafter is certain of its
    token. A draft x is kept with chance min(1, p(x) / q(x)); the replacement of a rejected one
    has the distribution max(p - q, 0), scaled to 1; after g kept drafts it is p.
    """
    count, vocabulary = len(drafts), target.shape[1]
    stated = _certain(drafts, vocabulary) if draft is None else draft
    _check(target, stated, drafts)
    rows = np.arange(count)
    p, q = target[rows, list(drafts)], stated[rows, list(drafts)]
    residual = np.maximum(target[:count] - stated, 0.0)
    left = residual.sum(axis=1, keepdims=True)
    # Nothing is left only where p equals q: there a draft is never rejected and p stands in.
    scaled = np.divide(residual, left, out=target[:count].copy(), where=left > 0)
    return Acceptance(np.minimum(1.0, p / q), np.concatenate([scaled, target[count:]]))


def draw(acceptance: Acceptance, drafts: Sequence[int], generator: np.random.Generator) -> Verdict:
    """Draw one branch: keep drafts until one is rejected, then draw the replacement."""
    accepted = 0
    while accepted < len(drafts) and generator.random() < acceptance.accept[accepted]:
        accepted += 1
    return Verdict(accepted, pick(acceptance.replacement[accepted], generator))


def pick(distribution: Floats, generator: np.random.Generator) -> int:
    """Draw one token from a distribution (V,); one of chance 0 never comes."""
    upto = np.cumsum(distribution)
    token = int(np.searchsorted(upto, generator.random() * upto[-1], side="right"))
    return min(token, int(np.flatnonzero(distribution)[-1]))  # the product may round up to the end


def _certain(drafts: Sequence[int], vocabulary: int) -> Floats:
    """Distributions that give each draft the chance 1."""
    rows = np.zeros((len(drafts), vocabulary))
    rows[np.arange(len(drafts)), list(drafts)] = 1.0
    return rows


def _check(target: Floats, stated: Floats, drafts: Sequence[int]) -> None:
    count, vocabulary = len(drafts), target.shape[1]
    if target.shape[0] != count + 1 or stated.shape != (count, vocabulary):
        raise SpeculativeError(
            f"{count} drafts need target rows {(count + 1, vocabulary)} and draft rows"
            f" {(count, vocabulary)}, not {target.shape} and {stated.shape}"
        )
    for place, token in enumerate(drafts):
        if not stated[place, token] > 0:
            raise SpeculativeError(
                f"draft {place} has chance 0 in the distribution it is said to be drawn from:"
                " hand over the distribution that the drafter drew from"
            )
