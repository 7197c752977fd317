"""Table language models: small enough to enumerate, and targets with a cache that can go wrong."""

from collections.abc import Sequence
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from analyzer.speculative.noise import gumbel

Floats = NDArray[np.float64]


class TableModel:
    """A language model whose next token depends on the last `order` tokens."""

    def __init__(self, vocabulary: int, seed: int, order: int = 2, sharpness: float = 1.0) -> None:
        generator = np.random.default_rng(seed)
        self.vocabulary = vocabulary
        self._order = order
        self._logits = sharpness * generator.normal(size=(vocabulary,) * (order + 1))

    def logits(self, text: Sequence[int]) -> Floats:
        row: Floats = self._logits[
            (0,) * max(0, self._order - len(text)) + tuple(text[-self._order :])
        ]
        return row

    def distribution(self, text: Sequence[int]) -> Floats:
        weights = np.exp(self.logits(text))
        share: Floats = weights / weights.sum()
        return share


class TableTarget:
    """A target with a real cache: what is cached behind the valid part is whatever was scored."""

    def __init__(
        self,
        model: TableModel,
        rows: int = 1,
        seeds: Sequence[int] | None = None,
        temperature: float = 1.0,
    ) -> None:
        self.model, self.rows, self.steps = model, rows, 0
        self._seeds, self._temperature = seeds, temperature
        self._cache: list[list[int]] = [[] for _ in range(rows)]
        self.widths: set[int] = set()

    def prefill(self, prompts: Sequence[Sequence[int]]) -> list[int]:
        self._cache = [list(prompt) for prompt in prompts]
        return [self._choice(row, len(prompt)) for row, prompt in enumerate(prompts)]

    def choose(self, cached: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
        self.steps += 1
        self.widths |= {len(row) for row in tokens}
        return [
            self._score(row, *what) for row, what in enumerate(zip(cached, tokens, strict=True))
        ]

    def _score(self, row: int, start: int, tokens: Sequence[int]) -> list[int]:
        assert start <= len(self._cache[row]), "scored past what is cached"
        cache = self._cache[row]
        cache += [0] * (start + len(tokens) - len(cache))
        cache[start : start + len(tokens)] = tokens
        return [self._choice(row, start + place + 1) for place in range(len(tokens))]

    def _choice(self, row: int, position: int) -> int:
        logits = self.model.logits(self._cache[row][:position])
        if self._seeds is not None:
            noise = gumbel(self._seeds[row], position, self.model.vocabulary)
            logits = logits / self._temperature + noise
        return int(np.argmax(logits))


class Guess:
    """Proposes tokens fixed by the context: right now and then, and always the same."""

    def __init__(self, vocabulary: int, seed: int) -> None:
        self._vocabulary, self._seed = vocabulary, seed

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        generator = np.random.default_rng([self._seed, len(context)])
        return [int(token) for token in generator.integers(0, self._vocabulary, 16)[:limit]]


class Oracle:
    """Knows the whole text: proposes what will be chosen."""

    def __init__(self, text: Sequence[int]) -> None:
        self._text = list(text)

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        return self._text[len(context) : len(context) + limit]


def chi_square_chance(observed: Sequence[float], expected: Sequence[float]) -> float:
    """Chance of a chi-square this large, by Wilson and Hilferty's cube root (1931).

    Cells that are due fewer than five times are counted together.
    """
    pairs = list(zip(observed, expected, strict=True))
    large = [pair for pair in pairs if pair[1] >= 5]
    small = [pair for pair in pairs if pair[1] < 5]
    large.append((sum(seen for seen, _ in small), sum(due for _, due in small)))
    statistic = sum((seen - due) ** 2 / due for seen, due in large if due)
    freedom = sum(due > 0 for _, due in large) - 1
    cube = (statistic / freedom) ** (1 / 3)
    deviation = (cube - (1 - 2 / (9 * freedom))) / sqrt(2 / (9 * freedom))
    return erfc(deviation / sqrt(2)) / 2
