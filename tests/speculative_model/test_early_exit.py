from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters.lookup import NoDraft
from analyzer.speculative.run_lengths import replay
from analyzer.speculative.weights.llama import random_source

if TYPE_CHECKING:
    import torch

    from analyzer.speculative.llama.model import Model

Tiny = Callable[..., "Model"]
PROMPT = [1, 2, 3, 4, 5, 1, 2]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("drafted", [1, 4])
def test_recorded_run_lengths_replay_the_loop_exactly(tiny: Tiny, seed: int, drafted: int) -> None:
    from analyzer.speculative.drafters.early_exit import EarlyExit, record
    from analyzer.speculative.llama.engine import Engine

    model = tiny(seed, layers=4, positions=100)
    engine = Engine(model, [1, drafted + 1])
    plain = decode(engine, [NoDraft()], [PROMPT], 60, 0)[0]
    drafting = decode(engine, [EarlyExit(model, 3)], [PROMPT], 60, drafted)[0]
    assert drafting.tokens == plain.tokens
    lengths = record(model, 3, PROMPT, plain.tokens, 6)
    assert replay(lengths, drafted) == drafting.passes
    assert sum(one.accepted for one in drafting.passes) > 0


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_drafts_are_the_choices_of_the_first_layers_alone(
    tiny: Tiny, recomputed: Callable[..., "torch.Tensor"], layers: int
) -> None:
    from analyzer.speculative.drafters.early_exit import EarlyExit
    from analyzer.speculative.llama.engine import Engine

    model = tiny(9, layers=4)
    Engine(model, []).prefill([PROMPT])
    shape = replace(model.shape, layers=layers)
    source = random_source(model.shape, 9, scale=2.0)
    text = [*PROMPT, 3]
    for draft in EarlyExit(model, layers).propose(tuple(text), 5):
        assert draft == int(recomputed(shape, source, text)[-1].argmax())
        text.append(draft)


def test_all_layers_draft_what_the_target_chooses(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.early_exit import EarlyExit, record
    from analyzer.speculative.llama.engine import Engine

    model = tiny(1)
    decoded = decode(Engine(model, [5]), [EarlyExit(model, 2)], [PROMPT], 26, 4)[0]
    # the prefill gives 1 token and each of 5 passes 4 drafts and its own
    assert [one.accepted for one in decoded.passes] == [4, 4, 4, 4, 4]
    assert record(model, 2, PROMPT, decoded.tokens, 4).accepted == (4,) * 22 + (3, 2, 1)


def test_wrong_exits_are_told(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.early_exit import EarlyExit, record

    with pytest.raises(SpeculativeError, match="drafts for one row, and the model has 2"):
        EarlyExit(tiny(1, rows=2), 1)
    for layers in (0, 3):
        with pytest.raises(SpeculativeError, match=f"an exit after {layers} layers of 2"):
            EarlyExit(tiny(1), layers)
    with pytest.raises(SpeculativeError, match="need 9 positions, the cache has 8"):
        record(tiny(1, positions=8), 1, PROMPT, [1, 2], 4)
