from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import SpeculativeError

if TYPE_CHECKING:
    from analyzer.speculative.llama.model import Model

Tiny = Callable[..., "Model"]
PROMPT = [1, 2, 3, 4, 5]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_token_has_the_same_bits_in_every_slot_of_a_pass(tiny: Tiny, dtype: str) -> None:
    from analyzer.speculative.llama.engine import Engine, Record

    engine = Engine(tiny(5, dtype=dtype), [5])
    text = [*PROMPT, *range(11), 3, 1, 4]
    seen = {}
    for ahead in range(5):  # token 12 stands in slot `ahead`
        engine.record = Record(logits=True)
        engine.prefill([text[: 12 - ahead]])
        tokens = (text[12 - ahead :] + [0] * 5)[:5]
        engine.choose([12 - ahead], [tokens])
        seen[ahead] = engine.record.logits[0][13]
    assert all(bool((logits == seen[0]).all()) for logits in seen.values())


def test_margins_are_the_best_score_above_the_next(tiny: Tiny) -> None:
    from analyzer.speculative.llama.engine import Engine, Record

    engine = Engine(tiny(6), [2])
    engine.record = Record(logits=True)
    first = engine.prefill([PROMPT])
    engine.choose([5], [[*first, 7]])
    assert set(engine.record.margins[0]) == {5, 6, 7}
    for place, margin in engine.record.margins[0].items():
        ranked = sorted(engine.record.logits[0][place].tolist())
        assert margin == pytest.approx(ranked[-1] - ranked[-2], abs=1e-12)


def test_of_equal_scores_the_first_token_is_chosen(tiny: Tiny) -> None:
    import torch

    from analyzer.speculative.llama.engine import Engine, Record

    model = tiny(6)
    model._head = torch.zeros_like(model._head)  # noqa: SLF001 - a tie that no seed would give
    engine = Engine(model, [3])
    engine.record = Record()
    assert engine.prefill([PROMPT]) == [0]
    assert engine.choose([5], [[4, 4, 4]]) == [[0, 0, 0]]
    assert engine.record.margins == [{5: 0.0, 6: 0.0, 7: 0.0, 8: 0.0}]


def test_a_float_head_makes_the_logits_of_a_16_bit_model_in_32_bits(tiny: Tiny) -> None:
    import torch

    from analyzer.speculative.llama.engine import Engine, Record
    from analyzer.speculative.llama.model import Model, Setting
    from analyzer.speculative.weights.llama import random_source

    plain = tiny(7, dtype="bfloat16")
    setting = Setting(positions=80, dtype="bfloat16", float_head=True)
    exact = Model(plain.shape, random_source(plain.shape, 7, scale=2.0), setting)
    rows = {}
    for name, model in (("plain", plain), ("exact", exact)):
        engine = Engine(model, [1])
        engine.record = Record(logits=True)
        engine.prefill([PROMPT])
        rows[name] = engine.record.logits[0][5]
    assert rows["exact"].dtype == torch.float32
    assert bool((rows["exact"].bfloat16() == rows["plain"]).all())
    assert not bool((rows["exact"] == rows["plain"].float()).all())


def test_wrong_calls_are_told(tiny: Tiny) -> None:
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(8, rows=2), [1])
    with pytest.raises(SpeculativeError, match="1 texts for a model of 2 rows"):
        engine.prefill([PROMPT])
    with pytest.raises(SpeculativeError, match="an empty prompt"):
        engine.prefill([PROMPT, []])
    with pytest.raises(SpeculativeError, match="unequal or no width"):
        engine.choose([5, 5], [[1, 2], [1]])
    with pytest.raises(SpeculativeError, match="unequal or no width"):
        engine.choose([5, 5], [[], []])


@pytest.mark.parametrize(("temperature", "seed"), [(-1.0, 3), (0.5, None)])
def test_sampling_needs_a_temperature_and_a_seed(
    tiny: Tiny, temperature: float, seed: int | None
) -> None:
    from analyzer.speculative.llama.engine import Engine

    with pytest.raises(SpeculativeError, match="a seed that fixes its noise"):
        Engine(tiny(8), [1], temperature, seed)


def test_a_model_too_large_for_the_memory_is_named(tiny: Tiny) -> None:
    with pytest.raises(SpeculativeError, match=r"tiny in float64, 1 x 1000000000000 does not fit"):
        tiny(8, positions=10**12)


def test_a_failed_device_is_told_and_a_bug_keeps_its_traceback() -> None:
    from analyzer.speculative.llama.device import fitting

    with (
        pytest.raises(SpeculativeError, match=r"failed during a pass \(CUDA error: unspecified"),
        fitting("a pass"),
    ):
        raise RuntimeError("CUDA error: unspecified launch failure\nmore")
    with pytest.raises(RuntimeError, match="shapes differ"), fitting("a pass"):
        raise RuntimeError("shapes differ")


def test_exact_arithmetic_leaves_every_shortcut_off() -> None:
    from analyzer.speculative.llama.device import exact_arithmetic

    assert set(exact_arithmetic().values()) == {False}
