"""The cached model against a textbook forward pass in float64, which has no cache."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters.lookup import NoDraft
from analyzer.speculative.weights.llama import random_source

if TYPE_CHECKING:
    import torch

    from analyzer.speculative.llama.engine import Engine
    from analyzer.speculative.llama.model import Model

Tiny = Callable[..., "Model"]
Recomputed = Callable[..., "torch.Tensor"]
SEEDS = range(6)
PROMPTS = [[1, 2, 3, 1, 2, 3, 1], [5], [7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]


class Guessing:
    """Proposes random tokens, nearly all wrong: the cache is overwritten at every pass."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def propose(self, context: Sequence[int], limit: int) -> list[int]:
        generator = np.random.default_rng([self._seed, *context])
        return [int(token) for token in generator.integers(0, 12, size=limit)]


def gap(engine: "Engine", recomputed: Recomputed, seed: int, drafted: int, width: int) -> float:
    """Largest difference of any logit behind an emitted token from the textbook's."""
    from analyzer.speculative.llama.engine import Record

    engine.record = Record(logits=True)
    prompts = PROMPTS[: engine.rows]
    drafters = [Guessing(seed + row) for row in range(engine.rows)]
    decoded = decode(engine, drafters, prompts, 25, drafted, width=width)
    shape = engine.model.shape
    largest = 0.0
    for row, (prompt, one) in enumerate(zip(prompts, decoded, strict=True)):
        text = [*prompt, *one.tokens]
        expected = recomputed(shape, random_source(shape, seed, scale=2.0), text)
        for place in range(len(prompt), len(text)):
            off = engine.record.logits[row][place] - expected[place - 1]
            largest = max(largest, float(off.abs().max()))
    return largest


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("rows", "drafted", "width"), [(1, 0, 1), (1, 4, 5), (3, 0, 5), (3, 3, 6)])
def test_logits_are_those_of_a_full_recomputation(
    tiny: Tiny, recomputed: Recomputed, seed: int, rows: int, drafted: int, width: int
) -> None:
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(seed, rows=rows), [width], chunk=4)
    assert gap(engine, recomputed, seed, drafted, width) < 1e-10


def test_a_width_first_met_while_decoding_leaves_the_cache_alone(
    tiny: Tiny, recomputed: Recomputed
) -> None:
    from analyzer.speculative.llama.engine import Engine

    assert gap(Engine(tiny(1), [], chunk=4), recomputed, 1, 4, 5) < 1e-10


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("behind", [-1, 1])
def test_a_cache_position_off_by_one_is_caught_on_every_seed(
    tiny: Tiny, recomputed: Recomputed, seed: int, behind: int
) -> None:
    from analyzer.speculative.llama.engine import Engine

    class OffByOne(Engine):
        def choose(self, cached: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
            step = self.step(len(tokens[0]))
            step.load([start + behind for start in cached], tokens)
            step.run()
            assert self.record is not None
            self.record.add(step, {row: start + 1 for row, start in enumerate(cached)})
            return step.choices.tolist()  # type: ignore[no-any-return] # torch has no types here

    engine = OffByOne(tiny(seed), [5], chunk=4)
    assert gap(engine, recomputed, seed, 4, 5) > 1e-6


@pytest.mark.parametrize("chunk", [1, 3, 7, 64])
def test_the_first_choice_does_not_depend_on_the_chunk_of_the_prefill(
    tiny: Tiny, recomputed: Recomputed, chunk: int
) -> None:
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(1, rows=3), [1], chunk=chunk)
    shape = engine.model.shape
    source = random_source(shape, 1, scale=2.0)
    expected = [int(recomputed(shape, source, prompt)[-1].argmax()) for prompt in PROMPTS]
    assert engine.prefill(PROMPTS) == expected


def test_a_row_decodes_alike_alone_and_beside_others(tiny: Tiny) -> None:
    from analyzer.speculative.llama.engine import Engine

    together = decode(Engine(tiny(2, rows=3), [1]), [NoDraft()] * 3, PROMPTS, 25, 0)
    for prompt, one in zip(PROMPTS, together, strict=True):
        assert decode(Engine(tiny(2), [1]), [NoDraft()], [prompt], 25, 0) == [one]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_speculative_and_width_matched_output_are_one(
    tiny: Tiny, seed: int, temperature: float
) -> None:
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(seed, rows=3, dtype="float32"), [5], temperature, seed)
    drafters = [Guessing(seed + row) for row in range(3)]
    speculative = decode(engine, drafters, PROMPTS, 40, 4)
    matched = decode(engine, [NoDraft()] * 3, PROMPTS, 40, 0, width=5)
    assert [one.tokens for one in speculative] == [one.tokens for one in matched]


def test_sampled_choices_follow_the_noise_of_their_own_position(
    tiny: Tiny, recomputed: Recomputed
) -> None:
    from analyzer.speculative import noise
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(3), [1], 0.7, seed=11)
    shape = engine.model.shape
    text = [*PROMPTS[0], *decode(engine, [NoDraft()], PROMPTS[:1], 30, 0)[0].tokens]
    logits = recomputed(shape, random_source(shape, 3, scale=2.0), text)
    for place in range(len(PROMPTS[0]), len(text)):
        scores = logits[place - 1].numpy() / 0.7 + noise.gumbel(11, place, shape.vocabulary)
        assert text[place] == scores.argmax()


def test_the_last_position_is_used_and_one_more_is_refused(
    tiny: Tiny, recomputed: Recomputed
) -> None:
    from analyzer.speculative.llama.engine import Engine, Record

    engine = Engine(tiny(4, positions=63), [2], chunk=10)
    engine.record = Record(logits=True)
    prompt = [place % 12 for place in range(61)]
    engine.prefill([prompt])  # the last chunk's padding would end at 69
    engine.choose([61], [[3, 4]])
    shape = engine.model.shape
    expected = recomputed(shape, random_source(shape, 4, scale=2.0), [*prompt, 3, 4])
    assert float((engine.record.logits[0][63] - expected[-1]).abs().max()) < 1e-10
    with pytest.raises(SpeculativeError, match="need 64 positions, the cache has 63"):
        engine.choose([62], [[3, 4]])
    with pytest.raises(SpeculativeError, match="need 70 positions, the cache has 63"):
        engine.prefill([[1] * 70])
